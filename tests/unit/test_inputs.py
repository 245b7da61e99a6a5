import threading

import pytest

from daemon.board import Activity, Board, PartState
from daemon.inputs import ButtonInput, Inputs, LightOutput, signal_of
from daemon.mqtt.control import Refusal
from daemon.settings import ButtonSection
from daemon.settings_keys import key_actions
from daemon.supervisor import Supervisor
from hw.api import DeviceBusy, KeyEvent, Signal
from tests.support.clock import HandClock

DEADLINE_S = 20.0


class Told:
    """Remembers what was done to the daemon."""

    def __init__(self):
        self.deeds = []
        self.muted = False
        self.refusal = None

    def mute(self):
        self.muted = True
        self.deeds.append("mute")

    def unmute(self):
        self.muted = False
        self.deeds.append("unmute")

    def talk(self, *, held):
        self.deeds.append("talk" if held else "be quiet")

    def swap(self):
        if self.refusal:
            raise self.refusal
        self.deeds.append("swap")

    def stop_speaking(self):
        self.deeds.append("stop speaking")


class Person:
    """Presses keys of inputs that nobody runs but the test."""

    def __init__(self, mode="open", keys=(), **settings):
        self.clock = HandClock()
        self.told = Told()
        self.board = Board()
        section = ButtonSection(**settings)
        self.inputs = Inputs(section, key_actions(keys), self.told, lambda: self.mode, self.clock, self.board)
        self.mode = mode

    def change(self, key, *, down, after_s=0.0):
        self.clock.now_s += after_s
        self.inputs.key(KeyEvent(key, down))
        self.inputs.turn(0)

    def press(self, for_s, key="button"):
        self.change(key, down=True)
        self.clock.now_s += for_s
        self.inputs.turn(0)
        self.change(key, down=False)

    @property
    def deeds(self):
        found, self.told.deeds = self.told.deeds, []
        return found


@pytest.fixture
def listening_person():
    person = Person("push_to_talk")
    for part in ("microphone", "engine"):
        person.board.part(part, PartState.OK)
    person.board.doing(Activity.LISTENING)
    return person


def test_a_tap_mutes_and_another_one_unmutes():
    person = Person()
    person.press(0.1)
    assert person.deeds == ["mute"]
    person.press(0.1)
    assert person.deeds == ["unmute"]


def test_a_long_press_swaps_the_languages_once_while_it_is_still_down():
    person = Person()
    person.change("button", down=True)
    person.clock.now_s += 2
    person.inputs.turn(0)
    assert person.deeds == ["swap"]
    person.change("button", down=False)
    assert person.deeds == []


def test_holding_does_nothing_where_the_gate_decides():
    person = Person()
    person.press(0.5)
    assert person.deeds == []


def test_holding_talks_in_push_to_talk_from_the_press_to_the_release():
    person = Person("push_to_talk")
    person.change("button", down=True)
    assert person.deeds == ["stop speaking", "talk"]
    person.clock.now_s += 5
    person.inputs.turn(0)
    assert person.deeds == []
    person.change("button", down=False)
    assert person.deeds == ["be quiet"]


def test_a_tap_in_push_to_talk_is_still_a_tap():
    person = Person("push_to_talk")
    person.press(0.1)
    assert person.deeds == ["stop speaking", "talk", "be quiet", "mute"]


def test_talking_ends_though_the_mode_has_changed_meanwhile():
    person = Person("push_to_talk")
    person.change("button", down=True)
    person.mode = "open"
    person.change("button", down=False, after_s=1)
    assert person.deeds == ["stop speaking", "talk", "be quiet"]


def test_while_no_key_is_held_people_are_told_to_hold_one_and_the_state_stays_one_of_the_contract(listening_person):
    person = listening_person
    person.inputs.turn(0)
    assert person.board.snapshot().activity is Activity.LISTENING
    assert person.board.snapshot().summary == "hold to talk"
    assert signal_of(person.board.snapshot()) is Signal.WAITING
    person.change("button", down=True)
    assert person.board.snapshot().summary == "listening"
    assert signal_of(person.board.snapshot()) is Signal.LISTENING
    person.change("button", down=False, after_s=1)
    assert signal_of(person.board.snapshot()) is Signal.WAITING


def test_nobody_is_told_to_hold_a_key_where_that_would_not_help(listening_person):
    person = listening_person
    person.inputs.turn(0)
    person.board.mute(muted=True)
    assert (person.board.snapshot().summary, signal_of(person.board.snapshot())) == ("muted", Signal.MUTED)
    person.board.mute(muted=False)
    person.board.doing(Activity.SPEAKING)
    assert signal_of(person.board.snapshot()) is Signal.SPEAKING
    person.board.doing(Activity.LISTENING)
    person.board.part("microphone", PartState.LOST)
    assert signal_of(person.board.snapshot()) is Signal.FAULT


def test_whoever_changes_the_mode_changes_what_people_are_told(listening_person):
    person = listening_person
    person.mode = "open"
    person.inputs.turn(0)
    assert person.board.snapshot().summary == "listening"
    person.mode = "push_to_talk"
    person.inputs.turn(0)
    assert person.board.snapshot().summary == "hold to talk"


def test_two_keys_that_are_held_talk_until_the_last_is_released():
    person = Person("push_to_talk", keys=("0.3=talk",))
    person.change("button", down=True)
    person.change("0.3", down=True)
    person.change("button", down=False, after_s=1)
    assert person.deeds == ["stop speaking", "talk", "stop speaking"]
    person.change("0.3", down=False)
    assert person.deeds == ["be quiet"]


def test_a_touch_whose_releases_are_not_sent_works_each_time():
    person = Person(keys=("0.3=mute",))
    for _ in range(3):
        person.change("0.3", down=True, after_s=5)
    assert person.deeds == ["mute", "unmute", "mute"]


def test_talking_whose_release_is_not_sent_begins_anew_with_the_next_touch():
    person = Person("push_to_talk", keys=("0.3=talk",))
    person.change("0.3", down=True)
    person.change("0.3", down=True, after_s=5)
    assert person.deeds == ["stop speaking", "talk", "be quiet", "stop speaking", "talk"]


def test_the_settings_say_what_a_gesture_does():
    person = Person(tap="stop_speaking", hold="swap", long_press="none")
    person.press(0.1)
    person.press(0.5)
    person.press(3)
    assert person.deeds == ["stop speaking", "swap", "swap"]


def test_a_key_with_an_action_of_its_own_does_it_at_once_and_others_are_as_the_button():
    person = Person(keys=("left=swap", "exit=none"))
    person.change("left", down=True)
    assert person.deeds == ["swap"]
    person.change("left", down=False)
    person.press(0.1, "exit")
    assert person.deeds == []
    person.press(0.1, "enter")
    assert person.deeds == ["mute"]


@pytest.mark.parametrize(
    "refusal", [Refusal("no_recognizer", "nothing here recognizes es"), OSError(28, "No space left on device")]
)
def test_what_is_refused_or_cannot_be_written_is_logged_and_the_next_press_works(caplog, refusal):
    person = Person(keys=("left=swap",))
    person.told.refusal = refusal
    person.press(0.1, "left")
    assert str(refusal) in caplog.text
    person.told.refusal = None
    person.press(0.1, "left")
    assert person.deeds == ["swap"]


def test_who_pressed_in_vain_is_told_why_for_a_while():
    person = Person()
    person.told.refusal = Refusal("no_recognizer", "nobody here understands es")
    person.press(2.0)
    (problem,) = person.board.snapshot().problems
    assert (problem.code, problem.detail) == ("key_refused", "nobody here understands es")
    person.clock.now_s += 11.0
    person.inputs.turn(0)
    assert person.board.snapshot().problems == ()


def test_a_tap_that_had_to_wait_is_no_hold():
    person = Person(hold="stop_speaking")
    person.inputs.key(KeyEvent("button", down=True))
    person.clock.now_s += 0.1
    person.inputs.key(KeyEvent("button", down=False))
    person.clock.now_s += 0.5
    person.inputs.turn(0)
    person.inputs.turn(0)
    assert person.deeds == ["mute"]


def test_talking_ends_with_the_daemon():
    person = Person("push_to_talk")
    began, ended = threading.Event(), threading.Event()
    person.told.talk = lambda held: (began if held else ended).set()
    supervisor = Supervisor()
    supervisor.start("inputs", person.inputs.run, wake=person.inputs.wake)
    person.inputs.key(KeyEvent("button", down=True))
    assert began.wait(DEADLINE_S)
    assert supervisor.stop(DEADLINE_S) == []
    assert ended.is_set()


# ---------------------------------------------------------------- button and light


class Lamp:
    """A light that remembers, and whose pins are taken at first."""

    name = "lamp"

    def __init__(self, *errors):
        self.errors = list(errors)
        self.seen = []
        self.changed = threading.Condition()

    def open(self, changed=None):
        self.report = changed
        if self.errors:
            raise self.errors.pop()

    def show(self, signal):
        with self.changed:
            self.seen.append(signal)
            self.changed.notify_all()

    def wait_for(self, signal):
        with self.changed:
            assert self.changed.wait_for(lambda: signal in self.seen, DEADLINE_S), self.seen

    def close(self):
        self.show("closed")


@pytest.fixture
def board():
    board = Board("en-US", ("es",))
    for part in ("microphone", "engine"):
        board.part(part, PartState.OK)
    board.doing(Activity.LISTENING)
    return board


def test_the_light_follows_what_the_device_does(board):
    lamp = Lamp()
    output = LightOutput(lamp, board)
    supervisor = Supervisor()
    supervisor.start("light", output.run, wake=output.wake)
    lamp.wait_for(Signal.LISTENING)
    board.doing(Activity.HEARING)
    lamp.wait_for(Signal.HEARING)
    board.doing(Activity.SPEAKING)
    lamp.wait_for(Signal.SPEAKING)
    board.doing(Activity.LISTENING)
    board.mute(muted=True)
    lamp.wait_for(Signal.MUTED)
    board.mute(muted=False)
    board.part("microphone", PartState.LOST)
    lamp.wait_for(Signal.FAULT)
    assert supervisor.stop(DEADLINE_S) == []
    assert lamp.seen[-1] == "closed"


@pytest.mark.parametrize("activity", list(Activity))
def test_every_activity_has_a_signal(board, activity):
    board.doing(activity)
    assert isinstance(signal_of(board.snapshot()), Signal)


def test_a_button_whose_pin_is_taken_is_a_problem_until_it_is_free(board, monkeypatch):
    monkeypatch.setattr("daemon.inputs._AGAIN_S", 0.01)
    monkeypatch.setattr("daemon.inputs._LOOK_S", 0.01)
    seen = []
    board.listen(lambda snapshot: seen.append([problem.code for problem in snapshot.problems]))
    button = Lamp(DeviceBusy("GPIO17 cannot be taken"))
    heard = threading.Event()
    solved = threading.Event()
    board.listen(lambda snapshot: solved.set() if not snapshot.problems else None)
    source = ButtonInput(button, board, lambda _event: heard.set())
    supervisor = Supervisor()
    supervisor.start("button", source.run)
    assert solved.wait(DEADLINE_S)
    assert seen == [["button_failed"], []]
    button.report(KeyEvent("button", down=True))
    assert heard.is_set()
    assert supervisor.stop(DEADLINE_S) == []
    assert button.seen == ["closed"]
