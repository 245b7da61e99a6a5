"""Takes away what libjack left locked: PortAudio asks it for devices at each start, and would wait for that for ever.

libjack opens a database in shared memory each time, though no JACK server runs (`JackMetadata::PropertyInit`). A
process that is killed in that moment leaves it locked, and nothing of its user has sound any more until a restart of
the machine. Without a server nobody needs it once he has started.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- where libjack has it
#: A start takes a tenth of a second; one that hangs keeps others waiting for so long, seconds.
_PATIENCE_S, _STEP_S = 1.0, 0.01


@contextlib.contextmanager
def taken_away(folder: Path = _SHARED_MEMORY) -> Iterator[None]:
    """Start PortAudio inside: alone among the processes that do, without the database of one that was killed.

    Where there is no such folder, or a JACK server, whose things lie beside it, nothing is done.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, place)
            if _is_ours(place) and not _has_server(folder):
                shutil.rmtree(folder / f"jack_db-{os.getuid()}", ignore_errors=True)
        yield


def _is_ours(place: int) -> bool:
    """Wait for our turn, which ends as the folder is closed; False if another does not end his."""
    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(_STEP_S)
        else:
            return True


def _has_server(folder: Path) -> bool:
    return any(not path.name.startswith("jack_db-") for path in folder.glob("*jack*"))
