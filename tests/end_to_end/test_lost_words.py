"""No word is lost while connections, gateways and engines are taken away. `scripts/bench chaos` shows the figures."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.lost_words import LANGUAGES, Plan, Scene, faults, word_errors
from tests.support.recordings import recordings, shipped
from tests.support.talkers import Sentence

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts, pytest.mark.alone]

SHIPPED = ("goforward", "rhasspy-turn-on-the-living-room-lamp", "azure-whatstheweatherlike")


def test_a_few_utterances_are_finished_though_the_gateway_and_an_engine_are_killed(tmp_path: Path) -> None:
    sentences = [Sentence(name, shipped(name), "") for name in SHIPPED * 2]
    plan = Plan(wild=True, gateway_deaths=1, engine_deaths=1, people=2)
    with Scene(tmp_path / "gateway", sentences, plan) as scene:
        outcomes = scene.play()
    assert scene.killed.total() == 2
    assert [len(each.finals) for each in outcomes.values()] == [1] * len(sentences)
    for outcome in outcomes.values():
        translations = outcome.finals[0].translations
        assert all(translations[target].text for target in LANGUAGES.targets), outcome


@pytest.mark.long
def test_of_two_hundred_utterances_none_is_lost_or_heard_worse(tmp_path: Path) -> None:
    known = [each for each in recordings("en") if each.transcript and each.seconds <= 8]
    sentences = list(islice(cycle([Sentence(each.name, each.pcm(), each.transcript) for each in known]), 200))
    with Scene(tmp_path / "quiet", sentences, Plan()) as scene:
        quiet = scene.play()
    with Scene(tmp_path / "wild", sentences, Plan(wild=True, gateway_deaths=10, engine_deaths=10)) as scene:
        wild = scene.play()
    assert scene.killed.total() == 20
    assert faults(quiet, wild) == []
    (quiet_errors, said), (wild_errors, _) = word_errors(quiet), word_errors(wild)
    assert (wild_errors - quiet_errors) / said <= 0.01
