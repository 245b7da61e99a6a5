"""What crosses the socket between the daemon and an engine's process: calls one way, events the other.

A frame is four bytes of length, little-endian, and that many bytes of MessagePack: ``[type name, fields]``. Nothing
that can arrive raises anything but `Garbled`.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

import msgspec

from daemon.engines.base import Engine, EngineEvent, Task
from daemon.events import SpeechRequest

#: Longer frames are garbage: the longest real one is a stretch of sound or of synthesized speech.
MAX_FRAME_BYTES = 1 << 20
_LENGTH = struct.Struct("<I")
_READ_BYTES = 1 << 16


class Garbled(Exception):
    """What arrived is no message. The text says what is wrong with it."""


class ChannelClosed(Exception):
    """The other end is gone."""


@dataclass(frozen=True, slots=True)
class Start:
    """First message to the child: the settings of the engine and its stages by section, plain values."""

    settings: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Begin:
    """`Engine.begin`."""

    utterance: int
    task: Task

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.begin(self.utterance, self.task)


@dataclass(frozen=True, slots=True)
class Feed:
    """`Engine.feed`."""

    utterance: int
    pcm: bytes

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.feed(self.utterance, self.pcm)


@dataclass(frozen=True, slots=True)
class Pause:
    """`Engine.pause`."""

    utterance: int

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.pause(self.utterance)


@dataclass(frozen=True, slots=True)
class Resume:
    """`Engine.resume`."""

    utterance: int

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.resume(self.utterance)


@dataclass(frozen=True, slots=True)
class Finish:
    """`Engine.finish`."""

    utterance: int

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.finish(self.utterance)


@dataclass(frozen=True, slots=True)
class Cancel:
    """`Engine.cancel`."""

    utterance: int

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.cancel(self.utterance)


@dataclass(frozen=True, slots=True)
class Translate:
    """`Engine.translate`."""

    request: str
    text: str
    task: Task

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.translate(self.request, self.text, self.task)


@dataclass(frozen=True, slots=True)
class Speak:
    """`Engine.speak`."""

    request: SpeechRequest

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.speak(self.request)


@dataclass(frozen=True, slots=True)
class Hush:
    """`Engine.hush`."""

    request: str

    def apply(self, engine: Engine) -> None:
        """Make the call."""
        engine.hush(self.request)


@dataclass(frozen=True, slots=True)
class Alive:
    """Said by the child every second while all of its workers get on."""


Call = Begin | Feed | Pause | Resume | Finish | Cancel | Translate | Speak | Hush
CALLS: dict[str, type] = {kind.__name__: kind for kind in (Start, *get_args(Call))}
EVENTS: dict[str, type] = {kind.__name__: kind for kind in (Alive, *get_args(EngineEvent))}

Incoming = TypeVar("Incoming")


def encode(message: object) -> bytes:
    """Return the frame of one of the dataclasses above, or of an engine's event."""
    body = msgspec.msgpack.encode((type(message).__name__, message))
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes, kinds: dict[str, type]) -> Any:
    """Return the message in a frame's body. Raises `Garbled`."""
    try:
        name, fields = msgspec.msgpack.decode(body, type=tuple[str, msgspec.Raw])
        return msgspec.msgpack.decode(fields, type=kinds[name])
    except KeyError as error:
        raise Garbled(f"a message of unknown type {str(error)[:80]}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Garbled(f"a message that cannot be read: {error}") from None


class FrameReader:
    """Cuts a stream of bytes into frames' bodies."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def take(self, data: bytes) -> Iterator[bytes]:
        """Add what has arrived; yield each body that is complete. Raises `Garbled`."""
        self._pending += data
        while len(self._pending) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._pending)
            if length > MAX_FRAME_BYTES:
                raise Garbled(f"a frame of {length} bytes, at most {MAX_FRAME_BYTES} are sent")
            end = _LENGTH.size + length
            if len(self._pending) < end:
                return
            body = bytes(self._pending[_LENGTH.size : end])
            del self._pending[:end]
            yield body


class Channel(Generic[Incoming]):
    """One end of the socket. Any thread may send, one receives."""

    def __init__(self, link: socket.socket, kinds: dict[str, type]) -> None:
        self._link = link
        self._kinds = kinds
        self._frames = FrameReader()
        self._sending = threading.Lock()

    def send(self, message: object) -> None:
        """Send a message, however long the other end takes to read. Raises `ChannelClosed`."""
        frame = encode(message)
        try:
            with self._sending:
                self._link.sendall(frame)
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self, timeout_s: float | None = None) -> list[Incoming]:
        """Return the messages that have arrived, waiting for something; nothing if nothing came in time.

        Raises `Garbled` or `ChannelClosed`. Sending is not bound by the time.
        """
        if not _readable(self._link, timeout_s):
            return []
        try:
            data = self._link.recv(_READ_BYTES)
        except OSError as error:
            raise ChannelClosed(str(error)) from error
        if not data:
            raise ChannelClosed("the other end is closed")
        return [decode(body, self._kinds) for body in self._frames.take(data)]

    def shut(self) -> None:
        """End the conversation: both ends see it closed."""
        with contextlib.suppress(OSError):  # the other end was first
            self._link.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back. Nobody may use it any more."""
        self._link.close()


def _readable(link: socket.socket, timeout_s: float | None) -> bool:
    poller = select.poll()
    try:
        poller.register(link, select.POLLIN)
    except (OSError, ValueError) as error:
        raise ChannelClosed(str(error)) from error
    return bool(poller.poll(None if timeout_s is None else max(0.0, timeout_s) * 1000))
