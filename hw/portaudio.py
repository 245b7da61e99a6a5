"""PortAudio, for the child processes of `hw.audio_process`; the only importer of pyaudio.

These processes stay small: a child that needs no conversion never loads numpy, and errors leave here as names of
classes of `hw.api`, which is not loaded either.

PortAudio over ALSA, as seen: a device that appears after initialisation is not seen before it is initialised anew; one
that vanishes ends the callbacks, and `is_active` says so; one that hangs ends them too, but stays active, and closing
the stream never returns.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from hw import jack_lock

#: What a stream callback returns with its data.
CONTINUE, COMPLETE, ABORT = 0, 1, 2
#: Status flag of an input callback: samples before these were lost.
INPUT_OVERFLOWED = 2
#: Length of a callback's buffer, capture's and playback's. Capture wakes up for two frames at once, which costs a third
#: less; a frame is 20 ms late at most for it. Playback may come late on a busy machine; a stop forgets what is left.
_CAPTURE_MS, _PLAYBACK_MS = 40, 60

_INVALID_DEVICE = -9996
#: Invalid sample rate, channel count, sample format: another format may do.
_FORMAT_REFUSED = frozenset({-9997, -9998, -9994})
#: What sound cards can do, if they cannot do what is wanted; the commonest first. The last is the microphone's: where
#: both directions of a card share a clock (I2S), the speaker can have no other while that is open.
_COMMON_RATES = (48_000, 44_100, 32_000, 96_000, 16_000)
#: What is no sound card and has more channels is a plug-in or a sound server that makes as many as are asked for.
_MOST_CHANNELS = 8
_HARDWARE = re.compile(r"(.*) \((hw:(\d+),\d+)\)")
#: ALSA's plug-ins for other programs' use; they are no devices of their own.
_PLUGINS = re.compile(r"(lav|sample|speex)rate|speex|upmix|vdownmix|a52|jack|oss|usbstream|null|dmix|dsnoop")
#: Where the kernel lists sound cards; not /proc/asound, which a hardened service does not see.
_CARDS = "/sys/class/sound"
#: What ALSA puts behind the id of a second card of a kind.
_ANOTHER = re.compile("_[0-9A-F]+")
#: What a card on USB hangs on: bus, ports on the way, then the interface.
_USB = re.compile(r"(\d+-\d+(?:\.\d+)*):.*")

#: Called with (data, frame count, times, status), returns (data, CONTINUE…).
StreamCallback = Callable[[Any, int, Any, int], tuple[bytes | None, int]]
#: Makes the callback of a stream of (rate in Hz, channels, whether samples are 32-bit float; else 16-bit).
MakeCallback = Callable[[int, int, bool], StreamCallback]


class Refused(Exception):
    """A device cannot be opened. `error` is the name of a class of `hw.api`."""

    def __init__(self, error: str, text: str) -> None:
        super().__init__(text)
        self.error = error


class Device:
    """One device in one direction, as PortAudio lists it."""

    def __init__(self, info: dict[str, Any], channels: int) -> None:
        self.index: int = info["index"]
        self.channels = channels
        self.rate_hz = round(info["defaultSampleRate"])
        #: PortAudio's own name; holds the card's number, which may change with a reboot.
        self.description: str = info["name"]
        self.name = self.description
        self.aliases: tuple[str, ...] = ()
        #: Number of its sound card; empty where it is none.
        self.card = ""
        hardware = _HARDWARE.fullmatch(self.description)
        if hardware:
            self.card = hardware[3]
            card = _card_id(self.card)
            self.name = card or hardware[1]
            place = _usb_place(self.card)
            self.aliases = (hardware[1], hardware[2], self.description, *([place] if place else []))

    def called(self, name: str) -> bool:
        """Whether this is one of its names."""
        return name == self.name or name in self.aliases

    @property
    def makes_channels(self) -> bool:
        """Whether it is a plug-in or a sound server that mixes its channels down, or doubles them, as it is asked."""
        return not self.card and self.channels > _MOST_CHANNELS

    @property
    def is_plugin(self) -> bool:
        """Whether nobody would want to choose it."""
        return _PLUGINS.fullmatch(self.name) is not None


class PortAudio:
    """PortAudio, initialised: it knows the devices that were there then."""

    def __init__(self) -> None:
        import pyaudio  # noqa: PLC0415 -- only children load it

        self._pyaudio = pyaudio
        with jack_lock.taken_away():
            self._audio = pyaudio.PyAudio()

    def close(self) -> None:
        """Let go of everything."""
        self._audio.terminate()

    def devices(self, *, output: bool) -> list[Device]:
        """Return the microphones, or the speakers. Devices of one card that would share its name keep long ones."""
        key = "maxOutputChannels" if output else "maxInputChannels"
        infos = [self._audio.get_device_info_by_index(index) for index in range(self._audio.get_device_count())]
        found = [Device(info, int(info[key])) for info in infos if info[key] > 0]
        names = [device.name for device in found]
        for device in found:
            if names.count(device.name) > 1 and device.aliases:
                device.aliases, device.name = (*device.aliases, device.name), device.aliases[0]
        return found

    def open_input(self, name: str, make: MakeCallback, *, floats: bool, channel: int | None = None) -> Any:
        """Start capture: 16 kHz mono 16 bit if the device can, else what it can, as floats. Raises `Refused`.

        Floats keep what a device with more than 16 bits hears; `floats` asks for them in any case. `channel` counts
        from 0, and is among those that are opened; without one all are. `make` is called for each format that is tried.
        """
        speech_hz = 16_000
        device = self._find(name, output=False)
        if channel is not None and channel >= device.channels:
            raise Refused(
                "DeviceNotFound",
                f"microphone {device.name!r} has no channel {channel + 1}: it has 1 to {device.channels}, or mix",
            )
        formats = _formats(device, speech_hz, _input_channels(device, channel))
        return self._open_first(device, formats, make, output=False, floats=lambda rate: floats or rate != speech_hz)

    def open_output(self, name: str, speech_hz: int, make: MakeCallback) -> Any:
        """Start playback of 16-bit samples: mono at `speech_hz` if the device can, else what it can."""
        device = self._find(name, output=True)
        counts = (1, 2) if device.channels > 1 else (1,)
        formats = _formats(device, speech_hz, counts)
        return self._open_first(device, formats, make, output=True, floats=lambda _rate: False)

    def _find(self, name: str, *, output: bool) -> Device:
        devices = self.devices(output=output)
        kind = "speaker" if output else "microphone"
        exact = [device for device in devices if device.called(name)]
        if not exact and name == "default":
            exact = [device for device in devices if device.index == self._default_index(output=output)]
        begun = exact or [device for device in devices if _begins(device.name, name)]
        if len(begun) == 1 or (exact and len({device.card for device in exact}) == 1):
            return begun[0]
        if begun:
            raise Refused("DeviceNotFound", f"{kind} {name!r} may be any of {_listed(begun)}: give the whole name")
        if _is_card(name, output=output):
            raise Refused("DeviceBusy", f"{kind} {name!r}: the sound card is there, but in use or not permitted")
        nearest = _listed(_by_likeness(devices, name))
        raise Refused("DeviceNotFound", f"no {kind} {name!r} (there are: {nearest}): plug it in or choose one")

    def _default_index(self, *, output: bool) -> int:
        ask = self._audio.get_default_output_device_info if output else self._audio.get_default_input_device_info
        try:
            return int(ask()["index"])
        except OSError:
            return -1

    def _open_first(
        self,
        device: Device,
        formats: Iterator[tuple[int, int]],
        make: MakeCallback,
        *,
        output: bool,
        floats: Callable[[int], bool],
    ) -> Any:
        for rate_hz, channels in formats:
            is_float = floats(rate_hz) or (channels > 1 and not output)
            try:
                return self._open(
                    device, rate_hz, channels, make(rate_hz, channels, is_float), output=output, is_float=is_float
                )
            except OSError as error:
                code = error.args[0] if error.args else 0
                if code not in _FORMAT_REFUSED:
                    kind = "DeviceNotFound" if code == _INVALID_DEVICE else "DeviceBusy"
                    raise Refused(kind, f"{device.name!r} cannot be opened: {error.args[-1]} ({code})") from error
        raise Refused(
            "DeviceBusy",
            f"{device.name!r} cannot be opened: it has none of the usual rates and sample formats; choose a device of "
            "ALSA's that converts (default, sysdefault)",
        )

    def _open(
        self, device: Device, rate_hz: int, channels: int, callback: StreamCallback, *, output: bool, is_float: bool
    ) -> Any:
        return self._audio.open(
            rate=rate_hz,
            channels=channels,
            format=self._pyaudio.paFloat32 if is_float else self._pyaudio.paInt16,
            input=not output,
            output=output,
            input_device_index=None if output else device.index,
            output_device_index=device.index if output else None,
            frames_per_buffer=rate_hz * (_PLAYBACK_MS if output else _CAPTURE_MS) // 1000,
            stream_callback=callback,
        )


def _formats(device: Device, wanted_hz: int, counts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield (rate, channels) to try, the best first, each once."""
    for rate_hz in dict.fromkeys((wanted_hz, device.rate_hz, *_COMMON_RATES)):
        for channels in counts:
            yield rate_hz, channels


def _input_channels(device: Device, channel: int | None) -> tuple[int, ...]:
    """Return how many channels to open, the best first.

    PortAudio gives the first ones of those that a card has, and drops the others. A plug-in or a server gives another
    mixture for each number: one channel is its mean of all, and the first is itself only beside a second.
    """
    if channel is not None:
        return (max(2, channel + 1) if device.makes_channels else channel + 1,)
    if device.makes_channels:
        return (1, 2)
    return tuple(dict.fromkeys((device.channels, 2, 1)))


def _by_likeness(devices: list[Device], name: str) -> list[Device]:
    """Return the devices, those first that are called most like it."""
    from difflib import SequenceMatcher  # noqa: PLC0415 -- only where a name is wrong

    def likeness(device: Device) -> float:
        names = (device.name, *device.aliases)
        return max(SequenceMatcher(None, name.lower(), known.lower()).ratio() for known in names)

    return sorted(devices, key=likeness, reverse=True)


def _listed(devices: list[Device]) -> str:
    return ", ".join(repr(device.name) for device in devices if not device.is_plugin) or "none"


def _card_id(number: str) -> str:
    """Return ALSA's id of a card: short, and the same after a reboot. Empty if it is gone."""
    try:
        with open(f"{_CARDS}/card{number}/id") as file:  # noqa: PTH123 -- pathlib is a megabyte that a child can do without
            return file.read().strip()
    except OSError:
        return ""


def _usb_place(number: str) -> str:
    """Return where a card is plugged in, which tells two of a kind apart: ``usb:1-1.2``. Empty if not on USB."""
    try:
        interface = os.path.basename(os.readlink(f"{_CARDS}/card{number}/device"))  # noqa: PTH115, PTH119 -- as above
    except OSError:
        return ""
    found = _USB.fullmatch(interface)
    return f"usb:{found[1]}" if found else ""


def _begins(known: str, name: str) -> bool:
    """Whether the first words of a known name are that. A number that ALSA put behind it makes it another card's."""
    rest = known[len(name) :] if known.lower().startswith(name.lower()) else None
    return rest is not None and not rest[:1].isalnum() and not _ANOTHER.fullmatch(rest)


def _is_card(name: str, *, output: bool) -> bool:
    """Whether a card is called so that has the direction, be it listed by PortAudio or not."""
    return any(_begins(_card_id(number), name) or _usb_place(number) == name for number in _cards(output=output))


def _cards(*, output: bool) -> list[str]:
    """Return the numbers of the cards that have the direction."""
    try:
        entries = os.listdir(_CARDS)  # noqa: PTH208 -- as above
    except OSError:
        return []
    found = (re.fullmatch(rf"pcmC(\d+)D\d+{'p' if output else 'c'}", entry) for entry in entries)
    return sorted({entry[1] for entry in found if entry})


def unlisted(devices: list[Device], *, output: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return name and aliases of cards that PortAudio leaves out, because another program, mostly the daemon, has them.

    `devices` are those that it lists for that direction.
    """
    listed = {device.card for device in devices}
    left_out = ((number, _card_id(number)) for number in _cards(output=output) if number not in listed)
    # Without a name it was unplugged just now.
    return [(name, tuple(filter(None, [_usb_place(number)]))) for number, name in left_out if name]
