"""A WAV gives the same sound by name, which is libsndfile's affair, as from a pipe, which is ours."""

from __future__ import annotations

import os
import struct
import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.audio_file import AudioFileError, open_audio
from tests.support.properties import PROPERTY

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
#: What follows the format tag in the extensible form: KSDATAFORMAT_SUBTYPE_PCM, _IEEE_FLOAT without their first word.
_SUBTYPE = bytes.fromhex("000000001000800000aa00389b71")


class Form(NamedTuple):
    """How samples are written."""

    tag: int
    bits: int
    width: int
    #: Bits that count, where the sample has more.
    valid: int

    def written(self, sound: np.ndarray) -> bytes:
        """Return numbers of -1 to 1 so."""
        if self.tag == _FLOAT:
            return sound.astype(f"<f{self.width}").tobytes()
        steps = np.rint(sound * (2 ** (self.valid - 1) - 1)).astype("<i8")
        if self.bits == 8:
            return (steps + 128).astype("u1").tobytes()
        # Bits that do not count are the lowest, if they are among those that the header counts.
        words = steps << (self.bits - self.valid)
        return words.view("u1").reshape(-1, 8)[:, : self.width].tobytes()


FORMS = {
    "8": Form(_PCM, 8, 1, 8),
    "16": Form(_PCM, 16, 2, 16),
    "24": Form(_PCM, 24, 3, 24),
    "24 in 4 bytes": Form(_PCM, 24, 4, 24),
    "32": Form(_PCM, 32, 4, 32),
    "24 of 32": Form(_PCM, 32, 4, 24),
    "float": Form(_FLOAT, 32, 4, 32),
    "double": Form(_FLOAT, 64, 8, 64),
}


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def wav(form: Form, sound: np.ndarray, rate_hz: int, *, extensible: bool, before: bytes = b"", size=None) -> bytes:
    """Return a file of `sound`, a column a channel; `size` is what it says of its length, None for the truth."""
    channels = sound.shape[1]
    step = channels * form.width
    tag = _EXTENSIBLE if extensible else form.tag
    head = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * step, step, form.bits)
    if extensible:
        head += struct.pack("<HHIH", 22, form.valid, 0, form.tag) + _SUBTYPE
    data = chunk(b"data", form.written(sound.ravel()))
    if size is not None:
        data = data[:4] + struct.pack("<I", size) + data[8:]
    content = b"WAVE" + chunk(b"fmt ", head) + before + data
    return b"RIFF" + struct.pack("<I", len(content)) + content


def by_name(folder: Path, data: bytes) -> np.ndarray:
    path = folder / "a.wav"
    path.write_bytes(data)
    return sound_of(str(path))


def by_pipe(data: bytes) -> np.ndarray:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as end:
            end.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return sound_of(f"/dev/fd/{reading}")
    finally:
        os.close(reading)
        writer.join()


def sound_of(path: str) -> np.ndarray:
    with open_audio(path) as audio:
        return np.frombuffer(b"".join(audio), "<i2").astype("i4")


def noise(samples: int, channels: int, seed: int, peak: float = 0.5) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-peak, peak, (samples, channels))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("wav")


@PROPERTY
@given(
    form=st.sampled_from(list(FORMS)),
    extensible=st.booleans(),
    columns_at_hz=st.tuples(st.sampled_from([1, 2, 8]), st.sampled_from([8_000, 16_000, 44_100])),
    samples=st.integers(100, 3_000),
    peak=st.sampled_from([0.5, 0.01]),
    other=st.none() | st.integers(0, 99),
    size=st.sampled_from([None, 0, 0xFFFF_FFFF]),
)
def test_each_form_of_wav_is_the_same_sound_by_name_and_from_a_pipe(
    folder, form, extensible, columns_at_hz, samples, peak, other, size
):
    channels, rate_hz = columns_at_hz
    before = b"" if other is None else chunk(b"LIST", bytes(range(other)))
    sound = noise(samples, channels, seed=samples, peak=peak)
    data = wav(FORMS[form], sound, rate_hz, extensible=extensible, before=before, size=size)

    named, piped = by_name(folder, data), by_pipe(data)

    assert len(named) == len(piped)
    # An odd number of bytes is followed by one that fills up; who does not know the length takes it for sound.
    told = slice(None) if size is None or len(data) % 2 == 0 else slice(0, -1)
    assert np.abs(named[told] - piped[told]).max(initial=0) <= (0 if rate_hz == 16_000 else 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("peak", [0.5, 0.01])
def test_each_form_of_wav_is_as_loud_as_it_was_written(folder, form, extensible, peak):
    sound = noise(1_600, 2, seed=3, peak=peak)
    data = wav(FORMS[form], sound, 16_000, extensible=extensible)
    step = 2 / 256 if form == "8" else 1.5 / 32_768

    for heard in (by_name(folder, data), by_pipe(data)):
        assert np.abs(heard / 32_768 - sound.mean(axis=1)).max() <= step


def test_24_bits_in_four_bytes_that_were_cut_off_give_what_is_there(folder):
    sound = noise(1_600, 1, seed=4)
    data = wav(FORMS["24 in 4 bytes"], sound, 16_000, extensible=False)

    heard = by_name(folder, data[: -640 * 4])

    assert np.abs(heard / 32_768 - sound[:960, 0]).max() <= 1.5 / 32_768


def test_an_empty_recording_of_24_bits_in_four_bytes_is_none_though_something_else_follows(folder):
    path = folder / "empty.wav"
    data = wav(FORMS["24 in 4 bytes"], noise(0, 1, seed=5), 16_000, extensible=False)
    path.write_bytes(data + chunk(b"LIST", b"\x7f" * 3_000))

    with pytest.raises(AudioFileError, match="holds no sound"):
        open_audio(str(path))
