"""Apertium's real pipelines, and what happens when one of their programs dies or hangs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.drivers import DriverMissing
from daemon.translators import apertium
from daemon.translators.apertium import ApertiumTranslator, Settings
from daemon.translators.base import TranslatorFailed

pytestmark = pytest.mark.parts

HOUSE = "My house is big."
CASA = "Mi casa es grande."
#: Long: on a busy machine eight programs take a while to start.
DEADLINE_S = 60.0
#: Of a pipeline that hangs.
SHORT_S = 0.5


@pytest.fixture
def translator() -> Iterator[ApertiumTranslator]:
    try:
        opened = apertium.open("en", "es", Settings(deadline_s=DEADLINE_S))
    except DriverMissing as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def hurry(translator: ApertiumTranslator) -> None:
    """Give the pipeline that runs a short deadline, and none to the next one, which has to start."""
    exchange = translator._pipeline.exchange
    translator._pipeline.exchange = lambda data, _deadline_s: exchange(data, SHORT_S)


def gone(process_ids: list[int]) -> bool:
    """Whether all have ended and been reaped."""
    return not any(Path(f"/proc/{process_id}").exists() for process_id in process_ids)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("es", "El domingo es la parte mejor de la semana."),
        ("ca", "El diumenge és la part millor de la setmana."),
        ("gl", "O domingo é a parte mellor da semana."),
        ("eo", "Dimanĉo estas la plej bona parto de la semajno."),
    ],
)
def test_each_installed_target_is_translated_into(target, text):
    try:
        opened = apertium.open("en", target, Settings())
    except DriverMissing as error:
        pytest.skip(str(error))
    try:
        made = opened.translate("Sunday is the best part of the week.")
        assert made.text == text
        assert (made.confidence is None) == (target != "es")  # how often the others are right nobody has counted
    finally:
        opened.close()


@pytest.mark.parametrize("stage", [0, 4, -1])
def test_a_stage_that_was_killed_costs_no_sentence(translator, stage):
    before = translator.process_ids
    os.kill(before[stage], signal.SIGKILL)
    assert translator.translate(HOUSE).text == CASA
    assert gone(before)
    assert not set(before) & set(translator.process_ids)


@pytest.mark.parametrize("stage", [0, 4, -1])
def test_a_stage_that_is_suspended_costs_its_deadline_and_no_sentence(translator, stage):
    before = translator.process_ids
    hurry(translator)
    os.kill(before[stage], signal.SIGSTOP)
    assert translator.translate(HOUSE).text == CASA
    assert gone(before)


def test_a_stage_that_dies_at_work_costs_no_sentence(translator):
    before = translator.process_ids
    os.kill(before[2], signal.SIGSTOP)  # it holds the text …
    translator._pipeline._write(b"Where is it?[]\0")
    os.kill(before[2], signal.SIGKILL)  # … and dies with it
    assert translator.translate(HOUSE).text == CASA
    assert gone(before)


def test_a_pipeline_that_never_answers_is_given_up_within_its_deadlines():
    opened = ApertiumTranslator("en", "es", [["sleep", "60"]], 0.2)
    before = opened.process_ids
    began = time.monotonic()
    with pytest.raises(TranslatorFailed, match="deadline"):
        opened.translate(HOUSE)
    assert time.monotonic() - began < 30.0  # and not the minute that it sleeps
    assert gone(before)
    assert opened.process_ids == []
    opened.close()


@pytest.mark.parametrize("command", [["false"], ["echo", "unasked"], ["printf", "a\\0b\\0"]])
def test_a_pipeline_that_answers_wrongly_is_given_up(command):
    opened = ApertiumTranslator("en", "es", [command], DEADLINE_S)
    with pytest.raises(TranslatorFailed):
        opened.translate(HOUSE)
    assert opened.process_ids == []


def test_it_recovers_after_it_has_failed_twice(translator):
    healthy = translator._commands
    translator._commands = [["false"]]
    os.kill(translator.process_ids[0], signal.SIGKILL)
    with pytest.raises(TranslatorFailed):
        translator.translate(HOUSE)
    translator._commands = healthy
    assert translator.translate(HOUSE).text == CASA


def test_closing_ends_and_reaps_every_stage(translator):
    before = translator.process_ids
    assert len(before) > 1
    os.kill(before[1], signal.SIGSTOP)
    translator.close()
    assert gone(before)


def test_no_descriptor_is_left_open(translator):
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- counting, as the kernel lists it
    for _ in range(3):
        os.kill(translator.process_ids[0], signal.SIGKILL)
        translator.translate(HOUSE)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_text_larger_than_a_pipe_goes_through(translator):
    text = "The house is big. " * 4_000  # 72,000 bytes; a pipe has 65,536
    try:
        assert translator.translate(text).text.count("casa") == 4_000
    except TranslatorFailed as error:
        assert "deadline" in str(error)  # noqa: PT017 -- a slow machine may refuse it
    assert translator.translate(HOUSE).text == CASA


def test_an_unknown_word_has_no_mark_but_what_was_written_stays(translator):
    assert translator.translate("The frobnicator is big.").text == "El frobnicator es grande."
    assert translator.translate("Write to me@example.org.").text.endswith("@example.org.")


def test_an_unfinished_sentence_gets_no_stop(translator):
    assert translator.translate("My house is big").text == "Mi casa es grande"


def test_spanish_questions_have_both_marks(translator):
    assert translator.translate("Is the house big? It is.").text.startswith("¿")


def test_a_program_that_is_not_installed_is_named(tmp_path):
    (tmp_path / "eng-spa.mode").write_text("lt-proc 'a.bin' | no-such-program $1 'b.bin'\n")
    settings = Settings(modes_dir=str(tmp_path))
    assert apertium.pairs(settings) == [("en", "es")]
    with pytest.raises(DriverMissing, match="no-such-program"):
        apertium.open("en", "es", settings)


def test_a_pair_that_is_not_installed_names_its_package(tmp_path):
    with pytest.raises(DriverMissing, match="apertium-eng-spa"):
        apertium.open("en", "es", Settings(modes_dir=str(tmp_path)))
    assert apertium.package("en", "ca") == "apertium-eng-cat"
    assert apertium.package("en", "xx") is None


def test_a_mode_is_run_without_a_shell_and_null_flushed(tmp_path):
    mode = tmp_path / "eng-spa.mode"
    mode.write_text("cat -z 'a b; rm c' | tr $2 -g | sed $1 'x'\n")
    assert apertium.stages(mode) == [["cat", "-z", "a b; rm c"], ["tr", "-z", "-g"], ["sed", "-z", "-n", "x"]]


def test_it_is_worth_more_where_a_sentence_is_long(translator):
    long = "Many people do not think of them as dinosaurs because they have feathers and can fly."
    assert translator.translate(long).confidence > translator.translate(HOUSE).confidence > 0
