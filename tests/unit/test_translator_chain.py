"""Who translates when several translators could."""

from __future__ import annotations

import pytest

from daemon.drivers import DriverMissing
from daemon.engines.on_device.chain import Chain, Link
from daemon.translators.base import Translated, TranslatorFailed


class Sayer:
    """Says the same thing each time, or fails."""

    source, target, faults = "en", "es", ()

    def __init__(self, text: str, confidence: float | None) -> None:
        self._said = Translated(text, confidence)
        self.asked = 0
        self.closed = False

    def translate(self, text: str) -> Translated:
        self.asked += 1
        if not self._said.text:
            raise TranslatorFailed(f"nothing for {text}")
        return self._said

    def close(self) -> None:
        self.closed = True


def absent() -> Sayer:
    raise DriverMissing("its model is truncated")


def chain(**sayers: Sayer | None) -> Chain:
    links = [Link(name, absent if sayer is None else lambda sayer=sayer: sayer) for name, sayer in sayers.items()]
    return Chain("en", "es", links)


def test_a_sure_translator_is_the_only_one_asked():
    second = Sayer("b", 0.9)
    made = chain(first=Sayer("a", 0.6), second=second).translate("x")
    assert (made.text, made.translator, made.confidence) == ("a", "first", 0.6)
    assert second.asked == 0


def test_of_two_that_doubt_the_surer_is_taken():
    assert chain(first=Sayer("a", 0.1), second=Sayer("b", 0.3)).translate("x").translator == "second"
    assert chain(first=Sayer("a", 0.4), second=Sayer("b", 0.3)).translate("x").translator == "first"


def test_who_cannot_judge_itself_is_believed():
    assert chain(first=Sayer("a", None), second=Sayer("b", 0.9)).translate("x").translator == "first"


def test_who_cannot_judge_itself_does_not_speak_over_one_that_doubts():
    assert chain(first=Sayer("a", 0.3), second=Sayer("b", None)).translate("x").translator == "first"
    assert chain(first=Sayer("a", 0.05), second=Sayer("b", None)).translate("x").translator == "second"
    assert chain(first=Sayer("", 0), second=Sayer("b", None)).translate("x").translator == "second"


def test_what_a_translator_passed_over_is_to_be_mended_although_it_translates():
    sayer = Sayer("a", 0.9)
    sayer.faults = ("its first model is truncated",)
    assert chain(first=sayer).faults == ["its first model is truncated"]


def test_a_draft_stays_with_the_first_however_unsure():
    second = Sayer("b", 0.9)
    assert chain(first=Sayer("a", 0.1), second=second).translate("x", draft=True).text == "a"
    assert second.asked == 0


def test_one_that_fails_costs_nothing_if_another_answers():
    assert chain(first=Sayer("", 0), second=Sayer("b", 0.2)).translate("x").text == "b"


def test_one_that_fails_by_its_own_fault_is_opened_again_and_nothing_said_is_logged(caplog):
    class Faulty(Sayer):
        def translate(self, text: str) -> Translated:
            raise IndexError(text)

    opened = []

    def faulty():
        opened.append(Faulty("", 0))
        return opened[-1]

    links = [Link("first", faulty), Link("second", lambda: Sayer("b", 0.3))]
    chained = Chain("en", "es", links)
    assert [chained.translate("secret").translator for _ in range(2)] == ["second", "second"]
    assert [each.closed for each in opened] == [True, True]
    assert "secret" not in caplog.text
    with pytest.raises(TranslatorFailed, match="first failed with IndexError"):
        Chain("en", "es", links[:1]).translate("secret")


def test_all_failures_are_told_if_nobody_answers():
    with pytest.raises(TranslatorFailed, match="nothing for x; nothing for x"):
        chain(first=Sayer("", 0), second=Sayer("", 0)).translate("x")


def test_one_that_is_missing_is_passed_over_and_said():
    made = chain(first=None, second=Sayer("b", 0.2))
    assert made.faults == ["its model is truncated"]
    assert made.translate("x").translator == "second"


def test_if_all_are_missing_so_is_the_direction():
    with pytest.raises(DriverMissing, match="its model is truncated"):
        chain(first=None)


def test_only_those_that_were_opened_are_closed():
    first, second = Sayer("a", 0.9), Sayer("b", 0.9)
    made = chain(first=first, second=second)
    made.close()
    made.close()
    assert (first.closed, second.closed) == (True, False)


@pytest.mark.parametrize("draft", [False, True])
def test_for_what_everybody_says_nobody_is_asked(draft):
    only = Sayer("b", 0.9)
    made = chain(only=only).translate("Thank you!", draft=draft)
    assert (made.text, made.translator) == ("Gracias.", "phrasebook")
    assert made.confidence > 0.9
    assert only.asked == 0


def test_a_question_that_may_be_a_statement_is_not_as_sure():
    spanish = Chain("es", "en", [Link("only", lambda: Sayer("They have wifi.", 0.6))])
    assert spanish.translate("¿Tienen wifi?").confidence > spanish.translate("Tienen wifi").confidence > 0.6
    assert spanish.translate("Tienen wifi.").translator == "only"
