"""What a stream to a service costs in the client, beside the service's own client where that is installed.

Same sound, same server, one run; each client is a process of its own and is looked at from outside. The server
(`tests.support.speech_server`) answers at once, so that what is measured is the client's.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.support.speech_server import SpeechServer
from tests.support.spoken_code import sound_of

from .corpus import ROOT
from .figures import Table, median, median_and_p95
from .processes import MIB, parse_cpu_s, pss_bytes
from .world import BenchError

_OURS, _SDK = "scripts.lib.bench.stream_peer", "tests.support.sdk_peer"
_TARGETS = ("es", "ca")
#: Speech without a pause, cut into utterances of so much, for so long; seconds.
_UTTERANCE = sound_of("good morning how are you today one two three four five six seven . how are you . one two three")
_UTTERANCES = 5
#: Its last word is the end of the sound: a pause there would end the phrase before.
_SHORT = sound_of("good morning how are you today one two three four five six", tail_s=0.0)
_RUNS = 5
_BYTES_A_SECOND = 32_000
_WORDS_BEFORE_DROP = 3
_BAR_CPU = 0.03
#: What the SDK was seen to take after a drop, seconds; what the machine adds is not in it.
_BAR_RECOVERY_S = 0.260
_PERCENT, _MS = 100, 1_000
_END_S = 120.0


def measure() -> Iterator[Table]:
    """Yield one table: our client, and the SDK's."""
    table = Table(f"stream: {_UTTERANCES * len(_UTTERANCE) / _BYTES_A_SECOND:.0f} s in real time, {_RUNS} short ones")
    ours = _Figures(_OURS)
    sdk = _Figures(_SDK) if _has_sdk() else None
    for figures in filter(None, (ours, sdk)):
        figures.measure()
    _add(table, ours, sdk)
    if sdk is None:
        table.notes.append("azure-cognitiveservices-speech is not installed: pip install --group sdk")
    yield table


def _has_sdk() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("azure", "azure.cognitiveservices"))


def _add(table: Table, ours: _Figures, sdk: _Figures | None) -> None:
    share = ours.cpu_s / ours.stream_s
    table.add(
        "processor, of a core, for a stream in real time", f"{share:.2%}", f"<= {_BAR_CPU:.0%}", share <= _BAR_CPU
    )
    own_mb = ours.memory_bytes / MIB
    delay_s, recovery_s = median(ours.delays_s), median(ours.recoveries_s)
    if sdk is None:
        table.add("memory while it streams, MB", f"{own_mb:.1f}")
        table.add("last sample -> final, median / p95, ms", ours.delays)
    else:
        table.add("  the SDK", f"{sdk.cpu_s / sdk.stream_s:.2%}")
        sdk_mb = sdk.memory_bytes / MIB
        table.add("memory while it streams, MB", f"{own_mb:.1f}", "<= the SDK's", own_mb <= sdk_mb)
        table.add("  the SDK", f"{sdk_mb:.1f}")
        best_s = median(sdk.delays_s)
        table.add("last sample -> final, median / p95, ms", ours.delays, "<= the SDK's", delay_s <= best_s)
        table.add("  the SDK", sdk.delays)
    bar = f"<= {_BAR_RECOVERY_S * _MS:.0f}"
    table.add("drop -> the next turn begins, median / p95, ms", ours.recoveries, bar, recovery_s <= _BAR_RECOVERY_S)
    if sdk is not None:
        table.add("  the SDK", sdk.recoveries)


@dataclass(slots=True)
class _Figures:
    """One client's."""

    module: str
    cpu_s: float = 0.0
    stream_s: float = 0.0
    memory_bytes: int = 0
    delays_s: list[float] = field(default_factory=list)
    recoveries_s: list[float] = field(default_factory=list)

    @property
    def delays(self) -> str:
        return median_and_p95([_MS * each for each in self.delays_s], 1)

    @property
    def recoveries(self) -> str:
        return median_and_p95([_MS * each for each in self.recoveries_s], 0)

    def measure(self) -> None:
        self._stream()
        for _run in range(_RUNS):
            self._delay()
            self._drop()

    def _stream(self) -> None:
        utterance_s = len(_UTTERANCE) / _BYTES_A_SECOND
        with SpeechServer() as server, _Peer(self.module, server, _UTTERANCE * _UTTERANCES, utterance_s) as peer:
            began = peer.until("session_started")["at"]
            before_s = peer.cpu_s()
            ended = peer.until("written")["at"]
            self.cpu_s, self.stream_s = peer.cpu_s() - before_s, ended - began
            self.memory_bytes = pss_bytes(peer.pid)
            peer.until("session_stopped")

    def _delay(self) -> None:
        with SpeechServer() as server, _Peer(self.module, server, _SHORT) as peer:
            written = peer.until("written")["at"]
            peer.until("session_stopped")
            self.delays_s.append(max(0.0, peer.last("recognized")["at"] - written))

    def _drop(self) -> None:
        with SpeechServer() as server, _Peer(self.module, server, _SHORT) as peer:
            server.wait_for(lambda: server.turns and len(server.turns[0].decoder.phrase) >= _WORDS_BEFORE_DROP, _END_S)
            dropped = time.monotonic()
            server.cut_all()
            server.wait_for(lambda: len(server.turns) > 1, _END_S)
            self.recoveries_s.append(time.monotonic() - dropped)
            peer.until("session_stopped")


class _Peer:
    """A context: one client at work in a process of its own."""

    def __init__(self, module: str, server: SpeechServer, sound: bytes, utterance_s: float | None = None) -> None:
        asked = {"host": server.address, "source": "en-US", "targets": _TARGETS, "realtime": True}
        self._events: list[dict[str, Any]] = []
        self._sound = sound
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps({**asked, "utterance_s": utterance_s})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        self.pid = self._process.pid
        self._writer = threading.Thread(target=self._write, name="sound")

    def __enter__(self) -> Self:
        self._writer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        self._writer.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def until(self, event: str) -> dict[str, Any]:
        """Hear what it says up to that event; return it. Raises `BenchError` if it ends before."""
        if self._process.stdout is None:
            raise BenchError("a client without its output")
        for line in self._process.stdout:
            self._events.append(json.loads(line))
            if self._events[-1]["event"] == event:
                return self._events[-1]
        raise BenchError(f"{self._process.args!r} ended before {event}: {self._events[-3:]}")

    def last(self, event: str) -> dict[str, Any]:
        """Return the last of these that it said."""
        return next(each for each in reversed(self._events) if each["event"] == event)

    def cpu_s(self) -> float:
        """Return its processor time so far."""
        return parse_cpu_s(Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8", errors="replace"))

    def _write(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin is not None:
                with self._process.stdin as sink:
                    sink.write(self._sound)
