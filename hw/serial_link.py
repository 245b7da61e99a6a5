"""Serial ports by stable names: the only importer of pyserial.

What pyserial raises, as seen on a pty and on USB adapters: a hang-up in mid-write is `SerialException` (EIO), then
`in_waiting` is an `OSError` and the flushes are `termios.error`, which is no `OSError`; a reader that has gone to
sleep is `SerialTimeoutException` once the driver's buffer (16 KiB on a pty) is full; a strange speed is `ValueError`.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import math
import os
import select
import termios
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hw.api import DeviceBusy, DeviceError, DeviceHung, DeviceInfo, DeviceLost, DeviceNotFound

#: A write may take so much longer than its bytes need on the wire, seconds; `close` is promised within two.
_PATIENCE_S = 1.5
#: Bits on the wire for a byte: start, eight, stop.
_BITS_PER_BYTE = 10
#: More than this in the driver's buffer is thrown away at `close`, which would wait for it; seconds on the wire.
_DRAIN_S = 1.0
_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO)


class SerialLink:
    """A port opened for one user. `port` is a path, or a name as `list_ports` gives it, with or without its folder."""

    def __init__(self, port: str, baud: int, dev: Path = Path("/dev")) -> None:
        self.name = port
        self._baud = baud
        self._dev = dev
        self._serial: Any = None

    def open(self) -> None:
        """Open the port. Raises `DeviceNotFound` or `DeviceBusy`."""
        import serial  # noqa: PLC0415 -- libraries are imported where they are opened

        self.close()
        if not self.name:
            raise DeviceNotFound(f"no serial port is named{_nearest('', self._dev)}")
        path = _path(self.name, self._dev)
        try:
            self._serial = serial.Serial(path, self._baud, timeout=0, write_timeout=_PATIENCE_S, exclusive=True)
        except (OSError, ValueError, termios.error) as error:
            raise self._not_opened(path, error) from error

    def write(self, data: bytes) -> None:
        """Send all of it. Raises `DeviceLost`, or `DeviceHung` when the other end does not read."""
        import serial  # noqa: PLC0415

        port = self._open_port()
        try:
            port.write_timeout = _PATIENCE_S + len(data) * _BITS_PER_BYTE / self._baud
            port.write(data)
        except serial.SerialTimeoutException as error:
            self._abandon()
            raise DeviceHung(
                f"{self.name} takes no more bytes: check that the display is switched on and flow control is off"
            ) from error
        except (OSError, termios.error) as error:
            raise self._lost(error) from error

    def read(self) -> bytes:
        """Return what has arrived, without waiting. Raises `DeviceLost`."""
        port = self._open_port()
        try:
            return bytes(port.read(port.in_waiting))
        except (OSError, termios.error) as error:
            raise self._lost(error) from error

    def wait(self, timeout_s: float, wake_fd: int) -> None:
        """Return when something has arrived, `wake_fd` can be read, or it took so long. Raises `DeviceLost`."""
        port = self._open_port().fileno()
        poll = select.poll()
        for source in (port, wake_fd):
            poll.register(source, select.POLLIN)
        if dict(poll.poll(math.ceil(timeout_s * 1000))).get(port, 0) & ~select.POLLIN:
            raise self._lost(OSError("it hung up"))

    def close(self) -> None:
        """Give the port back, after what was written has left it, where that takes no longer than a second."""
        if self._serial is None:
            return
        with contextlib.suppress(OSError, termios.error):
            if self._serial.out_waiting * _BITS_PER_BYTE > self._baud * _DRAIN_S:
                self._serial.reset_output_buffer()
        with contextlib.suppress(OSError, termios.error):
            self._serial.close()
        self._serial = None

    def _open_port(self) -> Any:
        if self._serial is None:
            raise DeviceLost(f"{self.name} is not open: open it first")
        return self._serial

    def _lost(self, error: Exception) -> DeviceLost:
        self._abandon()
        return DeviceLost(f"{self.name} has gone away ({error}): plug it in again")

    def _abandon(self) -> None:
        """Close without waiting: the kernel would hold `close` for what nobody reads, up to half a minute."""
        with contextlib.suppress(OSError, termios.error):
            self._serial.reset_output_buffer()
        self.close()

    def _not_opened(self, path: str, error: Exception) -> DeviceError:
        number = getattr(error, "errno", None)
        if number in _GONE:
            return DeviceNotFound(f"no serial port {self.name}{_nearest(self.name, self._dev)}")
        if number in (errno.EACCES, errno.EPERM):
            return DeviceBusy(
                f"no permission to open {self.name}: add the user to the group that owns {path}, mostly dialout"
            )
        if number in (errno.EBUSY, errno.EAGAIN):
            return DeviceBusy(f"{self.name} is in use by another program: end it, or choose another port")
        if isinstance(error, ValueError):
            return DeviceBusy(f"{self.name} does not do {self._baud} baud: set the speed of the display ({error})")
        return DeviceNotFound(f"{self.name} is no serial port ({error}){_nearest(self.name, self._dev)}")


def list_ports(dev: Path = Path("/dev")) -> list[DeviceInfo]:
    """Return the serial ports, each by a name that stays when others are plugged in, where it has one."""
    from serial.tools import list_ports as pyserial  # noqa: PLC0415 -- libraries are imported where they are used

    described = {info.device: info.description for info in pyserial.comports() if dev == Path("/dev")}
    links: dict[str, list[str]] = {device: [] for device in described}
    for link in _stable_links(dev):
        links.setdefault(os.path.realpath(link), []).append(str(link))
    return [_info(device, names, described.get(device, "")) for device, names in sorted(links.items())]


def _stable_links(dev: Path) -> Iterable[Path]:
    """Yield udev's links, the best first: by what the adapter is, by where it is plugged in, a Raspberry Pi's own."""
    for pattern in ("serial/by-id/*", "serial/by-path/*", "serial[0-9]"):
        yield from sorted(dev.glob(pattern))


def _info(device: str, links: list[str], description: str) -> DeviceInfo:
    names = [*links, device]
    known = description if description not in ("", "n/a") else Path(names[0]).name
    return DeviceInfo(name=names[0], kind="serial", description=known, aliases=tuple(names[1:]))


def _path(name: str, dev: Path) -> str:
    """Return the path of a port that may be named without its folder."""
    if "/" in name:
        return name
    stable = (link for link in _stable_links(dev) if link.name == name)
    return str(next(stable, dev / name))


def _nearest(wrong: str, dev: Path) -> str:
    """Return what to add to a message about an unknown port: those there are, the most similar first."""
    ports = list_ports(dev)
    if not ports:
        return ": there is none on this machine; plug the display in"
    names = [info.name for info in sorted(ports, key=lambda info: -_likeness(wrong, info))]
    return f": did you mean {names[0]}?" + (f" (others: {', '.join(names[1:])})" if names[1:] else "")


def _likeness(wrong: str, info: DeviceInfo) -> float:
    """Return how like a port's name is, be it by any of its names, with or without their folders."""
    known = [part for name in (info.name, *info.aliases) for part in (name, Path(name).name)]
    return max(difflib.SequenceMatcher(None, wrong.lower(), name.lower()).ratio() for name in known)
