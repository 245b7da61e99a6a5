from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Board
from daemon.events import (
    DropReason,
    Final,
    Interim,
    Notice,
    StableText,
    Translation,
    TranslationError,
    UtteranceDropped,
    Word,
)
from daemon.mqtt import payloads, topics
from daemon.mqtt.plain_captions import PlainCaptions
from tests.support.schemas import FOLDER, valid

AT = "2026-01-02T03:04:05.678Z"
FINAL = Final(
    utterance=7,
    source_lang="en-US",
    source="cafe\u0301",
    translations={"es": Translation("café"), "fr": Translation(error=TranslationError("no_translator", "none"))},
    audio_s=1.23456,
    start_s=0,
    end_s=1,
    engine="device",
    first_interim_ms=None,
    final_ms=320,
    engine_ms=200,
    gap_ms=40,
)


def final(result=FINAL):
    return payloads.final(result, epoch="0123abcd", seq=5, boot="89abcdef", at=AT)


def test_the_words_of_a_source_are_published_where_they_are_known():
    words = (Word("cafe\u0301", 0.5, 0.93, 0.875),)
    sent = valid("final", final(replace(FINAL, words=words)))
    assert sent["source"]["words"] == [{"text": "caf\u00e9", "start_s": 0.5, "end_s": 0.93, "confidence": 0.875}]
    assert "words" not in valid("final", final())["source"]


@pytest.mark.parametrize(("sure", "told"), [(0.5985, 0.59), (0.6, 0.6), (0.29, 0.29), (1.0, 1.0), (0.0, 0.0)])
def test_what_is_in_doubt_on_the_device_is_so_for_every_subscriber(sure, told):
    sent = valid("final", final(replace(FINAL, translations={"es": Translation("Hola.", confidence=sure)})))
    assert sent["translations"]["es"]["confidence"] == told


def test_a_word_says_what_was_heard_where_it_is_written_otherwise():
    words = (Word("250", 0.5, 1.5, 0.5, "two hundred and fifty"), Word("euros.", 1.5, 2.0, 0.5))
    sent = valid("final", final(replace(FINAL, words=words)))["source"]["words"]
    assert [word.get("heard") for word in sent] == ["two hundred and fifty", None]


def test_every_schema_is_a_schema():
    files = sorted(FOLDER.glob("*.json"))
    assert len(files) >= 7
    for file in files:
        jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


def test_a_final_is_as_published():
    sent = valid("final", final())
    assert sent["v"] == 1
    assert (sent["id"], sent["epoch"], sent["seq"]) == ("0123abcd-5", "0123abcd", 5)
    assert sent["source"] == {"lang": "en-US", "text": "caf\u00e9"}
    assert sent["translations"]["fr"] == {"error": {"code": "no_translator", "text": "none"}}
    assert sent["latency_ms"] == {"first_interim": None, "final": 320, "engine": 200}
    assert (sent["start_s"], sent["end_s"], sent["erasure"]) == (0, 1, {"interim": 0, "final": 0})
    assert (sent["gap_ms"], sent["audio_s"], sent["at"]) == (40, 1.235, AT)


def test_the_last_final_shows_its_text_only_when_asked_to():
    assert set(valid("final-last", payloads.last(final(), with_text=False))) == {"v", "epoch", "seq", "id", "at"}
    assert valid("final-last", payloads.last(final(), with_text=True))["source"]["text"] == "café"


def test_an_interim_counts_stable_code_points_of_the_normal_form():
    sent = valid(
        "interim",
        payloads.interim(Interim(1, 2, "de", StableText("e\u0301 tu", 3), {"es": StableText("𝄞 y", 2)}), AT),
    )
    assert sent["source"] == {"lang": "de", "text": "é tu", "stable": 2}
    assert sent["translations"]["es"] == {"text": "𝄞 y", "stable": 2}


def test_a_letter_that_a_later_mark_melts_into_is_not_stable():
    assert payloads.stable_text(StableText("cafe\u0301", 4)) == ("café", 3)


@given(st.text(alphabet=st.sampled_from("ae\u0301\u0308\u1100\u1161\u11a8 ñ\U0001f600")), st.integers(0, 30))
def test_the_stable_part_is_the_same_whatever_follows(text, cut):
    cut = min(cut, len(text))
    whole, stable = payloads.stable_text(StableText(text, cut))
    assert whole == unicodedata.normalize("NFC", text)
    assert 0 <= stable <= len(whole)
    assert unicodedata.normalize("NFC", text[:cut]).startswith(whole[:stable])


@pytest.mark.parametrize("nasty", ["\ud800", "a\udfffb", "\x00\x1b[2J", "\u202e"])
def test_no_text_breaks_a_payload(nasty):
    result = Final(1, "en", nasty, {"es": Translation(nasty)}, 1, 0, 1, "x", 1, 2, 3)
    valid("final", final(result))
    payloads.captions(result)["source"].decode("utf-8")


def test_captions_are_plain_text_and_leave_out_what_failed():
    assert payloads.captions(FINAL) == {"source": "café".encode(), "es": "café".encode()}
    interim = Interim(1, 1, "en", StableText("a b"), {"es": StableText("c")})
    assert payloads.captions(interim) == {"source": b"a b", "es": b"c"}


def test_a_caption_of_a_language_that_an_utterance_is_not_said_in_any_more_is_emptied():
    captions = PlainCaptions()
    captions.of(Interim(1, 1, "en", StableText("ice cream"), {"es": StableText("helado")}))
    turned = captions.of(Interim(1, 2, "es", StableText("ay es crema"), {"en": StableText("oh it's cream")}))
    assert turned == {"source": b"ay es crema", "en": b"oh it's cream", "es": b""}
    final = Final(1, "es", "Ay.", {"en": Translation("Oh.")}, 1, 0, 1, "x", 1, 2, 3)
    assert captions.of(final) == {"source": b"Ay.", "en": b"Oh."}


def test_a_caption_stays_where_its_translation_fails_or_somebody_else_speaks():
    captions = PlainCaptions()
    captions.of(Interim(1, 1, "en", StableText("a"), {"es": StableText("b")}))
    failed = Final(1, "en", "A.", {"es": Translation(error=TranslationError("timeout", "late"))}, 1, 0, 1, "x", 1, 2, 3)
    assert captions.of(failed) == {"source": b"A."}
    assert captions.of(Interim(2, 1, "es", StableText("c"), {"en": StableText("d")})) == {"source": b"c", "en": b"d"}


def test_events_carry_their_fields_and_cannot_be_overruled_by_them():
    sent = valid("event", payloads.event(Notice("microphone_lost", {"name": "usb", "v": 2, "event_type": "x"}), AT))
    assert sent == {"v": 1, "event_type": "microphone_lost", "at": AT, "name": "usb"}
    dropped = valid("event", payloads.dropped(UtteranceDropped(3, DropReason.NO_SPEECH), AT))
    assert (dropped["utterance"], dropped["reason"]) == (3, "no_speech")


def test_state_says_all_that_the_board_says():
    board = Board("en-US", ("es", "fr"))
    board.problem("mqtt_unreachable", "no broker")
    now = board.snapshot()
    sent = valid("state", payloads.state(now, config_rev=3, epoch="0123abcd", final_seq=9, boot="89abcdef"))
    assert (sent["state"], sent["targets"], sent["final_seq"]) == ("starting", ["es", "fr"], 9)
    assert [problem["code"] for problem in sent["problems"]] == ["mqtt_unreachable"]
    assert "accepted" not in sent["problems"][0]
    assert sent["wants_key"] is False
    board.want_key(wanted=True)
    held = payloads.state(board.snapshot(), config_rev=3, epoch="0123abcd", final_seq=9, boot="89abcdef")
    assert valid("state", held)["wants_key"] is True


def test_info_and_metrics():
    made = payloads.info(version="1.0", engines={"device": [("en", "es")]}, limits={"finals": 5}, last_exit=None)
    assert valid("info", made)["engines"] == {"device": [{"source": "en", "target": "es"}]}
    assert json.loads(payloads.metrics({"x": float("nan"), "v": 7}, AT)) == {"v": 1, "x": None, "at": AT}


@pytest.mark.parametrize("limit", [600, 1_000, 5_000, 100_000])
def test_an_oversize_final_is_cut_to_fit_and_says_so(limit):
    long = Final(1, "en", "wörd " * 3_000, {"es": Translation("palabra " * 3_000)}, 1, 0, 1, "x", 1, 2, 3)
    long = replace(long, words=(Word("wörd", 0.0, 0.1, 1.0),) * 3_000)
    cut = payloads.shortened(final(long), limit)
    assert cut is not None
    assert len(cut) <= limit
    sent = valid("final", cut)
    assert sent.get("truncated", False) is (len(final(long)) > limit)
    assert sent["id"] == "0123abcd-5"


def test_a_final_that_cannot_be_cut_enough_is_given_up():
    assert payloads.shortened(final(), 50) is None


def test_short_texts_are_kept_whole_while_long_ones_are_cut():
    long = Final(1, "en", "short", {"es": Translation("palabra " * 3_000)}, 1, 0, 1, "x", 1, 2, 3)
    sent = valid("final", payloads.shortened(final(long), 1_000))
    assert sent["source"]["text"] == "short"
    assert sent["translations"]["es"]["text"].endswith("…")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("Kitchen_Pi.local", r"kitchen-pi-local-"), ("x" * 90, "x" * 27 + "-"), ("日本", "dragoman-"), ("", "")],
)
def test_the_default_id_is_made_from_host_name_and_machine_id(host, expected):
    made = topics.device_id("", host, "0f0e0d0c")
    assert made.startswith(expected)
    assert len(made) <= 32
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(bytes.fromhex("0000" + made[-4:])) == 4
    assert made == topics.device_id("", host, "0f0e0d0c")
    assert made != topics.device_id("", host, "another")


@pytest.mark.parametrize("word", ["group", "client"])
def test_reserved_ids_are_refused(word):
    with pytest.raises(ValueError, match="reserved"):
        topics.device_id(word)


def test_rules_of_topics():
    assert topics.rule("caption/es").qos == 0
    assert topics.rule("interim").expires_s == 5
    assert topics.rule("final/last").expires_s == 3600
    assert topics.rule("response/mute").qos == 1
    with pytest.raises(KeyError):
        topics.rule("nothing")
