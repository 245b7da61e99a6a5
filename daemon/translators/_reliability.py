"""How often what a model says with some probability is right."""

from __future__ import annotations

from itertools import pairwise


def reliability(probability: float, table: tuple[tuple[float, float], ...]) -> float:
    """Return the share of translations that were right at this probability. Below the table it falls to nothing."""
    if probability <= table[0][0]:
        return table[0][1] * probability / table[0][0]
    for (below, low), (above, high) in pairwise(table):
        if probability <= above:
            return low + (high - low) * (probability - below) / (above - below)
    return table[-1][1]
