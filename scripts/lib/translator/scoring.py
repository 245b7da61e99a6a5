"""What a model folder is worth: BLEU and chrF on sentences that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from scripts.lib.translator.corpus import Pair, as_recognized
from scripts.lib.translator.export import export
from scripts.lib.translator.network import Network
from scripts.lib.translator.rating import rate, references
from scripts.lib.translator.translating import Way
from scripts.lib.translator.vocabulary import Vocabulary


class Scores(NamedTuple):
    """What a network is worth: the mean BLEU of its directions, by which the best is kept, and all in a line."""

    bleu: float
    told: str


def score(folder: Path, pairs: list[Pair], *, recognized: bool = False) -> tuple[float, float]:
    """Return BLEU and chrF of one direction's unseen pairs."""
    wanted = references(pairs)
    sources = [as_recognized(each) if recognized else each for each in wanted]
    made = [some[0][0] for some in Way(folder, pairs[0].target_language).translations(sources)]
    return rate(made, list(wanted.values()))


def scores(
    network: Network, vocabulary: Vocabulary, pieces: Path, folder: Path, dev: Mapping[tuple[str, str], list[Pair]]
) -> Scores:
    """Write the network as a model and return what it is worth."""
    export(network, vocabulary, pieces, folder)
    words, values = [], []
    for (source, target), pairs in dev.items():
        bleu, chrf = score(folder, pairs)
        heard, _ = score(folder, pairs, recognized=True)
        values.append(bleu)
        words.append(f"{source}-{target} BLEU {bleu:.1f} chrF {chrf:.1f}, as recognized BLEU {heard:.1f}")
    return Scores(fmean(values), "; ".join(words))
