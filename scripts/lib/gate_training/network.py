"""A network with one small layer, trained by Adam: cross entropy, weights kept small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EPOCHS, _BATCH = 20, 250
_RATE, _FADE, _FADE_SQUARE, _LEAST = 0.004, 0.9, 0.999, 1e-8
#: How much large weights cost, as a share of their squares a batch.
_DECAY = 1.2


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from: a row a frame, whether it is speech, and how much it counts."""

    rows: np.ndarray
    speech: np.ndarray
    weights: np.ndarray

    def normal(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and deviation of each column."""
        mean = np.average(self.rows, axis=0, weights=self.weights)
        return mean, np.sqrt(np.average((self.rows - mean) ** 2, axis=0, weights=self.weights)) + 1e-3


def train(lesson: Lesson, neurons: int, samples: int, seed: int) -> np.ndarray:
    """Return the numbers of a network, for rows as they are (what makes them normal is in its first layer)."""
    random = np.random.default_rng(seed)
    mean, deviation = lesson.normal()
    drawn = random.choice(len(lesson.rows), samples, p=lesson.weights / lesson.weights.sum())
    rows, speech = (lesson.rows[drawn] - mean) / deviation, lesson.speech[drawn].astype(float)
    inputs = rows.shape[1]
    reach = np.sqrt(6 / (inputs + neurons))
    parts = [random.uniform(-reach, reach, (inputs, neurons)), np.zeros(neurons)]
    parts += [random.uniform(-0.4, 0.4, neurons), np.zeros(1)]
    _descend(parts, rows, speech, random)
    hidden, bias, output, output_bias = parts
    scaled = hidden / deviation[:, None]
    return np.concatenate([scaled.ravel(), bias - mean @ scaled, output, output_bias])


def _descend(parts: list[np.ndarray], rows: np.ndarray, speech: np.ndarray, random: np.random.Generator) -> None:
    slopes = [np.zeros_like(part) for part in parts]
    squares = [np.zeros_like(part) for part in parts]
    step = 0
    for _ in range(_EPOCHS):
        order = random.permutation(len(rows))
        for at in range(0, len(rows) - _BATCH + 1, _BATCH):
            step += 1
            batch = order[at : at + _BATCH]
            for part, slope, square, new in zip(
                parts, slopes, squares, _gradients(parts, rows[batch], speech[batch]), strict=True
            ):
                slope[:] += (1 - _FADE) * (new - slope)
                square[:] += (1 - _FADE_SQUARE) * (new**2 - square)
                ahead = slope / (1 - _FADE**step)
                part[:] -= _RATE * ahead / (np.sqrt(square / (1 - _FADE_SQUARE**step)) + _LEAST)


def _gradients(parts: list[np.ndarray], rows: np.ndarray, speech: np.ndarray) -> list[np.ndarray]:
    hidden, bias, output, output_bias = parts
    raw = rows @ hidden + bias
    active = np.maximum(raw, 0.0)
    error = (0.5 + 0.5 * np.tanh((active @ output + output_bias) / 2) - speech) / len(rows)
    back = error[:, None] * output * (raw > 0)
    decay = _DECAY / len(rows)
    return [rows.T @ back + decay * hidden, back.sum(0), active.T @ error + decay * output, error.sum(keepdims=True)]
