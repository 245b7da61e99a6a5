import itertools
import queue
import threading
import time
from dataclasses import replace

import pytest

from daemon.board import Activity, Board, PartState
from daemon.events import (
    DropReason,
    Final,
    Interim,
    Notice,
    StableText,
    Translation,
    TranslationError,
    UtteranceDropped,
)
from daemon.outputs.captions import CaptionsOutput
from daemon.outputs.refusals import Refusals
from daemon.outputs.silence import Silence
from daemon.outputs.story import Story
from daemon.outputs.stranger import Stranger
from daemon.supervisor import Supervisor
from hw.api import Caption, CaptionLine, DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound, KeyEvent
from hw.displays import crystalfontz, hd44780, nextion, vt100
from hw.fake import RecordingLink
from tests.support import panels
from tests.support.board_watch import PartWatch
from tests.support.clock import HandClock
from tests.support.screen import Terminal, blank_terminal

COLUMNS, ROWS = 40, 8
DEADLINE_S = 20.0


def interim(utterance, text, es="", revision=1):
    return Interim(utterance, revision, "en-US", StableText(text, 0), {"es": StableText(es, 0)})


def final(utterance, text, es=""):
    translations = {"es": Translation(es)}
    return Final(utterance, "en-US", text, translations, 1.0, 0.0, 1.0, "device", None, 0, 0)


def dropped(utterance):
    return UtteranceDropped(utterance, DropReason.NO_SPEECH)


@pytest.fixture
def board():
    board = Board("en-US", ("es",))
    for part in ("microphone", "engine"):
        board.part(part, PartState.OK)
    board.doing(Activity.LISTENING)
    return board


# ---------------------------------------------------------------- what is to be shown


def told(board, *events):
    story = Story(board.snapshot(), "pocket-1a2b")
    for event in events:
        story.tell(event)
    return story.caption()


def test_before_anything_was_said_there_is_the_status(board):
    assert told(board) == Caption(
        None, (CaptionLine("es", "", 0),), final=True, status="listening · en-US → es · pocket-1a2b"
    )


def test_an_interim_is_shown_with_what_is_stable_in_it(board):
    event = Interim(1, 1, "en-US", StableText("good mor", 5), {"es": StableText("buenos", 3)})
    caption = told(board, event)
    assert caption.source == CaptionLine("en-US", "good mor", 5)
    assert caption.translations == (CaptionLine("es", "buenos", 3),)
    assert not caption.final


def test_a_final_stays_until_the_next_utterance_begins(board):
    assert told(board, interim(1, "one"), final(1, "One.")).source.text == "One."
    assert told(board, final(1, "One."), interim(2, "two")).source.text == "two"


def test_a_dropped_utterance_leaves_and_the_last_final_is_back(board):
    assert told(board, final(1, "One."), interim(2, "two"), dropped(2)).source.text == "One."
    assert told(board, interim(1, "one"), dropped(1)).source is None


def test_another_utterance_that_is_dropped_changes_nothing(board):
    assert told(board, interim(2, "two"), dropped(1)).source.text == "two"


def test_an_interim_overtaken_by_its_final_is_ignored(board):
    assert told(board, final(1, "One."), interim(1, "on")).source.text == "One."


def test_a_final_does_not_push_a_later_utterance_away(board):
    assert told(board, interim(2, "two"), final(1, "One.")).source.text == "two"
    assert told(board, interim(2, "two"), final(1, "One."), dropped(2)).source.text == "One."


def test_why_there_is_no_translation_is_said(board):
    event = final(1, "One.")
    event.translations["es"] = Translation(error=TranslationError("translator_failed", "apertium is gone"))
    assert told(board, event).translations[0].text == "[apertium is gone]"


def test_translations_come_in_the_settings_order_and_keep_their_places(board):
    board.serving(source="en-US", targets=("ca", "es"), engine="device")
    caption = told(board, interim(1, "one", "uno"))
    assert [(line.lang, line.text) for line in caption.translations] == [("ca", ""), ("es", "uno")]


def test_the_other_side_of_a_conversation_is_translated_the_other_way(board):
    board.serving(source="en-US", targets=("es", "ca"), engine="device")
    spanish = replace(final(1, "Hola."), source_lang="es-ES", translations={"en-US": Translation("Hello.")})
    assert [(line.lang, line.text) for line in told(board, spanish).translations] == [("en-US", "Hello.")]


def test_other_events_are_of_no_concern(board):
    assert told(board, Notice("engine_changed")) == told(board)


def test_the_status_says_what_is_wrong(board):
    board.problem("mqtt_away", "broker.local does not answer")
    assert told(board).status == "listening: broker.local does not answer · pocket-1a2b"


def greeted(board, broker, address="192.0.2.7"):
    return Story(board.snapshot(), "pocket", lambda: address, broker).caption()


def test_the_first_screen_says_who_where_and_how_it_stands_with_the_broker(board):
    assert greeted(board, "lan.example").source.text == "pocket · 192.0.2.7 · broker lan.example"
    assert greeted(board, "").source.text == "pocket · 192.0.2.7 · no broker"
    board.problem("mqtt_unreachable", "lan.example does not answer")
    assert greeted(board, "lan.example").source.text == "pocket · 192.0.2.7 · broker lan.example away"
    assert greeted(board, "", address="").source.text == "pocket · no broker"


def test_a_broker_that_does_not_take_a_topic_is_not_away(board):
    board.problem("mqtt_topic_refused", "the broker does not take dragoman/pocket/final")
    assert greeted(board, "lan.example").source.text == "pocket · 192.0.2.7 · broker lan.example"
    assert "dragoman/pocket/final" in greeted(board, "lan.example").status


def test_the_first_screen_goes_with_the_first_word(board):
    story = Story(board.snapshot(), "pocket", lambda: "192.0.2.7", "lan.example")
    story.tell(interim(1, "one"))
    assert story.caption().source.text == "one"


def test_who_it_is_can_be_asked_for_and_what_was_said_forgotten(board):
    story = Story(board.snapshot(), "pocket")
    story.tell(final(1, "One."))
    story.identify()
    assert story.caption().source.text == "pocket"
    story.tell(interim(2, "two"))
    assert story.caption().source.text == "two"
    story.clear()
    assert story.caption().source is None


# ---------------------------------------------------------------- the worker


class World:
    """A captions worker on a recording link."""

    def __init__(self, board, link, baud=115_200, panel=None, **more):
        self.board = board
        self.link = link
        panel = panel or vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS))
        self.output = CaptionsOutput(panel, link, board, baud, device="pocket", **more)
        self.deaths = []
        self.supervisor = Supervisor(lambda name, error: self.deaths.append((name, error)))
        self.display = PartWatch(board, "display")

    def start(self):
        self.supervisor.start("captions", self.output.run, wake=self.output.wake)

    def stop(self):
        assert self.supervisor.stop(DEADLINE_S) == []
        assert self.deaths == []

    def screen(self):
        screen, stream = blank_terminal(COLUMNS, ROWS)
        stream.feed(bytes(self.link.written))
        return [line.rstrip() for line in screen.display]


def test_what_waits_at_the_stop_is_still_shown(board):
    world = World(board, RecordingLink(), baud=1_200)  # the first frame alone takes more than a second
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    world.stop()
    assert world.screen() == ["Good morning.", "", "", "Buenos días.", "", "", "", " listening · en-US → es · pocket"]
    assert not world.link.is_open


def test_frames_go_no_faster_than_the_line_carries_them(board):
    sent = []
    enough = threading.Event()

    def answer(data):
        sent.append((time.monotonic(), len(data)))
        number = len(sent)
        world.output.offer(interim(1, f"{number} " * number, revision=number))  # the next one waits at once
        if number == 6:
            enough.set()
        return b""

    link = RecordingLink()
    link.answer = answer
    world = World(board, link, baud=9_600)
    world.start()
    assert enough.wait(DEADLINE_S)
    world.stop()
    for (earlier, count), (later, _) in itertools.pairwise(sent[:6]):
        assert later - earlier >= max(0.05, count / 960)


def test_what_waits_at_the_stop_goes_no_faster_than_that(board):
    sent = []
    link = RecordingLink()
    world = World(board, link, baud=9_600)

    def answer(data):
        sent.append((time.monotonic(), len(data)))
        return b""

    link.answer = answer
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "one " * 30, "uno " * 30))
    world.stop()
    assert "uno uno" in world.screen()[4]
    assert max(count for _, count in sent) <= 48
    assert all(later - earlier >= 0.05 for (earlier, _), (later, _) in itertools.pairwise(sent))


def test_a_stop_does_not_wait_for_a_line_that_is_too_slow(board):
    panel = vt100.open(vt100.SETTINGS(columns=200, rows=100))
    world = World(board, RecordingLink(), baud=1_200, panel=panel)
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "one " * 2_000, "uno " * 2_000))
    began = time.monotonic()
    world.stop()
    assert time.monotonic() - began < 5


def test_offers_never_wait_and_only_the_newest_is_kept(board):
    world = World(board, RecordingLink())
    for number in range(1, 1_000):
        world.output.offer(interim(1, f"word {number}", revision=number))
    assert len(world.output.waiting) == 1
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "word 999"
    assert b"word 998" not in world.link.written


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceNotFound("no serial port panel: plug it in"), PartState.ABSENT),
        (DeviceBusy("panel is in use by another program: end it"), PartState.BUSY),
    ],
)
def test_a_display_that_cannot_be_opened_is_reported_and_tried_again(board, error, state):
    world = World(board, RecordingLink(at_open=[error]))
    world.start()
    snapshot = world.display.wait_for(state)
    assert [problem.detail for problem in snapshot.problems] == [f"display: {error}"]
    world.display.wait_for(PartState.OK)
    world.stop()
    assert board.snapshot().problems == ()


@pytest.mark.parametrize("error", [DeviceLost("unplugged"), DeviceHung("nobody reads")])
def test_a_display_that_fails_is_lost_and_drawn_whole_when_it_is_back(board, error):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(error)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    snapshot = world.display.wait_for(PartState.LOST)
    assert [problem.code for problem in snapshot.problems] == ["display_lost"]
    world.link.written.clear()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "Good morning."
    assert world.screen()[3] == "Buenos días."


def test_a_port_that_was_there_is_lost_not_absent(board):
    world = World(board, RecordingLink(at_open=[None, DeviceNotFound("no serial port panel")]))
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(DeviceLost("unplugged"))
    world.output.offer(final(1, "Good morning."))
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: unplugged"
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: no serial port panel"
    world.display.wait_for(PartState.OK)
    world.stop()


def test_the_status_line_follows_the_board(board):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    board.mute(muted=True)
    world.stop()
    assert world.screen()[-1].startswith(" muted")


def test_what_was_said_leaves_the_screen_when_it_is_cleared(board):
    story = Story(board.snapshot(), "pocket-1a2b")
    story.tell(final(1, "Hello.", "Hola."))
    story.clear()
    assert "Hello." not in str(story.caption())
    story.tell(dropped(2))
    assert "Hello." not in str(story.caption())


def test_a_device_that_identifies_itself_shows_its_name_until_something_is_said(board):
    story = Story(board.snapshot(), "pocket-1a2b")
    story.tell(final(1, "Hello.", "Hola."))
    story.identify()
    assert story.caption().source == CaptionLine("", "pocket-1a2b", 11)
    story.tell(interim(2, "And"))
    assert story.caption().source.text == "And"


# ---------------------------------------------------------------- other panels


def lcd():
    return hd44780.open(hd44780.SETTINGS())


class Wire:
    """A recording link's other end: a panel that reads, and says when something is on its screen."""

    def __init__(self, link, screen):
        self.screen = screen
        self.writes = []
        self._changed = threading.Condition()
        link.answer = self._read

    def _read(self, data):
        with self._changed:
            self.writes.append(len(data))
            answer = self.screen.feed(data)
            self._changed.notify_all()
        return answer

    def change(self, screen):
        """Have another panel there from now on."""
        with self._changed:
            self.screen = screen

    def wait_for(self, *texts, whole=False):
        """Wait until these texts are on the screen, and, for a `whole` one, the end of a status that fills its line."""

        def there():
            shown = self.screen.text
            return all(text in shown for text in texts) and (not whole or len(shown.split("\n")[-1]) >= 20)

        with self._changed:
            assert self._changed.wait_for(there, DEADLINE_S), self.screen.text


def test_a_new_caption_supersedes_the_rest_of_the_one_before(board):
    link = RecordingLink()
    wire = Wire(link, Terminal(COLUMNS, ROWS))
    world = World(board, link, baud=9_600)
    whole = interim(1, "old " * 60, "viejo " * 60)
    answered = link.answer

    def interrupt(data):
        if b"viejo" in data:
            world.output.offer(interim(1, "new", "nuevo", revision=2))
        return answered(data)

    link.answer = interrupt
    world.start()
    wire.wait_for("listening")
    world.output.offer(whole)
    wire.wait_for("nuevo")
    world.stop()
    assert b"old" not in link.written  # its turn had not come when the newer one did
    assert max(wire.writes[1:]) <= 48


def test_a_target_that_the_panel_cannot_write_is_a_problem_from_the_start(board):
    board.serving(source="en-US", targets=("es", "ru"), engine="device")
    world = World(board, RecordingLink(), panel=lcd())
    world.start()
    snapshot = world.display.wait_for(PartState.OK)
    (problem,) = snapshot.problems
    assert problem.code == "display_charset"
    assert "ru" in problem.detail
    assert "choose" in problem.detail
    board.serving(source="en-US", targets=("es",), engine="device")
    world.stop()
    assert board.snapshot().problems == ()


@pytest.mark.parametrize(("targets", "told"), [(("es",), ["ru-RU"]), (("es", "fr", "de"), [])])
def test_what_was_said_is_a_problem_too_where_the_panel_has_room_for_it_but_not_its_letters(board, targets, told):
    board.serving(source="ru-RU", targets=targets, engine="device")
    world = World(board, RecordingLink(), panel=lcd())
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert [problem.about for problem in board.snapshot().problems if problem.code == "display_charset"] == told


@pytest.mark.parametrize(
    ("panel", "lacks"), [(nextion.Nextion(nextion.SETTINGS()), "fr"), (vt100.Vt100(40, 3), "de"), (lcd(), None)]
)
def test_a_target_that_has_no_room_on_the_panel_is_a_problem_from_the_start(board, panel, lacks):
    board.serving(source="en-US", targets=("es", "fr", "de"), engine="device")
    world = World(board, RecordingLink(), panel=panel)
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    rooms = [problem for problem in board.snapshot().problems if problem.code == "display_room"]
    assert next((problem.about for problem in rooms), None) == lacks
    board.serving(source="en-US", targets=("es",), engine="device")


def test_keys_are_passed_on_and_come_up_when_the_panel_is_gone(board):
    link = RecordingLink()
    heard = queue.SimpleQueue()
    panel = crystalfontz.open(crystalfontz.SETTINGS())
    world = World(board, link, panel=panel, keys=heard.put)
    link.answer = panels.Crystalfontz(20, 4).feed
    world.start()
    world.display.wait_for(PartState.OK)
    link.arrive(b"rubbish" + panels.framed(0x80, b"\x05"))
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("enter", down=True)
    assert world.output.ignored == len(b"rubbish")
    link.fail_next(DeviceLost("unplugged"))
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("enter", down=False)
    world.stop()
    assert heard.empty()


def test_what_is_no_display_is_a_problem_until_the_port_is_another(board):
    link = RecordingLink(name="/dev/ttyUSB0")
    world = World(board, link, panel=crystalfontz.open(crystalfontz.SETTINGS()), keys=lambda _event: None)
    link.answer = panels.Crystalfontz(20, 4).feed
    foreign = threading.Event()
    solved = threading.Event()
    board.listen(lambda now: foreign.set() if "display_foreign" in codes(now) else solved.set())
    world.start()
    world.display.wait_for(PartState.OK)
    link.arrive(b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n" * 2)
    assert foreign.wait(DEADLINE_S)
    (problem,) = board.snapshot().problems
    assert "/dev/ttyUSB0" in problem.detail
    assert "115200 baud" in problem.detail
    solved.clear()
    link.fail_next(DeviceLost("unplugged"))
    assert solved.wait(DEADLINE_S)
    world.stop()


def codes(snapshot):
    return {problem.code for problem in snapshot.problems}


@pytest.mark.parametrize(("bytes_a_second", "talks"), [(6, False), (7, True), (1_000, True)])
def test_a_stranger_is_who_says_much_that_is_not_the_protocol(bytes_a_second, talks):
    clock = HandClock()
    stranger = Stranger(clock)
    stranger.opened(100)
    told = []
    for second in range(1, 31):
        clock.now_s += 1.0
        if stranger.heard(100 + second * bytes_a_second):
            told.append(stranger.talks)
    assert told == ([True] if talks else [])


def test_a_stranger_who_has_fallen_silent_is_none():
    clock = HandClock()
    stranger = Stranger(clock)
    stranger.opened(0)
    assert stranger.heard(64)
    clock.now_s += 9.9
    assert not stranger.heard(64)
    clock.now_s += 0.2
    assert stranger.heard(64)
    assert not stranger.talks


def refused_every(seconds, clock, refusals):
    """Refuse something with each second; return after how many the whole was sent again, and when that was lasting."""
    again, lasting = [], []
    for second in range(seconds):
        if refusals.heard(second + 1):
            again.append(second)
        if refusals.lasting:
            lasting.append(second)
        clock.now_s += 1.0
    return again, lasting


def test_what_is_refused_is_sent_again_at_once_and_then_ever_more_rarely():
    clock = HandClock()
    again, _ = refused_every(300, clock, Refusals(clock))
    assert again == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]


def test_what_is_refused_for_seconds_is_no_noise_until_it_was_taken():
    clock = HandClock()
    refusals = Refusals(clock)
    _, lasting = refused_every(20, clock, refusals)
    assert lasting == list(range(7, 20))
    clock.now_s += 60
    assert refusals.heard(20)
    clock.now_s += 9.9
    assert not refusals.heard(20)
    assert refusals.lasting
    clock.now_s += 0.2
    assert not refusals.heard(20)
    assert not refusals.lasting
    assert refusals.heard(21)  # at once again


def test_a_panel_is_silent_that_owes_an_answer_for_a_second():
    clock = HandClock()
    silence = Silence(clock)
    silence.heard(unanswered=True)
    clock.now_s += 0.9
    silence.heard(unanswered=True)
    assert not silence.lasting
    clock.now_s += 0.2
    assert silence.lasting
    silence.heard(unanswered=False)
    assert not silence.lasting
    silence.heard(unanswered=True)
    assert not silence.lasting


def test_a_port_that_is_opened_anew_has_refused_nothing():
    clock = HandClock()
    refusals = Refusals(clock)
    refused_every(20, clock, refusals)
    refusals.opened(20)
    assert not refusals.heard(20)
    assert not refusals.lasting


def test_a_name_that_the_page_lacks_is_a_problem_that_names_its_settings(board):
    clock = HandClock()
    link = RecordingLink()
    screen = panels.Nextion("t0", "t1", "other", encoding="iso-8859-1", longest=80)
    screen.answers_errors = True
    wire = Wire(link, screen)
    world = World(board, link, panel=nextion.open(nextion.SETTINGS()), clock=clock, keys=lambda _event: None)
    refuses = threading.Event()
    board.listen(lambda now: refuses.set() if "display_refuses" in codes(now) else None)
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    for _ in range(40):
        clock.now_s += 1.0
        if refuses.wait(0.5):
            break
    assert refuses.is_set()
    world.stop()
    assert "display.nextion" in next(p.detail for p in board.snapshot().problems if p.code == "display_refuses")
    assert world.output.gauges["captions_refused"]() > 3


@pytest.mark.parametrize(
    ("make", "decoder"),
    [
        (lambda: vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS)), lambda: Terminal(COLUMNS, ROWS)),
        (lcd, lambda: panels.MatrixOrbital(20, 4)),
        (lambda: hd44780.open(hd44780.SETTINGS(protocol="serlcd")), lambda: panels.SerLcd(20, 4)),
        (lambda: crystalfontz.open(crystalfontz.SETTINGS()), lambda: panels.Crystalfontz(20, 4)),
    ],
    ids=["vt100", "matrix_orbital", "serlcd", "crystalfontz"],
)
def test_a_panel_that_lost_its_power_alone_is_right_again_after_a_minute(board, make, decoder):
    clock = HandClock()
    link = RecordingLink()
    wire = Wire(link, decoder())
    world = World(board, link, panel=make(), clock=clock, keys=lambda _event: None)
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.", "listening", whole=True)
    wire.change(decoder())
    clock.now_s += 61
    wire.wait_for("One.", "Uno.", "listening")
    world.stop()


def test_the_backlight_changes_while_it_runs(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd())
    world.start()
    wire.wait_for("listening")
    world.output.dim(20)
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    world.stop()
    assert wire.screen.backlight == 20


def test_a_long_final_is_read_page_after_page(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd(), page_s=0.2)
    world.start()
    words = [f"palabra{number}" for number in range(12)]
    world.output.offer(final(1, "twelve words", " ".join(words)))
    for word in (words[0], words[-1], words[0]):
        wire.wait_for(word)
    world.stop()


def test_what_was_said_is_cleared_from_the_screen_and_the_name_is_shown(board):
    link = RecordingLink()
    wire = Wire(link, panels.MatrixOrbital(20, 4))
    world = World(board, link, panel=lcd())
    world.start()
    world.output.offer(final(1, "One.", "Uno."))
    wire.wait_for("Uno.")
    world.output.identify()
    wire.wait_for("pocket")
    assert "Uno." not in wire.screen.text
    world.output.clear()
    world.stop()
    assert "pocket" not in wire.screen.text
