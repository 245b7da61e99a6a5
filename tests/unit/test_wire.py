"""The Speech service's protocol: every message there and back, and whatever bytes come in."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import fields, is_dataclass
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.wire import messages
from daemon.wire.context import Continuation, Mode, Segmentation, SpeechContext, build_context, parse_context
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
from daemon.wire.sound import SoundShape, begins_with_header, parse_riff_header, riff_header
from daemon.wire.upgrade import Service, Upgrade, parse_upgrade, v1_query, with_query

HEX = "0123456789abcdef"
TURN = "0f" * 16
TAGS = st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
#: Field → what may stand in it, where its type does not say enough.
BY_NAME = {
    "request_id": st.text(HEX, min_size=32, max_size=32),
    "stream_id": st.text(HEX, max_size=32),
    "token": st.text(HEX, max_size=8),
    "language": TAGS,
    "path": st.just("speech.unheard.of"),
    "body": WORDS | st.binary(),
    "targets": st.lists(TAGS, unique=True).map(tuple),
    "candidates": st.lists(TAGS, unique=True).map(tuple),
    "voices": st.dictionaries(TAGS, WORDS).map(lambda voices: tuple(voices.items())),
    "profanity": st.sampled_from(["", "raw", "masked", "removed"]),
    "rate_hz": st.integers(1, 1 << 20),
    "channels": st.integers(1, 8),
    "bits": st.sampled_from([8, 16, 24, 32]),
    "format_tag": st.integers(0, 0xFFFF),
    "context": st.deferred(lambda: made(SpeechContext).map(as_it_travels)),
    "phrase_weight": st.none() | st.floats(0, 2),
    "confidence": st.floats(0, 1),
    "offset_ticks": st.integers(-(1 << 62), 1 << 62),
    "duration_ticks": st.integers(-(1 << 62), 1 << 62),
}
BY_TYPE = {str: WORDS, bytes: st.binary(), bool: st.booleans(), int: st.integers(0, 1 << 31)}


def made(kind):
    """Return a strategy for any value of a message's type, made from its fields."""
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if not is_dataclass(kind):
        options = [made(option) for option in get_args(kind) if option not in (type(None), ...)]
        if type(None) in get_args(kind):
            return st.none() | st.one_of(options)
        return st.lists(st.one_of(options), max_size=3).map(tuple) if options else st.sampled_from(list(kind))
    hints = get_type_hints(kind)
    parts = {one.name: BY_NAME[one.name] if one.name in BY_NAME else made(hints[one.name]) for one in fields(kind)}
    return st.builds(kind, **parts)


def as_it_travels(context: SpeechContext) -> SpeechContext:
    """What has no effect without something else is not said without it; what means something else is said with it."""
    changes = {}
    if not context.targets:
        changes |= {"category": ""}
    if not context.candidates:
        changes |= {"language_id": SpeechContext().language_id}
    if not context.phrases:
        changes |= {"phrase_weight": None}
    if context.segmentation_silence_ms is not None or context.segmentation_maximum_ms is not None:
        changes |= {"segmentation": context.segmentation or Segmentation.TIME}
    return SpeechContext(**{one.name: getattr(context, one.name) for one in fields(context)} | changes)


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


def understood(parse, message):
    """Return what a parser makes of something; None for a `WireError`. Any other exception is the test's."""
    with contextlib.suppress(WireError):
        return parse(message)
    return None


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


@given(made(SoundShape), st.binary(max_size=100))
def test_a_header_of_sound_comes_back_and_needs_all_its_bytes(shape, samples):
    header = riff_header(shape)
    assert parse_riff_header(header + samples) == (shape, len(header))
    assert all(parse_riff_header(header[:length]) is None for length in range(len(header)))


def test_a_header_with_other_chunks_is_read():
    header = riff_header(SoundShape())
    longer = header[:36] + b"LIST\x03\0\0\0abc\0" + header[36:] + b"samples"
    assert parse_riff_header(longer) == (SoundShape(), len(longer) - len(b"samples"))


@pytest.mark.parametrize("tag", [1, 3, 7])
def test_the_extensible_form_of_a_header_names_its_format_further_on(tag):
    described = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4, tag) + bytes(14)
    header = b"RIFF\0\0\0\0WAVE" + b"fmt " + struct.pack("<I", len(described)) + described + b"data\0\0\0\0"
    assert parse_riff_header(header) == (SoundShape(16_000, 1, 16, tag), len(header))
    assert all(parse_riff_header(header[:length]) is None for length in range(len(header)))


@given(st.binary())
def test_any_header_of_sound_is_a_shape_or_more_is_needed_or_a_wire_error(data):
    understood(parse_riff_header, data)
    understood(parse_riff_header, riff_header(SoundShape())[:36] + data)
    begins_with_header(data)


@pytest.mark.parametrize("shape", [SoundShape((1 << 32) - 1), SoundShape(8_000, 0xFFFF, 32)])
def test_sound_that_its_own_header_could_not_describe_is_refused(shape):
    sizes = struct.pack("<HHIIHH", shape.format_tag, shape.channels, shape.rate_hz, 0, 0, shape.bits)
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + sizes + b"data\0\0\0\0"
    with pytest.raises(WireError, match="Hz") as fault:
        parse_riff_header(header)
    assert fault.value.code == "bad_audio_header"


def test_sound_without_the_content_type_is_sound_only():
    sent = encode_client(AudioStart(TURN, SoundShape(), b"ab"))
    bare = encode(Frame("audio", decode(sent).body, TURN))
    assert parse_client(bare).pcm == riff_header(SoundShape()) + b"ab"


# ---------------------------------------------------------------- the request for a connection


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


def test_a_synthesis_chunk_in_a_text_frame_is_refused():
    with pytest.raises(WireError):
        parse_server(f"Path:translation.synthesis\r\nX-RequestId:{TURN}\r\n\r\nabc")
    assert parse_server(encode_server(SynthesisAudio(TURN, b"abc"), Vocabulary.V1)) == SynthesisAudio(TURN, b"abc")
