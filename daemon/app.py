"""The composition root: builds everything from the settings, starts it top to bottom, stops it in the mirror order.

Settings → outbox → outputs → engine → gate → microphone → READY. Nothing else knows all the parts.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from daemon import __version__, build
from daemon.board import Activity, Board, PartState
from daemon.config import Settings
from daemon.echo_guard import EchoGuard
from daemon.events import Notice
from daemon.health import Meter, SystemdNotifier, free_bytes, temperature_c
from daemon.inputs import ButtonInput, Inputs, LightOutput
from daemon.journal import Journal
from daemon.last_exit import LastExit
from daemon.listening import Listening
from daemon.mqtt.control import Control
from daemon.mqtt.sources import About
from daemon.mqtt.topics import device_id
from daemon.network import own_address
from daemon.outputs.base import FanOut
from daemon.outputs.captions import CaptionsOutput
from daemon.outputs.mqtt import MqttOutput
from daemon.outputs.panel_advice import PanelAdvice
from daemon.outputs.speech import SpeechOutput
from daemon.settings_keys import key_actions
from daemon.speaking import Speaking
from daemon.steering import Steering
from daemon.stop_signals import StopSignals
from daemon.streaming import StreamingClient
from daemon.supervisor import Supervisor
from hw.api import Microphone
from hw.fake.microphone import FileMicrophone

_LOG = logging.getLogger(__name__)

#: READY waits at most so long for the first attempt to open the microphone (contract).
_FIRST_ATTEMPT_S = 2.0
#: A clean stop takes at most so long (contract: 5 s, of which some is for the process's own end).
_STOP_S = 4.5
#: Gate and streaming give a sign of life at least every half second; this is when systemd is told no more.
_STALLED_S = 10.0
_TICK_S = 0.2
#: Exit status when an essential worker died.
FAILED = 1


@dataclass(frozen=True, slots=True)
class Simulation:
    """A file in the place of the microphone."""

    audio: Path
    loop: bool = False
    speed: float = 1.0


class Daemon:
    """The whole daemon, built but not started. Raises what `daemon.build` raises."""

    def __init__(self, settings: Settings, simulation: Simulation | None = None, *, rolled_back: bool = False) -> None:
        """Build it. `rolled_back`: the settings are the last good ones, for the run before crashed on newer ones."""
        self._settings = settings
        self._rolled_back = rolled_back
        self._device = device_id(settings.device.id)
        self._stop = threading.Event()
        self._notifier = SystemdNotifier()
        self._board = Board(settings.languages.source, settings.languages.targets)
        self._supervisor = Supervisor(self._worker_died)
        self._fan_out = FanOut()
        # First of what may be lacking: nothing has been started yet that would have to be stopped.
        self._ladder = build.ladder(settings, self._board, self._fan_out.publish)
        self._meter = Meter()
        self._cause: str | None = None
        self._echoes = EchoGuard()
        self._speaking = Speaking(
            on_change=self._board.doing,
            on_interruption=self._interrupted,
            echo_cancelled=settings.speaker.echo_cancelled,
        )
        self._microphone: Microphone = (
            FileMicrophone(str(simulation.audio), simulation.speed, loop=simulation.loop)
            if simulation
            else build.microphone(settings)
        )
        self._last_exit = LastExit(build.state_directory())
        self._ended_before = self._last_exit.began()
        self._steering = Steering(
            settings, build.state_directory(), self.stop, self._board, announce=self._fan_out.publish
        )
        self._control = Control(self._steering, remote_unmute=settings.privacy.remote_unmute)
        self._inputs = Inputs(
            settings.button,
            key_actions(settings.display.keys),
            self._steering,
            mode=lambda: self._steering.settings.gate.mode,
            board=self._board,
        )
        self._mqtt = self._build_mqtt()
        self._captions = self._build_captions()
        self._speech = self._build_speech()
        self._streaming = StreamingClient(
            self._ladder,
            settings.languages,
            self._board,
            publish=self._fan_out.publish,
            on_text=self._steering.translated,
            echoes=self._echoes,
        )
        self._listening = Listening(
            self._microphone,
            settings.gate,
            self._speaking,
            self._board,
            hear=self._streaming.hear,
            announce=self._fan_out.publish,
            judged=simulation is None,
            confirmer=build.confirmer(settings, self._board),
        )
        self._steering.attach(
            self._listening, self._streaming, self._speech, self._captions, served=lambda: self._ladder.served
        )
        self._journal = Journal(self._board, self._notifier.status)
        for output in (self._meter, self._mqtt, self._captions, self._speech, self._steering, self._journal):
            if output is not None:
                self._fan_out.add(output)
        self._watch_queues()

    def run(self, signals: StopSignals) -> int:
        """Start, work until a signal (or the end of a simulation), stop. Returns the exit status."""
        self._tell_about_settings()
        if not signals.came:
            self._start()
            self._board.doing(Activity.LISTENING)
            self._notifier.ready(self._board.snapshot().summary)
        while not (self._stop.wait(_TICK_S) or signals.came or self._supervisor.failed.is_set() or self._is_over()):
            if not self._supervisor.stalled(_STALLED_S):
                self._notifier.alive()
            self._journal.look()
            self._steering.look()
        self._journal.look()
        failed = self._supervisor.failed.is_set()
        if not failed:
            self._steering.stopped()
        self._shut_down()
        self._last_exit.ended(self._cause if failed else None)
        return FAILED if failed else 0

    def stop(self) -> None:
        """Have `run` stop cleanly. May be called by any thread."""
        self._stop.set()

    # ------------------------------------------------------------ start and stop

    def _start(self) -> None:
        if self._mqtt:
            self._supervisor.start("mqtt", self._mqtt.run, wake=self._mqtt.wake)
        if self._captions:
            self._supervisor.start("captions", self._captions.run, wake=self._captions.wake)
        if self._speech:
            self._supervisor.start("speech", self._speech.run, wake=self._speech.wake)
        self._start_touch()
        self._supervisor.start("control", self._control.run, essential=True, wake=self._control.wake)
        self._supervisor.start("streaming", self._streaming.run, essential=True, wake=self._streaming.wake)
        if len(self._settings.engine.order) > 1:
            self._supervisor.start("ladder", self._ladder.run)
        self._supervisor.start("gate", self._listening.run, essential=True)
        self._listening.tried.wait(_FIRST_ATTEMPT_S)

    def _start_touch(self) -> None:
        """Start what people touch beside the display: its keys, the button, the light."""
        self._supervisor.start("inputs", self._inputs.run, wake=self._inputs.wake)
        button, light = build.button(self._settings), build.light(self._settings)
        if button is not None:
            self._supervisor.start("button", ButtonInput(button, self._board, self._inputs.key).run)
        if light is not None:
            shown = LightOutput(light, self._board)
            self._supervisor.start("light", shown.run, wake=shown.wake)

    def _shut_down(self) -> None:
        _LOG.info("stopping")
        self._notifier.stopping()
        self._board.doing(Activity.STOPPED)  # first: display, light and network are there to say so
        self._supervisor.stop(_STOP_S)

    def _is_over(self) -> bool:
        if not isinstance(self._microphone, FileMicrophone) or not self._microphone.ended:
            return False
        return not (self._listening.hearing or self._streaming.outstanding or (self._speech and self._speech.busy))

    def _tell_about_settings(self) -> None:
        """Say which settings made over MQTT do not hold (any more), or were taken back at this start."""
        for problem in self._settings.problems:
            self._board.problem("remote_settings", f"left out: {problem.message}", about=problem.path)
        if self._rolled_back:
            reason = "the daemon ended badly within a minute of the change"
            self._fan_out.publish(Notice("config_rolled_back", {"rev": self._settings.rev, "reason": reason}))

    # ------------------------------------------------------------ parts that a device may lack

    def _build_mqtt(self) -> MqttOutput | None:
        mqtt = self._settings.mqtt
        if not mqtt.host:
            return None
        return MqttOutput(
            mqtt,
            self._settings.privacy,
            self._device,
            self._board,
            boot=secrets.token_hex(4),
            state_directory=build.state_directory(),
            metrics=self._meter.figures,
            about=self._about,
            effective=lambda: self._steering.settings,
            restart_required=lambda: self._steering.restart_required,
            control=self._control,
        )

    def _about(self) -> About:
        ready = self._streaming.ready
        pairs = {ready.engine: [(pair.source, pair.target) for pair in ready.pairs]} if ready else {}
        recognizes = ready.recognizes if ready else ()
        return About(__version__, pairs, self._ended_before, recognizes, thermometer=temperature_c() is not None)

    def _build_captions(self) -> CaptionsOutput | None:
        panel = build.panel(self._settings)
        if panel is None:
            return None
        display = self._settings.display
        captions = CaptionsOutput(
            panel,
            build.display_link(self._settings),
            self._board,
            display.baud,
            device=self._device,
            address=own_address,
            broker=self._settings.mqtt.host or None,
            page_s=display.page_s,
            keys=self._inputs.key,
            advice=PanelAdvice.of(self._settings),
        )
        captions.dim(display.brightness)
        return captions

    def _build_speech(self) -> SpeechOutput | None:
        speaker = build.speaker(self._settings)
        if speaker is None:
            return None
        return SpeechOutput(
            speaker,
            self._settings.speaker,
            self._speaking,
            self._board,
            announce=self._fan_out.publish,
            cut=lambda cut: self._streaming.speak(cut),  # noqa: PLW0108 -- the client is made later
            echoes=self._echoes,
        )

    def _interrupted(self) -> None:
        if self._speech is not None:
            self._speech.interrupt()

    # ------------------------------------------------------------ what is watched

    def _worker_died(self, name: str, error: str | None) -> None:
        parts = {"captions": "display", "speech": "speaker", "mqtt": "outbox"}
        if error is None:
            self._board.solved("worker_died", name)
            return
        self._cause = f"{name} died of {error}"
        self._steering.worker_died(self._cause)
        self._board.problem("worker_died", f"{name} died of {error} and is started again", about=name)
        if name in parts:
            self._board.part(parts[name], PartState.FAILED)

    def _watch_queues(self) -> None:
        gauges: dict[str, Callable[[], float]] = {
            "xrun_samples": lambda: self._listening.lost_samples,
            "level_rms_dbfs": lambda: self._listening.meter.rms_dbfs,
            "level_peak_dbfs": lambda: self._listening.meter.peak_dbfs,
            "clipped_frames": lambda: self._listening.meter.clipped_frames,
            "echoes_dropped": lambda: self._echoes.dropped,
            "level_dbfs": lambda: round(self._listening.level_dbfs, 1),
            "gate_delay_ms_p50": lambda: self._listening.delays.quantile_ms(500),
            "gate_delay_ms_p999": lambda: self._listening.delays.quantile_ms(999),
            "streaming_queue_peak": lambda: self._streaming.inbox_peak,
            "backlog_s": lambda: round(self._streaming.backlog_s, 2),
        }
        if (directory := build.state_directory()) is not None:
            gauges["disk_free_bytes"] = lambda: free_bytes(directory)
        self._meter.watch(gauges | (self._captions.gauges if self._captions else {}))
