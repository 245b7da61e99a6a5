"""PortAudio at sound cards as people have them: each takes one rate, one number of channels and one width only."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hw.api import AudioFrame, DeviceBusy, DeviceNotFound
from hw.audio_process import CaptureProcess, PlaybackProcess
from tests.support import pulse
from tests.support.pulse import PulseAudio, Sound
from tests.support.slow_library import SlowLibrary

RATE_HZ = 16_000
#: Longest wait for what must come, seconds.
SOON_S = 15.0
CARDS = [
    Sound("s16le", 16_000, 1),
    Sound("s16le", 16_000, 2),
    Sound("s16le", 44_100, 1),
    Sound("s16le", 44_100, 2),
    Sound("s24le", 48_000, 1),
    Sound("s24le", 48_000, 2),
    Sound("s32le", 48_000, 2),
    Sound("s32le", 96_000, 2),
    Sound("float32le", 48_000, 2),
    Sound("s32le", 48_000, 4),
    Sound("s16le", 48_000, 8),
]
I2S = Sound("s32le", 48_000, 2)

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing()),
    pytest.mark.skipif(bool(pulse.strict_missing()), reason=pulse.strict_missing()),
]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("alsa")


@pytest.fixture
def card(request, plugin, monkeypatch) -> Iterator[PulseAudio]:
    with PulseAudio(request.param, strict=plugin) as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running


def tones(rate_hz: int, seconds: float, *hz: float) -> np.ndarray:
    """Return a tone a channel, each at a quarter of full scale."""
    times = np.arange(round(rate_hz * seconds)) / rate_hz
    return np.stack([0.25 * np.sin(2 * np.pi * each * times) for each in hz], axis=1)


def written(sound: np.ndarray, card: Sound) -> bytes:
    """Return sound of -1 to 1 as the card's samples."""
    if card.format == "float32le":
        return sound.astype("<f4").tobytes()
    if card.format == "s24le":
        words = np.round(sound * (2**23 - 1)).astype("<i4").reshape(-1, 1).view(np.uint8)
        return words.reshape(-1, 4)[:, :3].tobytes()
    kinds = {"s16le": ("<i2", 2**15 - 1), "s32le": ("<i4", 2**31 - 1)}
    kind, full = kinds[card.format]
    return np.round(sound * full).astype(kind).tobytes()


def heard_while(audio: PulseAudio, microphone: CaptureProcess, raw: bytes) -> np.ndarray:
    """Return what the microphone hears while something is played."""
    pcm = b"".join(frame.pcm for frame in frames_while(audio, microphone, raw))
    return np.frombuffer(pcm, "<i2") / 32_768


def frames_while(audio: PulseAudio, microphone: CaptureProcess, raw: bytes) -> list[AudioFrame]:
    """Return the frames that come while something is played."""
    mouth = threading.Thread(target=audio.microphone.play_raw, args=(raw,))
    microphone.open()
    mouth.start()
    frames, ends = [], time.monotonic() + SOON_S
    while mouth.is_alive() and time.monotonic() < ends:
        frame = microphone.read(0.2)
        frames += [frame] if frame else []
    mouth.join()
    microphone.close()
    return frames


def loudest(sound: np.ndarray) -> np.ndarray:
    """Return the loudest second of it."""
    energy = np.cumsum(sound**2)
    at = int(np.argmax(energy[RATE_HZ:] - energy[:-RATE_HZ]))
    return sound[at : at + RATE_HZ]


def strength(sound: np.ndarray, hz: float) -> float:
    """Return the amplitude of a tone in it."""
    window = np.hanning(len(sound))
    wave = np.exp(-2j * np.pi * hz * np.arange(len(sound)) / RATE_HZ)
    return float(2 * np.abs(np.sum(sound * window * wave)) / window.sum())


@pytest.mark.parametrize("card", CARDS, indirect=True, ids=str)
def test_every_card_is_heard_and_its_channels_are_mixed(card):
    sound = card.microphone.sound
    pitches = [300.0 + 200 * channel for channel in range(sound.channels)]
    raw = written(tones(sound.rate_hz, 2.5, *pitches), sound)

    heard = loudest(heard_while(card, CaptureProcess("card_mic"), raw))

    for pitch in pitches:
        assert strength(heard, pitch) == pytest.approx(0.25 / sound.channels, rel=0.05)
    assert strength(heard, 3_000) < 0.001


@pytest.mark.parametrize("channel", [0, 1, 3])
@pytest.mark.parametrize("card", [Sound("s32le", 48_000, 4)], indirect=True, ids=str)
def test_of_many_channels_the_wanted_one_is_heard_alone(card, channel):
    pitches = [300.0, 500.0, 700.0, 900.0]
    raw = written(tones(48_000, 2.5, *pitches), card.microphone.sound)

    heard = loudest(heard_while(card, CaptureProcess("card_mic", channel=channel), raw))

    strengths = [strength(heard, pitch) for pitch in pitches]
    assert strengths.pop(channel) == pytest.approx(0.25, rel=0.05)
    assert max(strengths) < 0.001


@pytest.mark.parametrize("card", [I2S], indirect=True, ids=str)
def test_a_quiet_microphone_of_24_bits_in_32_with_an_offset_is_lifted_clean(card):
    # As an I2S MEMS microphone gives it: the right channel empty, the left 66 dB down, far off zero, 24 bits.
    quiet = tones(48_000, 3.5, 440.0)[:, 0] * 10 ** (-66 / 20)
    stereo = np.stack((quiet - 0.04, np.zeros_like(quiet)), axis=1)
    words = np.round(stereo * (2**23 - 1)).astype("<i4") << 8

    heard = heard_while(card, CaptureProcess("card_mic", gain_db=60.0, channel=0), words.astype("<i4").tobytes())
    begins = int(np.flatnonzero(heard)[0])
    heard = heard[begins + RATE_HZ : begins + 2 * RATE_HZ]  # the offset's own beginning and end are steps

    tone = strength(heard, 440)
    assert tone == pytest.approx(0.25 * 10 ** (-6 / 20), rel=0.05)
    rest_power = np.var(heard) - tone**2 / 2
    assert abs(heard.mean()) < 0.01
    # Sixteen bits of it would leave a signal of eight steps, and noise 18 dB below it at best.
    assert 10 * np.log10(tone**2 / 2 / max(rest_power, 1e-12)) > 35


@pytest.mark.parametrize("card", CARDS, indirect=True, ids=str)
def test_every_card_plays_speech_in_its_own_format(card):
    speech = np.round(tones(22_050, 1.5, 440.0) * 32_767).astype("<i2").tobytes()
    speaker = PlaybackProcess("card_spk")
    with card.speaker.listen() as hearing:
        speaker.start(22_050)
        speaker.write(speech)
        assert speaker.finish() is True
        heard = np.frombuffer(hearing.pcm(), "<i2") / 32_768
    speaker.close()

    middle = loudest(heard)
    # PortAudio plays on the first two channels; what listens hears the mean of all.
    played = min(2, card.speaker.sound.channels)
    assert strength(middle, 440) == pytest.approx(0.25 * played / card.speaker.sound.channels, rel=0.15)
    assert strength(middle, 440) > 20 * strength(middle, 660)


@pytest.mark.parametrize("card", [I2S], indirect=True, ids=str)
@pytest.mark.parametrize("peak", [0.9, 1.0])
def test_one_channel_of_two_that_clips_is_told_though_their_mean_is_quiet(card, peak):
    loud = np.zeros((RATE_HZ, 2))
    loud[:, 0] = peak
    frames = frames_while(card, CaptureProcess("card_mic", gain_db=-6.0), written(loud, card.microphone.sound))
    assert (sum(frame.clipped for frame in frames) > 5) is (peak == 1)


@pytest.mark.parametrize("card", [I2S], indirect=True, ids=str)
def test_a_microphone_whose_process_is_slow_to_load_what_converts_is_waited_for(card, tmp_path, monkeypatch):  # noqa: ARG001 -- must be there
    library = SlowLibrary("numpy", tmp_path, monkeypatch)
    microphone = CaptureProcess("card_mic")
    library.is_waited_for(microphone.open, "card_mic")
    microphone.close()


@pytest.mark.parametrize("card", [I2S], indirect=True, ids=str)
def test_a_speaker_whose_process_is_slow_to_load_what_converts_is_waited_for(card, tmp_path, monkeypatch):  # noqa: ARG001 -- must be there
    library = SlowLibrary("numpy", tmp_path, monkeypatch)
    speaker = PlaybackProcess("card_spk")
    library.is_waited_for(lambda: speaker.start(22_050), "card_spk")
    speaker.write(bytes(4_410))
    assert speaker.finish() is True
    speaker.close()


@pytest.mark.parametrize("card", [Sound("s24-32le", 48_000, 2)], indirect=True, ids=str)
def test_a_width_that_portaudio_does_not_know_is_refused_with_what_to_do(card):  # noqa: ARG001 -- must be there
    with pytest.raises(DeviceBusy, match="sample formats; choose a device of ALSA's that converts"):
        CaptureProcess("card_mic").open()


@pytest.mark.parametrize("card", [I2S], indirect=True, ids=str)
def test_a_channel_that_a_card_lacks_is_told_with_those_it_has(card):  # noqa: ARG001 -- must be there
    with pytest.raises(DeviceNotFound, match="no channel 3: it has 1 to 2"):
        CaptureProcess("card_mic", channel=2).open()
