"""Makes sound: a voice, noise, and frames of both."""

from __future__ import annotations

import numpy as np

from hw.api import FRAME_MS, SPEECH_FORMAT, AudioFrame

RATE_HZ = SPEECH_FORMAT.rate_hz
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
FRAME_NS = FRAME_MS * 1_000_000
_FULL_SCALE = 32_768.0


def at_level(samples: np.ndarray, dbfs: float) -> np.ndarray:
    """Return the samples, full scale 1, with that RMS level."""
    return samples / np.sqrt(np.mean(samples**2)) * 10 ** (dbfs / 20)


def noise(seconds: float, dbfs: float, seed: int = 1) -> np.ndarray:
    """Return white noise."""
    return at_level(np.random.default_rng(seed).standard_normal(round(seconds * RATE_HZ)), dbfs)


def voice(seconds: float, dbfs: float) -> np.ndarray:
    """Return something like vowels said again and again: harmonics of about 130 Hz under three formants that glide."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    pitch_hz = 130 + 15 * np.sin(2 * np.pi * 1.5 * t)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    glide = np.sin(2 * np.pi * 2 * t)
    formants_hz = (500 + 200 * glide, 1500 - 500 * glide, 2500 + 200 * glide)
    sound = np.zeros_like(t)
    for harmonic in range(1, 25):
        strength = sum(np.exp(-(((harmonic * pitch_hz - formant) / 200) ** 2)) for formant in formants_hz) + 0.02
        sound += strength / harmonic**0.5 * np.sin(harmonic * phase)
    return at_level(sound * (0.55 - 0.45 * np.cos(2 * np.pi * 3 * t)), dbfs)


def pcm(samples: np.ndarray) -> bytes:
    """Return samples of full scale 1 as 16-bit PCM."""
    return np.clip(samples * _FULL_SCALE, -_FULL_SCALE, _FULL_SCALE - 1).round().astype("<i2").tobytes()


def frames_of(sound: bytes) -> list[AudioFrame]:
    """Return the whole frames of it, captured one after the other from time 0."""
    size = FRAME_SAMPLES * SPEECH_FORMAT.sample_bytes
    pieces = [sound[at : at + size] for at in range(0, len(sound) - size + 1, size)]
    return [AudioFrame(piece, (index + 1) * FRAME_NS) for index, piece in enumerate(pieces)]
