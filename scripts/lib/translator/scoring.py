"""What a model folder is worth: BLEU and chrF on sentences that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import ctranslate2

from scripts.lib.translator.corpus import Pair, as_recognized, tag
from scripts.lib.translator.export import export
from scripts.lib.translator.network import Network
from scripts.lib.translator.rating import rate, references
from scripts.lib.translator.vocabulary import Vocabulary


class Scores(NamedTuple):
    """What a network is worth: the mean BLEU of its directions, by which the best is kept, and all in a line."""

    bleu: float
    told: str


def score(folder: Path, vocabulary: Vocabulary, pairs: list[Pair], *, recognized: bool = False) -> tuple[float, float]:
    """Return BLEU and chrF of one direction's unseen pairs."""
    wanted = references(pairs)
    sources = [as_recognized(each) if recognized else each for each in wanted]
    return rate(translate(folder, vocabulary, sources, pairs[0].target_language), list(wanted.values()))


def scores(
    network: Network, vocabulary: Vocabulary, pieces: Path, folder: Path, dev: Mapping[tuple[str, str], list[Pair]]
) -> Scores:
    """Write the network as a model and return what it is worth."""
    export(network, vocabulary, pieces, folder)
    words, values = [], []
    for (source, target), pairs in dev.items():
        bleu, chrf = score(folder, vocabulary, pairs)
        heard, _ = score(folder, vocabulary, pairs, recognized=True)
        values.append(bleu)
        words.append(f"{source}-{target} BLEU {bleu:.1f} chrF {chrf:.1f}, as recognized BLEU {heard:.1f}")
    return Scores(fmean(values), "; ".join(words))


def translate(folder: Path, vocabulary: Vocabulary, sentences: list[str], target: str) -> list[str]:
    """Translate with the quantized model, as a device does."""
    translator = ctranslate2.Translator(str(folder), intra_threads=1, inter_threads=1, compute_type="int8")
    rows = [[tag(target), *vocabulary.pieces.encode(each, out_type=str), "</s>"] for each in sentences]
    results = translator.translate_batch(rows, beam_size=4, max_batch_size=64, max_decoding_length=120)
    return [vocabulary.pieces.decode(result.hypotheses[0]) for result in results]
