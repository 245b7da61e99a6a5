"""A client's phrase list and its candidates for the spoken language, as the gateway's engine gets them."""

from __future__ import annotations

import pytest

from daemon.engines.base import EngineReady, Pair, Task
from daemon.gateway.order import order
from daemon.wire.context import SpeechContext
from daemon.wire.upgrade import UNIVERSAL_PATH, Upgrade

PAIRS = (("en", "es"), ("es", "en"), ("en", "fr"), ("es", "fr"))
SERVED = EngineReady("device", ("en-US", "es"), tuple(Pair(*pair, "x") for pair in PAIRS))


def task_of(**asked) -> Task:
    context = SpeechContext("en-US", **({"targets": ("es",)} | asked))
    return order(context, Upgrade(UNIVERSAL_PATH), SERVED, whole=False).task


def test_phrases_are_expected_each_once_and_those_that_cannot_be_are_passed_over():
    asked = ("Sintra", "42", "Doña Carmen", "Sintra", "x" * 100)
    assert task_of(phrases=asked).phrases == ("Sintra", "Doña Carmen")
    assert len(task_of(phrases=tuple(f"name {number}" for number in range(300))).phrases) == 200


def test_two_candidates_that_are_both_targets_are_the_sides_of_a_conversation():
    asked = task_of(targets=("es", "fr", "en"), candidates=("en-US", "es-ES"))
    assert asked.conversation == ("en-US", "es-ES")
    assert asked.heard("es-ES").targets == ("en", "fr")


@pytest.mark.parametrize(
    ("targets", "candidates"),
    [(("fr",), ("en-US", "es-ES")), (("en", "es"), ("en-US", "de-DE")), (("en",), ("en-US", "en-GB")), (("es",), ())],
)
def test_other_candidates_are_none(targets, candidates):
    assert task_of(targets=targets, candidates=candidates).conversation == ()
