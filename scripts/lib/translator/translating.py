"""A model folder at work on many sentences, with the quantized weights, as on a device."""

from __future__ import annotations

from pathlib import Path

import ctranslate2

from scripts.lib.translator.corpus import tag
from scripts.lib.translator.vocabulary import Vocabulary

_BEAM = 4
_LONGEST_TOKENS = 120
_TOGETHER = 64


def translate(folder: Path, vocabulary: Vocabulary, sentences: list[str], target: str) -> list[tuple[str, float]]:
    """Return the likeliest translation of each sentence, and its mean log-probability."""
    translator = ctranslate2.Translator(str(folder), intra_threads=1, inter_threads=1, compute_type="int8")
    rows = [[tag(target), *vocabulary.pieces.encode(each, out_type=str), "</s>"] for each in sentences]
    results = translator.translate_batch(
        rows, beam_size=_BEAM, max_batch_size=_TOGETHER, max_decoding_length=_LONGEST_TOKENS, return_scores=True
    )
    return [(vocabulary.pieces.decode(result.hypotheses[0]), result.scores[0]) for result in results]
