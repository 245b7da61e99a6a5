"""Replacing a file so that whoever reads it, and whatever fails meanwhile, finds the old one or the new one whole.

And where files may be kept at all.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

#: Where the unit keeps its state, for commands that people run beside it.
UNIT_STATE = Path("/var/lib/dragoman")
#: Mode of a file that was not there before.
_NEW_MODE = 0o640


def replace(path: Path, data: bytes, new_mode: int = _NEW_MODE) -> None:
    """Write a file anew beside itself, bring it to the disk and put it in place. Raises `OSError`.

    Mode and owner stay what they were (a new file has `new_mode`); a symbolic link keeps pointing to the file.
    """
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise _not_made(error, target) from None
    try:
        with os.fdopen(handle, "wb") as file:
            _dress(file.fileno(), target, new_mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):  # a person knows the file, not a name they never gave
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise
    _sync_directory(target.parent)


def try_folder(folder: Path) -> None:
    """Make a file in a folder and take it away again. Raises `OSError`: `replace` could do nothing there."""
    handle, name = tempfile.mkstemp(prefix=".try.", dir=folder)
    os.close(handle)
    Path(name).unlink()


def state_directory(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the directory that systemd (or who starts the daemon) gave for state; None without one."""
    first = environment.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(first) if first else None


def _not_made(error: OSError, target: Path) -> OSError:
    """Return what is wrong where no file can be made beside the target, by the names that a person gave."""
    if not isinstance(error, FileNotFoundError):
        return OSError(error.errno, error.strerror, str(target))
    if target.parent.is_dir():  # /proc says so of every new file
        return OSError(error.errno, "no file can be made in its folder", str(target))
    return OSError(error.errno, "there is no such folder, make it first", str(target.parent))


def _dress(handle: int, target: Path, new_mode: int) -> None:
    """Give the new file the old one's mode and owner."""
    try:
        old = target.stat()
    except FileNotFoundError:
        os.fchmod(handle, new_mode)
        return
    os.fchmod(handle, old.st_mode & 0o7777)
    with contextlib.suppress(PermissionError):  # only root may give a file away; then it stays ours
        os.fchown(handle, old.st_uid, old.st_gid)


def _sync_directory(directory: Path) -> None:
    """Bring the name to the disk too: without it a power cut may leave the old file, or none."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
