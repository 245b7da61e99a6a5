"""What the Speech service's own client (1.53) said to a local server, read by our parsers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.wire.context import LanguageIdMode, Mode, Segmentation, SpeechContext, build_context, parse_context
from daemon.wire.from_client import AudioStart, SpeechConfig, TurnContext, UpdateLanguages, parse_client
from daemon.wire.messages import OtherMessage
from daemon.wire.sound import SoundShape
from daemon.wire.upgrade import parse_upgrade, with_query

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "speech_sdk_1.53.json"
RECORDED = {one["name"]: one for one in json.loads(GOLDEN.read_text(encoding="utf-8"))}
RICH = SpeechContext(
    language="en-US",
    targets=("de", "fr"),
    voices=(("de", "de-DE-KatjaNeural"),),
    phrases=("Dragoman", "Zugspitze"),
    phrase_weight=1.5,
    profanity="masked",
    detailed=True,
    stable_threshold=3,
    initial_silence_ms=5000,
    trailing_silence_ms=700,
    segmentation_silence_ms=400,
    segmentation=Segmentation.TIME,
    category="medical",
)


def said(name):
    raw = (bytes.fromhex(one["binary"]) if "binary" in one else one["text"] for one in RECORDED[name]["messages"])
    return [parse_client(message) for message in raw]


def asked(name):
    """What was asked of each turn, query and context together."""
    upgrade = parse_upgrade(RECORDED[name]["target"], [])
    return [with_query(message.context, upgrade) for message in said(name) if isinstance(message, TurnContext)]


@pytest.mark.parametrize("name", RECORDED)
def test_every_message_is_understood(name):
    messages = said(name)
    assert messages[0] == SpeechConfig("SpeechSDK", "1.53.0", "Linux", "Stream")
    unknown = {message.path for message in messages if isinstance(message, OtherMessage)}
    assert unknown <= {"telemetry"}
    starts = [message.shape for message in messages if isinstance(message, AudioStart)]
    assert starts == [SoundShape()] * len(asked(name))


def test_languages_are_read():
    first, second = asked("v2")
    assert (first.language, first.targets, first.continuation) == ("en-US", ("de", "fr"), None)
    assert second.continuation.offset_ticks == 12_600_000
    assert len(second.continuation.service_tag) == 32


@pytest.mark.parametrize("name", ["v2-rich", "v1-rich"])
def test_everything_that_can_be_set_is_read_on_either_address(name):
    assert asked(name)[0] == RICH


def test_candidates_for_the_spoken_language_are_read():
    first = asked("v2-lid")[0]
    assert (first.candidates, first.language_id) == (("en-US", "fr-FR"), LanguageIdMode.AT_START)
    assert first.language == ""


def test_who_finds_the_language_wants_interims_though_not_of_the_bare_text():
    assert asked("v2-lid")[0].interims


def test_ours_asks_for_candidates_as_theirs_does():
    theirs = json.loads(contexts("v2-lid")[0]["text"].partition("\r\n\r\n")[2])
    ours = json.loads(build_context(asked("v2-lid")[0]))
    for section in ("translation", "languageId", "phraseOutput"):
        assert ours[section] == theirs[section], section


def test_a_single_shot_is_read():
    assert asked("v2-once")[0].mode is Mode.INTERACTIVE


def test_a_language_added_while_running_is_read():
    (added,) = [message for message in said("v2-added") if isinstance(message, UpdateLanguages)]
    assert added.targets == ("de", "fr", "es")
    assert asked("v2-added")[-1].targets == ("de", "fr", "es")


def test_ours_says_the_same_in_the_same_places():
    ours = json.loads(build_context(RICH))
    (theirs,) = [json.loads(one["text"].partition("\r\n\r\n")[2]) for one in contexts("v2-rich")][:1]
    for section in ("phraseDetection", "translation", "synthesis", "dgi"):
        assert at_least(theirs[section], ours[section]), section
    assert parse_context(build_context(RICH)) == RICH


def contexts(name):
    return [one for one in RECORDED[name]["messages"] if "Path:speech.context" in one.get("text", "")]


def at_least(theirs, ours):
    """Tell whether all that ours says stands in theirs."""
    if isinstance(ours, dict):
        return all(name in theirs and at_least(theirs[name], value) for name, value in ours.items())
    return theirs == ours
