"""How good the translators of the device are: unseen sentences, a traveller's sentences, long ones; and what they cost.

The device's chain of translators (neural first, apertium where that one is unsure) beside apertium alone, in one run.
Unseen pairs are found through DRAGOMAN_PAIRS, a folder with ``en-XX.dev.tsv``.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from daemon.drivers import DriverMissing
from daemon.engines.on_device.chain import Chain
from daemon.engines.on_device.stages import InstalledStages
from daemon.figures.carried import carry
from daemon.translators.base import Translated
from scripts.lib.translator import corpus, rating, travel

from .as_heard import as_heard
from .bare import ask
from .corpus import ROOT, recordings
from .figures import Table, percentile
from .processes import MIB
from .world import DRAGOMAN, BenchError

#: Direction → BLEU and chrF that unseen sentences are to reach.
_BARS = {("en", "es"): (53.0, 70.0), ("es", "en"): (55.0, None), ("en", "fr"): (50.0, None), ("en", "de"): (44.0, None)}
_APERTIUM = {"engine.device": {"translators": ("apertium",)}}
#: Words of a sentence whose time is taken.
_EIGHT = 8
_SURE = 0.6
_MOST_NOISES, _NOISES = 6, 42
#: Of short recordings of speech so many may be taken for noise.
_MOST_LOST, _SHORT_S = 2, 8.0


class _Side(NamedTuple):
    """One way to translate a direction."""

    name: str
    chain: Chain

    def all(self, sentences: Sequence[str]) -> list[Translated]:
        """Return the translations as the device shows them, with figures as their language writes them."""
        return [self._shown(each, self.chain.translate(each)) for each in sentences]

    def _shown(self, sentence: str, made: Translated) -> Translated:
        return replace(made, text=carry(sentence, made.text, self.chain.source, self.chain.target))


def measure(*, details: bool) -> Iterator[Table]:
    """Yield the tables; with details every sentence of the traveller's."""
    for direction in _BARS:
        sides = [side for side in (_side("dragoman", direction, {}), _side("apertium", direction, _APERTIUM)) if side]
        try:
            if sides:
                yield _unseen(direction, sides)
                yield _travel(direction, sides, details=details)
            if direction == ("en", "es") and sides:
                yield _long(sides)
        finally:
            for side in sides:
                side.chain.close()
    yield _cost()
    yield _noise()


def _side(name: str, direction: tuple[str, str], settings: dict[str, dict[str, object]]) -> _Side | None:
    try:
        return _Side(name, InstalledStages(settings).translator(*direction))
    except DriverMissing:
        return None


def _unseen(direction: tuple[str, str], sides: Sequence[_Side]) -> Table:
    source, target = direction
    folder = Path(os.environ.get("DRAGOMAN_PAIRS", ROOT.parent / "shared" / "parallel"))
    if not folder.is_dir():
        raise BenchError(f"no pairs in {folder}: set DRAGOMAN_PAIRS to a folder with en-{target}.dev.tsv")
    wanted = rating.references(corpus.read(folder, source, target, "dev"))
    table = Table(f"quality: {len(wanted)} unseen sentences, {source} to {target}")
    heard = [as_heard(each, source) for each in wanted]
    for side in sides:
        written = side.all(list(wanted))
        bleu, chrf = rating.rate([each.text for each in written], list(wanted.values()))
        bars = _BARS[direction] if side.name == "dragoman" else (None, None)
        _row(table, f"{side.name}: BLEU, as written", bleu, bars[0])
        _row(table, f"{side.name}: chrF, as written", chrf, bars[1])
        recognized, _ = rating.rate([each.text for each in side.all(heard)], list(wanted.values()))
        _row(table, f"{side.name}: BLEU, as recognized", recognized, bleu - 1 if side.name == "dragoman" else None)
        table.add(f"{side.name}: by which translator", _shares(written))
    return table


def _travel(direction: tuple[str, str], sides: Sequence[_Side], *, details: bool) -> Table:
    questions = [each for each in travel.load() if (each.source_language, each.target_language) == direction]
    table = Table(f"quality: {len(questions)} sentences of a traveller, {direction[0]} to {direction[1]}")
    heard = [as_heard(each.sentence, direction[0]) for each in questions]
    for side in sides:
        made = side.all(heard)
        lacking = [not q.has_all(each.text) for q, each in zip(questions, made, strict=True)]
        table.add(f"{side.name}: what must be there is there", f"{len(lacking) - sum(lacking)} of {len(lacking)}")
        sure = sum(wrong and (each.confidence or 0) >= _SURE for wrong, each in zip(lacking, made, strict=True))
        table.add(f"{side.name}: it is not, and {_SURE:g} sure or more", f"{sure}", "0", sure == 0)
        if details:
            for said, each, wrong in zip(heard, made, lacking, strict=True):
                sureness = 0.0 if each.confidence is None else each.confidence
                table.add(f"  {'LACKS ' if wrong else ''}{said} -> {each.text}", f"{sureness:.2f} {each.translator}")
    return table


def _long(sides: Sequence[_Side]) -> Table:
    known = [each for each in recordings() if each.spanish]
    table = Table(f"quality: {len(known)} long written sentences, en to es, as recognized without an error")
    for side in sides:
        made = [each.text for each in side.all([as_heard(each.transcript, "en") for each in known])]
        bleu, chrf = rating.rate(made, [[each.spanish] for each in known])
        table.add(f"{side.name}: BLEU / chrF", f"{bleu:.1f} / {chrf:.1f}")
    return table


def _cost() -> Table:
    sentences = [each.sentence for each in travel.load() if each.source_language == "en"]
    chosen = sorted({each for each in sentences if abs(len(each.split()) - _EIGHT) <= 1})
    table = Table(f"quality: the neural translator alone, {len(chosen)} sentences of about {_EIGHT} words")
    try:
        bare = ask("ctranslate2", chosen)
    except RuntimeError as error:
        raise BenchError(str(error)) from error
    median_ms = percentile(bare["took_ms"], 50)
    table.add("a sentence, median, ms", f"{median_ms:.1f}", "<= 10", median_ms <= 10)  # noqa: PLR2004 -- the bar
    table.add("load, s, libraries imported", f"{bare['load_s']:.2f}", "<= 0.3", bare["load_s"] <= 0.3)  # noqa: PLR2004
    table.add("importing the libraries, s", f"{bare['import_s']:.2f}")
    memory_mb = bare["memory_bytes"] / MIB
    table.add("memory that it adds, libraries included, MB", f"{memory_mb:.0f}", "<= 60", memory_mb <= 60)  # noqa: PLR2004
    return table


def _noise() -> Table:
    folder = Path(os.environ.get("DRAGOMAN_RECORDINGS", ROOT.parent / "shared" / "recordings"))
    noises = sorted(folder.glob("noise/*"))[:_NOISES]
    spoken = [each.path for each in recordings() if each.seconds <= _SHORT_S]
    table = Table(f"quality: {len(noises)} recordings of noise, {len(spoken)} of speech")
    if noises:
        heard = len(_with_final(noises))
        table.add("noise that gives a final", f"{heard}", f"<= {_MOST_NOISES}", heard <= _MOST_NOISES)
    lost = len(spoken) - len(_with_final(spoken))
    table.add("speech that gives none", f"{lost}", f"<= {_MOST_LOST}", lost <= _MOST_LOST)
    return table


def _with_final(files: Sequence[Path]) -> set[str]:
    """Return those of the files in which the device hears something."""
    command = [str(DRAGOMAN), "translate", "--to", "es", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"dragoman translate ended with {done.returncode}: {done.stderr.strip()}")
    return {json.loads(line)["file"] for line in done.stdout.splitlines()}


def _row(table: Table, name: str, value: float, bar: float | None) -> None:
    if bar is None:
        table.add(name, f"{value:.1f}")
    else:
        table.add(name, f"{value:.1f}", f">= {bar:.1f}", value >= bar)


def _shares(made: Sequence[Translated]) -> str:
    names = [each.translator for each in made]
    return ", ".join(f"{name} {names.count(name)}" for name in dict.fromkeys(names))
