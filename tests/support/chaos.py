"""Publisher, broker and subscriber are taken away again and again; after a replay nothing may be missing."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.support.broker import Broker, Subscriber
from tests.support.mqtt_device import DEVICE, spawn

BASE = f"dragoman/{DEVICE}"
#: A hundred finals a second.
PAUSE_S = 0.01
#: How long a publisher that starts again says nothing yet, at least, seconds.
_START_S = 0.3


@dataclass(frozen=True)
class Calamities:
    """How often each is taken away."""

    publisher: int
    broker: int
    subscriber: int

    def shuffled(self, source: random.Random) -> list[str]:
        """Return them in any order."""
        names = ["publisher"] * self.publisher + ["broker"] * self.broker + ["subscriber"] * self.subscriber
        source.shuffle(names)
        return names


def kept(state: Path) -> list[dict]:
    """Return every final of the outbox, in order. Its owner must have ended."""
    connection = sqlite3.connect(state / "outbox.sqlite")
    try:
        return [
            json.loads(payload) for (payload,) in connection.execute("SELECT payload FROM finals ORDER BY position")
        ]
    finally:
        connection.close()


class Scene:
    """The three of them, and what the subscriber has."""

    def __init__(self, folder: Path, total: int) -> None:
        self.state = folder / "state"
        self.state.mkdir()
        self.total = total
        self.broker = Broker(folder).start()
        self.publisher: subprocess.Popen[str] | None = None
        self.subscriber: Subscriber | None = None
        self.got: dict[str, dict] = {}
        self.epoch = ""
        #: How many finals were kept at each death of the publisher.
        self.kept_at_deaths: list[int] = []

    def publish(self) -> None:
        """Go on with the utterance after the last one that was kept."""
        said = kept(self.state)[-1]["utterance"] if (self.state / "outbox.sqlite").exists() else 0
        self.publisher = spawn(self.broker.port, self.state, said + 1, self.total - said, PAUSE_S)

    def kill_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.kill()
            self.publisher.communicate()
            self.publisher = None
            self.kept_at_deaths.append(len(kept(self.state)))

    def subscribe(self) -> None:
        self.subscriber = Subscriber(self.broker.port, f"{BASE}/final", f"{BASE}/replay", f"{BASE}/state")

    def leave(self) -> None:
        with self.subscriber as subscriber:
            for topic in ("final", "replay"):
                self.got |= {message.json["id"]: message.json for message in subscriber.of(topic)}

    def close_gaps(self) -> None:
        """Do what docs/mqtt.md tells a subscriber to do."""
        state = self.subscriber.wait_for_topic("state", lambda s: s["final_seq"] >= self.total).json
        self.epoch = state["epoch"]
        for first in range(1, self.total + 1, 100):
            self.subscriber.publish(f"{BASE}/cmd/replay", {"from_seq": first, "limit": 100})
            last = min(first + 99, self.total)
            self.subscriber.wait_for_topic("replay", lambda f, last=last: f["seq"] == last)

    def strike(self, calamity: str, away_s: float) -> None:
        """Take one of the three away, and give it back; the publisher at once."""
        pause = threading.Event()
        if calamity == "publisher":
            self.kill_publisher()
            self.publish()
        elif calamity == "broker":
            self.broker.kill()
            pause.wait(away_s)
            self.broker.start()
        else:
            self.leave()
            pause.wait(away_s)
            self.subscribe()

    def play(self, calamities: Calamities, source: random.Random) -> None:
        """Say every final while all that happens, and ask for what is missing."""
        names = calamities.shuffled(source)
        # Spread over the whole time that the finals take, so that none comes when everything is said.
        between_s = (self.total * PAUSE_S + _START_S * calamities.publisher) / (len(names) + 1)
        pause = threading.Event()
        try:
            self.subscribe()
            self.publish()
            for name in names:
                pause.wait(source.uniform(0.5, 1.5) * between_s)
                self.strike(name, source.uniform(0, 0.5))
            # Anew: after the broker's last death this one may not be connected again yet.
            self.leave()
            self.subscribe()
            self.close_gaps()
            self.leave()
            self.kill_publisher()
        finally:
            self.broker.kill()
            self.kill_publisher()

    def faults(self) -> list[str]:
        """Return what is wrong with what the device kept and what the subscriber has."""
        outbox = kept(self.state)
        numbers = list(range(1, self.total + 1))
        faults = []
        if [final["utterance"] for final in outbox] != numbers:
            faults.append("the outbox lacks utterances, or has them out of order")
        if [final["seq"] for final in outbox] != numbers:
            faults.append("seq has gaps")
        if {final["epoch"] for final in outbox} != {self.epoch}:
            faults.append("the epoch changed")
        faults += [f"{final['id']} is missing or another" for final in outbox if self.got.get(final["id"]) != final]
        faults += [f"{name} was never kept" for name in self.got.keys() - {final["id"] for final in outbox}]
        return faults
