from __future__ import annotations

import pytest

from daemon.config_error import ConfigError, SettingError
from daemon.events import Translation
from daemon.mqtt.control import Control, Refusal
from daemon.mqtt.inbound import COMMANDS, Change, ChangeOne, Mute, Request, Speak, Translate
from daemon.mqtt.transactions import KEPT, Transactions
from daemon.supervisor import Pulse, Supervisor
from tests.support.broker import until
from tests.support.clock import HandClock
from tests.support.mqtt_device import ScriptedControls

DEADLINE_S = 5.0


def request(name, arguments=None):
    return Request(name, None, arguments or COMMANDS[name]())


def code(answer):
    return answer.errors[0].code if answer.errors else ""


@pytest.fixture
def controls():
    return ScriptedControls()


def ask(controls, *requests, remote_unmute=False):
    control = Control(controls, remote_unmute=remote_unmute)
    supervisor = Supervisor()
    supervisor.start("control", control.run, wake=control.wake)
    answers = []
    for each in requests:
        assert control.ask(each, answers.append)
    until(lambda: len(answers) == len(requests), "all are answered")
    assert supervisor.stop(DEADLINE_S) == []
    return answers


def test_every_command_reaches_what_the_daemon_offers(controls):
    plain = ["mute", "stop_speaking", "repeat", "clear", "identify", "forget", "restart"]
    answers = ask(controls, *(request(name) for name in plain))
    assert controls.done == plain
    assert {code(answer) for answer in answers} == {""}


def test_commands_with_arguments_and_results(controls):
    spoken, translated, swapped = ask(
        controls,
        request("speak", Speak(text="hola", lang="es")),
        request("translate", Translate(text="hi", source="en", targets=["es"])),
        request("swap"),
    )
    assert controls.done == ["speak hola es", "translate hi en es", "swap"]
    assert spoken.result == {}
    assert translated.result == {"translations": {"es": Translation("[es] hi")}}
    assert swapped.result == {"source": "es", "targets": ["en"]}


@pytest.mark.parametrize("name", ["unmute", "listen"])
def test_nobody_on_the_network_unmutes_without_the_setting(controls, name):
    controls.muted = True
    (answer,) = ask(controls, request(name))
    assert code(answer) == "not_permitted"
    assert controls.done == []
    (answer,) = ask(controls, request(name), remote_unmute=True)
    assert controls.done == [name]


def test_no_switch_unmutes_either(controls):
    controls.muted = True
    (answer,) = ask(controls, request("mute", Mute(muted=False)))
    assert code(answer) == "not_permitted"
    assert controls.done == []
    ask(controls, request("mute", Mute(muted=False)), request("mute", Mute(muted=True)), remote_unmute=True)
    assert controls.done == ["unmute", "mute"]


def test_settings_are_changed_and_everything_that_is_wrong_is_told(controls):
    many, one = ask(
        controls,
        request("config", Change(values={"speaker.volume": 1}, if_rev=3)),
        request("config", ChangeOne(path="speaker.volume", text="1")),
    )
    assert controls.done == ['change {"speaker.volume": 1} if 3', "change speaker.volume to '1'"]
    assert many.result == one.result == {"rev": 1, "applied": ["speaker.volume"], "restart_required": []}
    errors = (SettingError("a.b", "unknown_key", "no a.b"), SettingError("c.d", "out_of_range", "c.d is 9"))
    controls.fault = ConfigError(errors)
    (refused,) = ask(controls, request("config", Change(values={})))
    assert refused.errors == errors


def test_listening_unmutes_nothing_that_somebody_at_the_device_mutes_at_that_moment(controls):
    ask(controls, request("listen"))
    assert controls.done == ["stop_speaking"]  # all that is left to do where nothing is muted
    ask(controls, request("listen"), remote_unmute=True)
    assert controls.done == ["stop_speaking", "listen"]


def test_a_refusal_is_told_and_a_fault_does_not_end_the_worker(controls):
    controls.fault = Refusal("no_translator", "no translator into xx", "to")
    refused, *_ = ask(controls, request("repeat"))
    assert refused.errors == (SettingError("to", "no_translator", "no translator into xx"),)
    controls.fault = ZeroDivisionError("bug")
    failed, again = ask(controls, request("repeat"), request("clear"))
    assert code(failed) == code(again) == "failed"


def text(words):
    return request("translate", Translate(text=words, source="en", targets=["es"]))


class Slow:
    """A control, worked by hand, whose translations come when the test says so."""

    def __init__(self, controls):
        controls.quick = False
        self.texts = controls.texts
        self.clock = HandClock()
        self.control = Control(controls, remote_unmute=False, clock=self.clock)
        self.answers = []

    def ask(self, *requests):
        for each in requests:
            assert self.control.ask(each, self.answers.append)
            self.control.step(0)

    def told(self):
        """What each answer is to, and its code."""
        return [(getattr(each.request.arguments, "text", each.request.name), code(each)) for each in self.answers]


@pytest.fixture
def slow(controls):
    return Slow(controls)


def test_a_text_that_takes_long_holds_up_no_other_command(slow):
    slow.ask(text("long"), request("mute"))
    assert slow.told() == [("mute", "")]
    slow.texts[0].set_result({"es": Translation("largo")})
    slow.control.step(0)
    assert slow.told() == [("mute", ""), ("long", "")]
    assert slow.answers[1].result == {"translations": {"es": Translation("largo")}}


def test_the_engine_has_one_text_at_a_time(slow, controls):
    slow.ask(text("one"), text("two"))
    assert controls.done == ["translate one en es"]
    slow.texts[0].set_result({})
    slow.control.step(0)
    assert controls.done == ["translate one en es", "translate two en es"]


def test_a_translation_that_comes_is_told_before_the_worker_would_look_again(controls):
    slow = Slow(controls)
    slow.ask(text("one"))
    slow.texts[0].set_result({})
    slow.control.step(DEADLINE_S * 1_000)  # by itself it would wait past the end of this test
    assert slow.told() == [("one", "")]


def test_texts_that_are_late_are_given_up_and_the_next_has_its_turn(slow, controls):
    slow.ask(text("one"))
    slow.clock.now_s += 10
    slow.ask(text("two"))
    slow.clock.now_s += 10
    slow.control.step(0)
    assert slow.told() == [("one", "late")]
    assert slow.texts[0].cancelled()
    assert controls.done == ["translate one en es", "translate two en es"]
    slow.texts[1].set_result({})
    slow.control.step(0)
    assert slow.told() == [("one", "late"), ("two", "")]


def test_a_text_whose_time_is_over_before_its_turn_does_not_reach_the_engine(slow, controls):
    slow.ask(text("one"), text("two"))
    slow.clock.now_s += 20
    slow.control.step(0)
    assert slow.told() == [("one", "late"), ("two", "late")]
    assert controls.done == ["translate one en es"]


def test_more_texts_than_wait_are_told_to_come_again(slow):
    slow.ask(*(text(str(number)) for number in range(9)))
    assert slow.told() == [("8", "busy")]


def test_a_text_that_cannot_be_begun_is_told_and_the_next_has_its_turn(slow, controls):
    controls.fault = Refusal("no_translator", "no translator into es", "to")
    slow.ask(text("one"))
    controls.fault = ZeroDivisionError("bug")
    slow.ask(text("two"))
    controls.fault = None
    slow.ask(text("three"))
    assert slow.told() == [("one", "no_translator"), ("two", "failed")]
    assert controls.done == ["translate three en es"]


def test_a_stop_waits_for_no_text_and_answers_all_that_was_asked(controls):
    controls.quick = False
    answers = []
    control = Control(controls, remote_unmute=False)
    control.ask(text("one"), answers.append)
    control.step(0)
    for each in (text("two"), request("mute")):
        control.ask(each, answers.append)
    stopped = Pulse("control")
    stopped.stopping.set()
    control.run(stopped)
    assert sorted((each.request.name, code(each)) for each in answers) == [
        ("mute", "failed"),
        ("translate", "failed"),
        ("translate", "failed"),
    ]
    assert controls.done == ["translate one en es"]


def test_more_requests_than_wait_are_not_taken(controls):
    control = Control(controls, remote_unmute=False)  # its worker is never started
    taken = [control.ask(request("clear"), lambda _answer: None) for _ in range(20)]
    assert taken == [True] * 16 + [False] * 4


def test_answers_outlive_a_restart_and_only_the_newest_are_kept(tmp_path):
    path = tmp_path / "transactions.json"
    first = Transactions(path)
    for number in range(KEPT + 6):
        first.begin("mute", f"t{number}")
        first.end("mute", f"t{number}", f"answer {number}".encode())
    second = Transactions(path)
    assert second.answer("mute", "t5") is None
    assert second.answer("mute", "t6") == b"answer 6"
    assert second.answer("unmute", "t6") is None
    assert [file.name for file in tmp_path.iterdir()] == ["transactions.json"]


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b"\xff", b'{"a": 1}'])
def test_a_damaged_file_of_answers_is_no_reason_not_to_start(tmp_path, rubbish):
    path = tmp_path / "transactions.json"
    path.write_bytes(rubbish)
    transactions = Transactions(path)
    assert transactions.answer("mute", "t") is None
    assert transactions.begin("mute", "t")
    transactions.end("mute", "t", b"done")
    assert Transactions(path).answer("mute", "t") == b"done"


def test_a_command_under_way_is_not_begun_again_unless_it_was_given_up(tmp_path):
    transactions = Transactions(tmp_path / "t.json")
    assert transactions.begin("speak", "t")
    assert not transactions.begin("speak", "t")
    transactions.abandon("speak", "t")
    assert transactions.begin("speak", "t")
    assert transactions.begin("speak", None)
    assert transactions.begin("speak", None)
    assert transactions.begin("speak", "None")
    transactions.end("speak", None, b"another's")
    assert transactions.answer("speak", "None") is None


def test_what_was_forgotten_while_it_was_under_way_is_not_kept(tmp_path):
    transactions = Transactions(tmp_path / "t.json")
    assert transactions.begin("translate", "t")
    transactions.forget("translate")
    transactions.end("translate", "t", b"words")
    assert transactions.answer("translate", "t") is None
    assert transactions.begin("translate", "t")


def test_what_is_alone_is_all_that_is_known_of_its_name(tmp_path):
    transactions = Transactions(tmp_path / "t.json")
    for transaction in "ab":
        assert transactions.begin("group/kitchen", transaction, alone=True)
    for transaction in "ab":
        transactions.end("group/kitchen", transaction, b"done")
    assert transactions.answer("group/kitchen", "a") is None
    assert transactions.answer("group/kitchen", "b") == b"done"


def test_a_file_that_cannot_be_written_is_named_until_nothing_forgotten_is_in_it(tmp_path):
    folder, away = tmp_path / "state", tmp_path / "away"
    folder.mkdir()
    path = folder / "t.json"
    transactions = Transactions(path)
    transactions.begin("translate", "t")
    transactions.end("translate", "t", b"words")
    folder.rename(away)
    assert [transactions.forget("translate") for _ in range(2)] == [path, path]
    away.rename(folder)
    assert transactions.forget("translate") is None
    assert b"words" not in path.read_bytes()
