#!/usr/bin/env python3
"""Trains the network of the gate's judge: `DRAGOMAN_RECORDINGS=FOLDER scripts/train_gate.py [--output FILE]`.

Speech and recorded noise are the half of the recordings that `scripts/bench gate` calls tuned, less those under the
GPL; the other noises are made. Same recordings, same numbers, to the last bits of a library's arithmetic. Takes three
minutes. What ships came from the recordings named in docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from daemon.gate import judge
from daemon.gate.vad import VoiceDetector
from daemon.settings import GateSection
from scripts.lib.bench import gate_sound
from scripts.lib.bench.corpus import NoRecordings
from scripts.lib.bench.gate_listeners import frames
from scripts.lib.gate_training.network import Lesson, train
from scripts.lib.gate_training.noises import noises

#: Ratios of speech to noise, dB, and what a frame of each counts; a clean one counts 1.
_RATIOS_DB = {20: 1.0, 10: 1.0, 5: 1.0, 0: 0.4}
#: Frames whose half second is speech for so much of it are learnt as speech; those in between teach nothing.
_SPEECH = 0.4
#: No noise counts for more frames than this, and each frame of a recorded one so many times.
_MOST_FRAMES, _RECORDED = 150, 3.0
_MADE, _MADE_SEED = 207, 5
_SAMPLES, _SEED = 60_000, 1
#: Recordings whose licence asks the same of what is made from them.
_COPYLEFT = "voxforge"

#: What the network gets for each frame, whether that is speech, and what it counts.
Part = tuple[np.ndarray, np.ndarray, np.ndarray]


class Recorder(judge.Judge):
    """Writes down what the judge is asked about; says that nothing is speech."""

    def __init__(self) -> None:
        super().__init__(judge.unpacked(np.zeros(judge.NUMBERS)))
        self.numbers: list[int] = []
        self.rows: list[np.ndarray] = []

    def likelihood(self, number: int) -> float:
        """Return 0."""
        self.numbers.append(number)
        self.rows.append(self.view(number))
        return 0.0


def main() -> int:
    """Train, and write the numbers; exit status 1 where there are no recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=judge.FILE, help="default: the one that ships")
    options = parser.parse_args()
    try:
        lesson = _lesson([*_speech(), *_noise()])
    except NoRecordings as error:
        print(f"scripts/train_gate.py: {error}", file=sys.stderr)
        return 1
    print(f"{lesson.speech.sum()} frames of speech, {(~lesson.speech).sum()} of noise", flush=True)
    train(lesson, judge.NEURONS, _SAMPLES, _SEED).astype("<f4").tofile(options.output)
    print(f"the network is in {options.output}")
    return 0


def _lesson(parts: list[Part]) -> Lesson:
    rows, speech, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    balance = np.where(speech, 1 / weights[speech].sum(), 1 / weights[~speech].sum())
    return Lesson(rows, speech, weights * balance)


def _speech() -> Iterator[Part]:
    every = [*gate_sound.labelled(), *gate_sound.sentences()]
    clips = [clip for clip in every if clip.tuned and _COPYLEFT not in clip.name]
    sets = [(clips, 1.0), *((gate_sound.mixed(clips, ratio), weight) for ratio, weight in _RATIOS_DB.items())]
    for some, weight in sets:
        for clip in some:
            numbers, rows = views(clip.sound)
            rows = rows[_spoken(clip)[numbers - 1] >= _SPEECH]
            yield rows, np.ones(len(rows), bool), np.full(len(rows), weight)


def _spoken(clip: gate_sound.Clip) -> np.ndarray:
    """Return for each frame how much of the half second up to it is speech."""
    frame = gate_sound.RATE_HZ // 50
    spoken = np.zeros(len(clip.sound) // frame + 1)
    for start_s, end_s in clip.speech:
        spoken[int(start_s * 50) : int(end_s * 50)] = 1
    return np.convolve(spoken, np.ones(judge.WINDOW) / judge.WINDOW)


def _noise() -> Iterator[Part]:
    recorded = [clip.sound for clip in gate_sound.noises() if clip.tuned]
    for sound, weight in [*((one, _RECORDED) for one in recorded), *((one, 1.0) for one in noises(_MADE, _MADE_SEED))]:
        _numbers, rows = views(sound)
        each = weight * min(1.0, _MOST_FRAMES / max(1, len(rows)))
        yield rows, np.zeros(len(rows), bool), np.full(len(rows), each)


def views(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers, from 1, of the frames that the judge is asked about, and what the network gets for each."""
    recorder = Recorder()
    detector = VoiceDetector(GateSection().sensitivity, recorder)
    for frame in frames(gate_sound.as_pcm(sound)):
        detector.hear(frame.pcm)
    if not recorder.rows:
        return np.zeros(0, int), np.zeros((0, judge.INPUTS))
    return np.array(recorder.numbers), np.array(recorder.rows)


if __name__ == "__main__":
    sys.exit(main())
