"""Microphone and speaker, each in a child process of its own.

A PortAudio stream whose device hangs can be neither stopped nor closed: the only way out is to end its process. The
children are `hw.audio_child`; what is said to them is in `hw.audio_wire`.
"""

from __future__ import annotations

import json
import subprocess
import time

from hw import audio_wire as wire
from hw.api import AudioFrame, DeviceBusy, DeviceError, DeviceHung, DeviceInfo, DeviceLate, DeviceLost
from hw.child import GRACE_S, OPEN_S, Child, Children, command, environment, failure, kill
from hw.playback_process import PlaybackProcess

__all__ = ["CaptureProcess", "PlaybackProcess", "list_devices"]


#: A microphone that gives no frame for so long hangs, seconds; before the first, one by radio may take its time, as
#: long as it is not known how much that is.
_SILENT_S, _FIRST_S = 1.0, 3.0
_LIST_S = 10.0
#: Buffer of the socket, bytes, so that it holds about two seconds: the kernel counts a frame as some 1.3 KiB, and
#: doubles what it is asked for.
_CAPTURE_BUFFER = 64 * 1024


def list_devices() -> list[DeviceInfo]:
    """Return every microphone and speaker there is now.

    Raises `DeviceHung` if asking for them does not end, `DeviceLost` if it fails.
    """
    listed = json.loads(_asked_for_list())
    return [DeviceInfo(name, kind, description, tuple(aliases)) for kind, name, description, aliases in listed]


def _asked_for_list() -> bytes:
    """Return what a child says there is. `subprocess.run` would wait without end for one that cannot be killed."""
    piped = subprocess.PIPE
    process = subprocess.Popen(command("list"), env=environment(), stdin=subprocess.DEVNULL, stdout=piped, stderr=piped)
    try:
        told, complaint = process.communicate(timeout=_LIST_S)
    except subprocess.TimeoutExpired as error:
        raise DeviceHung(f"the list of sound devices did not come within {_LIST_S:.0f} s") from error
    finally:
        kill(process)
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()
    if process.returncode:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        found = "".join(last) or f"their process ended with {process.returncode}"
        raise DeviceLost(f"the sound devices cannot be listed: {found}")
    return told


class CaptureProcess:
    """A `hw.api.Microphone` by name, as `list_devices` has it, with a fixed gain.

    `channel` is the one that is heard, counted from 0; None: the mean of all.
    """

    def __init__(self, device: str, gain_db: float = 0.0, channel: int | None = None) -> None:
        self.name = device
        words = (device, str(gain_db), "" if channel is None else str(channel))
        self._children = Children("capture", words, (_CAPTURE_BUFFER,))
        self._child: Child | None = None
        #: One that is about to open its device.
        self._opening: Child | None = None
        #: When it is known to hang, unless a frame comes, CLOCK_MONOTONIC, seconds.
        self._hangs_at = 0.0
        self._patience_s = _FIRST_S
        #: When it was opened; None once it has been heard. And how long it may take from the one to the other.
        self._unheard_since: float | None = None
        self._first_s = _FIRST_S

    def open(self) -> None:
        """Start capture. Raises `DeviceNotFound`, `DeviceBusy` or `DeviceHung` within two seconds and a half.

        A child that is merely slow is `DeviceLate`, and kept for the next call.
        """
        child, self._opening = self._opening, None
        self.close()
        child = child or self._children.start()
        try:
            opened = _opens(child, self.name)
        except DeviceError:
            child.drop()
            raise
        if not opened:
            self._opening = child
            raise DeviceLate(_late(self.name))
        self._child = child
        self._unheard_since = time.monotonic()
        self._wait_for_frame(self._first_s)

    def read(self, timeout_s: float) -> AudioFrame | None:
        """Return the next frame, or None if none came in time. Raises `DeviceLost` or `DeviceHung`."""
        if self._child is None:
            raise DeviceLost(f"microphone {self.name!r} is not open")
        patience_s = max(0.0, self._hangs_at - time.monotonic())
        message = self._child.receive(min(timeout_s, patience_s))
        if message is None:
            self._check_silence()
            return None
        self._wait_for_frame(_SILENT_S)
        if not message:
            raise self._abandoned(DeviceLost(f"microphone {self.name!r} went away: its process ended"))
        kind, lost, captured_ns = wire.EVENT.unpack_from(message)
        if kind == wire.FAILED:
            raise self._abandoned(failure(message))
        self._note_first()
        return AudioFrame(bytes(message[wire.EVENT.size :]), captured_ns, lost, clipped=kind == wire.CLIPPED)

    def close(self) -> None:
        """Stop capture and give the device back."""
        children, self._child, self._opening = (self._child, self._opening), None, None
        for child in children:
            if child is not None:
                child.end(GRACE_S)

    def _wait_for_frame(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._hangs_at = time.monotonic() + patience_s

    def _note_first(self) -> None:
        """Learn from the first frame how long this device takes: when it hangs as it opens, it is given up sooner."""
        if self._unheard_since is not None:
            took_s = time.monotonic() - self._unheard_since
            self._unheard_since, self._first_s = None, min(took_s + _SILENT_S, _FIRST_S)

    def _check_silence(self) -> None:
        if time.monotonic() >= self._hangs_at:
            if self._unheard_since is not None:
                self._first_s = _FIRST_S  # it may be another device behind the same name, or have become slower
            raise self._abandoned(DeviceHung(f"microphone {self.name!r} gave no sound for {self._patience_s:.1f} s"))

    def _abandoned(self, error: DeviceError) -> DeviceError:
        child, self._child = self._child, None
        if child is not None:
            child.end(0)
        return error


def _opens(child: Child, name: str) -> bool:
    """Wait until it has opened; False if it has not yet, but may."""
    ends = time.monotonic() + OPEN_S
    while (left_s := ends - time.monotonic()) > 0:
        message = child.receive(left_s)
        if message is None:
            break
        if not message:
            raise DeviceBusy(f"microphone {name!r} cannot be opened: its process ended")
        if message[:1] == wire.FAILED:
            raise failure(message)
        if message[:1] == wire.OPENED:
            return True
    if child.is_late:
        raise DeviceBusy(_late(name))
    return False


def _late(name: str) -> str:
    return f"microphone {name!r} did not open within {OPEN_S:.0f} s"
