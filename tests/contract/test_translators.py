"""What every translator promises, whichever is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import daemon.translators
from daemon import drivers
from daemon.drivers import DriverMissing
from daemon.translators.base import Translator, TranslatorFailed
from tests.support.installed import require_pair

pytestmark = pytest.mark.parts

DRIVERS = drivers.names(daemon.translators)
STRANGE = {
    "brackets": "She said [this] {and} <that> ^here$ \\ @ / ] } > * # ~ |.",
    "unfinished": "[{^<\\",
    "nul": "a\0b\0",
    "lines": "One line.\nAnother line.\r\n\r\nA third.",
    "controls": "\x01\x1b[2J\x7f",
    "emoji": "I like 🍎 and 👩‍👩‍👧.",
    "scripts": "Привет мир. 你好。 مرحبا. नमस्ते.",
    "surrogate": "half \ud83d a pair",
    "one word": "x" * 10_000,
    "many words": "The house is big. " * 600,
    "brackets only": "[]" * 5_000,
    "blank": " \t ",
    "stop": ".",
}


@pytest.fixture(scope="module", params=DRIVERS)
def driver(request) -> Any:
    return drivers.load(daemon.translators, request.param)


@pytest.fixture(scope="module")
def translator(driver) -> Iterator[Translator]:
    require_pair(driver, "en", "es")
    opened = driver.open("en", "es", driver.SETTINGS())
    yield opened
    opened.close()


def test_every_installed_pair_opens_and_translates(driver):
    pairs = driver.pairs(driver.SETTINGS())
    if not pairs:
        pytest.skip("no pair is installed")
    for source, target in pairs:
        opened = driver.open(source, target, driver.SETTINGS())
        try:
            assert (opened.source, opened.target) == (source, target)
            assert opened.translate("Barcelona.").text
        finally:
            opened.close()


def test_a_pair_that_is_not_there_is_missing(driver):
    with pytest.raises(DriverMissing, match="qaa"):
        driver.open("qaa", "es", driver.SETTINGS())
    assert driver.package("qaa", "es") is None


def test_nothing_is_faulty_by_default(driver):
    assert driver.faults(driver.SETTINGS()) == []


def test_a_sentence_is_translated(translator):
    assert translator.translate("My house is big.").text == "Mi casa es grande."


def test_the_same_text_is_translated_the_same_every_time(translator):
    first = translator.translate("The child sees the dog.").text
    translator.translate("Where is the house?")
    assert translator.translate("The child sees the dog.").text == first


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_any_text_is_answered_or_refused_and_the_next_one_is_right(translator, text):
    try:
        answer = translator.translate(text).text
    except TranslatorFailed as error:
        assert str(error)  # noqa: PT017 -- either is allowed, but a refusal says why
    else:
        assert not set(answer) & {"\0", "\n", "\r", "\x1b"}
    assert translator.translate("My house is big.").text == "Mi casa es grande."


def test_closing_twice_is_no_error(driver):
    pairs = driver.pairs(driver.SETTINGS())
    if not pairs:
        pytest.skip("no pair is installed")
    opened = driver.open(*pairs[0], driver.SETTINGS())
    opened.close()
    opened.close()
