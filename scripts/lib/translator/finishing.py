"""The last step: from a trained network to a model folder with all that a device and a person must know of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from scripts.lib.translator import card, lexicon, phrases, shortlist
from scripts.lib.translator.calibration import calibrate
from scripts.lib.translator.corpus import Pair, everyday
from scripts.lib.translator.export import export
from scripts.lib.translator.scoring import score
from scripts.lib.translator.training import Training
from scripts.lib.translator.vocabulary import Vocabulary

_LICENCE = "CC BY 2.0 FR, as the sentences it was made of"
_ATTRIBUTION = "manythings.org/anki and tatoeba.org; sentences from templates are Dragoman's own"
#: Sentences from templates whose words count as known.
_EXPANDED = 40_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pairs to learn from and pairs to be judged by, by direction."""

    train: dict[tuple[str, str], list[Pair]]
    dev: dict[tuple[str, str], list[Pair]]
    translated_back: list[Pair] = field(default_factory=list)
    """Pairs whose source a model made."""
    translated_forward: list[Pair] = field(default_factory=list)
    """Pairs whose target a model made: of these words nothing is known that the model did not know before."""


def finish(
    training: Training, vocabulary: Vocabulary, pieces: Path, folder: Path, corpus: Corpus, command: str
) -> None:
    """Write the model and its cards; say how well what it says of itself holds."""
    export(training.network, vocabulary, pieces, folder)
    directions = list(corpus.train)
    rng = random.Random(0)  # noqa: S311 -- choosing sentences is no secret
    made = [
        Pair(*each, source, target)
        for source, target in directions
        for each in phrases.pairs(rng, source, target, _EXPANDED)
    ]
    real = [pair for pairs in corpus.train.values() for pair in pairs]
    lexicon.write(real + made, corpus.translated_back, folder)
    shortlist.write(real + made, vocabulary, folder)
    unseen = {at: [*pairs, *everyday(*at)] for at, pairs in corpus.dev.items()}
    print(calibrate(folder, training.network.shape.longest, unseen))
    card.describe(folder, _facts(training, directions), _scores(folder, corpus), command)


def _facts(training: Training, directions: list[tuple[str, str]]) -> dict[str, str]:
    size = sum(weight.numel() for weight in training.network.parameters())
    return {
        "name": "Dragoman compact: " + ", ".join(f"{source} to {target}" for source, target in directions),
        "licence": _LICENCE,
        "attribution": _ATTRIBUTION,
        "parameters": f"{size / 1e6:.1f} million, in eight bits",
        "training": f"{training.target_tokens / 1e6:.1f} million target tokens, {training.passes} passes,"
        f" {training.elapsed_s / 60:.0f} minutes",
    }


def _scores(folder: Path, corpus: Corpus) -> list[tuple[str, ...]]:
    rows = []
    for (source, target), pairs in corpus.dev.items():
        bleu, chrf = score(folder, pairs)
        heard, _ = score(folder, pairs, recognized=True)
        count = len({pair.source for pair in pairs})
        rows.append((f"{source} to {target}", str(count), f"{bleu:.1f}", f"{chrf:.1f}", f"{heard:.1f}"))
    return rows
