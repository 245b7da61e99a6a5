"""How sure a model may be of a translation: its scores on unseen sentences beside how good the translations were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sacrebleu

from daemon.translators import ctranslate2 as driver
from daemon.translators.ctranslate2 import CTranslate2Translator
from scripts.lib.translator import card
from scripts.lib.translator.card import Judged
from scripts.lib.translator.corpus import Pair, as_recognized
from scripts.lib.translator.rating import references

#: chrF against the nearest reference from which a translation counts as right: what was clearly right to a person of
#: 125 sentences of a traveller is told best so. From 60 on, a sixth more would be called right.
RIGHT_CHRF = 65.0


def calibrate(
    folder: Path,
    longest_tokens: int,
    unseen: Mapping[tuple[str, str], Sequence[Pair]],
    told_back_by: str = "",
) -> str:
    """Write the card with how sure the model may be; return how well that holds for sentences it was not counted on."""
    directions = list(unseen)
    with _as_it_was(folder / "model.toml"):
        card.write(folder, longest_tokens, directions, card.UNCOUNTED, told_back_by)
        judged = [each for pairs in unseen.values() for each in judge(folder, pairs)]
    learnt, others = halves(judged)
    # That it holds is seen by halves; what it is comes from all.
    card.write(folder, longest_tokens, directions, card.reliability(judged), told_back_by)
    return card.curve(others, card.reliability(learnt))


@contextmanager
def _as_it_was(file: Path) -> Iterator[None]:
    """Put a file back when what is done fails or is broken off: an uncounted model must not ship."""
    before = file.read_bytes() if file.exists() else None
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        if before is not None:
            file.write_bytes(before)
        raise


def judge(folder: Path, pairs: Sequence[Pair]) -> list[Judged]:
    """Translate each unseen sentence as the device does, cased and as recognized, and tell which came out right.

    The model's card has the table of an uncounted one, so its confidence is what the table is to be read with. Raises
    ValueError where the model, or that of the way back, is not what it says.
    """
    first = pairs[0]
    settings = driver.Settings(models=(str(folder),))
    translator = driver.open(first.source_language, first.target_language, settings)
    faults = [*driver.faults(settings), *translator.faults]
    if faults:
        raise ValueError("; ".join(faults))
    found = []
    for source, wanted in references(list(pairs)).items():
        found += [_judged(translator, shown, wanted) for shown in (source, as_recognized(source))]
    return found


def halves(judged: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Return two halves that share no sentence: one to calibrate on and one to see whether that holds."""
    pairs = list(zip(judged[::2], judged[1::2], strict=True))
    return [each for pair in pairs[::2] for each in pair], [each for pair in pairs[1::2] for each in pair]


def _judged(translator: CTranslate2Translator, source: str, wanted: Sequence[str]) -> Judged:
    made = translator.translate(source)
    best = max(sacrebleu.sentence_chrf(made.text, [each]).score for each in wanted)
    return Judged(made.confidence or 0.0, best >= RIGHT_CHRF)
