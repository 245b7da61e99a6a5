"""Learns from the pairs what `daemon.translators._lexicon` knows: words of both languages, and the traces of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from daemon.translators._lexicon import folded, lowered, words
from scripts.lib.translator.corpus import Pair

#: A source word is known if it was seen so often; a name that is written alike on both sides must be a frequent one.
_SEEN, _NAME_SEEN = 4, 40
_SAME = 0.8
#: A trace stands in so many of the translations at least, and so many times as often as elsewhere …
_SHARE, _LIFT = 0.03, 8.0
#: … or in half of them, and still much more often than elsewhere: *no* for *not*.
_HALF, _HALF_LIFT = 0.5, 4.5
#: Traces of a word, together in so many of its translations; with less they prove nothing.
_MOST_TRACES, _COVERED = 12, 0.75
#: Occurrences that are looked at.
_SAMPLE = 2_000
_TARGET_SEEN = 2


def write(pairs: list[Pair], translated_back: list[Pair], folder: Path) -> None:
    """Write ``lexicon.tsv`` and ``target_words.txt``. Of pairs that were translated back only the target is trusted."""
    rows = (f"{word}\t{' '.join(traces)}".rstrip() for word, traces in sorted(learn(pairs).items()))
    (folder / "lexicon.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    seen = Counter(lowered(word) for pair in [*pairs, *translated_back] for word in words(pair.target))
    known = sorted(word for word, count in seen.items() if count >= _TARGET_SEEN)
    (folder / "target_words.txt").write_text("\n".join(known) + "\n", encoding="utf-8")


def learn(pairs: list[Pair]) -> dict[str, list[str]]:
    """Return each known source word with its traces, the commonest first."""
    occurrences: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
    everywhere: Counter[str] = Counter()
    for pair in pairs:
        target = frozenset(map(lowered, words(pair.target)))
        everywhere.update(target)
        for word in {folded(word) for word in words(pair.source)}:
            occurrences[word].append(target)
    common = {word: count / len(pairs) for word, count in everywhere.items()}
    return {word: _traces(occurrences[word], common) for word in _known(pairs)}


def _traces(occurrences: list[frozenset[str]], common: dict[str, float]) -> list[str]:
    """Choose target words one by one, each the one that stands in most of the translations that have none yet."""
    left = occurrences[:: max(1, len(occurrences) // _SAMPLE)]
    total = len(left)
    counts = Counter(word for target in left for word in target)
    likely = {
        word
        for word, count in counts.items()
        if count / total >= max(_SHARE, min(_LIFT * common[word], max(_HALF, _HALF_LIFT * common[word])))
    }
    chosen: list[str] = []
    while left and len(chosen) < _MOST_TRACES:
        found = Counter(word for target in left for word in target & likely)
        best = max(found, key=lambda word: found[word] / total - common[word], default="")
        if found[best] / total < _SHARE:
            break
        chosen.append(best)
        left = [target for target in left if best not in target]
    return chosen if len(left) <= (1 - _COVERED) * total else []


def _known(pairs: Iterable[Pair]) -> Iterator[str]:
    """Yield the source words that are known, without rare names that stay as they are."""
    seen: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for pair in pairs:
        target = set(words(pair.target))
        for at, word in enumerate(words(pair.source)):
            seen[folded(word)] += 1
            names[folded(word)] += at > 0 and word[0].isupper() and word in target
    for word, count in seen.items():
        if count >= (_NAME_SEEN if names[word] > _SAME * count else _SEEN):
            yield word
