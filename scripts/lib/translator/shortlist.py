"""Learns from the pairs which tokens of a translation a token of the source can lead to, for a quicker choice.

A token of the translation is chosen among a few hundred instead of the whole vocabulary (L'Hostis and others,
Vocabulary Selection Strategies for Neural Machine Translation, https://arxiv.org/abs/1610.00072). CTranslate2 reads
``vmap.txt``: a token of the source, a tab, and the tokens that it adds; a line without one has those that are always
there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from scripts.lib.translator.corpus import PLACEHOLDERS, Pair, as_recognized
from scripts.lib.translator.vocabulary import Vocabulary

#: The commonest tokens are always there, and so many for each token of the source.
_ALWAYS, _OF_ONE = 500, 150
#: Less than that is chance: of all occurrences of the source token.
_LIKELY = 1e-4
_ROUNDS = 5

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def write(pairs: list[Pair], vocabulary: Vocabulary, folder: Path) -> None:
    """Write ``vmap.txt``."""
    tokens = vocabulary.tokens()
    source, target, slot = _links(pairs, vocabulary)
    common = np.bincount(target, minlength=len(tokens)).argsort()[::-1][:_ALWAYS]
    # Whatever is to be written can be spelled, and whatever was hidden can be said.
    always = dict.fromkeys([*(tokens[at] for at in common), *filter(_is_letter, tokens), *PLACEHOLDERS, "</s>"])
    lines = ["\t" + " ".join(always)]
    for at, likely in _leads_to(source, target, slot, len(tokens)).items():
        further = [tokens[each] for each in likely if tokens[each] not in always]
        lines.append(f"{tokens[at]}\t{' '.join(dict.fromkeys([tokens[at], *further[:_OF_ONE]]))}")
    (folder / "vmap.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _is_letter(token: str) -> bool:
    return len(token) == 1


def _links(pairs: list[Pair], vocabulary: Vocabulary) -> tuple[Ints, Ints, Ints]:
    """Return each token of a source with each of its translation, and which of all tokens of translations it is."""
    sources, targets, slots, so_far = [], [], [], 0
    for at, pair in enumerate(pairs):
        source = as_recognized(pair.source) if at % 2 else pair.source
        read, written = (vocabulary.pieces.encode(side) for side in (source, pair.target))
        sources.append(np.tile(read, len(written)))
        targets.append(np.repeat(written, len(read)))
        slots.append(np.repeat(np.arange(so_far, so_far + len(written)), len(read)))
        so_far += len(written)
    return np.concatenate(sources), np.concatenate(targets), np.concatenate(slots)


def _leads_to(source: Ints, target: Ints, slot: Ints, size: int) -> dict[int, list[int]]:
    """Return for each source token those of translations that it explains, the likeliest first.

    That is the first model of Brown and others, The Mathematics of Statistical Machine Translation, 1993.
    """
    kinds, kind = np.unique(source * size + target, return_inverse=True)
    of_kind = kinds // size
    probability: Floats = np.ones(len(kinds))
    for _ in range(_ROUNDS):
        share = probability[kind]
        share /= np.bincount(slot, share)[slot]
        probability = np.bincount(kind, share)
        probability /= np.bincount(of_kind, probability)[of_kind]
    found: dict[int, list[int]] = {}
    for at in np.lexsort((-probability, of_kind)):
        if probability[at] >= _LIKELY:
            found.setdefault(int(of_kind[at]), []).append(int(kinds[at] % size))
    return found
