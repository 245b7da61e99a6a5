from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hw.api import FRAME_BYTES
from hw.audio_file import AudioFileError, open_audio

ROOT = Path(__file__).resolve().parents[2]
NOISE = np.random.default_rng(7).integers(-9_000, 9_000, 16_000).astype("<i2")


def frames_of(path) -> list[bytes]:
    with open_audio(str(path)) as audio:
        return list(audio)


def sound_of(path) -> np.ndarray:
    return np.frombuffer(b"".join(frames_of(path)), "<i2") / 32_768


def tone(rate_hz: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 300 * np.arange(rate_hz) / rate_hz)


def wav(samples: bytes, *, tag=1, bits=16, rate_hz=16_000, channels=1, size=None, extra=b"", width=None) -> bytes:
    step = channels * (width or bits // 8)
    head = struct.pack("<HHIIHH", tag, channels, rate_hz, rate_hz * step, step, bits)
    length = len(samples) if size is None else size
    chunks = b"fmt " + struct.pack("<I", len(head)) + head + extra + b"data" + struct.pack("<I", length)
    return b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVE" + chunks + samples


@pytest.fixture
def pipe():
    """Return a function that feeds bytes to a pipe, and returns the path of its reading end."""
    opened: list[int] = []
    threads: list[threading.Thread] = []

    def feed(data: bytes) -> str:
        reading, writing = os.pipe()
        opened.append(reading)

        def write():
            with os.fdopen(writing, "wb") as end:
                end.write(data)

        threads.append(threading.Thread(target=write))
        threads[-1].start()
        return f"/dev/fd/{reading}"

    yield feed
    for thread in threads:
        thread.join()
    for fd in opened:
        os.close(fd)


def test_speech_format_comes_out_sample_for_sample_with_the_last_frame_filled_up(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, NOISE[:1_000], 16_000, "PCM_16")

    frames = frames_of(path)

    assert [len(frame) for frame in frames] == [FRAME_BYTES] * 4
    assert b"".join(frames) == NOISE[:1_000].tobytes().ljust(4 * FRAME_BYTES, b"\0")


@pytest.mark.parametrize(
    ("ending", "subtype", "rate_hz", "channels", "exact_to"),
    [
        ("wav", "PCM_U8", 16_000, 1, 0.01),
        ("wav", "PCM_16", 44_100, 2, 0.002),
        ("wav", "PCM_24", 48_000, 1, 0.002),
        ("wav", "FLOAT", 16_000, 2, 0.002),
        ("wav", "DOUBLE", 8_000, 1, 0.002),
        ("flac", "PCM_24", 16_000, 1, 0.002),
        ("ogg", "VORBIS", 44_100, 1, 0.05),
    ],
)
def test_every_kind_of_file_gives_the_same_sound(tmp_path, ending, subtype, rate_hz, channels, exact_to):
    path = tmp_path / f"a.{ending}"
    sound = tone(rate_hz)
    soundfile.write(path, np.stack([sound] * channels, axis=1), rate_hz, subtype)

    with open_audio(str(path)) as audio:
        assert audio.duration_s == pytest.approx(1.0, abs=0.06)
    heard = sound_of(path)

    middle = slice(2_000, 14_000)
    assert np.abs(heard[middle] - tone(16_000)[middle]).max() < exact_to


def test_mp3_gives_the_same_tone_as_loud_though_later(tmp_path):
    path = tmp_path / "a.mp3"
    soundfile.write(path, tone(44_100), 44_100, "MPEG_LAYER_III")

    heard = sound_of(path)[2_000:14_000]

    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * 16_000 / len(heard) == pytest.approx(300, abs=2)
    assert heard.std() == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_silence_is_sound(tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(16_000), 16_000, "PCM_16")

    assert frames_of(path) == [bytes(FRAME_BYTES)] * 50


def bad_files() -> dict[str, bytes]:
    whole = wav(NOISE.tobytes())
    flac = io.BytesIO()
    soundfile.write(flac, NOISE, 16_000, "PCM_16", format="FLAC")
    return {
        "text.txt": b"This is a letter, not a recording.\n" * 40,
        "sound.raw": b"This is a letter, not a recording.\n" * 40,
        "empty.wav": b"",
        "header.wav": whole[:30],
        "short.wav": whole[:9],
        "header.flac": flac.getvalue()[:20],
        "nothing.wav": wav(b""),
        "one.wav": b"R",
    }


@pytest.mark.parametrize("name", bad_files())
def test_a_file_without_sound_is_one_clear_line_that_names_it(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bad_files()[name])

    with pytest.raises(AudioFileError) as caught:
        frames_of(path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("absent.wav", "no such file"), (".", "is a directory"), ("a\0b", "")])
def test_a_path_that_is_no_file_is_said_so(tmp_path, name, said):
    with pytest.raises(AudioFileError, match=f"(?i){said}"):
        open_audio(f"{tmp_path}/{name}")


def test_a_truncated_body_gives_what_is_there(tmp_path):
    path = tmp_path / "cut.wav"
    path.write_bytes(wav(NOISE.tobytes())[: 44 + 2_000])

    assert b"".join(frames_of(path))[:2_000] == NOISE.tobytes()[:2_000]


def damage_of(path) -> str:
    with open_audio(str(path)) as audio:
        assert not audio.damage
        assert list(audio)
        return audio.damage


WHOLE = wav(NOISE.tobytes())


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        WHOLE[:-1],
        WHOLE[:20_001],
        wav(NOISE.tobytes(), extra=b"LIST\3\0\0\0abc\0")[:20_000],
        wav(bytes(5_000), bits=8)[:3_000],
        wav(bytes(4_000), bits=24, width=4)[:3_000],
    ],
)
def test_a_wav_that_was_cut_short_is_damaged_by_name_and_from_a_pipe(pipe, tmp_path, data, piped):
    path = tmp_path / "cut.wav"
    path.write_bytes(data)
    given = pipe(data) if piped else path

    told = damage_of(given)

    assert told.startswith(f"{given} is cut short")
    assert "\n" not in told


@pytest.mark.parametrize("piped", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        WHOLE,
        wav(bytes(5_001), bits=8),  # lacks only the byte that fills up
        wav(bytes(5_001), bits=8) + b"\0",
        wav(bytes(5_000)[:-1], bits=16),  # half a sample, as was promised
        WHOLE + b"LIST" + struct.pack("<I", 3_000) + bytes(10),  # what follows the sound was cut
        *(wav(NOISE.tobytes(), size=size) for size in (0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000, 0xFFFF_FFDB)),
    ],
)
def test_a_wav_that_has_all_that_it_promises_or_knows_no_length_is_whole(pipe, tmp_path, data, piped):
    path = tmp_path / "whole.wav"
    path.write_bytes(data)

    assert damage_of(pipe(data) if piped else path) == ""


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        *(("WAV", subtype) for subtype in ("ALAW", "ULAW", "IMA_ADPCM", "MS_ADPCM", "GSM610")),
        *(("WAVEX", subtype) for subtype in ("ALAW", "ULAW", "PCM_16", "PCM_24", "FLOAT")),
    ],
)
def test_of_each_form_that_libsndfile_reads_it_is_known_whether_all_is_there(tmp_path, kind, subtype):
    path = tmp_path / "a.wav"
    soundfile.write(path, NOISE[:9_999], 16_000, subtype, format=kind)
    assert damage_of(path) == ""

    path.write_bytes(path.read_bytes()[:1_500])

    assert "is cut short" in damage_of(path)


def test_of_a_wav_that_was_cut_short_nothing_is_told_before_its_end(tmp_path):
    path = tmp_path / "cut.wav"
    path.write_bytes(WHOLE[:20_000])

    with open_audio(str(path)) as audio:
        next(iter(audio))

    assert audio.damage == ""


@pytest.mark.parametrize("riff", [0, 36, 36 + 32_000])
def test_a_recording_whose_writer_was_killed_gives_what_is_there(tmp_path, riff):
    path = tmp_path / "killed.wav"
    whole = wav(NOISE.tobytes(), size=0)
    path.write_bytes(whole[:4] + struct.pack("<I", riff) + whole[8:])

    assert b"".join(frames_of(path)) == NOISE.tobytes()


@pytest.mark.parametrize("kind", ["tagged", "odd"])
def test_an_empty_recording_is_none_though_something_else_follows_or_its_kind_is_strange(tmp_path, kind):
    path = tmp_path / "empty.wav"
    tagged = wav(b"") + b"LIST" + struct.pack("<I", 3_000) + b"\x7f" * 3_000
    path.write_bytes({"tagged": tagged, "odd": wav(NOISE.tobytes(), size=0, bits=20, width=4)}[kind])

    with pytest.raises(AudioFileError, match=f"{path} holds no sound"):
        open_audio(str(path))


def test_damage_in_the_middle_gives_what_comes_before_it(tmp_path):
    path = tmp_path / "cut.flac"
    soundfile.write(path, NOISE, 16_000, "PCM_16")
    path.write_bytes(path.read_bytes()[:20_000])

    heard = b"".join(frames_of(path))

    assert len(heard) >= 4_096 * 2
    assert heard[: 4_096 * 2] == NOISE.tobytes()[: 4_096 * 2]


@pytest.mark.parametrize("size", [None, 0, 0xFFFF_FFFF, 0x7FFF_F000])
def test_a_wav_from_a_pipe_is_read_whatever_length_it_claims(pipe, size):
    path = pipe(wav(NOISE.tobytes(), size=size))

    with open_audio(path) as audio:
        assert audio.duration_s == (1.0 if size is None else None)
        assert b"".join(audio) == NOISE.tobytes()


def test_a_wav_from_a_pipe_is_converted_past_its_other_chunks(pipe):
    sound = np.round(tone(8_000) * 32_767).astype("<i2")
    path = pipe(wav(np.stack([sound, sound], axis=1).tobytes(), rate_hz=8_000, channels=2, extra=b"LIST\3\0\0\0abc\0"))

    heard = sound_of(path)

    assert np.abs(heard[2_000:14_000] - tone(16_000)[2_000:14_000]).max() < 0.002


def test_what_follows_the_sound_in_a_wav_from_a_pipe_is_not_played(pipe):
    path = pipe(wav(NOISE.tobytes()) + b"LIST" + b"\xff" * 5_000)

    assert b"".join(frames_of(path)) == NOISE.tobytes()


def test_24_bits_in_four_bytes_from_a_pipe_are_as_loud_as_they_were(pipe):
    words = np.round(tone(16_000) * (2**23 - 1)).astype("<i4")

    heard = sound_of(pipe(wav(words.tobytes(), bits=24, width=4)))

    assert np.abs(heard - tone(16_000)).max() < 0.002


def test_anything_else_from_a_pipe_is_raw_speech(pipe):
    path = pipe(NOISE.tobytes() + b"\1")

    assert b"".join(frames_of(path)) == NOISE.tobytes()


@pytest.mark.parametrize("rate_hz", [48_000, 44_100, 16_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_from_a_pipe_is_read_though_no_tag_is_before_it(pipe, tmp_path, rate_hz, channels):
    path = tmp_path / "a.mp3"
    soundfile.write(path, np.stack([tone(rate_hz)] * channels, axis=1), rate_hz, "MPEG_LAYER_III")
    data = path.read_bytes()
    assert data[0] == 0xFF

    assert frames_of(pipe(data)) == frames_of(path)


def test_raw_speech_that_begins_as_mp3_does_is_raw(pipe):
    data = b"\xff\xfb\x90\x64" + NOISE.tobytes()

    assert b"".join(frames_of(pipe(data))).startswith(data)


def test_flac_from_a_pipe_is_read(pipe):
    file = io.BytesIO()
    soundfile.write(file, NOISE, 16_000, "PCM_16", format="FLAC")

    assert b"".join(frames_of(pipe(file.getvalue()))) == NOISE.tobytes()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"\1", "no samples"),
        (wav(b""), "no samples"),
        (wav(b"")[:30], "within its header"),
        (wav(b"", tag=17, bits=4), "give the file by name"),
        (wav(bytes(320), bits=16, width=4), "give the file by name"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "no format"),
    ],
)
def test_a_pipe_without_sound_is_one_clear_line(pipe, data, said):
    with pytest.raises(AudioFileError, match=said):
        frames_of(pipe(data))


@pytest.mark.parametrize("header", [b"", wav(b"", size=0)])
def test_frames_of_a_pipe_come_before_it_ends(header):
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as end:
        end.write(header + NOISE.tobytes()[: 2 * FRAME_BYTES])
        with open_audio(f"/dev/fd/{reading}") as audio:
            os.close(reading)
            frames = iter(audio)
            assert next(frames) == NOISE.tobytes()[:FRAME_BYTES]
            end.write(NOISE.tobytes()[2 * FRAME_BYTES : 3 * FRAME_BYTES])
            assert next(frames) == NOISE.tobytes()[FRAME_BYTES : 2 * FRAME_BYTES]


def test_standard_input_is_a_pipe_called_by_its_name():
    program = (
        "import sys\nfrom hw.audio_file import open_audio, AudioFileError\n"
        "try:\n    sys.stdout.buffer.write(b''.join(open_audio('-')))\n"
        "except AudioFileError as error:\n    sys.exit(str(error))\n"
    )

    def run(data: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=False, cwd=ROOT)

    assert run(NOISE.tobytes()).stdout == NOISE.tobytes()
    assert run(b"").stderr.strip() == b"standard input is empty"
