from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from daemon.events import EndReason, UtteranceAudio, UtteranceBegan
from daemon.gate.gate import Gate
from daemon.gate.vad import FLOOR_MEMORY_S, VoiceDetector
from daemon.settings import GateSection
from hw.api import FRAME_BYTES, FRAME_MS
from hw.audio_file import open_audio
from tests.support.sound import at_level, frames_of, noise, pcm, voice

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("DRAGOMAN_RECORDINGS", ROOT.parent / "shared" / "recordings"))
LABELLED = sorted((RECORDINGS / "vad-labelled").glob("*.flac"))
SENSITIVITY = GateSection().sensitivity
FRAME_S = FRAME_MS / 1000


def decisions(samples: np.ndarray, sensitivity: float = SENSITIVITY) -> list[bool]:
    detector = VoiceDetector(sensitivity)
    return [detector.hear(frame.pcm).voiced for frame in frames_of(pcm(samples))]


def talk(dbfs: float) -> np.ndarray:
    """Return two stretches of voice in quiet noise, the voice at that level."""
    pause = np.zeros(16_000)
    sound = np.concatenate([pause, pause, voice(1.5, dbfs), pause, voice(1.0, dbfs), pause])
    return sound + noise(len(sound) / 16_000, dbfs - 28)


def test_a_voice_is_heard_and_the_pauses_are_not():
    heard = decisions(talk(-20))
    assert sum(heard[100:175]) > 25
    assert sum(heard[225:275]) > 15
    assert sum(heard[:100]) == 0
    assert sum(heard[185:225]) == 0


@pytest.mark.parametrize("dbfs", [-30, -40, -50])
def test_decisions_do_not_depend_on_the_level(dbfs):
    pairs = zip(decisions(talk(dbfs)), decisions(talk(-20)), strict=True)
    # Rounding to 16 bits is a noise of its own, which tips a frame here and there.
    assert sum(quiet != loud for quiet, loud in pairs) <= 3


@pytest.mark.parametrize("dbfs", [-70, -50, -30, -15])
def test_steady_noise_is_not_voice_once_the_floor_has_learnt_it(dbfs):
    heard = decisions(np.concatenate([noise(2, -80), noise(FLOOR_MEMORY_S + 6, dbfs, seed=2)]))
    learnt = round((2 + FLOOR_MEMORY_S + 0.5) / FRAME_S)
    assert sum(heard[learnt:]) == 0


def test_digital_silence_is_not_voice():
    assert not any(decisions(np.zeros(48_000)))


def test_the_voice_is_heard_above_the_noise_that_has_been_learnt():
    sound = np.concatenate([noise(6, -45), noise(2, -45, seed=3) + voice(2, -22)])
    assert sum(decisions(sound)[300:]) > 30


def test_a_higher_sensitivity_hears_more():
    sound = np.concatenate([noise(3, -45), noise(2, -45, seed=3) + voice(2, -37)])
    assert sum(decisions(sound, 0.9)) > sum(decisions(sound, 0.1))


def tones(pitch_hz: float, harmonics: int, *, beeps: bool) -> np.ndarray:
    """Return four seconds of a tone, steady or on and off four times a second, in quiet noise, after two of that."""
    t = np.arange(4 * 16_000) / 16_000
    tone = sum(np.sin(2 * np.pi * pitch_hz * n * t) for n in range(1, harmonics + 1))
    on = np.clip(10 * np.sin(2 * np.pi * 4 * t), 0, 1) if beeps else 1.0
    return np.concatenate([noise(2, -60), at_level(tone * on, -25) + noise(4, -60, seed=2)])


@pytest.mark.parametrize("beeps", [False, True])
@pytest.mark.parametrize(("pitch_hz", "harmonics"), [(1_000, 1), (440, 1), (420, 9), (500, 7), (700, 5), (900, 4)])
def test_what_whistles_or_beeps_opens_nothing(pitch_hz, harmonics, beeps):
    gate = Gate(GateSection())
    sound = frames_of(pcm(tones(pitch_hz, harmonics, beeps=beeps)))
    assert [event for frame in sound for event in gate.hear(frame)] == []


def whisper(seconds: float, dbfs: float) -> np.ndarray:
    """Return hiss that comes and goes three times a second, now bright, now dull."""
    hiss = noise(seconds, dbfs, seed=4)
    dull = np.convolve(hiss, np.ones(12) / 4, "same")
    turn = 0.5 - 0.5 * np.cos(2 * np.pi * 3 * np.arange(len(hiss)) / 16_000)
    return hiss * turn + dull * np.roll(turn, 2_667)


def test_a_whisper_opens_the_gate_only_at_the_highest_sensitivity():
    sound = np.concatenate([noise(2, -70), noise(2, -70, seed=3) + whisper(2, -35)])
    opened = {
        sensitivity: any(
            isinstance(event, UtteranceBegan)
            for gate in [Gate(GateSection(sensitivity=sensitivity))]
            for frame in frames_of(pcm(sound))
            for event in gate.hear(frame)
        )
        for sensitivity in (0.5, 1.0)
    }
    assert opened == {0.5: False, 1.0: True}


def test_another_sensitivity_does_not_forget_the_noise():
    detector = VoiceDetector(0.1)
    sound = frames_of(pcm(talk(-20)))
    for frame in sound[:120]:
        detector.hear(frame.pcm)
    detector.adjust(SENSITIVITY)
    assert any(detector.hear(frame.pcm).voiced for frame in sound[120:140])


def test_the_verdict_tells_level_and_height_above_the_floor():
    detector = VoiceDetector(SENSITIVITY)
    for frame in frames_of(pcm(noise(2, -60))):
        detector.hear(frame.pcm)
    verdict = detector.hear(frames_of(pcm(voice(0.02, -20)))[0].pcm)
    assert verdict.level_dbfs == pytest.approx(-20, abs=1)
    assert verdict.above_floor_db == pytest.approx(40, abs=4)


def test_new_settings_leave_an_open_utterance_open():
    gate = Gate(GateSection())
    sound = frames_of(pcm(talk(-20)))
    for frame in sound[:130]:
        list(gate.hear(frame))
    assert gate.is_open
    gate.adjust(GateSection(sensitivity=0.6, hangover_s=1.0))
    events = [event for frame in sound[130:160] for event in gate.hear(frame)]
    assert events
    assert all(isinstance(event, UtteranceAudio) for event in events)


def test_the_gate_tells_the_level():
    gate = Gate(GateSection())
    list(gate.hear(frames_of(pcm(voice(0.02, -20)))[0]))
    assert gate.level_dbfs == pytest.approx(-20, abs=1)


# ---------------------------------------------------------------- real recordings


def stretches(samples: np.ndarray) -> list[tuple[float, float]]:
    """Return where the utterances of a recording begin and end, pre-roll included, seconds."""
    gate, found = Gate(GateSection()), []
    frames = frames_of(pcm(samples))
    at = {id(frame.pcm): index for index, frame in enumerate(frames)}
    events = [event for frame in frames for event in gate.hear(frame)]
    for event in [*events, *gate.end(EndReason.STOPPED)]:
        if isinstance(event, UtteranceBegan):
            found.append([])
        elif isinstance(event, UtteranceAudio):
            found[-1].append(at[id(event.pcm)])
    return [(indices[0] * FRAME_S, (indices[-1] + 1) * FRAME_S) for indices in found]


def labels(path: Path) -> list[tuple[float, float]]:
    with path.with_suffix(".labels.csv").open(encoding="ascii") as file:
        return [(float(row["start"]), float(row["end"])) for row in csv.DictReader(file)]


@pytest.mark.skipif(not LABELLED, reason="no labelled recordings here: set DRAGOMAN_RECORDINGS")
@pytest.mark.parametrize("dbfs", [None, -50, -20])
@pytest.mark.parametrize("path", LABELLED, ids=lambda path: path.stem)
def test_no_labelled_onset_is_cut(path, dbfs):
    sound = open_audio(str(path))
    samples = np.frombuffer(b"".join(sound), dtype="<i2") / 32_768
    sound.close()
    heard = stretches(samples if dbfs is None else at_level(samples, dbfs))
    # Where somebody speaks as the recording begins, the floor has had no chance.
    onsets = [start for start, _end in labels(path) if start > 0]
    assert [onset for onset in onsets if not any(begin <= onset < end for begin, end in heard)] == []


def test_the_frames_of_these_tests_are_frames():
    assert {len(frame.pcm) for frame in frames_of(pcm(talk(-20)))} == {FRAME_BYTES}
