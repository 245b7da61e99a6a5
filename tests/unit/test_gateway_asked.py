"""What a client asks of the gateway: languages, voices, and what it asks in vain."""

from __future__ import annotations

import pytest

from daemon.engines.base import EngineReady, Pair
from daemon.gateway.house import House
from daemon.gateway.order import order, passed_over
from daemon.settings import GateSection, GatewaySection
from daemon.wire.context import Mode, Segmentation, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import LanguageConfidence, Vocabulary
from daemon.wire.upgrade import UNIVERSAL_PATH, Upgrade

PAIRS = tuple(Pair("en", target, "x") for target in ("es", "ca", "de"))
SERVED = EngineReady("device", ("en-US",), PAIRS, ("es", "en"))
V1 = "/speech/translation/cognitiveservices/v1"


def named_in_vain(asked: SpeechContext, *query: tuple[str, str]) -> list[str]:
    upgrade = Upgrade(UNIVERSAL_PATH, query)
    return list(passed_over(order(asked, upgrade, SERVED, whole=False), upgrade))


def test_languages_come_from_the_context_and_on_older_addresses_from_the_query():
    context = SpeechContext("en-US", ("es", "es", "ca"), voices=(("es", "es-ES-X"),))
    new = order(context, Upgrade(UNIVERSAL_PATH), SERVED, whole=False)
    assert (new.task.source, new.task.targets, new.vocabulary) == ("en-US", ("es", "ca"), Vocabulary.V2)
    query = (("from", "en-US"), ("to", "es"), ("to", "ca"), ("voice", "es-ES-X"))
    old = order(SpeechContext(), Upgrade(V1, query), SERVED, whole=False)
    assert (old.task, old.voices, old.vocabulary) == (new.task, new.voices, Vocabulary.V1)


def test_of_a_voice_that_is_named_for_every_target_only_its_own_language_is_spoken():
    context = SpeechContext("en-US", ("de", "es"), voices=(("de", "es-ES-X"), ("es", "es-ES-X")))
    assert order(context, Upgrade(UNIVERSAL_PATH), SERVED, whole=False).voices == (("es", "es-ES-X"),)


def test_without_targets_the_words_are_those_of_recognition():
    asked = SpeechContext("en-GB", mode=Mode.INTERACTIVE)
    found = order(asked, Upgrade(UNIVERSAL_PATH), SERVED, whole=False)
    assert (found.vocabulary, found.single, found.manner.tell_language) == (Vocabulary.RECOGNITION, True, False)


def test_among_candidates_the_one_that_is_recognized_here_is_taken_and_told():
    found = order(SpeechContext(candidates=("fr-FR", "en-US")), Upgrade(UNIVERSAL_PATH), SERVED, whole=False)
    assert (found.task.source, found.manner.tell_language) == ("en-US", True)


@pytest.mark.parametrize("candidates", [("fr-FR", "en-US"), ("UND",), ("en-US", "en-GB")])
def test_a_language_that_was_not_looked_for_is_not_called_found(candidates):
    asked = SpeechContext(targets=("es",), candidates=candidates)
    found = order(asked, Upgrade(UNIVERSAL_PATH), SERVED, whole=False)
    assert (found.task.source, found.manner.confidence()) == ("en-US", LanguageConfidence.UNKNOWN)
    assert any("the language that is spoken" in words for words in named_in_vain(asked))


def test_an_only_candidate_is_the_language():
    asked = SpeechContext(candidates=("en-US",))
    assert order(asked, Upgrade(UNIVERSAL_PATH), SERVED, whole=False).manner.confidence() is LanguageConfidence.HIGH
    assert named_in_vain(asked) == []


def test_candidates_of_which_none_is_recognized_here_are_refused_by_name():
    with pytest.raises(WireError, match=r"not recognized here: 'de-DE', 'fr-FR'; recognized: en"):
        order(SpeechContext(candidates=("de-DE", "fr-FR")), Upgrade(UNIVERSAL_PATH), SERVED, whole=False)


def test_a_target_that_is_not_translated_into_is_named():
    assert named_in_vain(SpeechContext("en-US", ("es", "ja"))) == ["a translation from 'en' into 'ja'"]
    assert named_in_vain(SpeechContext("en-US", ("en-GB",))) == ["a translation from 'en' into 'en-GB'"]


def test_targets_of_which_none_is_translated_into_are_refused_with_those_that_are():
    asked = SpeechContext("en-US", ("ja", "zh-Hans"))
    with pytest.raises(WireError, match=r"'ja' is not translated into from en; there is: ca, de, es"):
        order(asked, Upgrade(UNIVERSAL_PATH), SERVED, whole=False)


def test_a_device_gets_what_it_can_show_where_nothing_is_translated():
    found = order(SpeechContext("en-US", ("ja",)), Upgrade(UNIVERSAL_PATH), SERVED, whole=True)
    assert (found.task.targets, found.unserved) == (("ja",), (("en", "ja"),))


@pytest.mark.parametrize(("asked", "done"), [("", "masked"), ("raw", "raw"), ("removed", "removed")])
def test_profanity_is_masked_unless_a_client_says_otherwise(asked, done):
    found = order(SpeechContext("en-US", profanity=asked), Upgrade(UNIVERSAL_PATH), SERVED, whole=False)
    assert found.manner.profanity == done
    assert named_in_vain(SpeechContext("en-US", ("de",))) == [], "nobody asked for what is done by itself"


@pytest.mark.parametrize("language", ["", "fr-FR"])
def test_a_language_that_is_not_recognized_here_is_refused_with_those_that_are(language):
    with pytest.raises(WireError, match=r"recognized(?: here)?: en"):
        order(SpeechContext(language, ("es",)), Upgrade(UNIVERSAL_PATH), SERVED, whole=False)


@pytest.mark.parametrize(
    ("asked", "query", "detailed"),
    [
        (SpeechContext("en-US", detailed=True), (), True),
        (SpeechContext("en-US"), (("format", "detailed"),), True),
        (SpeechContext("en-US"), (("format", "simple"),), False),
    ],
)
def test_details_are_given_to_who_asks_for_them_in_the_context_or_the_query(asked, query, detailed):
    assert order(asked, Upgrade(UNIVERSAL_PATH, query), SERVED, whole=False).manner.detailed is detailed


def test_what_a_client_asks_in_vain_is_named():
    asked = SpeechContext(
        "en-US",
        ("es", "de"),
        profanity="masked",
        category="medical",
        segmentation=Segmentation.SEMANTIC,
        stable_threshold=3,
    )
    assert named_in_vain(asked, ("cid", "1234")) == [
        "a custom speech model (cid)",
        "a custom translation category",
        "phrases that end where sentences do (semantic segmentation)",
        "a threshold for stable words of interim results",
        "profanity masked in 'de', for which there is no list",
    ]
    assert named_in_vain(SpeechContext("en-US", ("es",), profanity="raw", detailed=True)) == []
    assert named_in_vain(SpeechContext(targets=("es",), candidates=("en-US",), profanity="masked")) == []


def test_phrases_that_cannot_be_looked_for_are_told_of_without_naming_them():
    asked = SpeechContext("en-US", phrases=("Sintra", "Secret " * 11 + "name", "1234"), phrase_weight=1.5)
    named = named_in_vain(asked)
    assert named[0] == "a weight of the phrase list"
    assert named[1].startswith("phrases that cannot be looked for, such as one that has 81 characters in 12 words")
    assert not any("Secret" in words for words in named)
    many = SpeechContext("en-US", phrases=tuple(f"name {number}" for number in range(300)))
    assert named_in_vain(many) == ["more than 200 phrases"]
    assert named_in_vain(SpeechContext("en-US", phrases=("Sintra",), phrase_weight=1.0)) == []


def test_a_remark_is_made_once_and_there_is_no_end_of_memory_for_it(caplog):
    caplog.set_level("INFO")
    house = House(None, None, GatewaySection(), GateSection())
    for number in range(200):
        house.remark("a custom speech model (cid)", f"thing {number}")
    assert caplog.text.count("(cid)") == 1
    assert len(house.remarks) == 64
