"""The client of the Speech service's protocol against a server that does well, over real sockets."""

from __future__ import annotations

import time

import pytest

from daemon.engines.base import EngineFailure, EngineHypothesis, EngineReady, Task, TextTranslated
from daemon.events import SpeechRequest, SynthesizedSpeech
from daemon.wire.from_client import Audio, SpeechConfig
from daemon.wire.messages import TurnEnd, Vocabulary
from tests.support.speech_scenario import SPEECH, SPEECH_RATE_HZ, Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import MORNING, MORNING_TEXTS, TASK, TWO, engine, say, served, texts
from tests.support.spoken_code import silence, sound_of

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("vocabulary", [Vocabulary.V1, Vocabulary.V2])
def test_an_utterance_is_one_turn_and_its_phrases_are_one_final(vocabulary):
    with served(Scenario(vocabulary=vocabulary)) as (server, opened, listener):
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        server.wait_for(lambda: any(isinstance(each, Audio) and not each.pcm for each in server.messages))
        (turn,) = server.turns
        assert bytes(turn.decoder.pcm[: len(MORNING)]) == MORNING
        assert isinstance(server.messages[0], SpeechConfig)


def test_a_service_that_says_each_result_without_its_translations_first_says_nothing_twice():
    with served(Scenario(bare_first=True)) as (_server, opened, listener):
        say(opened, 1, MORNING)
        assert texts(listener.final(1)) == MORNING_TEXTS
        first, *later = listener.all(EngineHypothesis)
        assert first.translations == {}
        assert all(each.translations for each in later)


def test_the_connection_is_there_before_anything_is_said_and_stays():
    with served() as (server, opened, listener):
        server.wait_for(lambda: len(server.messages) == 1)
        for number in (1, 2, 3):
            say(opened, number, sound_of("one two"))
            listener.final(number)
        assert len(server.upgrades) == 1
        assert [turn.connection for turn in server.turns] == [1, 1, 1]


def test_targets_may_change_from_utterance_to_utterance():
    with served() as (server, opened, listener):
        for number, task in enumerate((TASK, TWO, Task("en-US", ("fr",))), start=1):
            say(opened, number, sound_of("one"), task)
            assert set(listener.final(number).translations) == set(task.targets)
        assert len(server.upgrades) == 1


def test_on_a_v1_address_other_targets_need_another_connection():
    with SpeechServer() as server:
        address = f"{server.address}/speech/translation/cognitiveservices/v1"
        with engine(address) as (opened, listener):
            listener.ready()
            for number, task in enumerate((TASK, TASK, TWO), start=1):
                say(opened, number, sound_of("one"), task)
                assert texts(listener.final(number))["es"] == "es:one"
            assert [upgrade.parameters("to") for upgrade in server.upgrades] == [("es",), ("es", "de")]
            assert listener.all(EngineFailure) == []
            assert len(listener.all(EngineReady)) == 1


def test_everything_that_is_set_is_asked():
    own = {
        "profanity": "masked",
        "phrases": ("Dragoman",),
        "phrase_weight": 1.5,
        "candidates": ("en-US", "fr-FR"),
        "language_changes": True,
        "segmentation": "semantic",
        "segmentation_silence_ms": 300,
        "stable_partials": 3,
        "category": "medical",
        "model": "abc",
    }
    with served(**own) as (server, opened, listener):
        say(opened, 1, sound_of("one"))
        listener.final(1)
        asked = server.turns[0].context
        assert (asked.profanity, asked.phrases, asked.phrase_weight) == ("masked", ("Dragoman",), 1.5)
        assert (asked.candidates, asked.language_id.value) == (("en-US", "fr-FR"), "DetectContinuous")
        assert (asked.semantic, asked.segmentation_silence_ms, asked.stable_threshold) == (True, 300, 3)
        assert asked.category == "medical"
        assert server.upgrades[0].parameter("cid") == "abc"


def test_interims_are_not_asked_for_where_nobody_wants_them():
    with served() as (server, opened, listener):
        say(opened, 1, sound_of("one"), Task("en-US", ("es",), interims=False))
        listener.final(1)
        assert not server.turns[0].context.interims


def test_speech_comes_with_the_utterance_and_is_not_asked_for_again():
    with served(speak="es", voices=("es-ES-ElviraNeural",)) as (server, opened, listener):
        say(opened, 1, sound_of("good morning"))
        final = listener.final(1)
        opened.speak(SpeechRequest("u1", "es", final.translations["es"].text))
        listener.last_block("u1")
        blocks = listener.all(SynthesizedSpeech)
        assert b"".join(block.pcm for block in blocks) == SPEECH
        assert {block.rate_hz for block in blocks} == {SPEECH_RATE_HZ}
        assert server.synthesized == []


def test_the_final_does_not_wait_for_the_speech():
    with served(Scenario(unsaid=(TurnEnd,)), speak="es", voices=("es-ES-X",)) as (_server, opened, listener):
        say(opened, 1, sound_of("good morning"))
        assert listener.final(1).source == "good morning"


def test_other_texts_are_spoken_over_a_connection_of_their_own():
    with served() as (server, opened, listener):
        for number in (1, 2):
            opened.speak(SpeechRequest(f"t{number}", "es", "¿Qué tal <hoy>?"))
            assert listener.last_block(f"t{number}").error == ""
        assert server.synthesized == ["¿Qué tal <hoy>?"] * 2
        assert len(server.upgrades) == 2


def test_a_connection_for_speech_that_has_gone_is_opened_again():
    with served() as (server, opened, listener):
        opened.speak(SpeechRequest("one", "es", "uno"))
        listener.last_block("one")
        server.cut_all()
        opened.speak(SpeechRequest("two", "es", "dos"))
        assert listener.last_block("two").error == ""


def test_typed_text_is_said_not_to_be_translated():
    with served() as (_server, opened, listener):
        opened.translate("t", "Hello", TWO)
        answer = listener.wait_for(TextTranslated)
        assert {each.error.code for each in answer.translations.values()} == {"speech_only"}


def test_silence_is_an_empty_final():
    with served() as (_server, opened, listener):
        say(opened, 1, silence(1))
        assert listener.final(1).source == ""


def test_sound_that_was_kept_goes_out_no_faster_than_the_service_takes():
    with served(replay_speed=4.0) as (server, opened, listener):
        began = time.monotonic()
        say(opened, 1, sound_of("one two . three", lead_s=6))
        assert listener.final(1).source == "one two three"
        sent_s = sum(len(each.pcm) for each in server.messages if isinstance(each, Audio)) / 32_000
        assert time.monotonic() - began >= (sent_s - 5 - 0.1) / 4
