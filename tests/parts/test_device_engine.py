"""The on-device engine as it is shipped: real recognizer and translator in a real process, and what may befall them."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager

import pytest

from daemon.engines import device
from daemon.engines.base import Cure, EngineFailure, EngineHypothesis, EngineReady, EngineWarning, Task, TextTranslated
from daemon.settings import GateSection
from hw.api import FRAME_BYTES, SPEECH_FORMAT
from tests.support.engines import Listener, skip_unless_installed
from tests.support.processes import descendants, name, runs, wait_until_gone
from tests.support.recordings import recording, shipped, spanish_model
from tests.support.translation_models import make

pytestmark = pytest.mark.parts

TASK = Task("en-US", ("es",))
#: No utterance is longer: the gate cuts it.
LONGEST_BYTES = int(GateSection().maximum_s) * SPEECH_FORMAT.rate_hz * SPEECH_FORMAT.sample_bytes
#: Apertium, whose programs are looked for here.
SETTINGS = {
    "languages": {"source": TASK.source, "targets": TASK.targets},
    "engine.device": {"translators": ("apertium",)},
}


#: Not in a hurry: all the sound comes at once, and the second pass is not to be left out for that.
TALK = Task("en-US", ("es",), hurry=False, conversation=("en-US", "es-ES"))


@contextmanager
def opened(settings):
    engine, listener = device.open(settings), Listener()
    engine.open(listener)
    try:
        yield engine, listener
    finally:
        engine.close()


@pytest.fixture
def running():
    skip_unless_installed(device.capabilities(SETTINGS), speech=False)
    before = set(descendants(os.getpid()))
    engine = device.open(SETTINGS)
    listener = Listener()
    engine.open(listener)
    listener.ready()
    yield engine, listener
    engine.close()
    assert [name(pid) for pid in descendants(os.getpid()) if pid not in before] == []


@pytest.fixture
def speech():
    return recording("azure-whatstheweatherlike")


def say(engine, utterance, sound, task=TASK):
    engine.begin(utterance, task)
    engine.feed(utterance, sound)
    engine.finish(utterance)


def pipeline(engine):
    """Return the process ids of the translator's programs."""
    return [pid for pid in descendants(engine.pid) if name(pid)]


def test_speech_is_recognized_punctuated_and_translated(running, speech):
    engine, listener = running
    say(engine, 1, speech)
    final = listener.final(1)
    assert "weather" in final.source
    assert final.source[0].isupper()
    assert "tiempo" in final.translations["es"].text
    assert any("es" in hypothesis.translations for hypothesis in listener.all(EngineHypothesis))


def test_what_is_done_in_a_pause_gives_the_same_final(running, speech):
    engine, listener = running
    say(engine, 1, speech)
    engine.begin(2, TASK)
    engine.feed(2, speech)
    engine.pause(2)
    engine.feed(2, bytes(FRAME_BYTES) * 20)
    engine.finish(2)
    assert listener.final(2).source == listener.final(1).source


@pytest.mark.parametrize("sound", ["esc10-clock-tick-1-48413-A", "sc-running_tap", "esc10-rain-1-17367-A"])
def test_noise_gives_no_final(running, sound):
    engine, listener = running
    say(engine, 1, recording(sound)[:LONGEST_BYTES])
    assert (listener.final(1).source, listener.final(1).words) == ("", ())


@pytest.mark.parametrize("sound", ["rhasspy-what-time-is-it", "rhasspy-play-the-beatles", "arctic-axb_a0005"])
def test_short_sentences_are_no_noise(running, sound):
    engine, listener = running
    say(engine, 1, recording(sound))
    final = listener.final(1)
    assert final.rejected == ""
    assert " ".join(word.text for word in final.words) == final.source


def test_killed_in_mid_utterance_it_comes_back_and_the_replay_is_heard(running, speech):
    engine, listener = running
    programs = pipeline(engine)
    assert len(programs) > 3
    engine.begin(1, TASK)
    engine.feed(1, speech[: len(speech) // 2])
    listener.wait_for(EngineHypothesis)
    os.kill(engine.pid, signal.SIGKILL)
    failure = listener.failure()
    assert (failure.code, failure.cure) == ("engine_died", Cure.RETRY)
    for program in programs:
        wait_until_gone(program)
    listener.ready(count=2)
    say(engine, 1, speech)
    assert "weather" in listener.final(1).source
    assert len(listener.all(EngineFailure)) == 1


def test_a_program_of_the_translator_that_is_killed_costs_nothing(running, speech):
    engine, listener = running
    programs = pipeline(engine)
    os.kill(programs[0], signal.SIGKILL)
    say(engine, 1, speech)
    assert "tiempo" in listener.final(1).translations["es"].text
    assert listener.all(EngineFailure) == []
    assert not set(pipeline(engine)) & set(programs)


def test_a_suspended_program_of_the_translator_does_not_outlive_the_engine(running):
    engine, _listener = running
    programs = pipeline(engine)
    for program in programs:
        os.kill(program, signal.SIGSTOP)
    os.kill(engine.pid, signal.SIGKILL)
    for program in programs:
        wait_until_gone(program)


def test_a_language_that_nothing_serves_is_missing_from_the_start():
    skip_unless_installed(device.capabilities(SETTINGS), speech=False)
    engine = device.open({"languages": {"source": "en-US", "targets": ("es", "xx")}})
    listener = Listener()
    engine.open(listener)
    try:
        ready = listener.ready()
        child = engine.pid
    finally:
        engine.close()
    assert ready.missing.keys() == {"xx"}
    assert "en to xx" in ready.missing["xx"]
    assert not runs(child)


def test_a_driver_that_is_not_there_asks_for_a_person():
    engine = device.open(SETTINGS | {"engine.device": {"recognizer": "pocketsphynx"}})
    listener = Listener()
    engine.open(listener)
    try:
        failure = listener.failure()
    finally:
        engine.close()
    assert failure.cure is Cure.CONFIGURE
    assert "did you mean 'pocketsphinx'" in failure.text


def test_capabilities_load_nothing():
    before = descendants(os.getpid())
    offered = device.capabilities(SETTINGS)
    assert isinstance(offered, EngineReady)
    assert descendants(os.getpid()) == before
    assert device.capabilities({"engine.device": {"recognizer": "none"}}).missing.keys() == {"recognizer"}


def test_capabilities_tell_of_damaged_models_only_where_a_language_is_not_served_for_them(tmp_path):
    damaged = {
        "recognizer.pocketsphinx": {"model_dir": str(tmp_path)},
        "translator.ctranslate2": {"models": (str(tmp_path),)},
    }
    skip_unless_installed(device.capabilities({"languages": {"source": "en-US", "targets": ("es",)}}), speech=False)
    assert device.capabilities(damaged | {"languages": {"source": "en-US", "targets": ("es",)}}).missing == {}
    lacking = device.capabilities(damaged | {"languages": {"source": "tlh", "targets": ("es",)}}).missing
    assert "*/mdef" in lacking["recognizer"]
    assert "model.bin" in lacking["translators"]


def test_in_a_conversation_what_is_heard_goes_the_other_way():
    languages = {"source": TALK.source, "targets": TALK.targets, "conversation": TALK.conversation}
    settings = {"languages": languages, "recognizer.pocketsphinx": {"model_dir": str(spanish_model())}}
    skip_unless_installed(device.capabilities(settings), speech=False)
    with opened(settings) as (engine, listener):
        assert listener.ready().unheard == {}
        # The other side first: that the preferred one is taken where nothing tells would be no proof.
        say(engine, 1, recording("voxforge-es-0032"), TALK)
        say(engine, 2, shipped("azure-whatstheweatherlike"), TALK)
        say(engine, 3, recording("fleurs-es-006"), TALK)
        spanish, english, again = (listener.final(number) for number in (1, 2, 3))
    assert [final.source_lang for final in (spanish, english, again)] == ["es-ES", "en-US", "es-ES"]
    assert "líneas negras" in spanish.source
    assert "black" in spanish.translations["en-US"].text
    assert "weather" in english.source
    assert "tiempo" in english.translations["es"].text
    assert [list(final.translations) for final in (spanish, english, again)] == [["en-US"], ["es"], ["en-US"]]


def test_a_translation_model_that_only_a_later_text_needs_is_told_when_it_proves_truncated(tmp_path):
    folder = make(tmp_path / "opus-mt-en-fr")
    model = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(model[: len(model) // 2])
    settings = {
        "languages": {"source": TASK.source, "targets": TASK.targets},
        "translator.ctranslate2": {"models": (str(folder),)},
    }
    skip_unless_installed(device.capabilities(settings), speech=False)
    with opened(settings) as (engine, listener):
        listener.ready()
        assert not any("does not load" in warning.text for warning in listener.all(EngineWarning))
        engine.translate("t", "Where is the station?", Task("en-US", ("fr",)))
        assert listener.wait_for(TextTranslated).translations["fr"].error is None
        told = listener.wait_for(EngineWarning, lambda warning: "does not load" in warning.text)
    assert told.code == "translator_faulty"
    assert str(folder) in told.text


def test_a_damaged_folder_of_ones_own_english_is_told_and_english_is_heard(tmp_path, speech):
    folder = tmp_path / "en"
    folder.mkdir()
    settings = SETTINGS | {"recognizer.pocketsphinx": {"model_dir": str(folder)}}
    skip_unless_installed(device.capabilities(settings), speech=False)
    with opened(settings) as (engine, listener):
        assert listener.ready().missing == {}
        warning = listener.wait_for(EngineWarning, lambda warning: warning.code == "recognizer_faulty")
        assert str(folder) in warning.text
        say(engine, 1, speech)
        assert "weather" in listener.final(1).source
