"""What is spoken and what is not, speech that is cut, and text on request, through the streaming client."""

from __future__ import annotations

import pytest

from daemon.board import Board
from daemon.engines.base import Task
from daemon.engines.scripted import Line, ScriptedEngine
from daemon.events import (
    DropReason,
    EndReason,
    Final,
    SpeechCut,
    SpeechRequest,
    SynthesizedSpeech,
    UtteranceBegan,
    UtteranceEnded,
)
from daemon.settings import LanguagesSection
from daemon.streaming import StreamingClient
from tests.support.streaming import ENGLISH_TO_SPANISH, Bench


def test_only_the_chosen_language_is_spoken():
    bench = Bench(Line("hi"), languages=LanguagesSection(source="en", targets=("es", "fr"), speak="fr"))
    bench.utterance()
    assert {(block.id, block.lang) for block in bench.of(SynthesizedSpeech)} == {("u1", "fr")}


def test_in_a_conversation_the_other_side_is_spoken_to():
    talk = LanguagesSection(source="en-US", targets=("es",), speak="es", conversation=("en-US", "es-ES"))
    bench = Bench(Line("hi"), Line("hola", lang="es-ES"), languages=talk)
    bench.utterance(1)
    bench.utterance(2)
    finals = [(final.source_lang, list(final.translations)) for final in bench.of(Final)]
    assert finals == [("en-US", ["es"]), ("es-ES", ["en-US"])]
    assert list(dict.fromkeys(block.lang for block in bench.of(SynthesizedSpeech))) == ["es", "en-US"]


@pytest.mark.parametrize("speak", ["", "ca"])
def test_nothing_is_spoken_where_no_target_is_chosen(speak):
    bench = Bench(Line("hi"), languages=LanguagesSection(source="en", targets=("es",), speak=speak))
    assert bench.utterance().of(SynthesizedSpeech) == []


def test_a_translation_that_failed_is_not_spoken():
    bench = Bench(Line("hi", failing={"es": "no"}))
    bench.utterance()
    assert bench.of(Final)[0].translations["es"].error.code == "translator_failed"
    assert bench.of(SynthesizedSpeech) == []


def test_work_is_outstanding_until_the_last_block_of_speech():
    bench = Bench(Line("hi"))
    bench.utterance()
    assert bench.client.outstanding == 1
    while bench.engine.step():
        bench.settle()
    assert bench.of(SynthesizedSpeech)[-1].last
    assert bench.client.outstanding == 0


def test_a_result_is_outstanding_until_it_has_been_published():
    seen = []
    engine = ScriptedEngine([Line("hi")])
    client = StreamingClient(
        engine, ENGLISH_TO_SPANISH, Board(), publish=lambda event: seen.append((event, client.outstanding))
    )
    engine.open(client.hear_engine)
    for event in (UtteranceBegan(1, 0, 0.0), UtteranceEnded(1, 0, 1.0, EndReason.HANGOVER)):
        client.hear(event)
    while client.step(0):
        pass
    assert all(outstanding > 0 for _event, outstanding in seen)
    assert any(isinstance(event, Final) for event, _outstanding in seen)


def test_a_text_is_spoken_on_request():
    bench = Bench()
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.settle()
    assert bench.of(SynthesizedSpeech)[0].id == "c1"


@pytest.mark.parametrize("cut", [SpeechCut("c1"), SpeechCut()])
def test_speech_that_is_cut_is_synthesized_no_further_and_ends_once(cut):
    bench = Bench()
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.settle()
    heard = len(bench.of(SynthesizedSpeech))
    bench.client.speak(cut)
    bench.settle()
    assert not bench.engine.step(), "the engine goes on"
    rest = bench.of(SynthesizedSpeech)[heard:]
    assert [(block.pcm, block.last, block.error) for block in rest] == [(b"", True, "stopped")]
    assert bench.client.outstanding == 0


def test_what_was_on_its_way_when_speech_was_cut_is_not_heard():
    bench = Bench()
    bench.client.speak(SpeechCut())
    bench.client.speak(SpeechRequest("c1", "es", "hola"))
    bench.client.speak(SpeechCut("c1"))
    bench.settle()
    assert [block.pcm for block in bench.of(SynthesizedSpeech)] == [b""]


def test_only_the_speech_that_is_cut_ends():
    bench = Bench()
    for request in ("c1", "c2"):
        bench.client.speak(SpeechRequest(request, "es", "hola"))
    bench.client.speak(SpeechCut("c1"))
    bench.settle()
    while bench.engine.step():
        bench.settle()
    ends = {block.id: block.error for block in bench.of(SynthesizedSpeech) if block.last}
    assert ends == {"c1": "stopped", "c2": ""}


def test_a_final_that_is_the_speech_of_the_device_is_dropped_and_not_spoken_again():
    bench = Bench(Line("hello my friend"), Line("hello my friend"), languages=ENGLISH_TO_SPANISH)
    bench.client.speak(SpeechRequest("c1", "en", "Hello, my friend!"))
    bench.settle()
    bench.echoes.began("c1")
    bench.wait(1).utterance(1)
    bench.echoes.ended("c1")
    bench.wait(2).utterance(2)
    assert bench.ends == [(1, DropReason.ECHO), (2, None)]
    assert bench.echoes.dropped == 1
    assert {block.id for block in bench.of(SynthesizedSpeech)} == {"c1", "u2"}


def test_typed_text_is_translated_on_request():
    bench = Bench()
    bench.client.translate_text("c1", "hello", Task("en", ("es",)))
    bench.settle()
    assert bench.texts[0].request == "c1"
    assert bench.texts[0].translations["es"].text == "es: hello"
