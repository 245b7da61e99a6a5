"""The worker between microphone and gate: keeps the microphone open whatever happens, and is deaf when it must be.

A microphone that is away is no reason to end: it is opened again by name, with a jittered back-off, and the time
without it counts as a gap, but for what nobody wanted to be heard: while it is muted, or no key is held to talk.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterable

from daemon.board import Board, PartState
from daemon.delays import RecentDelays
from daemon.events import EndReason, GateEvent, Notice, OutputEvent, UtteranceBegan, UtteranceEnded, UtteranceWithdrawn
from daemon.gate.confirmers.base import Confirmer
from daemon.gate.gate import Gate
from daemon.level_meter import LevelMeter, MicrophoneCheck
from daemon.settings import GateSection
from daemon.speaking import Speaking
from daemon.supervisor import Pulse
from daemon.wanted_time import WantedTime
from hw.api import FRAME_MS, SPEECH_FORMAT, AudioFrame, DeviceBusy, DeviceError, DeviceLate, DeviceNotFound, Microphone

_LOG = logging.getLogger(__name__)

_READ_S = 0.5
#: Sound is still heard so long after a key was let go: people do so with their last syllable.
_LET_GO_NS = 300_000_000
#: In silence the gate takes frames by fives: an onset takes five at least, so none is known later for it. One as young
#: as this is the last that is there.
_REST_NS = 90_000_000
_FRESH_NS = FRAME_MS * 1_000_000
_SECOND_NS = 1_000_000_000
#: Delays of the gate are known for the last minute.
_DELAYS = 60_000 // FRAME_MS
#: Seconds before the microphone is tried again: doubled up to the last, then jittered. One that is back is open within
#: three, of which a slow board takes half for starting the process and opening the device.
_BACK_OFF_S = (0.5, 1.5)
_STATES = {DeviceNotFound: PartState.ABSENT, DeviceBusy: PartState.BUSY, DeviceLate: PartState.BUSY}


class Listening:
    """See the module. `hear` gets the gate's events, `announce` what happened to the microphone.

    `judged`: zeros and clipping are the microphone's fault; a file may hold them.
    """

    def __init__(
        self,
        microphone: Microphone,
        gate: GateSection,
        speaking: Speaking,
        board: Board,
        *,
        hear: Callable[[GateEvent], None],
        announce: Callable[[OutputEvent], None],
        judged: bool = True,
        confirmer: Confirmer | None = None,
    ) -> None:
        self._microphone = microphone
        self._gate = Gate(gate, confirmer)
        self._speaking = speaking
        self._board = board
        self._hear = hear
        self._announce = announce
        self._check = MicrophoneCheck(board, microphone.name) if judged else None
        self.meter = self._check.meter if self._check else LevelMeter()
        self._muted = threading.Event()
        #: In the mode push_to_talk, sound captured until then is heard, CLOCK_MONOTONIC, nanoseconds.
        self._talk_until_ns = -math.inf
        self._gate_settings = gate
        self._adjusted = gate
        self._wanted = WantedTime()
        self._is_lost = False
        #: Until when it was heard, or if it never was, since when it is missed, CLOCK_MONOTONIC, nanoseconds.
        self._heard_ns = 0
        #: Set once the microphone has been tried, with or without success.
        self.tried = threading.Event()
        #: Frames heard, and samples lost by overflow; for the metrics.
        self.frames = 0
        self.lost_samples = 0
        self._rested_ns = 0
        #: From the capture of a frame until the gate takes it; the time that it rests on purpose is no delay.
        self.delays = RecentDelays(_DELAYS)
        self._note_wanted()

    @property
    def muted(self) -> bool:
        """Whether it is deaf until told otherwise."""
        return self._muted.is_set()

    @property
    def hearing(self) -> bool:
        """Whether an utterance is open."""
        return self._gate.is_open

    @property
    def level_dbfs(self) -> float:
        """Level of the last frame."""
        return self._gate.level_dbfs

    def mute(self, *, muted: bool) -> None:
        """Be deaf until told otherwise."""
        if muted:
            self._muted.set()
        else:
            self._muted.clear()
        self._note_wanted()
        self._board.mute(muted=muted)

    def talk(self, *, held: bool) -> None:
        """In the mode push_to_talk, hear as long as something is held, and a moment longer."""
        self._talk_until_ns = math.inf if held else time.monotonic_ns() + _LET_GO_NS
        self._note_wanted()
        self._speaking.key(held=held)

    def adjust(self, gate: GateSection) -> None:
        """Use other settings of the gate from the next frame on."""
        self._adjusted = gate
        self._note_wanted()

    def run(self, pulse: Pulse) -> None:
        """Listen until stopped; then close the open utterance."""
        back_off = _BACK_OFF_S[0]
        try:
            while pulse.beat():
                opened = self._open()
                self.tried.set()
                if opened and self._listen(pulse):
                    back_off = _BACK_OFF_S[0]
                pulse.wait(back_off * random.uniform(0.5, 1.0))  # noqa: S311 -- jitter, no secret
                back_off = min(back_off * 2, _BACK_OFF_S[1])
        finally:
            self._pass_on(self._gate.end(EndReason.STOPPED))
            self._microphone.close()

    def _open(self) -> bool:
        try:
            self._microphone.open()
        except DeviceError as error:
            self._report_absent(error)
            return False
        if not self._is_lost:
            self._report_well()
        return True

    def _listen(self, pulse: Pulse) -> bool:
        """Listen until stopped or until the microphone is lost; return whether anything was heard."""
        before = self.frames
        try:
            while pulse.beat():
                frame = self._microphone.read(_READ_S)
                if frame is not None:
                    self._take(frame)
                    self._rest(frame, pulse)
        except DeviceError as error:
            self._report_lost(error)
        return self.frames > before

    def _rest(self, frame: AudioFrame, pulse: Pulse) -> None:
        """Let frames gather while nobody speaks: to wake up for each of them costs more than to judge it."""
        now_ns = time.monotonic_ns()
        if now_ns - frame.captured_ns < _FRESH_NS and self._gate.is_quiet:
            self._rested_ns = now_ns + _REST_NS
            pulse.wait(_REST_NS / 1e9)

    def _take(self, frame: AudioFrame) -> None:
        if self._is_lost:
            self._count_absence(frame)
        self._heard_ns = frame.captured_ns
        self._wanted.begin(frame.captured_ns)
        self.delays.note(max(frame.captured_ns, self._rested_ns))
        self.frames += 1
        self.lost_samples += frame.lost_before
        (self._check or self.meter).hear(frame.pcm, clipped=frame.clipped)
        wanted = self._adjusted
        if wanted is not self._gate_settings:
            self._gate.adjust(wanted)
            self._gate_settings = wanted
        captured_s = frame.captured_ns / _SECOND_NS
        if self._muted.is_set():
            self._pass_on(self._gate.end(EndReason.MUTED))
        elif self._nobody_talks(frame):
            self._pass_on(self._gate.end(EndReason.MUTED))
            if not self._speaking.sounds_at(captured_s):  # what the device says is no noise of the room
                self._gate.overhear(frame)  # who talks mostly begins at once: by then that must be known
        elif self._speaking.is_deaf_at(captured_s):
            self._pass_on(self._gate.end(EndReason.SPEAKING))
            self._gate.miss(frame.lost_before + len(frame.pcm) // SPEECH_FORMAT.sample_bytes)
        else:
            self._pass_on(self._gate.hear(frame, device_speaks=self._speaking.sounds_at(captured_s)))

    def _nobody_talks(self, frame: AudioFrame) -> bool:
        return self._gate_settings.mode == "push_to_talk" and frame.captured_ns > self._talk_until_ns

    def _pass_on(self, events: Iterable[GateEvent]) -> None:
        for event in events:
            self._hear(event)
            if isinstance(event, UtteranceBegan):
                self._speaking.person(speaks=True)
            elif isinstance(event, UtteranceEnded | UtteranceWithdrawn):
                self._speaking.person(speaks=False)

    def _report_absent(self, error: DeviceError) -> None:
        self._miss()
        self._board.part("microphone", _STATES.get(type(error), PartState.LOST))
        self._board.problem("microphone_lost", str(error))

    def _report_well(self) -> None:
        self._board.part("microphone", PartState.OK)
        self._board.solved("microphone_lost")

    def _report_lost(self, error: DeviceError) -> None:
        if self._is_lost:  # it could be opened, but is as dead as before
            self._report_absent(error)
            return
        _LOG.warning("%s", error, extra={"CODE": "microphone_lost"})
        self._miss()
        self._pass_on(self._gate.end(EndReason.MICROPHONE_LOST))
        if self._check:
            self._check.begin()
        self._board.part("microphone", PartState.LOST)
        self._board.problem("microphone_lost", str(error))
        self._announce(Notice("microphone_lost", {"device": self._microphone.name, "detail": str(error)}))

    def _note_wanted(self) -> None:
        self._wanted.want(self._wanted_until_ns, time.monotonic_ns())

    def _wanted_until_ns(self) -> float:
        if self._muted.is_set():
            return -math.inf
        return self._talk_until_ns if self._adjusted.mode == "push_to_talk" else math.inf

    def _miss(self) -> None:
        self._is_lost = True
        if not self._heard_ns:
            self._heard_ns = time.monotonic_ns()
            self._wanted.begin(self._heard_ns)

    def _count_absence(self, frame: AudioFrame) -> None:
        """Take note that it is heard again: that it can be opened says nothing yet of one that hangs.

        It is away from the last frame to this one: that it was lost is noticed up to a second late. Missed is only what
        was wanted of that.
        """
        begins_ns = frame.captured_ns - _nanoseconds(len(frame.pcm) // SPEECH_FORMAT.sample_bytes)
        # What is lost with the frame is counted with it.
        missed_ns = self._wanted.until(begins_ns - _nanoseconds(frame.lost_before))
        self._is_lost = False
        self._report_well()
        self._gate.miss(missed_ns * SPEECH_FORMAT.rate_hz // _SECOND_NS)
        away_ms = max(0, begins_ns - self._heard_ns) // 1_000_000
        self._announce(Notice("microphone_back", {"device": self._microphone.name, "away_ms": away_ms}))


def _nanoseconds(samples: int) -> int:
    return samples * _SECOND_NS // SPEECH_FORMAT.rate_hz
