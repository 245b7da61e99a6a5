from __future__ import annotations

from dataclasses import replace

import pytest

from daemon.engines.base import EngineFinal, EngineHypothesis, Task
from daemon.engines.scripted import ScriptedEngine
from daemon.events import EndReason, Translation, UtteranceBegan, UtteranceEnded, Word
from daemon.held import HeldUtterance, HeldUtterances
from hw.api import SPEECH_FORMAT

SECOND_NS = 1_000_000_000
TASK = Task("en", ("es",))


def held(number: int = 1, seconds: float = 1.0, *, ended_ns: int | None = None) -> HeldUtterance:
    utterance = HeldUtterance(UtteranceBegan(number, 10 * SECOND_NS, 3.0, gap_ms=5), TASK)
    utterance.keep(bytes(round(seconds * SPEECH_FORMAT.bytes_per_second)))
    if ended_ns is not None:
        utterance.ended = UtteranceEnded(number, 11 * SECOND_NS, 3.9, EndReason.HANGOVER, gap_ms=7)
        utterance.ended_ns = ended_ns
    return utterance


def several(*utterances: HeldUtterance) -> HeldUtterances:
    found = HeldUtterances()
    for utterance in utterances:
        found[utterance.number] = utterance
    return found


def result(text: str) -> EngineFinal:
    return EngineFinal(1, "en", text, {"es": Translation("hola")}, 120)


def test_a_final_tells_lengths_delays_and_gaps():
    utterance = held(ended_ns=0)
    utterance.interim(EngineHypothesis(1, "en", "hello", {}, 0.5), 12 * SECOND_NS)
    final = utterance.final(result("hello"), "device", 13 * SECOND_NS, untold_gap_ms=100)
    assert (final.audio_s, final.start_s, final.end_s) == (1.0, 3.0, 3.9)
    assert (final.first_interim_ms, final.final_ms, final.engine_ms) == (2000, 2000, 120)
    assert (final.gap_ms, final.engine, final.given_ns) == (112, "device", 13 * SECOND_NS)


def test_the_words_of_a_final_lie_in_captured_sound():
    utterance = held(ended_ns=0)  # its voice begins at 3.0 s
    utterance.began = replace(utterance.began, pre_roll_s=0.6)
    heard = replace(result("hello there"), words=(Word("hello", 0.62, 0.9, 0.8), Word("there", 0.9, 1.3, 0.4)))
    words = utterance.final(heard, "device", 13 * SECOND_NS).words
    assert words == (Word("hello", 3.02, 3.3, 0.8), Word("there", 3.3, 3.7, 0.4))


def test_without_an_interim_there_is_no_delay_of_the_first():
    assert held(ended_ns=0).final(result("hello"), "device", 13 * SECOND_NS).first_interim_ms is None


def test_a_final_tells_how_much_was_taken_back():
    utterance = held(ended_ns=0)
    for number, text in enumerate(("good day", "good night all", "good night all"), start=1):
        interim = utterance.interim(EngineHypothesis(1, "en", text, {"es": text}, 0.5), number * SECOND_NS)
        assert interim.revision == number
    final = utterance.final(result("good night you there"), "device", 13 * SECOND_NS)
    assert (final.erasure_interim, final.erasure_final) == (0.25, 0.25)


def test_each_language_has_a_stable_prefix_of_its_own():
    utterance = held()
    for _ in range(2):
        interim = utterance.interim(EngineHypothesis(1, "en", "good day", {"es": "buen día"}, 0.5), SECOND_NS)
    assert (interim.source.stable, interim.translations["es"].stable) == (8, 0)


def test_an_engine_is_handed_everything_in_order():
    utterance, engine = held(ended_ns=0), ScriptedEngine()
    utterance.keep(b"\x01\x00" * 160)
    said = []
    engine.open(said.append)
    utterance.hand_to(engine, 99)
    assert bytes(engine.heard[1]) == b"".join(utterance.sound)
    assert utterance.ended_ns == 99
    assert isinstance(said[-1], EngineFinal)


def test_sound_and_unfinished_ones_are_counted():
    utterances = several(held(1, 1.5, ended_ns=0), held(2, 2.0))
    assert utterances.audio_s == pytest.approx(3.5)
    assert utterances.unfinished == 1


@pytest.mark.parametrize(
    ("seconds", "going"),
    [((10, 10, 10), []), ((10, 10, 11), [1]), ((10, 25, 10), [1, 2]), ((31,), []), ((5, 31), [1])],
)
def test_the_oldest_complete_ones_go_and_never_the_newest(seconds, going):
    utterances = several(*(held(number, length, ended_ns=0) for number, length in enumerate(seconds, start=1)))
    assert utterances.too_many(30.0) == going


def test_an_open_one_does_not_go():
    assert several(held(1, 40.0), held(2, 5.0, ended_ns=0), held(3, 29.0, ended_ns=0)).too_many(30.0) == [2]


def test_the_late_ones_have_been_complete_for_longer_than_the_deadline():
    utterances = several(held(1, ended_ns=0), held(2, ended_ns=50), held(3))
    assert utterances.late(100, 60) == [1]
