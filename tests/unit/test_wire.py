"""The Speech service's protocol: every message there and back, and whatever bytes come in."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.wire import messages
from daemon.wire.context import Continuation, SpeechContext, build_context, parse_context
from daemon.wire.errors import WireError
from daemon.wire.fields import dump
from daemon.wire.framing import Frame, decode, encode
from daemon.wire.from_client import AudioStart, ClientMessage, encode_client, parse_client
from daemon.wire.from_server import continuation_of, encode_server, parse_server
from daemon.wire.messages import (
    Details,
    Hypothesis,
    OtherMessage,
    Phrase,
    RecognitionStatus,
    ServerMessage,
    SpokenWord,
    SynthesisAudio,
    SynthesisEnd,
    Translated,
    TurnEnd,
    Vocabulary,
)
from daemon.wire.sound import SoundShape, riff_header
from tests.support.wire_messages import HEX, TURN, as_it_travels, made, understood


def in_recognition(message):
    """What remains of a result where nothing is translated."""
    if isinstance(message, Hypothesis):
        return Hypothesis(message.request_id, message.text, message.offset_ticks, message.duration_ticks, (), "en")
    if isinstance(message, Phrase):
        times = (message.offset_ticks, message.duration_ticks)
        return Phrase(message.request_id, message.text, *times, (), "en", message.status, details=message.details)
    return message


SERVER_TYPES = get_args(ServerMessage)
CLIENT_TYPES = get_args(ClientMessage)


def test_every_message_of_the_module_is_a_server_message():
    own = {kind for kind in vars(messages).values() if is_dataclass(kind) and kind.__module__ == messages.__name__}
    assert own == set(SERVER_TYPES) | {Translated, Details, SpokenWord}


@pytest.mark.parametrize("vocabulary", [Vocabulary.V1, Vocabulary.V2])
@pytest.mark.parametrize("kind", SERVER_TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_server_message_comes_back(kind, vocabulary, data):
    message = data.draw(made(kind))
    assert parse_server(encode_server(message, vocabulary)) == message


@pytest.mark.parametrize("kind", [Hypothesis, Phrase])
@given(data=st.data())
def test_results_without_translation_come_back(kind, data):
    message = in_recognition(data.draw(made(kind)))
    assert parse_server(encode_server(message, Vocabulary.RECOGNITION)) == message


@pytest.mark.parametrize("kind", CLIENT_TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_client_message_comes_back(kind, data):
    message = data.draw(made(kind))
    assert parse_client(encode_client(message, "2026-01-02T03:04:05.678Z")) == message


@given(made(SpeechContext).map(as_it_travels))
def test_what_is_asked_of_a_turn_comes_back(context):
    assert parse_context(build_context(context)) == context


@pytest.mark.parametrize("candidates", [(), ("en-US", "fr-FR")])
@pytest.mark.parametrize("targets", [(), ("de",)])
@pytest.mark.parametrize("wanted", [True, False])
def test_interims_are_wanted_or_not_whatever_else_is_asked(candidates, targets, wanted):
    asked = SpeechContext("en-US", targets, interims=wanted, candidates=candidates)
    assert parse_context(build_context(asked)).interims is wanted


@pytest.mark.parametrize(
    ("mode", "bare", "wanted"),
    [("Always", "None", True), ("None", "Auto", False), ("", "None", False), ("", "", True)],
)
def test_translated_interims_have_a_word_of_their_own(mode, bare, wanted):
    translation = {"targetLanguages": ["de"], "output": {"interimResults": {"mode": mode}}}
    body = {"translation": translation, "phraseOutput": {"interimResults": {"resultType": bare}}}
    assert parse_context(dump(body)).interims is wanted


@given(st.text(HEX, min_size=1), st.integers(0, 1 << 62))
def test_a_continuation_comes_back(token, offset):
    sent = encode_server(TurnEnd(TURN), continuation=Continuation("", token, offset))
    assert continuation_of(sent) == Continuation("", token, offset)
    assert parse_server(sent) == TurnEnd(TURN)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text()
            | st.sampled_from(
                [
                    "Text",
                    "Offset",
                    "Duration",
                    "Translation",
                    "Translations",
                    "SpeechPhrase",
                    "SpeechHypothesis",
                    "context",
                    "phraseDetection",
                    "translation",
                    "mode",
                    "dgi",
                    "Groups",
                    "Items",
                    "continuation",
                    "audio",
                    "streams",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PATHS = st.sampled_from(
    ["turn.start", "speech.startDetected", "translation.hypothesis", "translation.phrase", "translation.response",
     "speech.phrase", "translation.synthesis.end", "audio.end", "response", "speech.context", "speech.config", "event",
     "synthesis.context", "audio", "ssml", "audio.commit"]
)  # fmt: skip


@given(st.text() | st.binary())
def test_whatever_comes_in_is_a_message_or_a_wire_error(message):
    understood(parse_server, message)
    understood(parse_client, message)
    understood(continuation_of, message)


@given(PATHS, JSON | st.text())
def test_whatever_stands_in_a_body_is_a_message_or_a_wire_error(path, body):
    written = body if isinstance(body, str) else dump(body)
    for message in (
        f"Path:{path}\r\nX-RequestId:{TURN}\r\n\r\n{written}",
        encode(Frame(path, written.encode("utf-8", "surrogatepass"), TURN, (("Content-Type", "audio/x-wav"),))),
    ):
        understood(parse_server, message)
        understood(parse_client, message)


@given(PATHS, st.binary(), st.binary(max_size=64))
def test_broken_binary_messages_are_wire_errors_or_messages(path, payload, noise):
    whole = encode(Frame(path, payload, TURN, (("Content-Type", "audio/x-wav"),)))
    for message in (noise + whole, whole[: len(noise)], whole + noise):
        understood(parse_server, message)
        understood(parse_client, message)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "no_path"),
        ("Path:turn.end", None),
        ("X-RequestId:1\r\n\r\n{}", "no_path"),
        ("turn.end\r\n\r\n{}", "bad_header"),
        ("Path:turn.start\r\n\r\n{", "not_json"),
        ("Path:turn.start\r\n\r\n" + "[" * 100_000, "not_json"),
        ("Path:turn.start\r\n\r\n[]", "wrong_type"),
        ('Path:translation.phrase\r\n\r\n{"Offset":"soon"}', "wrong_type"),
        ('Path:translation.phrase\r\n\r\n{"Offset":1e400}', "wrong_type"),
        ('Path:translation.phrase\r\n\r\n{"Offset":"--1"}', "wrong_type"),
        ('Path:translation.phrase\r\n\r\n{"RecognitionStatus":"Perhaps"}', "unknown_value"),
        ("Path:translation.response\r\n\r\n{}", "unknown_value"),
        ("Path:audio\r\n\r\nsound", "not_binary"),
        (b"", "too_short"),
        (b"\x00", "too_short"),
        (b"\x00\x00", "no_path"),
        (b"\xff\xff", "too_short"),
        (b"\x00\x04Path:turn.end\r\n", "bad_header"),
        (encode(Frame("turn.end", b"{}")), "not_text"),
        ("a:b\r\n" * 65 + "\r\n", "too_long"),
    ],
)
def test_a_fault_has_its_code(message, code):
    if code is None:
        assert parse_server(message) == TurnEnd("")
        return
    with pytest.raises(WireError) as caught:
        parse_server(message)
    assert caught.value.code == code


def test_headers_are_known_in_any_case_with_or_without_a_space():
    frame = decode("PATH: turn.end\r\nx-requestid:abc\r\nX-Other:  1 \r\n\r\n{}")
    assert (frame.path, frame.request_id, frame.header("x-OTHER")) == ("turn.end", "abc", "1")


def test_numbers_may_be_texts_and_halves_of_characters_are_replaced():
    parsed = parse_server('Path:translation.hypothesis\r\n\r\n{"text":"a\\ud800b","OFFSET":"17","Duration":2.0}')
    assert parsed == Hypothesis("", "a�b", 17, 2)


def test_v2_reads_the_display_text_where_there_is_no_other():
    body = {
        "SpeechPhrase": {"RecognitionStatus": "Success", "DisplayText": "Hello.", "Offset": 1, "Duration": 2},
        "TranslationStatus": "Success",
        "Translations": [{"Language": "de", "DisplayText": "Hallo."}],
    }
    parsed = parse_server(f"Path:translation.response\r\n\r\n{dump(body)}")
    assert parsed == Phrase("", "Hello.", 1, 2, (Translated("de", "Hallo."),))


def test_a_translation_that_failed_says_why():
    body = {"RecognitionStatus": "Success", "Text": "Hello.", "Translation": {"TranslationStatus": "Error"}}
    assert parse_server(f"Path:translation.phrase\r\n\r\n{dump(body)}").translation_error == ""
    assert parse_server(encode_server(Phrase(TURN, "Hello."))).translation_error is None


def test_the_end_of_speech_is_spelt_as_each_vocabulary_wants_it():
    assert '"Status":"Success"' in encode_server(SynthesisEnd(TURN), Vocabulary.V2)
    assert '"SynthesisStatus":"Success"' in encode_server(SynthesisEnd(TURN), Vocabulary.V1)
    assert parse_server(encode_server(SynthesisEnd(TURN, "no voice"))).error == "no voice"


def test_an_unknown_message_is_passed_on_whole():
    assert parse_server("Path:new.thing\r\n\r\nwhatever") == OtherMessage("", "new.thing", "whatever")


def test_a_statement_of_every_status_is_read():
    for status in RecognitionStatus:
        assert parse_server(encode_server(Phrase(TURN, "", status=status))).status is status


def test_sound_without_the_content_type_is_sound_only():
    sent = encode_client(AudioStart(TURN, SoundShape(), b"ab"))
    bare = encode(Frame("audio", decode(sent).body, TURN))
    assert parse_client(bare).pcm == riff_header(SoundShape()) + b"ab"


def test_a_synthesis_chunk_in_a_text_frame_is_refused():
    with pytest.raises(WireError):
        parse_server(f"Path:translation.synthesis\r\nX-RequestId:{TURN}\r\n\r\nabc")
    assert parse_server(encode_server(SynthesisAudio(TURN, b"abc"), Vocabulary.V1)) == SynthesisAudio(TURN, b"abc")
