"""BLEU and chrF of translations, each beside all the references that the pairs give of its sentence."""

from __future__ import annotations

from collections.abc import Sequence

import sacrebleu

from scripts.lib.translator.corpus import Pair


def references(pairs: list[Pair]) -> dict[str, list[str]]:
    """Return every sentence once, with all its translations."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.source, []).append(pair.target)
    return found


def rate(made: Sequence[str], wanted: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Return BLEU and chrF of translations, each with its references."""
    most = max(map(len, wanted))
    columns = [[given[at] if at < len(given) else None for given in wanted] for at in range(most)]
    # chrF takes no gaps: a sentence that has fewer references has its first one again.
    filled = [[given[at] if at < len(given) else given[0] for given in wanted] for at in range(most)]
    return sacrebleu.corpus_bleu(made, columns).score, sacrebleu.corpus_chrf(made, filled).score
