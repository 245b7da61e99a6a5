"""What can be done to the running daemon, with its real parts on shipped fakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.board import Board
from daemon.config import ConfigError, load
from daemon.engines.scripted import ScriptedEngine
from daemon.events import Final, Translation
from daemon.listening import Listening
from daemon.mqtt.control import Refusal
from daemon.outputs.speech import SpeechOutput
from daemon.speaking import Speaking
from daemon.steering import Steering
from daemon.streaming import StreamingClient
from hw.fake import RecordingSpeaker, ScriptedMicrophone


class Bench:
    def __init__(self, folder: Path, *, serves=(("en-US", "es"), ("es", "en-US"))) -> None:
        self.restarted = False
        self.board = Board()
        speaking = Speaking()
        settings = load(None, environment={"STATE_DIRECTORY": str(folder)})
        self.steering = Steering(settings, folder, self._restart)
        self.engine = ScriptedEngine(serves=serves)
        self.streaming = StreamingClient(
            self.engine, settings.languages, self.board, publish=lambda _event: None, on_text=self.steering.translated
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


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_mute_outlives_the_process(bench: Bench, tmp_path: Path) -> None:
    bench.steering.mute()
    assert bench.board.snapshot().muted
    assert Bench(tmp_path).listening.muted
    bench.steering.unmute()
    assert not Bench(tmp_path).listening.muted


def test_swap_turns_the_direction_round_and_is_kept(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.swap() == ("es", ("en-US",))
    bench.settle()
    now = bench.board.snapshot()
    assert (now.source, now.targets) == ("es", ("en-US",))
    kept = load(None, environment={"STATE_DIRECTORY": str(tmp_path)}).languages
    assert (kept.source, kept.targets, kept.speak) == ("es", ("en-US",), "en-US")


def test_a_direction_that_nothing_recognizes_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, serves=(("en-US", "es"),))
    with pytest.raises(Refusal) as refused:
        bench.steering.swap()
    assert refused.value.code == "no_recognizer"
    assert bench.steering.settings.languages.source == "en-US"


def test_a_target_that_nothing_serves_is_refused_with_its_key(bench: Bench) -> None:
    with pytest.raises(Refusal) as refused:
        bench.steering.change({"languages.targets": ["fr"], "languages.speak": "fr"})
    assert (refused.value.code, refused.value.path) == ("no_translator", "languages.targets")


def test_settings_that_are_wrong_change_nothing(bench: Bench) -> None:
    with pytest.raises(ConfigError):
        bench.steering.change({"speaker.volume": 7, "gate.sensitivity": 0.9})
    assert bench.steering.settings.gate.sensitivity == 0.5
    assert bench.steering.settings.rev == 0


def test_settings_of_the_device_itself_are_not_for_the_network(bench: Bench) -> None:
    with pytest.raises(ConfigError, match="cannot be set remotely"):
        bench.steering.change({"mqtt.host": "elsewhere"})


def test_a_change_is_kept_and_says_what_waits_for_a_restart(bench: Bench, tmp_path: Path) -> None:
    assert bench.steering.change({"speaker.volume": 0.25}) == []
    assert bench.steering.settings.rev == 1
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


def test_restart_is_passed_on(bench: Bench) -> None:
    bench.steering.restart()
    assert bench.restarted
