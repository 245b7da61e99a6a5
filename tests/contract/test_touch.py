"""What every button and every light does."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from hw.api import Button, DeviceBusy, DeviceNotFound, KeyEvent, Light, Signal
from hw.gpio import GpioButton, GpioLight
from tests.support.drivers import drivers

#: Longest wait for what must come, seconds.
SOON_S = 20.0


@dataclass
class ButtonCase:
    """How to make the same button again and again, to press it, and to make one that is not there."""

    make: Callable[[], Button]
    press: Callable[[], None]
    release: Callable[[], None]
    absent: Callable[[], Button]


@dataclass
class LightCase:
    """How to make the same light again and again, to see how bright it is, and to make one that is not there."""

    make: Callable[[], Light]
    levels: Callable[[], tuple[float, ...]]
    absent: Callable[[], Light]


@pytest.fixture
def pins(monkeypatch):
    """gpiozero's own mock pins."""
    gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: PLC0415 -- only where gpiozero is installed

    factory = MockFactory(pin_class=MockPWMPin)
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    yield factory
    factory.reset()


def gpio_button(pins) -> ButtonCase:
    pin = pins.pin(17)
    return ButtonCase(lambda: GpioButton(17), pin.drive_low, pin.drive_high, lambda: GpioButton(53))


def gpio_light(pins) -> LightCase:
    numbers = (5, 6, 13)
    return LightCase(
        lambda: GpioLight(numbers),
        lambda: tuple(pins.pin(number).state for number in numbers),
        lambda: GpioLight((53,)),
    )


BUTTONS = {GpioButton: gpio_button}
LIGHTS = {GpioLight: gpio_light}


@pytest.fixture(params=BUTTONS, ids=lambda kind: kind.__name__)
def button(request, pins) -> ButtonCase:
    return BUTTONS[request.param](pins)


@pytest.fixture(params=LIGHTS, ids=lambda kind: kind.__name__)
def light(request, pins) -> LightCase:
    return LIGHTS[request.param](pins)


@pytest.fixture
def opened(light) -> Iterator[Light]:
    made = light.make()
    made.open()
    yield made
    made.close()


def test_every_button_and_every_light_is_tried():
    assert drivers(Button) == set(BUTTONS)
    assert drivers(Light) == set(LIGHTS)


# ---- buttons ----


def test_a_button_tells_by_one_key_when_it_goes_down_and_when_it_comes_up(button):
    made, heard = button.make(), queue.SimpleQueue()
    made.open(heard.put)
    button.press()
    down: KeyEvent = heard.get(timeout=SOON_S)
    button.release()
    up: KeyEvent = heard.get(timeout=SOON_S)
    made.close()
    assert (down.down, up.down) == (True, False)
    assert down.key == up.key
    assert made.name


def test_a_button_that_was_opened_again_tells_each_press_once_and_to_the_last(button):
    made, first, second = button.make(), queue.SimpleQueue(), queue.SimpleQueue()
    made.open(first.put)
    made.open(second.put)
    button.press()
    assert second.get(timeout=SOON_S).down
    made.close()
    assert first.empty()
    assert second.empty()


def test_a_closed_button_tells_nothing_and_may_be_closed_again(button):
    made, heard = button.make(), queue.SimpleQueue()
    made.close()
    made.open(heard.put)
    made.close()
    made.close()
    button.press()
    assert heard.empty()


def test_a_button_that_is_taken_is_busy_until_it_is_given_back(button):
    first, second = button.make(), button.make()
    first.open(lambda _event: None)
    with pytest.raises(DeviceBusy):
        second.open(lambda _event: None)
    first.close()
    second.open(lambda _event: None)
    second.close()


def test_a_button_that_is_not_there_is_not_found(button):
    with pytest.raises(DeviceNotFound):
        button.absent().open(lambda _event: None)


# ---- lights ----


def test_a_light_is_dark_when_it_is_taken_and_when_it_is_given_back(light):
    made = light.make()
    made.open()
    assert not any(light.levels())
    made.show(Signal.HEARING)
    assert any(light.levels())
    made.close()
    assert not any(light.levels())
    assert made.name


@pytest.mark.usefixtures("opened")
def test_a_light_that_is_taken_is_busy(light):
    with pytest.raises(DeviceBusy):
        light.make().open()


def test_what_a_light_says_steadily_looks_different_each_time_and_comes_back(light, opened):
    steady = (Signal.OFF, Signal.WAITING, Signal.LISTENING, Signal.HEARING, Signal.MUTED)
    looks: dict[Signal, set[tuple[float, ...]]] = {signal: set() for signal in steady}
    for signal in (*steady, *reversed(steady), Signal.FAULT, *steady):
        opened.show(signal)
        if signal in looks:
            looks[signal].add(light.levels())
    assert [len(look) for look in looks.values()] == [1] * len(steady)
    assert all(one != other for one, other in itertools.combinations(looks.values(), 2))


def test_a_light_that_is_closed_shows_nothing_and_does_not_mind(light):
    made = light.make()
    made.show(Signal.HEARING)
    made.close()
    made.open()
    made.close()
    made.close()
    made.show(Signal.HEARING)
    assert not any(light.levels())


def test_a_light_that_blinks_can_be_given_back(light, opened):
    opened.show(Signal.FAULT)
    opened.close()
    assert not any(light.levels())


def test_a_light_that_is_not_there_is_not_found(light):
    with pytest.raises(DeviceNotFound):
        light.absent().open()
