"""Noises that are made, for the judge to know the kinds: ticks, hum, strings, clatter, gusts, chirps, crackle, beeps.

Half a hundred recordings of noise are few. Random members of these families teach what no recording of them need be
kept for: a string holds its pitch, a machine its colour, a tick has no length.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

RATE_HZ = 16_000
_SECONDS = 5
_LENGTH = _SECONDS * RATE_HZ
#: Steps of a scale, semitones.
_STEPS = (0, 2, 4, 5, 7, 9, 11, 12, -5, -3)
_LEAD = RATE_HZ
_HUMS_BEHIND = 0.3

Random = np.random.Generator


def noises(count: int, seed: int) -> Iterator[np.ndarray]:
    """Yield noises of full scale 0.3, each family in turn, in more or less of another noise."""
    random = np.random.default_rng(seed)
    for number in range(count):
        sound = _normal(_FAMILIES[number % len(_FAMILIES)](random))
        behind = _normal(_coloured(random)) * 10 ** (-random.uniform(0, 45) / 20)
        if random.random() < _HUMS_BEHIND:
            behind += _normal(_hum(random)) * 10 ** (-random.uniform(10, 40) / 20)
        both = sound + behind
        if random.random() < 1 / 2:
            both[:_LEAD] = behind[:_LEAD]
        yield both * 0.3 / np.max(np.abs(both))


def _normal(sound: np.ndarray) -> np.ndarray:
    return sound / max(1e-9, float(np.sqrt(np.mean(sound**2))))


def _filtered(sound: np.ndarray, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    spectrum = np.fft.rfft(sound) * gain(np.fft.rfftfreq(len(sound), 1 / RATE_HZ))
    return np.fft.irfft(spectrum, len(sound))


def _coloured(random: Random, length: int = _LENGTH) -> np.ndarray:
    slope, corner_hz = random.uniform(0, 1.2), random.uniform(100, 6000)
    white = random.standard_normal(length)
    return _filtered(white, lambda hz: 1 / np.maximum(hz / 50, 1) ** slope / (1 + (hz / corner_hz) ** 4) ** 0.5)


def _partials(random: Random, length: int, count: int, lowest_hz: float, decays_s: tuple[float, float]) -> np.ndarray:
    t = np.arange(length) / RATE_HZ
    sound = np.zeros(length)
    for _ in range(count):
        tone = np.sin(2 * np.pi * random.uniform(lowest_hz, 7000) * t + random.uniform(0, 6))
        sound += random.uniform(0.2, 1) * tone * np.exp(-t / random.uniform(*decays_s))
    return sound


def _scattered(random: Random, pauses_s: Iterator[float], piece: Callable[[], np.ndarray]) -> np.ndarray:
    sound, at = np.zeros(_LENGTH), round(random.uniform(0, 0.3) * RATE_HZ)
    while at < _LENGTH - RATE_HZ // 10:
        one = piece()[: _LENGTH - at]
        sound[at : at + len(one)] += one
        at += max(1, round(next(pauses_s) * RATE_HZ))
    return sound


def _ticks(random: Random) -> np.ndarray:
    fade = np.exp(-np.arange(3000) / random.uniform(20, 300))
    kinds = [
        _partials(random, 3000, random.integers(2, 8), 300, (0.002, 0.03)) + _normal(_coloured(random, 3000)) * fade
        for _ in range(random.integers(1, 3))
    ]
    period_s, shake = random.uniform(0.15, 1.1), random.choice([0.0, 0.3])
    pauses = (period_s * (1 + shake * random.uniform(-1, 1)) for _ in iter(int, 1))
    return _scattered(random, pauses, lambda: kinds[random.integers(len(kinds))] * random.uniform(0.7, 1))


def _hum(random: Random) -> np.ndarray:
    t = np.arange(_LENGTH) / RATE_HZ
    pitch_hz, fastest_hz = random.uniform(40, 400), random.uniform(0.5, 6)
    wobble = _normal(_filtered(random.standard_normal(_LENGTH), lambda hz: hz < fastest_hz))
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + random.uniform(0, 0.15) * wobble)) / RATE_HZ
    tilt = random.uniform(0.2, 1.5)
    throb = 1 + random.uniform(0, 0.8) * np.sin(2 * np.pi * random.uniform(0.5, 20) * t)
    harmonics = range(1, min(40, int(4000 / pitch_hz)) + 1)
    return throb * sum(random.uniform(0.2, 1) / n**tilt * np.sin(n * phase + random.uniform(0, 6)) for n in harmonics)


def _strings(random: Random) -> np.ndarray:
    lowest_hz, beat_s = random.uniform(80, 400), random.uniform(0.12, 0.6)

    def pluck() -> np.ndarray:
        t = np.arange(round(1.5 * RATE_HZ)) / RATE_HZ
        pitch_hz, decay_s = lowest_hz * 2 ** (random.choice(_STEPS) / 12), random.uniform(0.1, 0.8)
        tilt = random.uniform(0.5, 1.3)
        harmonics = [n for n in range(1, 12) if n * pitch_hz < RATE_HZ / 2 - 1000]
        tones = (
            np.sin(2 * np.pi * n * pitch_hz * t) * np.exp(-t * (1 + n * 0.4) / decay_s) / n**tilt for n in harmonics
        )
        return sum(random.uniform(0.3, 1) * tone for tone in tones)

    pauses = (beat_s * random.choice([0.5, 1, 1, 2, 0]) for _ in iter(int, 1))
    return _scattered(random, pauses, pluck)


def _clatter(random: Random) -> np.ndarray:
    mean_s = random.uniform(0.05, 0.5)
    pauses = (random.exponential(mean_s) for _ in iter(int, 1))
    return _scattered(
        random,
        pauses,
        lambda: _partials(random, 9600, random.integers(3, 12), 200, (0.005, 0.15)) * random.uniform(0.1, 1),
    )


def _gusts(random: Random) -> np.ndarray:
    pauses = (random.uniform(0.05, 1.2) for _ in iter(int, 1))
    loud = _scattered(random, pauses, lambda: np.hanning(round(random.uniform(0.03, 0.6) * RATE_HZ)))
    return _coloured(random) * loud


def _chirps(random: Random) -> np.ndarray:
    def chirp() -> np.ndarray:
        t = np.linspace(0, 1, round(random.uniform(0.05, 0.9) * RATE_HZ))
        sweep = random.uniform(-0.4, 0.4) * np.sin(np.pi * t * random.uniform(0.5, 2))
        trill = random.uniform(0, 0.05) * np.sin(2 * np.pi * t * random.uniform(3, 12))
        phase = 2 * np.pi * np.cumsum(random.uniform(250, 2500) * (1 + sweep + trill)) / RATE_HZ
        tones = (random.uniform(0.2, 1) / n * np.sin(n * phase) for n in range(1, random.integers(2, 8)))
        return sum(tones) * np.hanning(len(t)) ** 0.3

    pauses = (random.uniform(0.1, 1.5) for _ in iter(int, 1))
    return _scattered(random, pauses, chirp)


def _crackle(random: Random) -> np.ndarray:
    mean_s = 1 / random.uniform(3, 40)
    pauses = (random.exponential(mean_s) for _ in iter(int, 1))

    def crack() -> np.ndarray:
        fade = np.exp(-np.arange(800) / random.uniform(5, 200))
        return random.pareto(2) * _normal(random.standard_normal(800)) * fade

    return _scattered(random, pauses, crack)


def _beeps(random: Random) -> np.ndarray:
    """Return a telephone, an alarm, an oven: one tone or two by turns, on and off, each as the last."""
    pitches_hz = 250 * 8 ** random.uniform() * np.array([1.0, random.choice([1.0, 1.25, 1.5])])
    length, turn = round(random.uniform(0.03, 0.7) * RATE_HZ), iter(range(_LENGTH))
    strengths = random.choice([0.0, 1.0]) * random.uniform(0, 1, 4) ** 3

    def beep() -> np.ndarray:
        t = np.arange(length) / RATE_HZ
        pitch_hz = pitches_hz[next(turn) % 2]
        overtones = (strength * np.sin(2 * np.pi * n * pitch_hz * t) for n, strength in enumerate(strengths, 2))
        edge = np.minimum(1.0, np.minimum(t, t[::-1]) * random.uniform(100, 1000))
        return (np.sin(2 * np.pi * pitch_hz * t) + sum(overtones)) * edge

    pauses = itertools.cycle(length / RATE_HZ + random.uniform(0.02, 0.5, random.choice([1, 1, 3])))
    return _scattered(random, pauses, beep)


#: Beeps twice: there are more machines that beep than that do anything else.
_FAMILIES = (_ticks, _hum, _strings, _clatter, _gusts, _chirps, _crackle, _beeps, _beeps)
