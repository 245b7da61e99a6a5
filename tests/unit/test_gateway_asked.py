"""What a client asks of the gateway: languages, voices, and what it asks in vain."""

from __future__ import annotations

import pytest

from daemon.engines.base import EngineReady
from daemon.gateway.house import House
from daemon.gateway.order import order, passed_over
from daemon.settings import GateSection, GatewaySection
from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import Vocabulary
from daemon.wire.upgrade import UNIVERSAL_PATH, Upgrade

SERVED = EngineReady("device", ("en-US",), (), ("es", "en"))
V1 = "/speech/translation/cognitiveservices/v1"


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
    assert (
        order(SpeechContext(candidates=("UND",)), Upgrade(UNIVERSAL_PATH), SERVED, whole=False).task.source == "en-US"
    )


@pytest.mark.parametrize("language", ["", "fr-FR"])
def test_a_language_that_is_not_recognized_here_is_refused_with_those_that_are(language):
    with pytest.raises(WireError, match=r"recognized(?: here)?: en"):
        order(SpeechContext(language, ("es",)), Upgrade(UNIVERSAL_PATH), SERVED, whole=False)


def test_what_a_client_asks_in_vain_is_named():
    asked = SpeechContext("en-US", ("es", "fr"), profanity="masked", category="medical")
    query = (("cid", "1234"), ("wordLevelTimestamps", "true"))
    named = list(passed_over(asked, Upgrade(UNIVERSAL_PATH, query)))
    assert [words.split(" ")[-1] if "list" in words else words for words in named] == [
        "a custom speech model (cid)",
        "a custom translation category",
        "times or confidence of words",
        "list",
    ]
    assert "'fr'" in named[-1]
    assert list(passed_over(SpeechContext("en-US", ("es",), profanity="raw"), Upgrade(UNIVERSAL_PATH))) == []


def test_a_remark_is_made_once_and_there_is_no_end_of_memory_for_it(caplog):
    caplog.set_level("INFO")
    house = House(None, None, GatewaySection(), GateSection())
    for number in range(200):
        house.remark("a custom speech model (cid)", f"thing {number}")
    assert caplog.text.count("(cid)") == 1
    assert len(house.remarks) == 64
