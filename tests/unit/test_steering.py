"""What can be done to the running daemon, with its real parts on shipped fakes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from daemon.board import Board, PartState
from daemon.changes import Change
from daemon.config import ConfigError, load
from daemon.engines.base import EngineReady, Pair
from daemon.engines.scripted import ScriptedEngine
from daemon.events import Final, Notice, OutputEvent, SynthesizedSpeech, Translation, asked_by, speech_of
from daemon.listening import Listening
from daemon.mqtt.control import Refusal
from daemon.outputs.mqtt import MqttOutput
from daemon.outputs.speech import SpeechOutput
from daemon.probation import roll_back_after_crash
from daemon.speaking import Speaking
from daemon.steering import Steering
from daemon.streaming import StreamingClient
from hw.fake import RecordingSpeaker, ScriptedMicrophone
from tests.support.clock import HandClock


class Bench:
    def __init__(self, folder: Path, *, serves=(("en-US", "es"), ("es", "en-US")), file: Path | None = None) -> None:
        self.restarted = False
        self.board = Board()
        self.told: list[Notice] = []
        self.published: list[OutputEvent] = []
        #: Who else is told, if anybody is.
        self.output: MqttOutput | None = None
        self.clock = HandClock()
        speaking = Speaking()
        settings = load(file, environment={"STATE_DIRECTORY": str(folder)})
        self.steering = Steering(settings, folder, self._restart, self.board, announce=self._announce, clock=self.clock)
        self.engine = ScriptedEngine(serves=serves)
        self.streaming = StreamingClient(
            self.engine,
            settings.languages,
            self.board,
            publish=self.published.append,
            on_text=self.steering.translated,
        )
        self.listening = Listening(
            ScriptedMicrophone([]),
            settings.gate,
            speaking,
            self.board,
            hear=self.streaming.hear,
            announce=lambda _event: None,
        )
        self.speech = SpeechOutput(
            RecordingSpeaker(), settings.speaker, speaking, self.board, announce=lambda _event: None
        )
        self.steering.attach(self.listening, self.streaming, self.speech, None)
        self.engine.open(self.streaming.hear_engine)
        self.settle()

    def settle(self) -> None:
        while self.streaming.step(0):
            pass

    def _restart(self) -> None:
        self.restarted = True

    def _announce(self, notice: Notice) -> None:
        self.told.append(notice)
        if self.output is not None:
            self.output.offer(notice)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_mute_outlives_the_process(bench: Bench, tmp_path: Path) -> None:
    bench.steering.mute()
    assert bench.board.snapshot().muted
    assert Bench(tmp_path).listening.muted
    bench.steering.unmute()
    assert not Bench(tmp_path).listening.muted


def test_a_disk_that_keeps_what_it_has_does_not_keep_the_microphone_muted(tmp_path: Path) -> None:
    (tmp_path / "muted").mkdir()  # what no unlink takes away
    bench = Bench(tmp_path)
    assert bench.listening.muted
    with pytest.raises(Refusal, match="unmuted, but only until the next start"):
        bench.steering.unmute()
    assert not bench.listening.muted


def test_what_cannot_be_kept_is_refused_with_the_reason_and_muting_mutes_all_the_same(bench: Bench, tmp_path: Path):
    tmp_path.rmdir()
    with pytest.raises(Refusal, match=str(tmp_path)) as refused:
        bench.steering.change({"speaker.volume": 0.5})
    assert refused.value.code == "not_kept"
    assert bench.steering.settings.speaker.volume == 0.8
    with pytest.raises(Refusal, match="until the next start"):
        bench.steering.mute()
    assert bench.listening.muted


def test_swap_turns_the_direction_round_and_is_kept(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.swap() == ("es", ("en-US",))
    bench.settle()
    now = bench.board.snapshot()
    assert (now.source, now.targets) == ("es", ("en-US",))
    kept = load(None, environment={"STATE_DIRECTORY": str(tmp_path)}).languages
    assert (kept.source, kept.targets, kept.speak) == ("es", ("en-US",), "en-US")


def test_two_who_swap_at_once_swap_twice(bench: Bench) -> None:
    others: list[threading.Thread] = []

    def while_the_first_is_at_it() -> EngineReady | None:
        if not others:
            others.append(threading.Thread(target=bench.steering.swap))
            others[0].start()
            others[0].join(0.1)  # it cannot be over: time to have read the languages, if it ever reads them too soon
        return bench.streaming.ready

    bench.steering.attach(bench.listening, bench.streaming, bench.speech, None, served=while_the_first_is_at_it)
    bench.steering.swap()
    others[0].join()
    now = bench.steering.settings.languages
    assert (now.source, now.targets, bench.steering.settings.rev) == ("en-US", ("es",), 2)


def test_swap_in_a_conversation_exchanges_its_sides_and_leaves_further_targets(tmp_path: Path) -> None:
    file = tmp_path / "dragoman.toml"
    file.write_text('[languages]\ntargets = ["ca", "es"]\nconversation = ["en-US", "es-ES"]\n')
    pairs = (("en-US", "es"), ("en-US", "ca"), ("es", "en-US"), ("es", "ca"))
    bench = Bench(tmp_path, serves=pairs, file=file)
    assert bench.steering.swap() == ("es", ("ca", "en-US"))
    assert bench.steering.swap() == ("en-US", ("ca", "es"))


def test_a_direction_that_nothing_recognizes_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=(("en-US", "es"),))
    with pytest.raises(ConfigError) as refused:
        bench.steering.swap()
    assert [error.code for error in refused.value.errors] == ["no_recognizer"]
    assert bench.steering.settings.languages.source == "en-US"


def test_a_language_is_taken_that_another_engine_serves_than_the_one_in_use(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=(("en-US", "es"),))
    other = EngineReady("device", ("es",), (Pair("es", "en", "apertium"),))
    bench.steering.attach(bench.listening, bench.streaming, bench.speech, None, served=lambda: other)
    assert bench.steering.swap() == ("es", ("en-US",))


def test_everything_that_is_wrong_is_told_at_once(bench: Bench) -> None:
    wrong = {"languages.targets": ["fr", "de"], "speaker": {"volume": 7}, "mqtt.host": "elsewhere", "no.such": 1}
    with pytest.raises(ConfigError) as refused:
        bench.steering.change(wrong)
    assert {(error.path, error.code) for error in refused.value.errors} == {
        ("languages.targets", "no_translator"),
        ("speaker.volume", "out_of_range"),
        ("mqtt.host", "not_remote"),
        ("no.such", "unknown_key"),
    }
    assert sum(error.code == "no_translator" for error in refused.value.errors) == 2


def test_settings_that_are_wrong_change_nothing(bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.steering.change({"speaker.volume": 7, "gate.sensitivity": 0.9})
    assert bench.steering.settings.gate.sensitivity == 0.5
    assert bench.steering.settings.rev == 0


def test_settings_of_the_device_itself_are_not_for_the_network(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="cannot be set remotely"):
        bench.steering.change({"mqtt.host": "elsewhere"})


def test_a_change_is_kept_and_says_what_waits_for_a_restart(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.change({"speaker.volume": 0.25}) == Change(1, ("speaker.volume",))
    assert bench.steering.settings.rev == 1
    assert bench.steering.restart_required == ()
    assert bench.told == [Notice("config_applied", {"rev": 1, "applied": ["speaker.volume"], "restart_required": []})]
    assert load(None, environment={"STATE_DIRECTORY": str(tmp_path)}).speaker.volume == 0.25


def test_nothing_is_repeated_before_something_was_said(bench: Bench) -> None:
    with pytest.raises(Refusal, match="nothing has been said"):
        bench.steering.repeat()


def test_the_last_final_is_spoken_again_until_it_is_forgotten(bench: Bench) -> None:
    bench.steering.offer(Final(1, "en-US", "Hi.", {"es": Translation("Hola.")}, 1.0, 0.0, 1.0, "scripted", None, 0, 0))
    bench.steering.repeat()
    assert bench.streaming.outstanding == 1
    bench.steering.forget()
    with pytest.raises(Refusal):
        bench.steering.repeat()


def test_no_transaction_makes_what_is_asked_for_the_speech_of_a_final(bench: Bench) -> None:
    bench.steering.speak("Hola.", "es", speech_of(1))
    bench.settle()
    (request,) = {block.id for block in bench.published if isinstance(block, SynthesizedSpeech)}
    assert request != speech_of(1)
    assert asked_by(request) == speech_of(1)


def test_a_typed_text_is_translated_without_anybody_waiting_for_the_engine(bench: Bench) -> None:
    made = bench.steering.translate("Hi.", "en-US", ("es",))
    assert not made.done()
    bench.settle()
    assert list(made.result(0)) == ["es"]


def test_a_translation_that_nobody_wants_any_more_is_let_go(bench: Bench) -> None:
    given_up = bench.steering.translate("Hi.", "en-US", ("es",))
    wanted = bench.steering.translate("Hello.", "en-US", ("es",))
    given_up.cancel()
    bench.settle()
    assert given_up.cancelled()
    assert wanted.done()


def test_restart_is_passed_on(bench: Bench) -> None:
    bench.steering.restart()
    assert bench.restarted


# ---- what is spoken follows the targets ----

SEVERAL = (("en-US", "es"), ("en-US", "ca"), ("en-US", "fr"), ("en-US", "pt"))


@pytest.mark.parametrize(
    ("targets", "speak", "then", "spoken"),
    [
        (["es"], "es", ["fr"], "fr"),
        (["es", "ca"], "ca", ["es", "fr"], "fr"),
        (["es", "ca"], "ca", ["fr"], "fr"),
        (["es", "ca"], "es", ["ca", "es"], "es"),
        (["es"], "es", ["es-MX", "fr"], "es"),
        (["es"], "", ["fr"], ""),
    ],
)
def test_what_is_spoken_follows_a_target_that_is_gone(tmp_path: Path, targets, speak, then, spoken) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    bench.steering.change({"languages": {"targets": targets, "speak": speak}})
    bench.steering.change({"languages.targets": then})
    assert bench.steering.settings.languages.speak == spoken


def test_what_is_spoken_also_follows_targets_that_are_given_back(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    bench.steering.change({"languages.targets": ["fr"]})
    bench.steering.change({"languages.targets": None})
    now = bench.steering.settings.languages
    assert (now.targets, now.speak) == (("es",), "es")


def test_nothing_follows_where_somebody_says_what_is_spoken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=SEVERAL)
    with pytest.raises(ConfigError, match="one of the targets"):
        bench.steering.change({"languages.targets": ["fr"], "languages.speak": "es"})


# ---- one value, revisions ----


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [("speaker.volume", "0.5", 0.5), ("display.brightness", "7", 7), ("languages.speak", "", "")],
)
def test_one_setting_is_written_as_a_person_writes_it(bench: Bench, path: str, text: str, value: object) -> None:
    bench.steering.change_one(path, text)
    assert bench.steering.settings.flat()[path] == value


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("speaker.volume", "loud", "wrong_type"),
        ("speaker.volume", "nan", "out_of_range"),
        ("no.such", "1", "unknown_key"),
    ],
)
def test_one_setting_that_is_wrong_is_refused(bench: Bench, path: str, text: str, code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        bench.steering.change_one(path, text)
    assert [(error.path, error.code) for error in refused.value.errors] == [(path, code)]


def test_a_change_to_settings_that_somebody_else_has_changed_is_refused(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5}, if_rev=0)
    with pytest.raises(Refusal) as refused:
        bench.steering.change({"speaker.volume": 0.6}, if_rev=0)
    assert (refused.value.code, refused.value.path) == ("rev_conflict", "if_rev")
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_change_that_changes_nothing_is_no_change(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    assert bench.steering.change({"speaker.volume": 0.5}) == Change(1)
    assert len(bench.told) == 1


def test_null_for_a_section_gives_all_of_it_back(bench: Bench) -> None:
    bench.steering.change({"speaker": {"volume": 0.5, "max_wait_s": 1}, "gate.sensitivity": 0.9})
    bench.steering.change({"speaker": None})
    assert bench.steering.settings.remote == {"gate.sensitivity": 0.9}


# ---- the trial ----


def engine_fails(bench: Bench) -> None:
    bench.board.problem("engine_failed", "it died")
    bench.board.part("engine", PartState.FAILED)


def kept(folder: Path) -> dict[str, object]:
    return load(None, environment={"STATE_DIRECTORY": str(folder)}).remote


def test_changes_on_which_a_worker_dies_are_all_taken_back_at_once(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.clock.now_s += 61
    bench.steering.look()
    bench.steering.change({"speaker.volume": 0.6})
    bench.steering.change({"gate.sensitivity": 0.9})
    bench.steering.worker_died("captions died of ValueError")
    bench.steering.look()
    assert bench.steering.settings.remote == kept(tmp_path) == {"speaker.volume": 0.5}
    told = bench.told[-1]
    assert told.event_type == "config_rolled_back"
    assert told.fields["reason"] == "captions died of ValueError"
    assert told.fields["applied"] == ["gate.sensitivity", "speaker.volume"]
    assert bench.steering.settings.rev == 4


def test_a_change_since_which_the_engine_is_not_well_is_taken_back_after_a_minute(bench: Bench) -> None:
    bench.steering.change({"languages.speak": ""})
    engine_fails(bench)
    bench.clock.now_s += 59
    bench.steering.look()
    assert bench.steering.settings.rev == 1
    bench.clock.now_s += 2
    bench.steering.look()
    assert bench.steering.settings.languages.speak == "es"
    bench.steering.look()
    assert [notice.event_type for notice in bench.told] == ["config_applied", "config_rolled_back"]


def test_an_engine_that_recovers_or_was_ill_before_is_no_reason(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    engine_fails(bench)
    bench.board.part("engine", PartState.OK)
    bench.board.solved("engine_failed")
    bench.clock.now_s += 61
    bench.steering.look()
    engine_fails(bench)
    bench.steering.change({"speaker.volume": 0.6})
    bench.clock.now_s += 61
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.6


def test_a_lost_broker_is_no_reason(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.board.problem("mqtt_unreachable", "gone")
    bench.clock.now_s += 61
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_worker_that_dies_later_or_before_is_no_reason(bench: Bench) -> None:
    bench.steering.worker_died("captions")
    bench.steering.change({"speaker.volume": 0.5})
    bench.clock.now_s += 61
    bench.steering.look()
    bench.steering.worker_died("captions")
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_crash_within_the_minute_brings_the_last_good_settings_back(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    assert roll_back_after_crash(tmp_path)
    after = load(None, environment={"STATE_DIRECTORY": str(tmp_path)})
    assert (after.remote, after.rev) == ({}, 2)
    assert not roll_back_after_crash(tmp_path)


def test_a_crash_after_the_minute_or_a_clean_stop_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.steering.stopped()
    assert not roll_back_after_crash(tmp_path)
    again = Bench(tmp_path)
    again.clock.now_s += 61
    again.steering.look()
    assert not roll_back_after_crash(tmp_path)
    assert kept(tmp_path) == {"speaker.volume": 0.5}


def test_a_clean_stop_begins_the_trial_again(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.steering.stopped()
    assert not roll_back_after_crash(tmp_path)
    again = Bench(tmp_path)
    again.steering.worker_died("captions")
    again.steering.look()
    assert again.steering.settings.speaker.volume == 0.8
    assert kept(tmp_path) == {}


def test_without_a_state_directory_there_is_nothing_to_take_back() -> None:
    assert not roll_back_after_crash(None)
