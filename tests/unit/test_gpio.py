"""The pins of a Raspberry Pi, as gpiozero's own mock pins play them."""

import os
import queue
import threading
from pathlib import Path

import pytest

from hw.api import DeviceBusy, DeviceNotFound, KeyEvent, Signal
from hw.gpio import GpioButton, GpioLight
from tests.support.pulse import wait_until

gpiozero = pytest.importorskip("gpiozero", reason="gpiozero is not installed")
MockPin = pytest.importorskip("gpiozero.pins.mock").MockPin
DEADLINE_S = 20.0


@pytest.fixture
def pins():
    from gpiozero.pins.mock import MockFactory, MockPWMPin  # noqa: PLC0415 -- only where gpiozero is installed

    before = gpiozero.Device.pin_factory
    gpiozero.Device.pin_factory = factory = MockFactory(pin_class=MockPWMPin)
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = before


@pytest.fixture(params=["no_such_library", "pigpio"])
def no_pins(monkeypatch, request):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", request.param)


def test_a_button_tells_when_it_goes_down_and_comes_up(pins):
    button, heard = GpioButton(17), queue.SimpleQueue()
    button.open(heard.put)
    pins.pin(17).drive_low()
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("button", down=True)
    pins.pin(17).drive_high()
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("button", down=False)
    button.close()
    pins.pin(17).drive_low()
    assert heard.empty()


def test_a_button_to_the_supply_is_down_when_its_pin_is_high(pins):
    button, heard = GpioButton(17, pull_up=False), queue.SimpleQueue()
    button.open(heard.put)
    pins.pin(17).drive_high()
    assert heard.get(timeout=DEADLINE_S) == KeyEvent("button", down=True)
    button.close()


@pytest.mark.usefixtures("pins")
def test_a_button_can_be_closed_twice_and_opened_again():
    button = GpioButton(17)
    button.close()
    for _ in range(2):
        button.open(lambda _event: None)
        button.close()
        button.close()


@pytest.mark.usefixtures("pins")
def test_a_pin_has_one_user():
    first, second = GpioButton(17), GpioLight((17,))
    first.open(lambda _event: None)
    with pytest.raises(DeviceBusy, match="in use"):
        second.open()
    first.close()
    second.open()
    second.close()


@pytest.mark.usefixtures("pins")
def test_a_pin_that_is_not_there_is_not_found():
    with pytest.raises(DeviceNotFound, match=r"GPIO53: there is no such pin: GPIO numbers are 27, 26, 25, .*, 1, 0$"):
        GpioButton(53).open(lambda _event: None)


@pytest.mark.parametrize(("board", "revision"), [("4B", "c03111"), ("5B", "d04170"), ("CM4", "b03140")])
def test_the_small_headers_of_a_board_hide_no_pin_of_the_large_one(monkeypatch, board, revision):
    from gpiozero.pins.mock import MockFactory  # noqa: PLC0415 -- only where gpiozero is installed

    factory = MockFactory(revision=revision)
    assert factory.board_info.model == board
    assert len(factory.board_info.headers) > 1
    monkeypatch.setattr(gpiozero.Device, "pin_factory", factory)
    with pytest.raises(DeviceNotFound, match=r"place 40 of the header is GPIO21; GPIO numbers are 27, .* 3, 2, 1, 0$"):
        GpioButton(40).open(lambda _event: None)


@pytest.mark.usefixtures("pins")
@pytest.mark.parametrize(("pin", "there"), [(40, "GPIO21"), (39, "GND")])
def test_who_counted_places_on_the_header_is_told_what_is_there(pin, there):
    with pytest.raises(DeviceNotFound, match=f"place {pin} of the header is {there}; GPIO numbers are 27, 26"):
        GpioLight((5, 6, pin)).open()


@pytest.mark.usefixtures("no_pins")
def test_a_machine_without_pins_says_what_to_do():
    before = Path.cwd()
    with pytest.raises(DeviceNotFound, match=r"no pins that can be used.*group gpio"):
        GpioButton(17).open(lambda _event: None)
    assert Path.cwd() == before


@pytest.mark.usefixtures("pins")
def test_what_lgpio_says_is_passed_on(monkeypatch):
    def refuse(*_arguments, **_options):
        raise RuntimeError("GPIO busy")

    monkeypatch.setattr(gpiozero, "Button", refuse)
    with pytest.raises(DeviceBusy, match="GPIO busy"):
        GpioButton(17).open(lambda _event: None)


def test_what_gpiozero_says_without_words_is_called_by_its_name(pins):
    pins.pin_class = MockPin  # none of whose pins can be dimmed
    with pytest.raises(DeviceBusy, match="PinPWMUnsupported"):
        GpioLight((18,)).open()


def test_button_and_light_do_not_look_for_the_pins_at_once(monkeypatch, tmp_path):
    # Each would come back to the other's working directory.
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    before, inside, most = Path.cwd(), [], []

    def light():
        with pytest.raises(DeviceNotFound):
            GpioLight((5,)).open()

    other = threading.Thread(target=light)

    def ensure():
        inside.append(threading.current_thread())
        most.append(len(inside))
        if len(most) == 1:
            other.start()
            other.join(0.2)  # as long as it would need to come in, too
        inside.pop()
        raise gpiozero.BadPinFactory("none")

    monkeypatch.setattr(gpiozero.Device, "ensure_pin_factory", ensure)
    with pytest.raises(DeviceNotFound):
        GpioButton(17).open(lambda _event: None)
    other.join()
    assert most == [1, 1]
    assert Path.cwd() == before


def test_pins_are_made_ready_where_the_service_may_write(monkeypatch, tmp_path):
    monkeypatch.setattr(gpiozero.Device, "pin_factory", None)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    seen = []

    def ensure():
        seen.append(os.getcwd())  # noqa: PTH109 -- as lgpio asks for it
        raise gpiozero.BadPinFactory("none")

    monkeypatch.setattr(gpiozero.Device, "ensure_pin_factory", ensure)
    with pytest.raises(DeviceNotFound):
        GpioButton(17).open(lambda _event: None)
    assert seen == [str(tmp_path)]


def test_a_light_of_one_colour_is_bright_dim_or_dark(pins):
    light = GpioLight((18,))
    light.open()
    levels = {}
    for signal in (Signal.WAITING, Signal.LISTENING, Signal.HEARING, Signal.MUTED, Signal.OFF):
        light.show(signal)
        levels[signal] = pins.pin(18).state
    assert 0 == levels[Signal.OFF] < levels[Signal.MUTED] < levels[Signal.LISTENING] < levels[Signal.HEARING] == 1
    assert 0 < levels[Signal.WAITING] < levels[Signal.LISTENING] / 3
    light.show(Signal.HEARING)
    light.close()
    assert pins.pin(18).state == 0


def test_a_light_of_three_colours_is_green_and_red_and_no_brighter_than_set(pins):
    light = GpioLight((16, 20, 21), brightness=0.5)
    light.open()
    light.show(Signal.HEARING)
    assert [pins.pin(number).state for number in (16, 20, 21)] == [0, 0.5, 0]
    light.show(Signal.MUTED)
    assert [pins.pin(number).state > 0 for number in (16, 20, 21)] == [True, False, False]
    light.close()


@pytest.mark.parametrize("numbers", [(18,), (16, 20, 21)])
@pytest.mark.parametrize("signal", [Signal.SPEAKING, Signal.FAULT])
def test_speech_and_faults_blink_no_brighter_than_set_until_something_else_is_shown(pins, numbers, signal):
    light = GpioLight(numbers, brightness=0.5)
    light.open()
    for number in numbers:
        pins.pin(number).clear_states()
    light.show(signal)
    levels = {}

    def blinked():
        levels.update({number: [state.state for state in pins.pin(number).states] for number in numbers})
        return any(states.count(0.5) > 1 for states in levels.values())

    wait_until(blinked, "it has been on twice")
    light.show(Signal.OFF)
    assert max(max(states) for states in levels.values()) == 0.5
    assert [pins.pin(number).state for number in numbers] == [0] * len(numbers)
    light.close()


def test_a_light_that_is_low_when_it_shines_is_high_when_it_is_dark(pins):
    light = GpioLight((18,), active_high=False)
    light.open()
    light.show(Signal.HEARING)
    assert pins.pin(18).state == 0
    light.show(Signal.OFF)
    assert pins.pin(18).state == 1
    light.close()


def test_a_light_has_one_pin_or_three():
    with pytest.raises(ValueError, match="not 2"):
        GpioLight((1, 2))


def test_a_closed_light_shows_nothing_and_does_not_mind():
    light = GpioLight((18,))
    light.show(Signal.HEARING)
    light.close()
    light.close()
