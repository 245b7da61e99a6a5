from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.api import FRAME_BYTES
from hw.conversion import Framer, FromSpeech, SampleType, ToSpeech, scaled


def tone(rate_hz: int, seconds: float, hz: float = 440.0, peak: float = 0.5) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * np.arange(round(rate_hz * seconds)) / rate_hz)


def written(sound: np.ndarray, sample_type: SampleType) -> bytes:
    """Return numbers of -1 to 1 as a device would write them; by struct and int, not as the converter reads them."""
    if sample_type is SampleType.FLOAT32:
        return b"".join(struct.pack("<f", x) for x in sound)
    if sample_type is SampleType.FLOAT64:
        return b"".join(struct.pack("<d", x) for x in sound)
    if sample_type is SampleType.UINT8:
        return bytes(round(x * 128) + 128 for x in sound)
    bits, size = {
        SampleType.INT16: (16, 2),
        SampleType.INT24: (24, 3),
        SampleType.INT24_IN_32: (24, 4),
        SampleType.INT32: (32, 4),
    }[sample_type]
    return b"".join(round(x * (2 ** (bits - 1) - 1)).to_bytes(size, "little", signed=True) for x in sound)


def numbers(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm, "<i2") / 32_768


def test_speech_format_passes_through_as_the_very_same_object():
    pcm = bytes(range(256)) * 5

    assert ToSpeech(16_000, 1, SampleType.INT16).convert(pcm) is pcm
    assert FromSpeech(22_050, 22_050, 1).convert(pcm) is pcm
    assert scaled(pcm, 1.0) is pcm


@pytest.mark.parametrize("sample_type", list(SampleType))
def test_every_sample_type_gives_the_same_sound(sample_type):
    sound = tone(16_000, 0.05)
    step = 1 / 128 if sample_type is SampleType.UINT8 else 1.5 / 32_768

    heard = numbers(ToSpeech(16_000, 1, sample_type).convert(written(sound, sample_type)))

    assert np.abs(heard - sound).max() <= step


def test_the_highest_byte_of_24_bits_in_32_means_nothing():
    clean = written(tone(16_000, 0.01), SampleType.INT24_IN_32)
    dirty = bytearray(clean)
    dirty[3::4] = b"\x5a" * (len(clean) // 4)

    assert ToSpeech(16_000, 1, SampleType.INT24_IN_32).convert(bytes(dirty)) == ToSpeech(
        16_000, 1, SampleType.INT24_IN_32
    ).convert(clean)


def test_gain_lifts_what_lies_below_the_steps_of_16_bits():
    quiet = tone(16_000, 0.05, peak=0.4 / 32_768)
    data = written(quiet, SampleType.INT24)

    assert not numbers(ToSpeech(16_000, 1, SampleType.INT24).convert(data)).any()
    lifted = numbers(ToSpeech(16_000, 1, SampleType.INT24, gain_db=60).convert(data))
    assert np.abs(lifted - quiet * 1000).max() < 3e-4


def test_what_is_too_loud_is_clipped_and_does_not_wrap():
    loud = written(np.array([0.9, -0.9]), SampleType.FLOAT32)

    assert ToSpeech(16_000, 1, SampleType.FLOAT32, gain_db=20).convert(loud) == struct.pack("<hh", 32_767, -32_768)


def test_numbers_that_are_none_become_silence_or_the_limit():
    broken = struct.pack("<fff", float("nan"), float("inf"), float("-inf"))

    assert ToSpeech(16_000, 1, SampleType.FLOAT32).convert(broken) == struct.pack("<hhh", 0, 32_767, -32_768)


def test_after_numbers_that_are_none_a_microphone_is_heard_as_before():
    steady = ToSpeech(16_000, 1, SampleType.FLOAT32, steady=True)
    tone = (0.5 * np.sin(np.arange(320) / 5)).astype("<f4")
    steady.convert(np.array([np.nan, np.inf], "<f4").tobytes() + tone.tobytes())
    assert np.abs(np.frombuffer(steady.convert(tone.tobytes()), "<i2")).max() > 16_000


def test_channels_are_mixed_to_their_mean_or_one_is_picked():
    stereo = struct.pack("<hhhh", 1_000, 3_000, -2_000, 0)

    def convert(channel):
        return struct.unpack("<hh", ToSpeech(16_000, 2, SampleType.INT16, channel=channel).convert(stereo))

    assert convert(None) == (2_000, -1_000)
    assert convert(0) == (1_000, -2_000)
    assert convert(1) == (3_000, 0)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_a_change_of_rate_keeps_length_and_sound_however_the_stream_is_cut(rate_hz):
    data = written(tone(rate_hz, 0.5), SampleType.FLOAT32)
    converter = ToSpeech(rate_hz, 1, SampleType.FLOAT32)

    cut = 4 * 333
    pieces = [converter.convert(data[at : at + cut]) for at in range(0, len(data), cut)]
    heard = numbers(b"".join(pieces) + converter.flush())

    wanted = tone(16_000, 0.5)
    assert abs(len(heard) - len(wanted)) <= 1
    middle = slice(1_000, 7_000)  # the filter rings at both ends
    assert np.abs(heard[middle] - wanted[middle]).max() < 0.001


def test_pending_samples_are_those_that_went_in_and_did_not_come_out():
    converter = ToSpeech(48_000, 1, SampleType.FLOAT32)

    heard = converter.convert(written(tone(48_000, 0.3), SampleType.FLOAT32))

    assert abs(len(heard) // 2 + converter.pending_samples - 4_800) <= 1


def test_speech_is_given_to_every_channel_at_the_rate_of_the_device():
    speech = written(tone(22_050, 0.5), SampleType.INT16)
    converter = FromSpeech(22_050, 48_000, 2)

    frames = numbers(converter.convert(speech) + converter.flush()).reshape(-1, 2)

    assert np.array_equal(frames[:, 0], frames[:, 1])
    wanted = tone(48_000, 0.5)
    assert abs(len(frames) - len(wanted)) <= 1
    middle = slice(3_000, 20_000)
    assert np.abs(frames[middle, 0] - wanted[middle]).max() < 0.001


@given(st.lists(st.binary(max_size=1_000).map(lambda data: data[: len(data) // 2 * 2]), max_size=20))
def test_a_framer_neither_loses_nor_doubles_a_sample(pieces):
    framer = Framer()
    frames = [frame for piece in pieces for frame in framer.push(piece)]
    whole = b"".join(pieces)

    assert framer.pending_samples == len(whole) % FRAME_BYTES // 2
    frames += framer.flush()

    assert {len(frame) for frame in frames} <= {FRAME_BYTES}
    assert b"".join(frames) == whole.ljust(-(-len(whole) // FRAME_BYTES) * FRAME_BYTES, b"\0")


def test_volume_is_a_factor():
    assert scaled(struct.pack("<hhh", 1_000, -1_000, 32_767), 0.5) == struct.pack("<hhh", 500, -500, 16_384)
    assert scaled(struct.pack("<h", 1_000), 0.0) == b"\0\0"


@pytest.mark.parametrize(("rate_hz", "channels", "channel"), [(0, 1, None), (16_000, 0, None), (16_000, 2, 2)])
def test_an_impossible_stream_is_refused(rate_hz, channels, channel):
    with pytest.raises(ValueError, match="channel"):
        ToSpeech(rate_hz, channels, SampleType.INT16, channel=channel)
