"""What a device must know of a model besides its weights (``model.toml``), and what people should."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon.translators._model_folder import LAYOUT
from daemon.translators._reliability import reliability as reliability_at
from scripts.lib.translator.corpus import PLACEHOLDERS, tag

#: Longest sentence that is given to the model at once, words: few of its pairs, joined ones included, are longer.
_LONGEST_WORDS = 24
_BINS = 8
#: The table of a model whose translations nobody has counted yet: what they are weighed by is what it says.
UNCOUNTED = ((0.0, 0.0), (1.0, 1.0))
_FIFTHS = 5
#: Files that may change by themselves.
_CARDS = (".toml", ".md")


@dataclass(frozen=True, slots=True)
class Judged:
    """A translation of an unseen sentence."""

    probability: float
    """Of a token, the mean, less for words that were not taught and for other translations that say something else."""
    right: bool


def reliability(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """Return mean probabilities and the share of right translations at them, rising, from as many of each."""
    ordered = sorted(judged, key=lambda each: each.probability)
    size = max(1, len(ordered) // _BINS)
    table: list[tuple[float, float]] = []
    for at in range(0, len(ordered) - size + 1, size):
        part = ordered[at : at + size]
        right = sum(each.right for each in part) / len(part)
        probability = sum(each.probability for each in part) / len(part)
        table.append((round(probability, 3), round(max(right, table[-1][1] if table else 0.0), 3)))
    return table


def curve(judged: Sequence[Judged], table: Sequence[tuple[float, float]]) -> str:
    """Return how well a table holds for other sentences: what was said, and what was, in fifths of the confidence."""
    lines = ["confidence    sentences    right"]
    sure = [(reliability_at(each.probability, tuple(table)), each.right) for each in judged]
    for fifth in range(_FIFTHS):
        low, high = fifth / _FIFTHS, (fifth + 1) / _FIFTHS
        inside = [right for said, right in sure if low <= said < high or (said == high == 1.0)]
        if inside:
            lines.append(f"{low:.1f} to {high:.1f}    {len(inside):9}    {sum(inside) / len(inside):5.2f}")
    return "\n".join(lines)


def write(
    folder: Path,
    longest_tokens: int,
    directions: Sequence[tuple[str, str]],
    table: Sequence[tuple[float, float]],
    told_back_by: str = "",
) -> None:
    """Write ``model.toml``, once all other files are there.

    ``told_back_by`` is the folder beside this one with the model of the way back, which chooses among translations.
    """
    lines = [
        "# What Dragoman knows of this model; README.md is for people.",
        f"layout = {LAYOUT}",
        f"longest_words = {_LONGEST_WORDS}",
        f"longest_tokens = {longest_tokens}",
        f"placeholders = {json.dumps(PLACEHOLDERS, ensure_ascii=False)}",
        "# Probability of a token, the mean, times how far translations agree; and the share that was right at it.",
        f"reliability = {json.dumps(table)}",
    ]
    if told_back_by:
        lines += [
            "# The model beside it that tells what a translation means.",
            f"told_back_by = {json.dumps(told_back_by)}",
        ]
    for source, target in directions:
        lines += ["", "[[direction]]", f'source = "{source}"', f'target = "{target}"', f'tag = "{tag(target)}"']
    lines += ["", "# So that a copy that broke off is noticed.", "[bytes]"]
    files = (file for file in sorted(folder.iterdir()) if file.suffix not in _CARDS)
    lines += [f'"{file.name}" = {file.stat().st_size}' for file in files]
    (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def describe(folder: Path, facts: Mapping[str, str], scores: Sequence[tuple[str, ...]], command: str) -> None:
    """Write the card for people: what it is, of what it was made, how good it is, and how to make it again."""
    rows = ["| direction | unseen sentences | BLEU | chrF | BLEU, as recognized |", "|---|---|---|---|---|"]
    rows += [f"| {' | '.join(row)} |" for row in scores]
    text = [
        f"# {facts['name']}",
        "",
        "A compact translator for everyday sentences, to be loaded by CTranslate2.",
        "",
        *(f"- **{key}**: {value}" for key, value in facts.items() if key != "name"),
        "",
        "## Scores",
        "",
        *rows,
        "",
        "Cased, all translations that the pairs give of a sentence as references, sacrebleu, beam 4, int8.",
        "",
        "## Limits",
        "",
        "It was taught short everyday sentences. On rare words and on long, written sentences it is unsure and may",
        "invent; Dragoman carries names and numbers through, looks at each translation, says how sure it is of it, and",
        "asks the next translator where that is little.",
        "",
        "## How it was made",
        "",
        f"    {command}",
        "",
    ]
    (folder / "README.md").write_text("\n".join(text), encoding="utf-8")
