"""A button and a light on the pins of a Raspberry Pi: the only importer of gpiozero.

gpiozero drives the pins through lgpio, which keeps a pipe in the working directory, where a service may not write
(gpiozero fails there): while the pins are taken, that is the runtime directory.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from hw.api import DeviceBusy, DeviceNotFound, KeyEvent, Signal

#: A contact is at rest when it has not changed for so long, seconds.
_BOUNCE_S = 0.02
_RED_GREEN_BLUE = 3
#: How gpiozero's names of such pins begin; their numbers follow.
_GPIO = "GPIO"
#: Button and light look for the pins at once, but there is one working directory, and one filter of warnings.
_TAKING = threading.Lock()


class _Look(NamedTuple):
    """How a light says something."""

    #: Red, green and blue, 0 to 1; a light of one colour is as bright as the brightest.
    color: tuple[float, float, float]
    #: Seconds on and seconds off; 0 for steady.
    blink_s: float = 0.0


_DARK = _Look((0, 0, 0))
_LOOKS = {
    Signal.OFF: _DARK,
    Signal.WAITING: _Look((0, 0.03, 0)),
    Signal.LISTENING: _Look((0, 0.15, 0)),
    Signal.HEARING: _Look((0, 1, 0)),
    Signal.SPEAKING: _Look((0, 0, 1), blink_s=0.5),
    Signal.MUTED: _Look((0.05, 0, 0)),
    Signal.FAULT: _Look((1, 0, 0), blink_s=0.1),
}


class GpioButton:
    """A contact between a pin (by its GPIO number) and ground, or with `pull_up` false 3.3 V."""

    def __init__(self, pin: int, *, pull_up: bool = True) -> None:
        self.name = f"GPIO{pin}"
        self._pin = pin
        self._pull_up = pull_up
        self._button: Any = None

    def open(self, changed: Callable[[KeyEvent], None]) -> None:
        """Call `changed`, in a thread of gpiozero's, from now on. Raises `DeviceNotFound` or `DeviceBusy`."""
        self.close()
        with _taking(self.name, (self._pin,)) as gpiozero:
            self._button = gpiozero.Button(self._pin, pull_up=self._pull_up, bounce_time=_BOUNCE_S)
        self._button.when_pressed = lambda: changed(KeyEvent("button", down=True))
        self._button.when_released = lambda: changed(KeyEvent("button", down=False))

    def close(self) -> None:
        """Give the pin back."""
        if self._button is not None:
            self._button.close()
            self._button = None


class GpioLight:
    """One LED, or three in one: red, green, blue. From the pins through resistors to ground, or the other way about."""

    def __init__(self, pins: tuple[int, ...], *, active_high: bool = True, brightness: float = 1.0) -> None:
        if len(pins) not in (1, _RED_GREEN_BLUE):
            raise ValueError(f"a light has one pin, or three for red, green and blue, not {len(pins)}")
        self.name = ", ".join(f"GPIO{pin}" for pin in pins)
        self._pins = pins
        self._active_high = active_high
        self._brightness = brightness
        self._light: Any = None
        self._shown = Signal.OFF

    def open(self) -> None:
        """Take the pins, dark. Raises `DeviceNotFound` or `DeviceBusy`."""
        self.close()
        with _taking(self.name, self._pins) as gpiozero:
            kind = gpiozero.PWMLED if len(self._pins) == 1 else gpiozero.RGBLED
            self._light = kind(*self._pins, active_high=self._active_high)
        self._shown = Signal.OFF

    def show(self, signal: Signal) -> None:
        """Look like this from now on. Never waits."""
        if self._light is None or signal is self._shown:
            return
        self._shown = signal
        look = _LOOKS[signal]
        self._light.source = None  # ends the blinking
        if look.blink_s:
            # Not by `blink`, which knows no brightness where there is one colour.
            self._light.source_delay = look.blink_s
            self._light.source = itertools.cycle((self._value(look), self._value(_DARK)))
        else:
            self._light.value = self._value(look)

    def _value(self, look: _Look) -> float | tuple[float, ...]:
        """Return the look as gpiozero has it."""
        parts = tuple(part * self._brightness for part in look.color)
        return parts if len(self._pins) > 1 else max(parts)

    def close(self) -> None:
        """Put it out and give the pins back."""
        if self._light is not None:
            self._light.source = None
            self._light.off()
            self._light.close()
            self._light = None


@contextlib.contextmanager
def _taking(name: str, pins: tuple[int, ...]) -> Iterator[Any]:
    """Give gpiozero with its pins ready; whatever goes wrong in taking one is a `DeviceError`."""
    gpiozero = _gpiozero(name)
    try:
        yield gpiozero
    except gpiozero.PinInvalidPin as error:
        there = _pins_there(gpiozero.Device.pin_factory.board_info, pins)
        raise DeviceNotFound(f"{name}: there is no such pin: {there}") from error
    except gpiozero.GPIOPinInUse as error:
        raise DeviceBusy(f"{name} is already in use here ({error}): give each part pins of its own") from error
    except Exception as error:  # lgpio has errors of its own, of which gpiozero knows nothing
        why = str(error) or type(error).__name__  # gpiozero's for pins that cannot be dimmed says nothing
        raise DeviceBusy(f"{name} cannot be taken ({why}): end what else uses the pin, or take another") from error


def _pins_there(board: Any, wanted: tuple[int, ...]) -> str:
    """Return what to say where one of the pins is not there: which are, the nearest first.

    Mostly somebody has counted places on the header: the large one, beside which most boards have small ones.
    """
    headers = [{place: pin.name for place, pin in header.pins.items()} for header in board.headers.values()]
    places = max(headers, key=len, default={})
    names = {name for header in headers for name in header.values()}
    there = {int(name.removeprefix(_GPIO)) for name in names if name.startswith(_GPIO)}
    wrong = next((number for number in wanted if number not in there), -1)
    nearest = ", ".join(map(str, sorted(there, key=lambda number: (abs(number - wrong), number))))
    counted = f"place {wrong} of the header is {places[wrong]}; " if wrong in places else ""
    return f"{counted}{_GPIO} numbers are {nearest}"


def _gpiozero(name: str) -> Any:
    try:
        import gpiozero  # noqa: PLC0415 -- libraries are imported where they are opened
    except ImportError as error:
        raise DeviceNotFound(f"{name}: gpiozero is not installed: pip install 'dragoman[gpio]'") from error
    try:
        _ready(gpiozero)
    except Exception as error:
        raise DeviceNotFound(
            f"{name}: this machine has no pins that can be used ({error}): install lgpio, and put the user into the "
            "group gpio"
        ) from error
    return gpiozero


def _ready(gpiozero: Any) -> None:
    if gpiozero.Device.pin_factory is not None:
        return
    folder = os.environ.get("RUNTIME_DIRECTORY", tempfile.gettempdir())
    with _TAKING, contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # each kind of pins that is not there; if none is, that is an error
        gpiozero.Device.ensure_pin_factory()
