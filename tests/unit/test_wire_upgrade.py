"""The request for a connection: what its address and its headers ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import (
    Vocabulary,
)
from daemon.wire.upgrade import Service, Upgrade, parse_upgrade, v1_query, with_query
from tests.support.wire_messages import TURN, understood


@pytest.mark.parametrize(
    ("target", "service", "vocabulary"),
    [
        ("/stt/speech/universal/v2", Service.UNIVERSAL, Vocabulary.V2),
        ("/speech/universal/v2?x=1", Service.UNIVERSAL, Vocabulary.V2),
        ("/speech/translation/cognitiveservices/v1?from=en-US", Service.TRANSLATION, Vocabulary.V1),
        ("/proxy/speech/recognition/conversation/cognitiveservices/v1", Service.RECOGNITION, Vocabulary.RECOGNITION),
        ("/tts/cognitiveservices/websocket/v1", Service.SYNTHESIS, Vocabulary.V1),
        ("/somewhere", None, Vocabulary.V1),
    ],
)
def test_a_path_says_what_is_asked_for(target, service, vocabulary):
    upgrade = parse_upgrade(target, [])
    assert (upgrade.service, upgrade.vocabulary) == (service, vocabulary)


def test_an_upgrade_comes_back():
    asked = Upgrade("/stt/speech/universal/v2", (("to", "de"), ("to", "fr")), TURN, key="secret", token="jwt")  # noqa: S106 -- no password
    assert parse_upgrade(asked.target, asked.headers().items()) == asked
    assert "secret" not in repr(asked)
    assert "jwt" not in repr(asked)


def test_a_browser_says_in_the_query_what_others_say_in_headers():
    upgrade = parse_upgrade(f"/x?Ocp-Apim-Subscription-Key=k&X-ConnectionId={TURN}&Authorization=bearer%20t", [])
    assert (upgrade.key, upgrade.connection_id, upgrade.token) == ("k", TURN, "t")


@pytest.mark.parametrize("query", ["to=de&to=fr", "to=de,fr", "to=de%2Cfr&to="])
def test_targets_may_be_repeated_or_stand_in_one(query):
    asked = with_query(SpeechContext(), parse_upgrade(f"/x?from=en-US&{query}&voice=de-DE-KatjaNeural", []))
    assert (asked.language, asked.targets) == ("en-US", ("de", "fr"))
    assert asked.voices == (("de", "de-DE-KatjaNeural"),)


def test_a_v1_query_says_what_v2_says_in_the_context():
    asked = SpeechContext(
        "en-US", ("de", "fr"), voices=(("fr", "fr-FR-X"),), profanity="raw", initial_silence_ms=5, stable_threshold=3
    )
    upgrade = Upgrade("/speech/translation/cognitiveservices/v1", v1_query(asked))
    assert with_query(SpeechContext(), parse_upgrade(upgrade.target, [])) == asked


def test_what_the_context_says_wins_over_the_query():
    upgrade = parse_upgrade("/speech/recognition/interactive/cognitiveservices/v1?language=en-us&to=de", [])
    asked = with_query(SpeechContext("fr-FR", ("es",)), upgrade)
    assert (asked.language, asked.targets, asked.mode) == ("fr-FR", ("es",), Mode.INTERACTIVE)


@pytest.mark.parametrize(
    ("address", "mode"),
    [("interactive", Mode.INTERACTIVE), ("dictation", Mode.DICTATION), ("conversation", Mode.CONVERSATION)],
)
def test_an_older_address_says_how_long_a_turn_lasts(address, mode):
    upgrade = parse_upgrade(f"/speech/recognition/{address}/cognitiveservices/v1?language=en-us", [])
    assert with_query(SpeechContext(), upgrade).mode is mode


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_any_request_is_an_upgrade_or_a_wire_error(target, headers):
    upgrade = understood(lambda address: parse_upgrade(address, headers.items()), target)
    if upgrade is not None:
        understood(lambda asked: with_query(SpeechContext(), asked), upgrade)


def test_an_endless_address_is_refused():
    with pytest.raises(WireError, match="characters"):
        parse_upgrade("/x?" + "a" * 10_000, [])
