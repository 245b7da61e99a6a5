"""What every engine promises, tried on each that is found, the scripted one included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

import daemon.engines
from daemon import drivers
from daemon.engines.base import Engine, EngineFailure, EngineFinal, EngineHypothesis, Task, TextTranslated
from daemon.engines.scripted import ScriptedEngine
from daemon.events import SpeechRequest, SynthesizedSpeech
from hw.api import FRAME_BYTES, SPEECH_FORMAT
from tests.support.engines import Listener, skip_unless_installed
from tests.support.recordings import recording
from tests.support.speech_server import SpeechServer
from tests.support.spoken_code import sound_of

TASK = Task("en-US", ("es",))
LANGUAGES = {"source": TASK.source, "targets": TASK.targets}
TEXT = "Good morning."


def any_sound() -> bytes:
    return bytes(2 * SPEECH_FORMAT.bytes_per_second)


def spoken_english() -> bytes:
    return recording("azure-whatstheweatherlike")


@dataclass(frozen=True)
class Trial:
    """How an engine is tried: its settings, and speech that it hears words in."""

    speech: Callable[[], bytes]
    settings: dict[str, dict[str, Any]]
    #: Whether `capabilities` must list the task's languages, else the tests are skipped with what is missing.
    installed: bool = True
    #: Whether typed text is translated, too.
    typed: bool = True
    #: Key of the engine's section that names a server; empty: it needs none.
    server: str = ""


def coded_english() -> bytes:
    return sound_of("good morning . how are you")


TRIALS = {
    "azure": Trial(coded_english, {"languages": LANGUAGES}, typed=False, server="endpoint"),
    "home": Trial(coded_english, {"languages": LANGUAGES}, typed=False, server="address"),
    "device": Trial(spoken_english, {"languages": LANGUAGES}),
    "scripted": Trial(any_sound, {"languages": LANGUAGES}, installed=False),
}


@pytest.fixture(scope="module", autouse=True)
def server():
    """Serve the engines that are elsewhere."""
    with SpeechServer() as serving:
        for name, trial in TRIALS.items():
            if trial.server:
                trial.settings[f"engine.{name}"] = {trial.server: serving.address}
        yield


def open_engine(name: str) -> tuple[Engine, Listener]:
    """Return an engine and what listens to it; skip where its parts are not installed."""
    assert name in TRIALS, f"say in TRIALS how the engine {name} is tried"
    driver = drivers.load(daemon.engines, name)
    if TRIALS[name].installed:
        skip_unless_installed(driver.capabilities(TRIALS[name].settings))
    engine = driver.open(TRIALS[name].settings)
    listener = Listener(lambda: let_out(engine))
    engine.open(listener)
    return engine, listener


def let_out(engine: Engine) -> None:
    """Have a scripted engine say what it holds back."""
    while isinstance(engine, ScriptedEngine) and engine.step():
        pass


def engines():
    """Return each engine's name; that on this device is a real part."""
    names = drivers.names(daemon.engines)
    return [pytest.param(name, marks=pytest.mark.parts) if name == "device" else name for name in names]


@pytest.fixture(scope="module", params=engines())
def name(request):
    return request.param


@pytest.fixture(scope="module")
def running(name):
    engine, listener = open_engine(name)
    listener.ready()
    yield engine, listener
    engine.close()


@pytest.fixture(scope="module")
def speech(name):
    return TRIALS[name].speech()


@pytest.fixture(scope="module")
def numbers():
    """Utterances, each once; also unique ends for the names of requests."""
    return count(1)


def say(engine, utterance, sound, task=TASK):
    engine.begin(utterance, task)
    for at in range(0, len(sound), FRAME_BYTES):
        engine.feed(utterance, sound[at : at + FRAME_BYTES])
    engine.finish(utterance)


def say_another(engine, listener, numbers, speech):
    """Have one more utterance through, so that whatever is still to be said of earlier ones has been said."""
    another = next(numbers)
    say(engine, another, speech)
    listener.final(another)


def ends(listener, utterance):
    return [event for event in listener.of_utterance(utterance) if isinstance(event, EngineFinal | EngineFailure)]


def test_it_is_ready_by_its_own_name_and_tells_what_it_serves(running):
    engine, listener = running
    ready = listener.ready()
    assert ready.engine == engine.name
    assert ("en", "es") in [(pair.source, pair.target) for pair in ready.pairs]
    assert ready.missing == {}


def test_an_utterance_ends_in_exactly_one_final_with_every_target(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    say(engine, utterance, speech)
    final = listener.final(utterance)
    assert final.source
    assert final.source_lang == TASK.source
    assert final.translations.keys() == set(TASK.targets)
    assert all(translation.text for translation in final.translations.values())
    say_another(engine, listener, numbers, speech)
    assert ends(listener, utterance) == [final]
    assert listener.of_utterance(utterance)[-1] == final


def test_hypotheses_come_before_the_final_and_cover_more_and_more(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    say(engine, utterance, speech)
    listener.final(utterance)
    hypotheses = [event for event in listener.of_utterance(utterance) if isinstance(event, EngineHypothesis)]
    covered = [hypothesis.audio_s for hypothesis in hypotheses]
    assert covered == sorted(covered)
    assert all(hypothesis.source for hypothesis in hypotheses)


def test_the_next_utterance_may_begin_before_the_last_final(running, numbers, speech):
    engine, listener = running
    first, second = next(numbers), next(numbers)
    half = len(speech) // 2
    engine.begin(first, TASK)
    engine.feed(first, speech)
    engine.finish(first)
    engine.begin(second, TASK)
    engine.feed(second, speech[:half])
    engine.feed(second, speech[half:])
    engine.finish(second)
    assert listener.final(second).source
    assert len(ends(listener, first)) == 1


def test_two_utterances_may_be_open_at_once(running, numbers, speech):
    engine, listener = running
    first, second = next(numbers), next(numbers)
    for utterance in (first, second):
        engine.begin(utterance, TASK)
    for at in range(0, len(speech), FRAME_BYTES):
        for utterance in (first, second):
            engine.feed(utterance, speech[at : at + FRAME_BYTES])
    for utterance in (second, first):
        engine.finish(utterance)
    assert listener.final(first).source
    assert listener.final(second).source


def test_sound_may_come_in_any_pieces(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    engine.begin(utterance, TASK)
    for at in range(0, len(speech), 4_999):
        engine.feed(utterance, speech[at : at + 4_999])
    engine.feed(utterance, b"")
    engine.finish(utterance)
    assert listener.final(utterance).source


def test_an_utterance_without_sound_ends_once(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    say(engine, utterance, b"")
    listener.final(utterance)
    say_another(engine, listener, numbers, speech)
    assert len(ends(listener, utterance)) == 1


def test_a_cancelled_utterance_has_no_end(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    engine.begin(utterance, TASK)
    engine.feed(utterance, speech)
    engine.cancel(utterance)
    engine.feed(utterance, speech)
    engine.finish(utterance)
    say_another(engine, listener, numbers, speech)
    assert ends(listener, utterance) == []


def test_what_it_does_not_know_is_ignored(running, numbers, speech):
    engine, listener = running
    unknown = next(numbers)
    engine.cancel(unknown)
    engine.feed(unknown, speech)
    engine.finish(unknown)
    engine.hush("unknown")
    say_another(engine, listener, numbers, speech)
    assert listener.of_utterance(unknown) == []
    assert [block for block in listener.all(SynthesizedSpeech) if block.id == "unknown"] == []


def test_one_that_begins_again_is_heard_from_its_beginning_and_ends_once(running, numbers, speech):
    engine, listener = running
    utterance = next(numbers)
    engine.begin(utterance, TASK)
    engine.feed(utterance, speech[: len(speech) // 3])
    say(engine, utterance, speech)
    assert listener.final(utterance).source
    say_another(engine, listener, numbers, speech)
    assert len(ends(listener, utterance)) == 1


def test_typed_text_is_translated_into_every_target(running, name):
    engine, listener = running
    engine.translate("typed", TEXT, Task("en-US", ("es", "xx")))
    answer = listener.wait_for(TextTranslated, lambda event: event.request == "typed")
    assert answer.translations["es"].text or not TRIALS[name].typed
    other = answer.translations["xx"]
    assert other.text or other.error


def test_speech_comes_in_blocks_of_one_rate_and_its_last_one_is_marked(running):
    engine, listener = running
    engine.speak(SpeechRequest("spoken", "es", "buenos días"))
    last = listener.last_block("spoken")
    blocks = [block for block in listener.all(SynthesizedSpeech) if block.id == "spoken"]
    assert len(b"".join(block.pcm for block in blocks)) > 1_000
    assert {(block.lang, block.rate_hz) for block in blocks} == {("es", last.rate_hz)}
    assert [block.last for block in blocks] == [False] * (len(blocks) - 1) + [True]
    assert last.error == ""


def test_a_hushed_request_ends_and_the_next_one_is_spoken_whole(running):
    engine, listener = running
    engine.speak(SpeechRequest("long", "es", "uno dos tres cuatro cinco seis siete ocho nueve diez. " * 50))
    engine.hush("long")
    engine.speak(SpeechRequest("next", "es", "adiós"))
    assert listener.last_block("next").error == ""
    assert [block.last for block in listener.all(SynthesizedSpeech) if block.id == "long"].count(True) == 1


def test_nothing_is_said_after_close_and_calls_do_no_harm(name, numbers, speech):
    engine, listener = open_engine(name)
    listener.ready()
    utterance = next(numbers)
    engine.begin(utterance, TASK)
    engine.feed(utterance, speech)
    engine.close()
    said = listener.events
    engine.finish(utterance)
    say(engine, next(numbers), speech)
    engine.translate("late", TEXT, TASK)
    engine.speak(SpeechRequest("late", "es", "tarde"))
    engine.hush("late")
    engine.close()
    assert listener.events == said


def test_it_may_be_closed_before_it_is_ready_or_was_opened(name):
    engine, _listener = open_engine(name)
    engine.close()
    drivers.load(daemon.engines, name).open(TRIALS[name].settings).close()
