"""Which sound card is meant by a name, and the format in which it is opened."""

from __future__ import annotations

import pytest

from hw import portaudio


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


@pytest.mark.parametrize(("channel", "opened"), [(None, 16), (0, 1)])
def test_a_card_of_many_channels_is_no_plugin_that_would_mix_them(channel, opened):
    choosy = Choosy(["array: USB Audio (hw:7,0)"], {(16_000, count) for count in range(1, 17)}, channels=16)

    library(choosy).open_input("hw:7,0", lambda *_format: None, floats=False, channel=channel)

    assert choosy.opened[1] == opened


def test_the_first_words_of_a_name_are_enough():
    choosy = Choosy(["USB Microphone: Audio", "array"], {(16_000, 1)})

    assert [library(choosy)._find(name, output=False).index for name in ("usb", "USB microphone")] == [0, 0]


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
        (["USB one", "USB two"], "usb", 0, "DeviceNotFound", "'USB one', 'USB two'"),
        (["Microphone"], "Mic", 0, "DeviceNotFound", "there are: 'Microphone'"),
        (["Mic2"], "Mic", 0, "DeviceNotFound", "there are: 'Mic2'"),
        (["one"], "one", -9985, "DeviceBusy", "'one'"),
        (["one"], "one", -9996, "DeviceNotFound", "'one'"),
        (["one"], "one", -9997, "DeviceBusy", "usual rates and sample formats"),
        ([], "seeed2mic", 0, "DeviceBusy", "in use or not permitted"),
        ([], "SEEED2MIC", 0, "DeviceBusy", "in use or not permitted"),
        ([], "seeed", 0, "DeviceNotFound", "none"),
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
