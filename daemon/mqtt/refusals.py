"""Topics that the broker does not take or give, although it let us in: its access rules, mostly. Kept on the board."""

from __future__ import annotations

from daemon.board import Board
from daemon.mqtt import topics
from daemon.mqtt.inbound import COMMANDS

_PROBLEM = "mqtt_topic_refused"
#: Most topics that are named at once.
_NAMED = 8
#: Stands for those that strangers think of: what they write is nothing for the display.
_OF_CLIENTS = "response topics of clients"


class Refusals:
    """What holds of the present connection. Used by one thread."""

    def __init__(self, board: Board, device: str) -> None:
        self._board = board
        self._device = device
        self._topics: set[str] = set()
        self._unheard: set[str] = set()
        self._reason = ""

    def refused(self, topic: str, reason: str) -> None:
        """Take note that the broker did not take a message on a topic."""
        self._topics.add(self._named(topic))
        self._reason = reason
        self._tell()

    def unheard(self, topic: str, reason: str) -> None:
        """Take note that the broker does not let us read a topic."""
        self._unheard.add(topic)
        self._reason = reason
        self._tell()

    def taken(self, topic: str) -> None:
        """Take note that it took one."""
        if self._topics:
            self._topics.discard(self._named(topic))
            self._tell()

    def forget(self) -> None:
        """Begin anew: on another connection the broker may have other rules."""
        self._topics.clear()
        self._unheard.clear()
        self._tell()

    def _named(self, topic: str) -> str:
        name = topic.removeprefix(topics.base(self._device))
        command = name.removeprefix(f"{topics.RESPONSE}/")
        own = name != topic and (name in topics.RULES or (command != name and command in COMMANDS))
        return topic if own or topic == topics.discovery(self._device) else _OF_CLIENTS

    def _tell(self) -> None:
        denied = [
            f"{what} {_listed(names)}"
            for what, names in (("take", self._topics), ("let it read", self._unheard))
            if names
        ]
        if not denied:
            self._board.solved(_PROBLEM)
            return
        self._board.problem(
            _PROBLEM,
            f"the broker does not {' and does not '.join(denied)} ({self._reason}): "
            "check its access rules for this device",
        )


def _listed(names: set[str]) -> str:
    first, more = sorted(names)[:_NAMED], max(0, len(names) - _NAMED)
    return ", ".join(first) + (f" and {more} more" if more else "")
