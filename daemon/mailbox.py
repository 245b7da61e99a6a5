"""A bounded queue between two workers, with a name, a rule for when it is full, and counters."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic, TypeVar

T = TypeVar("T")


class Overflow(Enum):
    """What happens to a new item when the mailbox is full."""

    DROP_OLDEST = auto()
    REFUSE = auto()


class Mailbox(Generic[T]):
    """Many may put, one gets. Putting never waits.

    `coalesce` gives an item a key; a waiting item of the same key is replaced by the new one, which takes the last
    place. Items whose key is None are never replaced, and are never dropped for one that can be.
    """

    def __init__(
        self,
        name: str,
        capacity: int,
        overflow: Overflow = Overflow.DROP_OLDEST,
        coalesce: Callable[[T], str | None] = lambda _item: None,
    ) -> None:
        self.name = name
        self.capacity = capacity
        self.peak = 0
        self.dropped = 0
        self._overflow = overflow
        self._coalesce = coalesce
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._in_hand = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> bool:
        """Add an item; False if it, or an older one for it, was dropped. After `close` everything is dropped."""
        with self._changed:
            if self._closed:
                self.dropped += 1
                return False
            self._forget_same_key(item)
            room = self._has_room()
            if room or self._drop_for(item):
                self._items.append(item)
            self.dropped += not room
            self.peak = max(self.peak, len(self._items))
            self._changed.notify()
            return room

    def get(self, timeout_s: float | None = None) -> T | None:
        """Return the oldest item; None when none came in time, or when the mailbox is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed, timeout_s)
            if not self._items:
                return None
            self._in_hand += 1
            return self._items.popleft()

    def done(self) -> None:
        """Say that everything got so far has been dealt with. Only for readers whose work somebody waits for."""
        with self._changed:
            self._in_hand = 0

    @property
    def unfinished(self) -> int:
        """Items that wait, and those got since the last `done`."""
        with self._changed:
            return len(self._items) + self._in_hand

    def close(self) -> None:
        """Take no more; wake whoever waits. What is inside can still be got."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def _forget_same_key(self, item: T) -> None:
        key = self._coalesce(item)
        if key is None:
            return
        for waiting in self._items:
            if self._coalesce(waiting) == key:
                self._items.remove(waiting)
                return

    def _has_room(self) -> bool:
        return len(self._items) < self.capacity

    def _drop_for(self, item: T) -> bool:
        """Make room in a full mailbox; False if the new item is the one to go."""
        if self._overflow is Overflow.REFUSE:
            return False
        replaceable = next((i for i, waiting in enumerate(self._items) if self._coalesce(waiting) is not None), None)
        if replaceable is None and self._coalesce(item) is not None:
            return False
        del self._items[replaceable or 0]
        return True
