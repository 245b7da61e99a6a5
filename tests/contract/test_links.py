"""Every link keeps the contract of `hw.api.Link`: the serial port over a real pty, and the shipped stand-in."""

import errno
import os
import termios
import threading
import time
from pathlib import Path

import pytest

from hw.api import DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound
from hw.fake import RecordingLink
from hw.serial_link import SerialLink, list_ports
from tests.support.screen import SerialTerminal

BAUD = 115_200
#: Longer than any wait is to take that something ends.
WAIT_S = 10.0


class SerialWorld:
    """A serial port, and somebody who pulls the cable."""

    def __init__(self, folder):
        self.terminal = SerialTerminal(20, 4, folder / "panel")
        self.link = SerialLink(str(folder / "panel"), BAUD)

    def arrive(self, data):
        self.terminal.say(data)

    def lose(self):
        self.terminal.unplug()

    def come_back(self):
        self.terminal.plug_in()

    def hang(self):
        self.terminal.fall_asleep()

    def received(self, count):
        self.terminal.wait_until(lambda terminal: terminal.received >= count)
        return self.terminal.received == count

    def close(self):
        self.link.close()
        self.terminal.close()


class RecordedWorld:
    """The stand-in, told to fail."""

    def __init__(self, _folder):
        self.link = RecordingLink()

    def arrive(self, data):
        self.link.arrive(data)

    def lose(self):
        self.link.fail_next(DeviceLost("unplugged"))

    def come_back(self):
        pass

    def hang(self):
        self.link.fail_next(DeviceHung("nobody reads"))

    def received(self, count):
        return len(self.link.written) == count

    def close(self):
        self.link.close()


@pytest.fixture(params=[SerialWorld, RecordedWorld])
def world(request, tmp_path):
    world = request.param(tmp_path)
    yield world
    world.close()


@pytest.fixture
def wake_fd():
    fd = os.eventfd(0, os.EFD_NONBLOCK)
    yield fd
    os.close(fd)


def write_without_end(link):
    for _ in range(100):
        link.write(bytes(1024))


def read_until(link, count):
    data = b""
    while len(data) < count:  # ends with the test's timeout
        data += link.read()
    return data


def test_what_is_written_arrives(world):
    world.link.open()
    world.link.write(b"hello")
    world.link.write(b" world")
    assert world.received(11)


def test_what_the_other_end_sends_is_read(world):
    world.link.open()
    world.arrive(b"\x1b[?1;2c")
    assert read_until(world.link, 7) == b"\x1b[?1;2c"
    assert world.link.read() == b""


def test_the_wait_ends_when_something_arrives(world, wake_fd):
    world.link.open()
    later = threading.Timer(0.05, world.arrive, [b"k"])
    later.start()
    world.link.wait(WAIT_S, wake_fd)
    later.join()
    assert read_until(world.link, 1) == b"k"


def test_the_wait_ends_when_it_is_woken(world, wake_fd):
    world.link.open()
    os.eventfd_write(wake_fd, 1)
    began = time.monotonic()
    world.link.wait(WAIT_S, wake_fd)
    assert time.monotonic() - began < WAIT_S / 2
    assert world.link.read() == b""


def test_the_wait_ends_by_itself(world, wake_fd):
    world.link.open()
    began = time.monotonic()
    world.link.wait(0.05, wake_fd)
    assert 0.05 <= time.monotonic() - began < WAIT_S / 2


def test_a_port_that_is_lost_during_the_wait_is_lost_at_once(world, wake_fd):
    world.link.open()
    later = threading.Timer(0.05, world.lose)
    later.start()

    def listen():
        world.link.wait(WAIT_S, wake_fd)
        world.link.read()

    began = time.monotonic()
    with pytest.raises(DeviceLost):
        listen()
    assert time.monotonic() - began < WAIT_S / 2
    later.join()


def test_a_lost_port_is_lost_when_written_to(world):
    world.link.open()
    world.lose()
    with pytest.raises(DeviceLost):
        world.link.write(b"hello")


def test_a_lost_port_is_lost_when_read(world):
    world.link.open()
    world.lose()
    with pytest.raises(DeviceLost):
        world.link.read()


def test_a_lost_port_can_be_opened_again_when_it_is_back(world):
    world.link.open()
    world.lose()
    with pytest.raises(DeviceLost):
        write_without_end(world.link)
    world.come_back()
    world.link.open()
    world.link.write(b"hello")
    assert world.received(5)


def test_a_port_whose_other_end_does_not_read_is_hung(world):
    world.link.open()
    world.hang()
    with pytest.raises(DeviceHung):
        write_without_end(world.link)
    world.link.open()


def test_a_closed_port_is_lost_and_may_be_closed_again(world):
    world.link.open()
    world.link.close()
    world.link.close()
    with pytest.raises(DeviceLost):
        world.link.write(b"hello")
    with pytest.raises(DeviceLost):
        world.link.read()


def test_closing_does_not_raise_after_a_loss(world):
    world.link.open()
    world.lose()
    world.link.close()


# ---------------------------------------------------------------- the serial port alone


@pytest.fixture
def terminal():
    with SerialTerminal(20, 4) as terminal:
        yield terminal


@pytest.fixture
def dev(tmp_path, terminal):
    by_id = tmp_path / "serial/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-FTDI_FT232R_A50285BI-if00-port0").symlink_to(terminal.port)
    return tmp_path


def test_a_port_in_use_is_busy(terminal):
    first, second = SerialLink(terminal.port, BAUD), SerialLink(terminal.port, BAUD)
    first.open()
    with pytest.raises(DeviceBusy, match="in use by another program"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_a_port_is_listed_by_its_stable_name(dev, terminal):
    (info,) = list_ports(dev)
    assert info.name == str(dev / "serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0")
    assert info.kind == "serial"
    assert info.description == "usb-FTDI_FT232R_A50285BI-if00-port0"
    assert info.aliases == (terminal.port,)


def test_a_port_opens_by_its_stable_name_without_the_folder(dev, terminal):
    link = SerialLink("usb-FTDI_FT232R_A50285BI-if00-port0", BAUD, dev)
    link.open()
    link.write(b"hello")
    terminal.wait_until(lambda screen: screen.lines[0] == "hello")
    link.close()


@pytest.mark.parametrize("folder", ["serial/by-path", "."])
def test_a_port_without_a_name_of_its_own_opens_by_its_place_without_the_folder(tmp_path, terminal, folder):
    name = "serial0" if folder == "." else "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2:1.0-port0"
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / folder / name).symlink_to(terminal.port)
    link = SerialLink(name, BAUD, tmp_path)
    link.open()
    link.write(b"hello")
    terminal.wait_until(lambda screen: screen.lines[0] == "hello")
    link.close()


def test_every_name_of_a_listed_port_opens_it_without_its_folder(dev, terminal):
    by_path = dev / "serial/by-path"
    by_path.mkdir()
    (by_path / "platform-usb-0:1.2:1.0-port0").symlink_to(terminal.port)
    (info,) = list_ports(dev)
    stable = [name for name in (info.name, *info.aliases) if name != terminal.port]
    assert len(stable) == 2
    for name in stable:
        link = SerialLink(Path(name).name, BAUD, dev)
        link.open()
        link.close()


def test_an_unknown_port_names_the_nearest(dev):
    link = SerialLink("usb-FTDI_FT232R_A50285BX-if00-port0", BAUD, dev)
    with pytest.raises(DeviceNotFound, match=r"did you mean .*A50285BI"):
        link.open()


@pytest.mark.parametrize("wrong", ["/dev/ttyUSB1", "ttyUSB1", "TTYUSB0"])
def test_the_nearest_port_is_so_by_any_of_its_names(tmp_path, wrong):
    (tmp_path / "serial/by-id").mkdir(parents=True)
    for place, target in (("serial/by-id/usb-1a86_USB_Serial-if00-port0", "ttyUSB0"), ("serial0", "ttyS0")):
        (tmp_path / target).touch()
        (tmp_path / place).symlink_to(tmp_path / target)
    with pytest.raises(DeviceNotFound, match=r"did you mean \S*usb-1a86\S*\? \(others: \S*serial0\)"):
        SerialLink(wrong, BAUD, tmp_path).open()


def test_a_port_without_a_name_is_not_taken_for_a_folder(dev):
    with pytest.raises(DeviceNotFound, match=r"no serial port is named: did you mean"):
        SerialLink("", 9_600, dev).open()


def test_an_unknown_port_where_there_is_none_says_so(tmp_path):
    with pytest.raises(DeviceNotFound, match="none on this machine"):
        SerialLink("/dev/serial/by-id/nothing", BAUD, tmp_path).open()


def test_a_file_that_is_no_port_is_not_found(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(DeviceNotFound, match="is no serial port"):
        SerialLink(str(file), BAUD, tmp_path).open()


@pytest.mark.parametrize(
    ("cause", "error", "advice"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), DeviceBusy, "group"),
        (OSError(errno.ENODEV, "No such device"), DeviceNotFound, "no serial port"),
        (ValueError("Invalid baud rate"), DeviceBusy, "does not do 115200 baud"),
        (termios.error(errno.EIO, "Input/output error"), DeviceNotFound, "is no serial port"),
    ],
)
def test_what_a_kernel_refuses_is_named_with_its_cure(monkeypatch, tmp_path, cause, error, advice):
    def refuse(*_arguments, **_options):
        raise cause

    monkeypatch.setattr("serial.Serial", refuse)  # root may open everything, and a pty has every speed
    with pytest.raises(error, match=advice):
        SerialLink("/dev/ttyUSB0", BAUD, tmp_path).open()
