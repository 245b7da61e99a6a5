"""What may wait for a pipe, step by step: a generator that gives None before it reads, and returns what it found."""

from __future__ import annotations

from collections.abc import Generator
from typing import IO, TypeVar

T = TypeVar("T")
#: Returns something in the end.
Steps = Generator[None, None, T]


def at_once(steps: Steps[T]) -> T:
    """Take all the steps, for whoever can wait."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def read_up_to(source: IO[bytes], size: int) -> Steps[bytes]:
    """Read so many bytes, fewer only at the end."""
    data = b""
    while len(data) < size:
        yield
        more = source.read(size - len(data))
        if not more:
            break
        data += more
    return data
