"""What the children of `hw.audio_process` and their parent say to each other, and what both children do alike.

They share sockets that keep messages apart (SOCK_SEQPACKET):

- Every message from a child is an `EVENT` header, then PCM (`FRAME`, or `CLIPPED`, where the device's own samples were
  at full scale) or text (`FAILED`: a class of `hw.api`, a line feed, what to tell a person).
- A child tells when it loads what it needs (`LOADING`; every child does so at its start, unsaid), and when it has done
  so and turns to its device (`READY`).
- Every message to playback's control socket is a `COMMAND`; to its data socket, a `CHUNK` header and PCM.

The socket is the queue: a full one makes capture count lost samples, and playback's parent wait. A child ends when its
parent's end is closed.
"""

from __future__ import annotations

import os
import signal
import struct
import time
from typing import Any

#: Kind; samples lost before a frame, or the turn that an event is of; CLOCK_MONOTONIC in nanoseconds.
EVENT = struct.Struct("<cxxxIq")
LOADING, READY = b"L", b"R"
FRAME, CLIPPED, OPENED, FAILED = b"F", b"C", b"O", b"E"
STARTED, FIRST_SAMPLE, FINISHED, STOPPED = b"S", b"1", b"Z", b"X"
#: Either ends a turn.
ENDS = frozenset({FINISHED, STOPPED})
#: Kind (START or STOP), turn, rate in Hz. A turn is one stretch of speech.
COMMAND = struct.Struct("<cxxxII")
START, STOP = b"S", b"X"
#: Turn; 1 if the turn's sound ends with this chunk.
CHUNK = struct.Struct("<II")
#: No message is longer than this.
MESSAGE_BYTES = 8_192

#: How often a child looks whether its device is still there, milliseconds.
LOOK_MS = 400
#: A child may take so many seconds to start and to load what it needs, from a slow card on a busy processor.
LOAD_S = 15
#: A device that does not open in so many seconds never will; the parent loses patience before.
OPEN_S = 10
#: Longer delays than this between a device and its callback are not believed, seconds.
BELIEVED_S = 1.0
#: A device that does not close in so many seconds never will.
_CLOSE_S = 1


def tell(channel: int, kind: bytes, turn: int, when_ns: int, text: str = "") -> None:
    """Send an event to the parent."""
    try:
        os.write(channel, EVENT.pack(kind, turn, when_ns) + text.encode()[: MESSAGE_BYTES - EVENT.size])
    except OSError:
        return  # nobody listens, or nobody has for seconds; the parent sees the end of this process


def fail(channel: int, error: str, text: str, turn: int = 0) -> None:
    """Tell the parent what it is to raise: the name of a class of `hw.api`, and its text."""
    tell(channel, FAILED, turn, time.monotonic_ns(), f"{error}\n{text}")


def ready(channel: int) -> None:
    """Tell that everything is loaded. An alarm ends this process if its device does not open now."""
    signal.alarm(OPEN_S)
    tell(channel, READY, 0, time.monotonic_ns())


def load_conversion(channel: int) -> None:
    """Load what converts sound, numpy above all: only where it is needed, and before the device is open."""
    signal.alarm(LOAD_S)
    tell(channel, LOADING, 0, time.monotonic_ns())
    import hw.conversion  # noqa: F401, PLC0415 -- see above

    ready(channel)


def close(stream: Any) -> None:
    """Close a stream. One that hangs never returns: the alarm ends this process then."""
    if stream is not None:
        signal.alarm(_CLOSE_S)
        stream.close()
        signal.alarm(0)
