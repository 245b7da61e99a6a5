"""Publisher, broker and subscriber are taken away again and again; after a replay nothing is missing."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import threading

import pytest

from tests.support.broker import Broker, Subscriber
from tests.support.mqtt_device import DEVICE, spawn

BASE = f"dragoman/{DEVICE}"
#: A hundred finals a second.
PAUSE_S = 0.01


def kept(state) -> list[dict]:
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

    def __init__(self, folder, total: int) -> None:
        self.state = folder / "state"
        self.state.mkdir()
        self.total = total
        self.broker = Broker(folder).start()
        self.publisher: subprocess.Popen[str] | None = None
        self.subscriber: Subscriber | None = None
        self.got: dict[str, dict] = {}
        self.epoch = ""

    def publish(self) -> None:
        """Go on with the utterance after the last one that was kept."""
        said = kept(self.state)[-1]["utterance"] if (self.state / "outbox.sqlite").exists() else 0
        self.publisher = spawn(self.broker.port, self.state, said + 1, self.total - said, PAUSE_S)

    def kill_publisher(self) -> None:
        if self.publisher is not None:
            self.publisher.kill()
            self.publisher.communicate()
            self.publisher = None

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


@pytest.mark.parts
@pytest.mark.parametrize(
    ("total", "publisher_deaths", "broker_deaths", "absences"),
    [(300, 3, 2, 1), pytest.param(1_500, 12, 6, 4, marks=pytest.mark.long)],
)
def test_nothing_is_missing_after_a_replay(tmp_path, total, publisher_deaths, broker_deaths, absences):
    source = random.Random(7)  # noqa: S311 -- a seed, so that a failure comes again
    calamities = ["publisher"] * publisher_deaths + ["broker"] * broker_deaths + ["subscriber"] * absences
    source.shuffle(calamities)
    scene = Scene(tmp_path, total)
    pause = threading.Event()
    try:
        scene.subscribe()
        scene.publish()
        for calamity in calamities:
            pause.wait(source.uniform(0.3, 0.9) * total / 300)
            if calamity == "publisher":
                scene.kill_publisher()
                scene.publish()
            elif calamity == "broker":
                scene.broker.kill()
                pause.wait(source.uniform(0, 0.5))
                scene.broker.start()
            else:
                scene.leave()
                pause.wait(source.uniform(0, 0.5))
                scene.subscribe()
        scene.close_gaps()
        scene.leave()
        scene.kill_publisher()
    finally:
        scene.broker.kill()
        scene.kill_publisher()
    outbox = kept(scene.state)
    assert [f["utterance"] for f in outbox] == list(range(1, total + 1))
    assert [f["seq"] for f in outbox] == list(range(1, total + 1))
    assert {f["epoch"] for f in outbox} == {scene.epoch}
    missing = [f["id"] for f in outbox if scene.got.get(f["id"]) != f]
    assert missing == []
    assert len(scene.got) == total
