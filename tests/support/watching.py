"""A device as its messages show it, for a watcher that is not connected to anything."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from daemon.mqtt.messages import Publication, Received
from daemon.watch.device import Device
from daemon.watch.faces import Plain
from daemon.watch.heard import Said
from daemon.watch.model import Watch
from daemon.watch.screen import Screen
from daemon.watch.sequence import Missing

DEVICE = "kitchen-3f2a"
EPOCH = "0011aabb"
#: The epoch after that.
NEWER = "ffee0011"
#: What is late is asked for after so long.
PATIENCE_S = 0.5


def final(seq: int, epoch: str = EPOCH, **more: Any) -> dict[str, Any]:
    """Return a final's payload; its text tells its number."""
    return {
        "v": 1,
        "id": f"{epoch}-{seq}",
        "epoch": epoch,
        "seq": seq,
        "utterance": seq,
        "at": "2026-01-02T03:04:05.700Z",
        "source": {"lang": "en-US", "text": f"words {seq}"},
        "translations": {"es": {"text": f"palabras {seq}"}},
        **more,
    }


def interim(utterance: int, text: str = "hello", stable: int = 2) -> dict[str, Any]:
    """Return an interim's payload."""
    source = {"lang": "en-US", "text": text, "stable": stable}
    return {"v": 1, "utterance": utterance, "revision": 1, "source": source, "translations": {}}


def state(final_seq: int, epoch: str = EPOCH, **more: Any) -> dict[str, Any]:
    """Return the payload of `state`."""
    known = {"state": "listening", "source": "en-US", "targets": ["es"], "problems": []}
    return {"v": 1, **known, "epoch": epoch, "final_seq": final_seq, **more}


class World:
    """A watcher, its clock, and what reaches it. Connected from the start, to a broker that has nothing stored."""

    def __init__(self, *names: str, earlier: int = 0) -> None:
        self.watch = Watch("me", names, earlier=earlier)
        self.watch.connected()
        self.now = 0.0
        #: Numbers of the finals that became readable, and pairs of those that are missing, in order.
        self.seen: list[int | tuple[int, int]] = []

    def hear(self, topic: str, payload: Any, *, stored: bool = False, device: str = DEVICE) -> None:
        """Deliver a message; what is no bytes goes as JSON."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.watch.take(Received(f"dragoman/{device}/{topic}", data, stored), self.now)
        self._look()

    def say(self, *seqs: int, epoch: str = EPOCH) -> None:
        """Have the device say finals."""
        for seq in seqs:
            self.hear("final", final(seq, epoch))

    def requests(self, after_s: float = 0.0) -> list[dict[str, Any]]:
        """Return what the watcher asks for when so much time has passed."""
        return [json.loads(publication.payload) for publication in self.publications(after_s)]

    def publications(self, after_s: float = 0.0) -> list[Publication]:
        """Return the same as it goes to the broker."""
        self.now += after_s
        found = list(self.watch.requests(self.now))
        self._look()
        return found

    def answer(self, request: dict[str, Any], seqs: Iterable[int]) -> None:
        """Answer a request with these finals, as docs/mqtt.md says."""
        there = sorted(seqs)
        ends = {"from_seq": there[0], "to_seq": there[-1]} if there else {"from_seq": None, "to_seq": None}
        answer = {"v": 1, "transaction": request["transaction"], "status": "ok", "errors": [], "count": len(there)}
        self.hear("response/replay", {**answer, "epoch": request["epoch"], **ends})
        for seq in there:
            self.hear("replay", final(seq, request["epoch"]))

    def refuse(self, request: dict[str, Any], code: str) -> None:
        """Answer a request with a refusal."""
        errors = [{"path": "", "code": code, "message": ""}]
        self.hear("response/replay", {"transaction": request["transaction"], "status": "error", "errors": errors})

    def _look(self) -> None:
        for _device, item in self.watch.fresh():
            if isinstance(item, Said):
                self.seen.append(item.seq)
            elif isinstance(item, Missing):
                self.seen.append((item.from_seq, item.to_seq))


def device(world: World, name: str = DEVICE) -> Device:
    """Return a device as the watcher has it."""
    return next(device for device in world.watch.devices if device.name == name)


def plain(world: World, connection: str = "", langs: Sequence[str] = ()) -> tuple[str, str]:
    """Return what is printed for a pipe, and what is said on the side."""
    out, err = io.StringIO(), io.StringIO()
    Plain("broker:1883", langs, out, err).show(world.watch, connection)
    return out.getvalue(), err.getvalue()


def drawn(watch: Watch, columns: int = 80, rows: int = 24, connection: str = "") -> list[str]:
    """Return the lines of a terminal of this size."""
    console = Console(width=columns, height=rows, file=io.StringIO(), force_terminal=False, legacy_windows=False)
    console.print(Screen("broker:1883", (), console).draw(watch, connection), end="")
    return console.file.getvalue().splitlines()
