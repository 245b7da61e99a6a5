"""A daemon that can be steered, with its real parts on shipped fakes."""

from __future__ import annotations

from pathlib import Path

from daemon.board import Board
from daemon.config import load
from daemon.engines.scripted import ScriptedEngine
from daemon.events import Notice, OutputEvent
from daemon.listening import Listening
from daemon.outputs.mqtt import MqttOutput
from daemon.outputs.speech import SpeechOutput
from daemon.speaking import Speaking
from daemon.steering import Steering
from daemon.streaming import StreamingClient
from hw.fake import RecordingSpeaker, ScriptedMicrophone
from tests.support.clock import HandClock


class Bench:
    """One that keeps what it is told in a folder. Its engine is stepped by `settle`, its clock set by hand."""

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
        """Let all that was asked of the engine be done."""
        while self.streaming.step(0):
            pass

    def _restart(self) -> None:
        self.restarted = True

    def _announce(self, notice: Notice) -> None:
        self.told.append(notice)
        if self.output is not None:
            self.output.offer(notice)


#: Languages of an engine that translates into several.
SEVERAL = (("en-US", "es"), ("en-US", "ca"), ("en-US", "fr"), ("en-US", "pt"))
