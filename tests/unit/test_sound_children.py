"""The callbacks of the sound processes, fed as PortAudio would, and the names of devices."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from daemon.events import UtteranceBegan
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from hw import audio_wire as wire
from hw import portaudio
from hw.api import FRAME_BYTES, AudioFrame
from hw.capture_child import Capture, Offset, conversion
from hw.playback_child import Playback
from tests.support.recordings import recording
from tests.support.sound import FRAME_NS, RATE_HZ

NO_TIMES = {"input_buffer_adc_time": 0.0, "current_time": 0.0, "output_buffer_dac_time": 0.0}
FRAME_SAMPLES = FRAME_BYTES // 2


def tone(rate_hz: int, samples: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 300 * np.arange(samples) / rate_hz)


def received(ours: socket.socket) -> list[tuple[bytes, int, int, bytes]]:
    messages = []
    while True:
        try:
            message = ours.recv(wire.MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return messages
        messages.append((*wire.EVENT.unpack_from(message), message[wire.EVENT.size :]))


def test_what_capture_gets_in_the_speech_format_goes_out_as_it_is(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    pcm = os.urandom(FRAME_BYTES)
    before_ns = time.monotonic_ns()

    assert capture(pcm, FRAME_SAMPLES, NO_TIMES, 0) == (None, portaudio.CONTINUE)

    ((kind, lost, captured_ns, heard),) = received(ours)
    assert (kind, lost, heard) == (wire.FRAME, 0, pcm)
    assert before_ns <= captured_ns <= time.monotonic_ns()


def test_a_buffer_of_several_frames_goes_out_frame_by_frame_each_with_its_own_time(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    pcm = os.urandom(3 * FRAME_BYTES)

    capture(pcm, 3 * FRAME_SAMPLES, NO_TIMES, 0)

    messages = received(ours)
    assert b"".join(heard for *_, heard in messages) == pcm
    times = [captured_ns for _, _, captured_ns, _ in messages]
    assert [after - before for before, after in pairwise(times)] == [20_000_000] * 2


def test_capture_believes_the_device_how_long_ago_its_last_sample_was_heard(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    times = {**NO_TIMES, "input_buffer_adc_time": 100.0, "current_time": 100.05}

    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, times, 0)
    after_ns = time.monotonic_ns()

    captured_ns = received(ours)[0][2]
    assert captured_ns <= after_ns - 30_000_000
    assert captured_ns > after_ns - 10_000_000_000


def test_capture_converts_what_another_device_gives(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 48_000, conversion(48_000, 2, 0.0, None))
    stereo = np.repeat(tone(48_000, 960 * 50), 2).astype("<f4").tobytes()
    step = 960 * 2 * 4

    for at in range(0, len(stereo), step):
        capture(stereo[at : at + step], 960, NO_TIMES, 0)

    messages = received(ours)
    assert {len(pcm) for *_, pcm in messages} == {FRAME_BYTES}
    assert len(messages) >= 47
    times = [captured_ns for _, _, captured_ns, _ in messages]
    assert times == sorted(times)
    assert times[-1] < time.monotonic_ns()
    heard = np.frombuffer(b"".join(pcm for *_, pcm in messages), "<i2") / 32_768
    assert np.abs(heard - tone(16_000, len(heard)))[1_000:].max() < 0.02  # the filter against offsets shifts it


def test_of_two_channels_the_wanted_one_is_heard_and_its_offset_is_gone(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 2, 20.0, 1))
    quiet = 0.04 * tone(16_000, 320 * 50)
    stereo = np.stack((np.full_like(quiet, 0.7), quiet - 0.05), axis=1).astype("<f4").reshape(50, -1)

    for block in stereo:
        capture(block.tobytes(), 320, NO_TIMES, 0)

    heard = np.frombuffer(b"".join(pcm for *_, pcm in received(ours)), "<i2") / 32_768
    assert abs(heard[4_000:].mean()) < 0.001
    assert np.abs(heard - 10 * quiet).max() < 0.02


@pytest.mark.parametrize(
    ("peaks", "wanted", "gain_db", "told"),
    [
        ((1.0, 0.0), None, 0.0, True),
        ((0.99, 0.99), None, 0.0, False),
        ((-1.0, 0.0), 0, -20.0, True),
        ((1.0, 0.3), 1, 0.0, False),
        ((0.3, 0.3), None, 40.0, False),
    ],
)
def test_a_converter_that_clips_is_told_by_what_it_gave_before_mixing_and_gain(pair, peaks, wanted, gain_db, told):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 2, gain_db, wanted))
    loud = np.zeros((FRAME_SAMPLES, 2), "<f4")
    loud[7] = peaks

    capture(loud.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(8 * FRAME_SAMPLES), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED if told else wire.FRAME, wire.FRAME]


def test_clipping_in_a_buffer_that_fills_no_frame_is_told_with_the_next(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, conversion(16_000, 1, 6.0, None))

    capture(np.ones(FRAME_SAMPLES // 2, "<f4").tobytes(), FRAME_SAMPLES // 2, NO_TIMES, 0)
    capture(np.zeros(FRAME_SAMPLES, "<f4").tobytes(), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED]


def test_what_clips_far_off_zero_is_told_though_its_offset_is_taken_away(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    off = np.full(FRAME_SAMPLES, 2_000, "<i2")
    loud = off.copy()
    loud[5] = 32_767
    for _ in range(50):
        capture(off.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    received(ours)

    capture(loud.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)
    capture(off.tobytes(), FRAME_SAMPLES, NO_TIMES, 0)

    assert [kind for kind, *_ in received(ours)] == [wire.CLIPPED, wire.FRAME]


def test_the_offset_of_a_converter_goes_and_sound_without_one_stays_as_it_is():
    noise = np.random.default_rng(5).integers(-9_000, 9_000, (500, FRAME_SAMPLES)).astype("<i2")
    offset = Offset()
    assert all(offset.removed(frame.tobytes()) == frame.tobytes() for frame in noise)

    shifted = [np.frombuffer(offset.removed((frame + np.int16(1_500)).tobytes()), "<i2") for frame in noise]

    assert abs(np.mean(shifted[-200:])) < 100
    assert np.corrcoef(np.ravel(shifted[-200:]), noise[-200:].ravel())[0, 1] > 0.999


@pytest.mark.parametrize("level", [1_000, -3_000, 30])
def test_an_offset_is_gone_after_a_fifth_of_a_second(level):
    offset = Offset()
    noise = np.random.default_rng(5).integers(-3, 4, (30, FRAME_SAMPLES)).astype("<i2")
    shifted = [np.frombuffer(offset.removed((frame + np.int16(level)).tobytes()), "<i2") for frame in noise]
    assert max(abs(np.mean(frame)) for frame in shifted[10:]) < 2


@pytest.mark.parametrize("level", [30, -1_000, 3_000])
def test_the_gate_opens_as_soon_whatever_the_offset(level):
    speech = np.frombuffer(recording("azure-whatstheweatherlike"), "<i2").astype(int) // 30
    room = np.random.default_rng(5).integers(-3, 4, RATE_HZ)
    sound = np.concatenate((room, speech))
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    began = []
    for shift in (0, level):
        gate, offset = Gate(GateSection()), Offset()
        heard = [offset.removed((frame + shift).astype("<i2").tobytes()) for frame in frames]
        events = [event for at, pcm in enumerate(heard) for event in gate.hear(AudioFrame(pcm, (at + 1) * FRAME_NS))]
        began.append([event.start_s for event in events if isinstance(event, UtteranceBegan)])
    assert began[0]
    assert began[1] == pytest.approx(began[0], abs=0.1)


@pytest.mark.parametrize("level", [50, 300, -100])
def test_a_small_offset_goes_too(level):
    offset = Offset()
    noise = np.random.default_rng(5).integers(-20, 20, (600, FRAME_SAMPLES)).astype("<i2")
    shifted = [np.frombuffer(offset.removed((frame + np.int16(level)).tobytes()), "<i2") for frame in noise]
    assert max(abs(np.mean(frame)) for frame in shifted[-50:]) < 4


def test_an_offset_that_has_gone_is_no_longer_taken_away():
    offset = Offset()
    silence, off = np.zeros(FRAME_SAMPLES, "<i2").tobytes(), np.full(FRAME_SAMPLES, 200, "<i2").tobytes()
    for _ in range(100):
        before = offset.removed(off)
    assert before != off
    for _ in range(600):
        last = offset.removed(silence)
    assert last == silence


def test_taking_an_offset_away_does_not_turn_the_loudest_sample_round():
    offset = Offset()
    for _ in range(200):
        offset.removed(np.full(FRAME_SAMPLES, -5_000, "<i2").tobytes())

    loudest = np.frombuffer(offset.removed(np.full(FRAME_SAMPLES, 32_767, "<i2").tobytes()), "<i2")

    assert set(loudest) == {32_767}


def test_capture_counts_what_the_parent_does_not_take_and_never_waits(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)

    given = 2_000
    for _ in range(given):
        capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    kept = received(ours)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)

    assert 0 < len(kept) < given
    assert [lost for _, lost, _, _ in received(ours)] == [(given - len(kept)) * FRAME_SAMPLES, 0]


def test_an_overflow_inside_the_device_counts_as_loss(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)

    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0)
    capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, portaudio.INPUT_OVERFLOWED)

    first, second = (lost for _, lost, _, _ in received(ours))
    assert first == 0
    assert second >= 1


def test_capture_ends_when_the_parent_is_gone(pair):
    ours, theirs = pair
    capture = Capture(theirs.fileno(), 16_000, None)
    ours.close()

    assert capture(bytes(FRAME_BYTES), FRAME_SAMPLES, NO_TIMES, 0) == (None, portaudio.COMPLETE)


@pytest.fixture
def done() -> Iterator[int]:
    fd = os.eventfd(0, os.EFD_NONBLOCK)
    yield fd
    os.close(fd)


def chunk(turn: int, pcm: bytes, *, last: bool = False) -> bytes:
    return wire.CHUNK.pack(turn, last) + pcm


def is_done(done: int) -> bool:
    try:
        return os.eventfd_read(done) > 0
    except BlockingIOError:
        return False


def test_playback_gives_silence_then_speech_then_a_tail_then_the_end(pair, done):
    ours, theirs = pair
    player = Playback(7, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    assert player(None, 320, NO_TIMES, 0) == (bytes(640), portaudio.CONTINUE)
    pcm = os.urandom(1_000)
    ours.send(chunk(7, pcm[:700]))
    ours.send(chunk(7, pcm[700:]))
    ours.send(chunk(7, b"", last=True))

    heard = player(None, 320, NO_TIMES, 0)[0] + player(None, 320, NO_TIMES, 0)[0]

    assert heard == pcm.ljust(1_280, b"\0")
    assert [(kind, turn) for kind, turn, _, _ in received(ours)] == [(wire.FIRST_SAMPLE, 7)]
    tail = 0
    while not is_done(done):
        assert player(None, 320, NO_TIMES, 0)[0] == bytes(640)
        tail += 320
    assert tail >= 1_600


def test_playback_waits_as_long_as_the_device_holds_sound_back(pair, done):
    ours, theirs = pair
    player = Playback(7, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    ours.send(chunk(7, bytes(640), last=True))
    times = {**NO_TIMES, "output_buffer_dac_time": 10.5, "current_time": 10.0}

    calls = 0
    while not is_done(done):
        player(None, 320, times, 0)
        calls += 1

    assert calls * 320 >= 0.6 * 16_000


def test_playback_drops_what_belongs_to_another_turn(pair, done):
    ours, theirs = pair
    player = Playback(8, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    ours.send(chunk(7, b"\1" * 640, last=True))
    ours.send(chunk(8, b"\2" * 640))

    assert player(None, 320, NO_TIMES, 0)[0] == b"\2" * 640


def test_playback_converts_for_another_device(pair, done):
    ours, theirs = pair
    player = Playback(1, 16_000, 48_000, 2, (theirs.fileno(), theirs.fileno(), done))
    speech = np.round(tone(16_000, 3_200) * 32_767).astype("<i2").tobytes()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
    for at in range(0, len(speech), 640):
        ours.send(chunk(1, speech[at : at + 640], last=at + 640 >= len(speech)))

    heard = np.frombuffer(b"".join(player(None, 960, NO_TIMES, 0)[0] for _ in range(10)), "<i2").reshape(-1, 2)

    assert np.array_equal(heard[:, 0], heard[:, 1])
    wanted = tone(48_000, 9_600)
    assert np.abs(heard[1_000:8_000, 0] / 32_768 - wanted[1_000:8_000]).max() < 0.001


@pytest.fixture
def cards(tmp_path, monkeypatch):
    for number, name in ((0, "Headset"), (2, "seeed2mic")):
        (tmp_path / f"card{number}").mkdir()
        (tmp_path / f"card{number}" / "id").write_text(f"{name}\n")
    for pcm in ("pcmC0D0c", "pcmC0D0p", "pcmC2D0c"):
        (tmp_path / pcm).mkdir()
    (tmp_path / "card0" / "device").symlink_to("../../../1-1.2:1.0")
    (tmp_path / "card2" / "device").symlink_to("../../../soc:sound")
    monkeypatch.setattr(portaudio, "_CARDS", str(tmp_path))


def device(name: str, index: int = 0) -> portaudio.Device:
    return portaudio.Device({"index": index, "name": name, "defaultSampleRate": 44_100.0}, 2)


@pytest.mark.usefixtures("cards")
def test_a_sound_card_is_called_by_its_id_which_outlives_its_number():
    headset = device("USB Headset: Audio (hw:0,0)")

    assert headset.name == "Headset"
    assert all(headset.called(name) for name in ("Headset", "USB Headset: Audio", "hw:0,0", headset.description))
    assert device("a gone one (hw:5,0)").name == "a gone one"
    assert device("default").aliases == ()


@pytest.mark.usefixtures("cards")
def test_cards_that_are_in_use_are_known_though_portaudio_leaves_them_out(tmp_path):
    (tmp_path / "pcmC3D0c").mkdir()  # of a card that was unplugged just now
    headset = device("USB Headset: Audio (hw:0,0)")

    assert portaudio.unlisted([headset, device("default")], output=False) == [("seeed2mic", ())]
    assert portaudio.unlisted([device("default")], output=True) == [("Headset", ("usb:1-1.2",))]
    assert portaudio.unlisted([headset], output=True) == []


def test_formats_are_tried_from_the_wanted_to_the_common_each_once():
    tried = list(portaudio._formats(device("any"), 16_000, (2, 1)))

    assert tried[:4] == [(16_000, 2), (16_000, 1), (44_100, 2), (44_100, 1)]
    assert len(set(tried)) == len(tried) == 10


class Choosy:
    """Stands for PyAudio with sound cards as no null sink plays them: they refuse what is not in their list."""

    paInt16, paFloat32 = 8, 1  # noqa: N815 -- as PyAudio calls them

    def __init__(self, names: list[str], formats: set[tuple[int, int]], code: int = -9997, channels: int = 2) -> None:
        self._names = names
        self._channels = channels
        self._formats = formats
        self._code = code
        self.opened: tuple[int, int, int, int] | None = None

    def get_device_count(self) -> int:
        return len(self._names)

    def get_device_info_by_index(self, index: int) -> dict:
        counts = {"maxInputChannels": self._channels, "maxOutputChannels": self._channels}
        return {"index": index, "name": self._names[index], "defaultSampleRate": 44_100.0, **counts}

    def get_default_input_device_info(self) -> dict:
        if not self._names:
            raise OSError(-9996, "Invalid device")
        return {"index": 0}

    def open(self, **wanted) -> str:
        rate_hz, channels = wanted["rate"], wanted["channels"]
        if (rate_hz, channels) not in self._formats:
            raise OSError(self._code, "refused")
        self.opened = (rate_hz, channels, wanted["format"], wanted["frames_per_buffer"])
        return "stream"


def library(choosy: Choosy) -> portaudio.PortAudio:
    made = object.__new__(portaudio.PortAudio)
    made._audio = made._pyaudio = choosy
    return made


@pytest.mark.parametrize(
    ("formats", "floats", "opened"),
    [
        ({(16_000, 1), (44_100, 2)}, False, (16_000, 1, Choosy.paInt16, 640)),
        ({(16_000, 1), (16_000, 2)}, False, (16_000, 2, Choosy.paFloat32, 640)),
        ({(16_000, 1), (44_100, 2)}, True, (16_000, 1, Choosy.paFloat32, 640)),
        ({(16_000, 2)}, False, (16_000, 2, Choosy.paFloat32, 640)),
        ({(44_100, 2), (48_000, 1)}, False, (44_100, 2, Choosy.paFloat32, 1_764)),
        ({(48_000, 2)}, False, (48_000, 2, Choosy.paFloat32, 1_920)),
    ],
)
def test_capture_takes_the_best_format_that_the_device_has(formats, floats, opened):
    choosy = Choosy(["card"], formats)
    made = []

    library(choosy).open_input("card", lambda *format_: made.append(format_), floats=floats)

    assert choosy.opened == opened
    assert made[-1] == (opened[0], opened[1], opened[2] == Choosy.paFloat32)


@pytest.mark.parametrize(
    ("has", "channel", "opened"),
    [(2, 0, 1), (2, 1, 2), (8, None, 8), (8, 5, 6), (32, None, 1), (32, 0, 2), (32, 2, 3)],
)
def test_so_many_channels_are_opened_that_the_wanted_one_is_among_them(has, channel, opened):
    choosy = Choosy(["card"], {(16_000, count) for count in range(1, has + 1)}, channels=has)

    library(choosy).open_input("card", lambda *_format: None, floats=False, channel=channel)

    assert choosy.opened[1] == opened


def test_a_channel_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(portaudio.Refused, match="no channel 3: it has 1 to 2"):
        library(Choosy(["card"], {(16_000, 1)})).open_input("card", lambda *_format: None, floats=False, channel=2)


def test_playback_takes_the_rate_of_speech_if_the_device_has_it():
    choosy = Choosy(["card"], {(22_050, 2), (48_000, 2)})

    library(choosy).open_output("card", 22_050, lambda *_format: None)

    assert choosy.opened == (22_050, 2, Choosy.paInt16, 1_323)


def test_playback_takes_the_rate_of_the_microphone_where_a_card_has_one_clock_for_both():
    choosy = Choosy(["card"], {(16_000, 1)})

    library(choosy).open_output("card", 22_050, lambda *_format: None)

    assert choosy.opened[:2] == (16_000, 1)


#: Two cards whose descriptions are alike, as PortAudio lists them.
TWO_OF_A_KIND = ["USB Audio: Audio (hw:0,0)", "USB Audio: Audio (hw:2,0)"]


@pytest.mark.parametrize(
    ("names", "wanted", "code", "error", "said"),
    [
        (["USB Mic", "array", "seeed"], "sed", 0, "DeviceNotFound", "'seeed', 'USB Mic', 'array'"),
        (["USB Mic", "array", "seeed"], "usbmic", 0, "DeviceNotFound", "are: 'USB Mic', "),
        ([], "default", 0, "DeviceNotFound", "none"),
        (["one", "once"], "on", 0, "DeviceNotFound", "'one', 'once'"),
        (["one"], "one", -9985, "DeviceBusy", "'one'"),
        (["one"], "one", -9996, "DeviceNotFound", "'one'"),
        (["one"], "one", -9997, "DeviceBusy", "usual rates and sample formats"),
        ([], "seeed2mic", 0, "DeviceBusy", "in use or not permitted"),
        ([], "seeed", 0, "DeviceBusy", "in use or not permitted"),
        ([], "usb:1-1.2", 0, "DeviceBusy", "in use or not permitted"),
        ([], "usb:1-1.3", 0, "DeviceNotFound", "none"),
        (["Headset_1"], "Headset", 0, "DeviceBusy", "in use or not permitted"),
        (["Device_1"], "Device", 0, "DeviceNotFound", "there are: 'Device_1'"),
        (TWO_OF_A_KIND, "USB Audio: Audio", 0, "DeviceNotFound", "may be any of 'Headset', 'seeed2mic'"),
    ],
)
@pytest.mark.usefixtures("cards")
def test_what_cannot_be_opened_is_refused_by_the_name_of_the_error(names, wanted, code, error, said):
    with pytest.raises(portaudio.Refused, match=said) as caught:
        library(Choosy(names, set(), code)).open_input(wanted, lambda *_format: None, floats=False)

    assert caught.value.error == error


@pytest.mark.usefixtures("cards")
def test_a_card_that_cannot_play_is_no_speaker_in_use():
    with pytest.raises(portaudio.Refused) as caught:
        library(Choosy([], set())).open_output("seeed2mic", 22_050, lambda *_format: None)

    assert caught.value.error == "DeviceNotFound"


def test_without_a_device_called_default_the_default_one_is_taken():
    choosy = Choosy(["card"], {(16_000, 1)})

    assert library(choosy).open_input("default", lambda *_format: None, floats=False) == "stream"


@pytest.mark.usefixtures("cards")
def test_of_two_cards_of_a_kind_one_is_called_by_where_it_is_plugged_in():
    assert device("USB Headset: Audio (hw:0,0)").called("usb:1-1.2")
    assert not any(alias.startswith("usb:") for alias in device("Mic: Array (hw:2,0)").aliases)


@pytest.mark.usefixtures("cards")
def test_two_devices_of_one_card_keep_their_long_names():
    names = ["USB Headset: Audio (hw:0,0)", "USB Headset: Audio #1 (hw:0,1)", "Mic: Array (hw:2,0)"]

    devices = library(Choosy(names, set())).devices(output=False)

    assert [found.name for found in devices] == ["USB Headset: Audio", "USB Headset: Audio #1", "seeed2mic"]


@pytest.mark.usefixtures("cards")
def test_of_two_devices_of_one_card_its_id_means_the_first():
    names = ["USB Headset: Audio (hw:0,0)", "USB Headset: Audio #1 (hw:0,1)"]

    assert library(Choosy(names, {(16_000, 1)}))._find("Headset", output=False).index == 0
