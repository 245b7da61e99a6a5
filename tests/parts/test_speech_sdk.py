"""The Speech service's own client beside ours: the same sound, the same server, the same results.

Theirs tells phrases, ours utterances; so theirs are joined. Theirs makes up for a lost connection by itself, ours with
the streaming client.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from daemon.engines.base import EngineFailure, EngineFinal, EngineHypothesis, Task
from daemon.events import SpeechRequest, SynthesizedSpeech
from tests.support.speech_scenario import ABORT, Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import Streamed, engine, say, texts
from tests.support.spoken_code import sound_of

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(
        importlib.util.find_spec("azure") is None or importlib.util.find_spec("azure.cognitiveservices") is None,
        reason="azure-cognitiveservices-speech is not installed: pip install --group sdk",
    ),
]

ROOT = Path(__file__).resolve().parents[2]
TEXT = "good morning . how are you . one two three"
TARGETS = ("es", "de")


def theirs(server: SpeechServer, sound: bytes, **asked) -> list[dict]:
    """What their client says of the sound."""
    config = {"host": server.address, "source": "en-US", "targets": TARGETS, **asked}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.support.sdk_peer", json.dumps(config)],
        input=sound,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    if b"ImportError" in ran.stderr or b"OSError" in ran.stderr:
        pytest.skip(f"the library cannot be used here: {ran.stderr.decode()[-300:]}")
    return [json.loads(line) for line in ran.stdout.decode().splitlines()]


def of(events: list[dict], kind: str) -> list[dict]:
    return [event for event in events if event["event"] == kind]


def joined(events: list[dict], targets=TARGETS) -> list[tuple]:
    """Their results as ours are told: the whole text each time, and how much of the sound it covers, seconds."""
    told, before = [], {lang: [] for lang in ("", *targets)}
    for event in events:
        if event["event"] not in ("recognizing", "recognized") or not event["text"]:
            continue
        said = {"": event["text"], **event["translations"]}
        whole = {lang: " ".join([*before[lang], said[lang]]) for lang in said}
        if event["event"] == "recognized":
            for lang, text in said.items():
                before[lang].append(text)
        else:
            told.append((whole, round((event["offset"] + event["duration"]) / 1e7, 3)))
    return [*told, {lang: " ".join(parts) for lang, parts in before.items() if parts}]


def ours(server: SpeechServer, sound: bytes, targets=TARGETS, **own) -> list:
    """What our engine says of it."""
    with engine(server, **own) as (opened, listener):
        listener.ready()
        say(opened, 1, sound, Task("en-US", targets))
        final = listener.final(1)
        events = listener.of_utterance(1)
        assert [type(event) for event in events] == [EngineHypothesis] * (len(events) - 1) + [EngineFinal]
        told = [({"": event.source, **event.translations}, round(event.audio_s, 3)) for event in events[:-1]]
        return [*told, texts(final)]


def both(scenario, sound: bytes, targets=TARGETS, **asked):
    """What both say, each with a server of its own in the same trouble."""
    with SpeechServer(scenario()) as server:
        their = theirs(server, sound, targets=targets, **asked)
    with SpeechServer(scenario()) as server:
        return their, ours(server, sound, targets)


@pytest.mark.parametrize(
    "scenario",
    [Scenario, lambda: Scenario(slow_s=0.02), lambda: Scenario(phrases_a_turn=1), lambda: Scenario(foreign_ids=True)],
    ids=["well", "slow", "server ends turns", "foreign ids"],
)
@pytest.mark.parametrize("targets", [("es",), TARGETS], ids=["one target", "two targets"])
def test_texts_translations_offsets_and_their_order_are_the_same(scenario, targets):
    their, our = both(scenario, sound_of(TEXT), targets)
    assert our == joined(their, targets)
    assert our[-1][""] == TEXT.replace(" .", "")


def test_interims_are_told_by_both_where_the_language_is_looked_for():
    candidates = ("en-US", "fr-FR")
    with SpeechServer() as server:
        their = joined(theirs(server, sound_of(TEXT), candidates=candidates))
    with SpeechServer() as server:
        our = ours(server, sound_of(TEXT), TARGETS, candidates=candidates)
    assert our == their
    assert len(our) > 1


@pytest.mark.parametrize("how", [1000, 1011, ABORT])
def test_after_a_lost_connection_the_texts_are_the_same(how):
    def scenario():
        return Scenario(cuts=deque([(4, how)]))

    with SpeechServer(scenario()) as server:
        their = joined(theirs(server, sound_of(TEXT), targets=("es",)), ("es",))[-1]
    with SpeechServer(scenario()) as server, Streamed(server) as streamed:
        streamed.hear(1, sound_of(TEXT))
        (final,) = streamed.finals(1)
    assert texts(final) == their == {"": TEXT.replace(" .", ""), "es": their["es"]}


def test_the_synthesized_speech_is_the_same():
    with SpeechServer() as server:
        pieces = of(theirs(server, sound_of("good morning"), targets=("es",), voice="es-ES-X"), "synthesizing")
    with SpeechServer() as server, engine(server, speak="es", voices=("es-ES-X",)) as (opened, listener):
        listener.ready()
        say(opened, 1, sound_of("good morning"))
        opened.speak(SpeechRequest("u1", "es", listener.final(1).translations["es"].text))
        listener.last_block("u1")
        speech = b"".join(block.pcm for block in listener.all(SynthesizedSpeech))
    whole = b"".join(base64.b64decode(piece["audio"]) for piece in pieces)
    assert whole[44:] == speech


def test_a_single_shot_has_the_text_of_the_first_phrase():
    with SpeechServer() as server:
        (once,) = of(theirs(server, sound_of("good morning . how are you"), once=True), "once")
    with SpeechServer() as server:
        our = ours(server, sound_of("good morning"))[-1]
    assert {"": once["text"], **once["translations"]} == our


def test_a_language_added_while_running_is_translated_into():
    half = sound_of("good morning") + sound_of("good morning")
    with SpeechServer() as server:
        results = of(theirs(server, half, targets=("es",), add="de"), "recognized")
    with SpeechServer() as server, engine(server) as (opened, listener):
        listener.ready()
        for number, targets in enumerate((("es",), TARGETS), start=1):
            say(opened, number, sound_of("good morning"), Task("en-US", targets))
        our = [set(listener.final(number).translations) for number in (1, 2)]
        assert len(server.upgrades) == 1
    assert [set(result["translations"]) for result in results if result["text"]] == our == [{"es"}, {"es", "de"}]


@pytest.mark.parametrize(
    ("statuses", "their_code", "our_code"),
    [
        ([401] * 9, "AuthenticationFailure", "unauthorized"),
        ([400] * 9, "BadRequest", "bad_request"),
        ([429] * 9, "TooManyRequests", "too_many_requests"),
        ([503] * 99, "ServiceUnavailable", "unavailable"),
    ],
)
def test_a_refusal_is_told_by_both(statuses, their_code, our_code):
    with SpeechServer(Scenario(statuses=deque(statuses), body="said by the service")) as server:
        (their,) = of(theirs(server, sound_of("one")), "canceled")
    refusing = Scenario(statuses=deque(statuses), body="said by the service")
    with SpeechServer(refusing) as server, engine(server) as (_opened, listener):
        our = listener.failure()
    assert (their["code"], our.code) == (their_code, our_code)
    assert "said by the service" in our.text


def test_503_twice_and_then_well_has_the_same_results():
    their, our = both(lambda: Scenario(statuses=deque([503, 503])), sound_of(TEXT))
    assert our == joined(their)
    assert of(their, "canceled")[0]["reason"] == "EndOfStream"


def test_a_translation_that_failed_leaves_the_text_with_both():
    with SpeechServer(Scenario(translation_error="no such category")) as server:
        (their, *_) = of(theirs(server, sound_of("good morning")), "recognized")
    with SpeechServer(Scenario(translation_error="no such category")) as server, engine(server) as (opened, listener):
        listener.ready()
        say(opened, 1, sound_of("good morning"))
        our = listener.final(1)
        assert listener.all(EngineFailure) == []
    assert (their["text"], their["translations"]) == (our.source, {})
    assert our.translations["es"].error is not None
