"""Whether a word is lost when connections, gateway and engines are taken away: the same speech quietly, then not."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from tests.support.lost_words import Plan, Scene, faults, word_errors
from tests.support.talkers import Outcome, Sentence

from .corpus import recordings, samples
from .figures import Table

#: Recordings of up to so long, seconds.
_LONGEST_S = 8.0
#: Of so many utterances each is killed ten times.
_UTTERANCES, _DEATHS = 200, 10
_BAR_POINTS = 1.0
_PERCENT = 100


def measure(utterances: int, plan: Plan, *, details: bool = False) -> Iterator[Table]:
    """Yield one table: what was lost, and how much worse what was heard is. `plan`: of the quiet run."""
    sentences = _sentences(utterances)
    deaths = max(1, round(_DEATHS * utterances / _UTTERANCES))
    calm_scene, quiet = _play(sentences, plan)
    wild_scene, wild = _play(sentences, replace(plan, wild=True, gateway_deaths=deaths, engine_deaths=deaths))
    table = Table(
        f"chaos: {utterances} utterances, seed {plan.seed}, {plan.speed:g} times real time, patience {plan.patience:g}"
    )
    found = faults(quiet, wild)
    _add_losses(table, quiet, wild, found)
    _add_words(table, quiet, wild)
    _add_ways(table, "quiet", quiet, calm_scene)
    _add_ways(table, "wild", wild, wild_scene)
    table.add("killed", _counted(wild_scene.killed))
    table.add("what the proxy did", _counted(wild_scene.proxy.happened))
    table.notes += found
    if details:
        table.notes += _differences(quiet, wild)
    yield table


def _play(sentences: list[Sentence], plan: Plan) -> tuple[Scene, dict[int, Outcome]]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder, Scene(Path(folder), sentences, plan) as scene:
        outcomes = scene.play()
    print(f"  {'wild' if plan.wild else 'quiet'} run: {time.monotonic() - began:.0f} s", flush=True)
    return scene, outcomes


def _sentences(count: int) -> list[Sentence]:
    known = sorted((each for each in recordings() if each.seconds <= _LONGEST_S), key=lambda each: each.id)
    spoken = [Sentence(each.id, samples(each).tobytes(), each.transcript) for each in known]
    return list(islice(cycle(spoken), count))


def _add_losses(table: Table, quiet: dict[int, Outcome], wild: dict[int, Outcome], found: list[str]) -> None:
    table.add("without a final in the quiet run", str(sum(not each.finals for each in quiet.values())))
    table.add("without a final in the wild run", str(sum(not each.finals for each in wild.values())))
    table.add("finals missing, twice, or without a translation", str(len(found)), "0", not found)


def _add_words(table: Table, quiet: dict[int, Outcome], wild: dict[int, Outcome]) -> None:
    rates = [_PERCENT * wrong / said for wrong, said in (word_errors(quiet), word_errors(wild))]
    table.add("word error rate, quiet", f"{rates[0]:.2f} %")
    table.add(
        "word error rate, wild",
        f"{rates[1]:.2f} %",
        f"<= quiet + {_BAR_POINTS:g} point",
        rates[1] - rates[0] <= _BAR_POINTS,
    )


def _add_ways(table: Table, name: str, outcomes: dict[int, Outcome], scene: Scene) -> None:
    table.add(f"finals by, {name}", _counted(Counter(_engine(each) for each in outcomes.values())))
    table.add(f"engine changed to, {name}", _counted(scene.changes))


def _differences(quiet: dict[int, Outcome], wild: dict[int, Outcome]) -> list[str]:
    return [
        f"{number}: {_engine(quiet[number])}: {quiet[number].text} | {_engine(wild[number])}: {wild[number].text}"
        for number in quiet
        if quiet[number].text != wild[number].text
    ]


def _engine(outcome: Outcome) -> str:
    return outcome.finals[0].engine if outcome.finals else "none"


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())
