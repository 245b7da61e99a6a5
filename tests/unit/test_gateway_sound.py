"""Which sound the gateway takes and gives, and how it cuts it into utterances."""

from __future__ import annotations

import io
import struct
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from daemon.events import UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.gateway.conversion import HeardSound, OutputFormat, SpokenSound, parse_format
from daemon.gateway.cutting import WHOLE_S, GateCutter, WholeCutter, gate_settings
from daemon.gateway.recordings import heard_recording
from daemon.settings import GateSection
from daemon.wire.context import SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.sound import A_LAW, FLOAT, MU_LAW, SoundShape, parse_riff_header, riff_header
from tests.support.recordings import shipped

SECOND = bytes(32_000)


# ---------------------------------------------------------------- sound


@pytest.mark.parametrize("shape", [SoundShape(8_000), SoundShape(48_000, 2), SoundShape(16_000, 1, 8)])
def test_sound_of_any_usual_shape_becomes_sixteen_kilohertz_however_it_is_cut(shape):
    sound = HeardSound(shape)
    data = bytes(shape.bytes_per_second)
    pcm = b"".join(sound.convert(data[at : at + 997]) for at in range(0, len(data), 997)) + sound.flush()
    assert abs(len(pcm) - len(SECOND)) <= 4


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (SoundShape(16_000, 1, 4), "sound of 4 bits in WAVE format 1; send PCM of 8, 16, 24 or 32 bits"),
        (SoundShape(16_000, 1, 16, 85), "sound of 16 bits in WAVE format 85; send PCM"),
        (SoundShape(1, 1), "sound of 1 channels at 1 Hz; send 4000 to 192000 Hz"),
        (SoundShape(16_000, 99), "sound of 99 channels at 16000 Hz; send .* in 1 to 8 channels"),
    ],
)
def test_sound_of_another_shape_is_refused_with_what_to_send(shape, words):
    with pytest.raises(WireError, match=words):
        HeardSound(shape)


@pytest.mark.parametrize(
    ("tag", "subtype"), [(A_LAW, "ALAW"), (MU_LAW, "ULAW"), (FLOAT, "FLOAT")], ids=["A-law", "mu-law", "floats"]
)
def test_sound_as_telephones_and_recorders_write_it_is_what_libsndfile_makes_of_it(tag, subtype):
    soundfile = pytest.importorskip("soundfile")
    ramp = np.linspace(-1, 1, 16_000, endpoint=False)
    file = io.BytesIO()
    soundfile.write(file, ramp, 16_000, format="RAW", subtype=subtype, endian="LITTLE")
    written = file.getvalue()
    read_again = {"channels": 1, "samplerate": 16_000, "format": "RAW", "subtype": subtype, "endian": "LITTLE"}
    expected, _rate_hz = soundfile.read(io.BytesIO(written), **read_again)
    heard = HeardSound(SoundShape(16_000, 1, 8 * len(written) // len(ramp), tag)).convert(written)
    assert np.abs(np.frombuffer(heard, "<i2") - expected * 32_768).max() <= 1


@pytest.mark.parametrize("tag", [A_LAW, MU_LAW])
def test_sound_of_two_telephone_channels_is_mixed_however_it_is_cut(tag):
    sound, data = HeardSound(SoundShape(8_000, 2, 8, tag)), bytes(range(256)) * 40
    whole = HeardSound(SoundShape(8_000, 2, 8, tag))
    pieces = b"".join(sound.convert(data[at : at + 7]) for at in range(0, len(data), 7)) + sound.flush()
    assert len(pieces) == len(whole.convert(data) + whole.flush())


# ---------------------------------------------------------------- recordings


@pytest.mark.parametrize("bits", [0, 4, 85])
def test_a_recording_of_another_shape_is_refused_even_if_it_has_no_length(bits):
    with pytest.raises(WireError, match=f"sound of {bits} bits"):
        heard_recording(riff_header(SoundShape(16_000, 1, bits)) + SECOND, "audio/wav")


def test_an_ogg_recording_is_heard_to_its_last_sample_and_never_lies_decoded_as_a_whole():
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    soundfile.write(file, np.zeros((1_786_050, 4), "<i2"), 44_100, format="OGG", subtype="VORBIS")
    tracemalloc.start()
    heard = heard_recording(file.getvalue(), "audio/ogg")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert abs(len(heard) - 40.5 * len(SECOND)) <= 4
    assert most < 8_000_000  # decoded it is 14 MB, and twice as much in floating point


def test_what_is_wrong_with_an_ogg_recording_is_said_without_where_it_lies():
    pytest.importorskip("soundfile")
    with pytest.raises(WireError, match="cannot be read: F") as refused:
        heard_recording(b"OggS" + SECOND, "audio/ogg")
    assert "0x" not in str(refused.value)


@pytest.mark.parametrize("fault", ["ImportError('no such module')", "OSError('no libsndfile')"])
def test_ogg_is_refused_with_what_to_install_where_it_cannot_be_read(fault, tmp_path, monkeypatch):
    (tmp_path / "soundfile.py").write_text(f"raise {fault}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "soundfile", raising=False)
    with pytest.raises(WireError, match="pip install"):
        heard_recording(b"OggS" + SECOND, "audio/ogg")


# ---------------------------------------------------------------- speech


def test_formats_of_speech_are_known_by_their_names():
    assert parse_format("riff-24khz-16bit-mono-pcm") == OutputFormat(24_000, riff=True)
    assert parse_format("Raw-22050Hz-16Bit-Mono-PCM") == OutputFormat(22_050, riff=False)
    for name in ("audio-16khz-32kbitrate-mono-mp3", "riff-17khz-16bit-mono-pcm", ""):
        with pytest.raises(WireError, match="allowed: raw- or riff-"):
            parse_format(name)


def test_speech_in_a_whole_file_has_its_true_length_in_the_header():
    whole = OutputFormat(24_000, riff=True).whole(bytes(4_800))
    assert struct.unpack_from("<I", whole, 4)[0] == len(whole) - 8
    assert struct.unpack_from("<I", whole, 40)[0] == 4_800
    assert parse_riff_header(whole) == (SoundShape(24_000), 44)


def test_streamed_speech_has_one_header_before_its_first_sound():
    sound = SpokenSound(OutputFormat(16_000, riff=True))
    assert sound.convert(b"", 22_050) == b""
    data = sound.pause(0.5) + sound.convert(bytes(44_100), 22_050) + sound.flush()
    assert data.count(b"RIFF") == 1
    assert data.startswith(riff_header(SoundShape()))
    assert abs(len(data) - 44 - 16_000 - 32_000) <= 4


# ---------------------------------------------------------------- cutting


def heard(cutter, pcm, piece=3_200):
    events = [event for at in range(0, len(pcm), piece) for event in cutter.hear(pcm[at : at + piece])]
    return events + list(cutter.cut())


def kinds(events):
    return [type(event) for event in events if not isinstance(event, UtteranceAudio)]


def test_what_a_client_hears_all_day_becomes_one_utterance_for_each_time_somebody_speaks():
    sound = SECOND + shipped("goforward") + 2 * SECOND + shipped("azure-whatstheweatherlike") + 2 * SECOND
    events = heard(GateCutter(GateSection()), sound)
    begun = [event.start_s for event in events if isinstance(event, UtteranceBegan)]
    ended = [event.end_s for event in events if isinstance(event, UtteranceEnded)]
    assert len(begun) == len(ended) == 2
    first_s = len(shipped("goforward")) / 32_000
    assert 1.0 < begun[0] < ended[0] < 1.0 + first_s
    assert 3.0 + first_s < begun[1] < ended[1] < len(sound) / 32_000 - 1.5


def test_silence_is_decided_but_for_what_the_next_utterance_may_begin_with():
    cutter = GateCutter(GateSection())
    assert heard(cutter, 10 * SECOND) == []
    assert 8.0 < cutter.decided_s < 9.4


def test_a_client_with_a_gate_of_its_own_gets_all_of_a_turn_as_one_utterance():
    cutter = WholeCutter()
    events = heard(cutter, 3 * SECOND)
    assert kinds(events) == [UtteranceBegan, UtteranceEnded]
    assert b"".join(event.pcm for event in events if isinstance(event, UtteranceAudio)) == 3 * SECOND
    assert (events[0].start_s, events[-1].end_s, cutter.decided_s) == (0.0, 3.0, 3.0)


def test_one_that_never_ends_is_cut_without_losing_a_sample():
    long = bytes(int((WHOLE_S + 5) * 32_000))
    events = heard(WholeCutter(), long, piece=len(long))
    assert kinds(events) == [UtteranceBegan, UtteranceEnded, UtteranceBegan, UtteranceEnded]
    assert sum(len(event.pcm) for event in events if isinstance(event, UtteranceAudio)) == len(long)
    assert [event.start_s for event in events if isinstance(event, UtteranceBegan)] == [0.0, WHOLE_S]


def test_what_a_client_asks_of_the_gate_stays_within_what_is_allowed():
    own = GateSection()
    assert gate_settings(own, SpeechContext()) == own
    asked = SpeechContext(segmentation_silence_ms=900, segmentation_maximum_ms=70_000)
    assert gate_settings(own, asked) == replace(own, hangover_s=0.9, maximum_s=29.0)
    assert gate_settings(own, SpeechContext(trailing_silence_ms=1)).hangover_s == 0.2


def test_random_noise_is_no_error_for_the_gate():
    noise = np.random.default_rng(5).integers(-8_000, 8_000, 160_000, dtype=np.int16).tobytes()
    begun = [event for event in heard(GateCutter(GateSection()), noise) if isinstance(event, UtteranceBegan)]
    assert len(begun) <= 1
