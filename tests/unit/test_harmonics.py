from __future__ import annotations

import numpy as np
import pytest

from daemon.gate.harmonics import SHAPE_BANDS, WINDOW_SAMPLES, change, magnitudes, shape, voicing
from tests.support.sound import noise, voice

T = np.arange(WINDOW_SAMPLES) / 16_000


def samples(sound: np.ndarray) -> np.ndarray:
    return (sound[:WINDOW_SAMPLES] * 32_768).astype(np.float32)


def buzz(pitch_hz: float) -> np.ndarray:
    """Return equal harmonics up to 3.8 kHz."""
    return samples(sum(np.sin(2 * np.pi * pitch_hz * n * T) for n in range(1, int(3_800 / pitch_hz))) / 40)


def voiced(sound: np.ndarray) -> float:
    return voicing(magnitudes(sound)).strength


def test_a_vowel_is_voiced_and_noise_is_not():
    assert voiced(samples(voice(0.2, -20)[800:])) > 0.2
    assert [voiced(samples(noise(0.04, -20, seed))) < 0.15 for seed in range(20)].count(False) <= 3


@pytest.mark.parametrize("pitch_hz", [90, 120, 180, 250, 330, 420, 500])
def test_every_pitch_of_speech_is_heard_a_child_s_too(pitch_hz):
    assert voiced(buzz(pitch_hz)) > 0.3


@pytest.mark.parametrize("pitch_hz", [90, 120, 180, 250, 330, 420, 500, 700, 900])
def test_the_period_is_the_sound_s_own_though_it_repeats_with_longer_ones_too(pitch_hz):
    assert voicing(magnitudes(buzz(pitch_hz))).period == pytest.approx(16_000 / pitch_hz, rel=0.03)


def test_a_single_tone_has_the_period_of_no_voice():
    tone = samples(0.1 * np.sin(2 * np.pi * 1_000 * T) + noise(0.04, -50))
    assert voicing(magnitudes(tone)).period == pytest.approx(16, abs=1)


def test_the_level_does_not_matter():
    sound = buzz(150)
    assert voiced(sound / 1_000) == pytest.approx(voiced(sound), rel=1e-3)
    assert change(magnitudes(sound), magnitudes(buzz(200))) == pytest.approx(
        change(magnitudes(sound / 1_000), magnitudes(buzz(200) / 1_000)), rel=1e-3
    )


def test_silence_has_neither_voice_nor_change():
    silence = magnitudes(np.zeros(WINDOW_SAMPLES, np.float32))
    assert voicing(silence).strength == 0.0
    assert change(silence, silence) == 0.0


def test_another_vowel_is_a_change_and_the_same_is_none():
    first = magnitudes(buzz(150))
    filtered = first * np.interp(np.arange(len(first)), (5, 256), (1.0, 0.1))  # 80 Hz, 4 kHz
    assert change(first, first) == 0.0
    assert change(first, filtered) > 0.5


def test_the_shape_tells_dull_from_bright_and_not_loud_from_quiet():
    sound = magnitudes(buzz(150))
    dull = sound * np.linspace(1.0, 0.01, len(sound))
    assert shape(sound / 1_000) == pytest.approx(shape(sound), abs=0.01)
    assert len(shape(sound)) == SHAPE_BANDS
    assert shape(dull)[0] > shape(sound)[0]
    assert shape(dull)[-1] < shape(sound)[-1]
