from __future__ import annotations

import numpy as np
import pytest

from daemon.gate.harmonics import WINDOW_SAMPLES, change, magnitudes, voicing
from tests.support.sound import noise, voice

T = np.arange(WINDOW_SAMPLES) / 16_000


def samples(sound: np.ndarray) -> np.ndarray:
    return (sound[:WINDOW_SAMPLES] * 32_768).astype(np.float32)


def buzz(pitch_hz: float) -> np.ndarray:
    """Return equal harmonics up to 3.8 kHz."""
    return samples(sum(np.sin(2 * np.pi * pitch_hz * n * T) for n in range(1, int(3_800 / pitch_hz))) / 40)


def voiced(sound: np.ndarray) -> float:
    return voicing(magnitudes(sound))


def test_a_vowel_is_voiced_and_noise_is_not():
    assert voiced(samples(voice(0.2, -20)[800:])) > 0.2
    assert [voiced(samples(noise(0.04, -20, seed))) < 0.15 for seed in range(20)].count(False) <= 3


@pytest.mark.parametrize("pitch_hz", [90, 120, 180, 250, 330])
def test_every_pitch_of_speech_is_heard(pitch_hz):
    assert voiced(buzz(pitch_hz)) > 0.3


@pytest.mark.parametrize("pitch_hz", [420, 500, 700, 900])
def test_a_pitch_above_speech_is_none_though_it_repeats_with_longer_periods_too(pitch_hz):
    assert voiced(buzz(pitch_hz)) == 0.0


def test_a_single_tone_is_no_voice():
    tone = samples(0.1 * np.sin(2 * np.pi * 1_000 * T) + noise(0.04, -50))
    assert voiced(tone) < 0.15


def test_the_level_does_not_matter():
    sound = buzz(150)
    assert voiced(sound / 1_000) == pytest.approx(voiced(sound), rel=1e-3)
    assert change(magnitudes(sound), magnitudes(buzz(200))) == pytest.approx(
        change(magnitudes(sound / 1_000), magnitudes(buzz(200) / 1_000)), rel=1e-3
    )


def test_silence_has_neither_voice_nor_change():
    silence = magnitudes(np.zeros(WINDOW_SAMPLES, np.float32))
    assert voicing(silence) == 0.0
    assert change(silence, silence) == 0.0


def test_another_vowel_is_a_change_and_the_same_is_none():
    first = magnitudes(buzz(150))
    filtered = first * np.linspace(1.0, 0.1, len(first))
    assert change(first, first) == 0.0
    assert change(first, filtered) > 0.5
