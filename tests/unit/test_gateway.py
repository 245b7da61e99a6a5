"""The gateway's pure parts: what is understood of clients, how sound is cut, who is let in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import replace
from http import HTTPStatus

import numpy as np
import pytest
from hypothesis import given, strategies

from daemon.config_error import ConfigError
from daemon.engines.base import EngineFinal, EngineHypothesis, EngineReady
from daemon.events import Translation, TranslationError, UtteranceAudio, UtteranceBegan, UtteranceEnded, Word
from daemon.gateway.access import Access, access
from daemon.gateway.conversion import HeardSound, OutputFormat, SpokenSound, parse_format
from daemon.gateway.cutting import WHOLE_S, GateCutter, WholeCutter, gate_settings
from daemon.gateway.house import House
from daemon.gateway.http import MOST_BODY, Answer, HttpError, parse_head, serve
from daemon.gateway.job import BUSY, Job, JobFailed
from daemon.gateway.order import order, passed_over
from daemon.gateway.profanity import clean, is_known, spoken
from daemon.gateway.rest import _result
from daemon.gateway.results import Manner, Piece, hypothesis_of, phrase_of
from daemon.gateway.ssml import MOST_CHARACTERS, Passage, parse_ssml
from daemon.settings import GateSection, GatewaySection
from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import RecognitionStatus, Vocabulary
from daemon.wire.sound import SoundShape, parse_riff_header, riff_header
from daemon.wire.upgrade import UNIVERSAL_PATH, Upgrade
from tests.support.recordings import shipped

SERVED = EngineReady("device", ("en-US",), (), ("es", "en"))
SECOND = bytes(32_000)
TOKEN = "0123456789abcdef"  # noqa: S105 -- opens nothing
V1 = "/speech/translation/cognitiveservices/v1"

# ---------------------------------------------------------------- sound


@pytest.mark.parametrize("shape", [SoundShape(8_000), SoundShape(48_000, 2), SoundShape(16_000, 1, 8)])
def test_sound_of_any_usual_shape_becomes_sixteen_kilohertz_however_it_is_cut(shape):
    sound = HeardSound(shape)
    data = bytes(shape.bytes_per_second)
    pcm = b"".join(sound.convert(data[at : at + 997]) for at in range(0, len(data), 997)) + sound.flush()
    assert abs(len(pcm) - len(SECOND)) <= 4


@pytest.mark.parametrize(
    "shape", [SoundShape(16_000, 1, 4), SoundShape(16_000, 1, 16, 85), SoundShape(1, 1), SoundShape(16_000, 99)]
)
def test_sound_of_another_shape_is_refused(shape):
    with pytest.raises(WireError, match="allowed: PCM"):
        HeardSound(shape)


def test_formats_of_speech_are_known_by_their_names():
    assert parse_format("riff-24khz-16bit-mono-pcm") == OutputFormat(24_000, riff=True)
    assert parse_format("Raw-22050Hz-16Bit-Mono-PCM") == OutputFormat(22_050, riff=False)
    for name in ("audio-16khz-32kbitrate-mono-mp3", "riff-17khz-16bit-mono-pcm", ""):
        with pytest.raises(WireError, match="allowed: raw- or riff-"):
            parse_format(name)


def test_speech_in_a_whole_file_has_its_true_length_in_the_header():
    whole = OutputFormat(24_000, riff=True).whole(bytes(4_800))
    assert struct.unpack_from("<I", whole, 4)[0] == len(whole) - 8
    assert struct.unpack_from("<I", whole, 40)[0] == 4_800
    assert parse_riff_header(whole) == (SoundShape(24_000), 44)


def test_streamed_speech_has_one_header_before_its_first_sound():
    sound = SpokenSound(OutputFormat(16_000, riff=True))
    assert sound.convert(b"", 22_050) == b""
    data = sound.pause(0.5) + sound.convert(bytes(44_100), 22_050) + sound.flush()
    assert data.count(b"RIFF") == 1
    assert data.startswith(riff_header(SoundShape()))
    assert abs(len(data) - 44 - 16_000 - 32_000) <= 4


# ---------------------------------------------------------------- cutting


def heard(cutter, pcm, piece=3_200):
    events = [event for at in range(0, len(pcm), piece) for event in cutter.hear(pcm[at : at + piece])]
    return events + list(cutter.cut())


def kinds(events):
    return [type(event) for event in events if not isinstance(event, UtteranceAudio)]


def test_what_a_client_hears_all_day_becomes_one_utterance_for_each_time_somebody_speaks():
    sound = SECOND + shipped("goforward") + 2 * SECOND + shipped("azure-whatstheweatherlike") + 2 * SECOND
    events = heard(GateCutter(GateSection()), sound)
    begun = [event.start_s for event in events if isinstance(event, UtteranceBegan)]
    ended = [event.end_s for event in events if isinstance(event, UtteranceEnded)]
    assert len(begun) == len(ended) == 2
    first_s = len(shipped("goforward")) / 32_000
    assert 1.0 < begun[0] < ended[0] < 1.0 + first_s
    assert 3.0 + first_s < begun[1] < ended[1] < len(sound) / 32_000 - 1.5


def test_silence_is_decided_but_for_what_the_next_utterance_may_begin_with():
    cutter = GateCutter(GateSection())
    assert heard(cutter, 10 * SECOND) == []
    assert 8.0 < cutter.decided_s < 9.4


def test_a_client_with_a_gate_of_its_own_gets_all_of_a_turn_as_one_utterance():
    cutter = WholeCutter()
    events = heard(cutter, 3 * SECOND)
    assert kinds(events) == [UtteranceBegan, UtteranceEnded]
    assert b"".join(event.pcm for event in events if isinstance(event, UtteranceAudio)) == 3 * SECOND
    assert (events[0].start_s, events[-1].end_s, cutter.decided_s) == (0.0, 3.0, 3.0)


def test_one_that_never_ends_is_cut_without_losing_a_sample():
    long = bytes(int((WHOLE_S + 5) * 32_000))
    events = heard(WholeCutter(), long, piece=len(long))
    assert kinds(events) == [UtteranceBegan, UtteranceEnded, UtteranceBegan, UtteranceEnded]
    assert sum(len(event.pcm) for event in events if isinstance(event, UtteranceAudio)) == len(long)
    assert [event.start_s for event in events if isinstance(event, UtteranceBegan)] == [0.0, WHOLE_S]


def test_what_a_client_asks_of_the_gate_stays_within_what_is_allowed():
    own = GateSection()
    assert gate_settings(own, SpeechContext()) == own
    asked = SpeechContext(segmentation_silence_ms=900, segmentation_maximum_ms=70_000)
    assert gate_settings(own, asked) == replace(own, hangover_s=0.9, maximum_s=29.0)
    assert gate_settings(own, SpeechContext(trailing_silence_ms=1)).hangover_s == 0.2


# ---------------------------------------------------------------- orders and results


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


def piece(last):
    job = Job(1, "session", None, lambda _answer: None)
    return Piece(1, 1.5, job, 2.75, last)


def final(source, **translations):
    made = {
        lang: Translation(text) if text else Translation(error=TranslationError("no_translator", "none"))
        for lang, text in translations.items()
    }
    return EngineFinal(1, "en-US", source, made, 0)


def test_a_phrase_covers_the_voice_and_has_every_translation_that_there_is():
    phrase = phrase_of("turn", piece(final("Hello.", es="Hola.", xx="")), Manner())
    assert (phrase.offset_ticks, phrase.duration_ticks) == (15_000_000, 12_500_000)
    assert [(each.language, each.text) for each in phrase.translations] == [("es", "Hola.")]
    assert (phrase.status, phrase.translation_error, phrase.language) == (RecognitionStatus.SUCCESS, None, "")


def test_only_a_phrase_without_any_translation_has_an_error():
    assert phrase_of("turn", piece(final("Hello.", xx="")), Manner(tell_language=True)).translation_error == "none"


@pytest.mark.parametrize(
    ("last", "status"),
    [
        (final(""), RecognitionStatus.NO_MATCH),
        (JobFailed(BUSY, "no engine"), RecognitionStatus.TOO_MANY_REQUESTS),
        (JobFailed("engine_died", "it died"), RecognitionStatus.ERROR),
    ],
)
def test_what_became_of_an_utterance_is_its_status(last, status):
    assert phrase_of("turn", piece(last), Manner()).status is status


# ---------------------------------------------------------------- profanity, and what is passed over


@pytest.mark.parametrize(
    ("text", "masked", "removed"),
    [
        ("Hello there.", "Hello there.", "Hello there."),
        ("That is bullshit, you know.", "That is ********, you know.", "That is, you know."),
        ("Damn, it rains.", "****, it rains.", "it rains."),
        ("Shit happens", "**** happens", "happens"),
        ("Scunthorpe is a class assignment.", "Scunthorpe is a class assignment.", "Scunthorpe is a class assignment."),
        ("Two  spaces stay", "Two  spaces stay", "Two  spaces stay"),
        ("fucking", "*******", ""),
        ("", "", ""),
    ],
)
def test_profanity_becomes_what_the_client_wants(text, masked, removed):
    assert [clean(text, "en-US", wanted) for wanted in ("", "raw", "masked", "removed")] == [
        text,
        text,
        masked,
        removed,
    ]


def test_each_language_has_its_own_words_and_an_unknown_one_has_none():
    assert clean("Una mierda.", "es", "masked") == "Una ******."
    assert clean("Una mierda.", "en", "masked") == "Una mierda."
    assert [is_known(lang) for lang in ("en-US", "es", "ca", "fr", "", "../en")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


@given(strategies.text(max_size=60), strategies.sampled_from(["en", "es", "ca"]))
def test_what_is_masked_keeps_its_length_and_what_is_not_profane_its_letters(text, lang):
    masked = clean(text, lang, "masked")
    assert len(masked) == len(text)
    assert all(after in (before, "*") for before, after in zip(text, masked, strict=True))


def test_results_are_cleaned_in_every_language_and_asterisks_are_not_spoken():
    manner = Manner(profanity="masked")
    said = phrase_of("turn", piece(final("Oh shit.", es="Oh mierda.")), manner)
    assert (said.text, said.translations[0].text) == ("Oh ****.", "Oh ******.")
    assert spoken(said.translations[0].text) == "Oh."
    open_ = hypothesis_of(
        "turn", piece(None), EngineHypothesis(1, "en-US", "oh shit", {"es": "oh mierda"}, 1.0), manner
    )
    assert (open_.text, open_.translations[0].text) == ("oh ****", "oh ******")


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


# ---------------------------------------------------------------- SSML


def speak(inner, lang="en-US"):
    return f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{lang}">{inner}</speak>'


def test_ssml_is_read_in_order_with_its_languages_and_pauses():
    inner = (
        '<voice name="es-ES-ElviraNeural">Hola, <prosody rate="+10%">¿qué\n tal?</prosody><break time="500ms"/></voice>'
        '<p>One.</p><s><lang xml:lang="de-DE">Zwei</lang> three <sub alias="World Wide Web">WWW</sub></s>'
    )
    assert parse_ssml(speak(inner)) == (
        Passage("es-ES", "Hola, ¿qué tal?"),
        Passage("es-ES", "", 0.5),
        Passage("en-US", "One."),
        Passage("de-DE", "Zwei"),
        Passage("en-US", "three World Wide Web"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "<speak>",
        "<html>Hello</html>",
        '<!DOCTYPE speak [<!ENTITY a "aaaa">]><speak>&a;</speak>',
        speak("<p>" * 40 + "</p>" * 40),
        speak("word " * MOST_CHARACTERS),
    ],
)
def test_what_is_no_ssml_or_too_much_of_it_is_refused(text):
    with pytest.raises(WireError):
        parse_ssml(text)


@given(strategies.text(max_size=300))
def test_ssml_is_understood_or_refused_whatever_comes(text):
    for whole in (text, speak(text), speak(f'<voice name="{text}">x</voice>')):
        with contextlib.suppress(WireError):
            assert all(isinstance(passage, Passage) for passage in parse_ssml(whole))


# ---------------------------------------------------------------- HTTP


def answered(request: bytes, admit=lambda _request: contextlib.nullcontext()) -> bytes:
    """What comes back for the bytes of a request, and the end of the connection after them."""

    async def echo(asked):
        return Answer(HTTPStatus.OK, asked.body)

    async def run(ours, theirs):
        reader, writer = await asyncio.open_connection(sock=theirs, limit=16_384)
        ours.sendall(request)
        ours.shutdown(socket.SHUT_WR)
        await serve(reader, writer, admit, echo, lambda _status: None)
        await writer.wait_closed()
        return b"".join(iter(lambda: ours.recv(65_536), b""))

    ours, theirs = socket.socketpair()
    with ours, theirs:
        return asyncio.run(run(ours, theirs))


def test_a_body_is_read_by_its_length_or_in_chunks():
    assert answered(b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").endswith(b"\r\n\r\nhello")
    chunked = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n"
    assert answered(chunked).endswith(b"\r\n\r\nhello")


def test_requests_may_follow_each_other_until_the_client_has_enough():
    first = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\none"
    last = b"POST /x HTTP/1.1\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo"
    said = answered(first + last + first)
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert said.endswith(b"Connection: close\r\n\r\ntwo")
    assert answered(b"GET /x HTTP/1.0\r\n\r\n" + first).count(b"HTTP/1.1 200 OK") == 1


def test_a_client_that_waits_to_be_told_is_told_to_go_on():
    said = answered(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET http://x HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n bad: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431),
    ],
)
def test_a_request_that_is_none_is_refused_with_the_right_status(request_, status):
    assert answered(request_).startswith(b"HTTP/1.1 %d " % status)


def test_who_is_not_admitted_is_refused_before_the_body_is_read():
    def admit(_request):
        raise HttpError(HTTPStatus.UNAUTHORIZED, "no")

    assert answered(b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n", admit=admit).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("rest", [b"whole", b"half"])
def test_a_place_is_held_while_the_body_comes_and_given_back_whatever_becomes_of_it(rest):
    held = []

    @contextlib.contextmanager
    def place():
        held.append("taken")
        try:
            yield
        finally:
            held.append("free")

    answered(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n" + rest, admit=lambda _request: place())
    assert held == ["taken", "free"]


def test_nothing_is_answered_to_who_went_away():
    assert answered(b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nhalf") == b""


@given(strategies.binary(max_size=200))
def test_a_head_is_understood_or_refused_whatever_comes(head):
    for whole in (head, b"GET / HTTP/1.1\r\n" + head):
        with contextlib.suppress(HttpError):
            assert parse_head(whole).target.startswith("/")


# ---------------------------------------------------------------- access


def wrong(settings, environment=None):
    with pytest.raises(ConfigError) as caught:
        access(settings, environment or {})
    return caught.value.errors[0]


def test_on_this_machine_neither_tls_nor_a_token_is_needed():
    assert access(GatewaySection(), {}) == Access("127.0.0.1", 8443)
    assert access(GatewaySection(listen="[::1]:0"), {}).host == "::1"


@pytest.mark.parametrize("listen", ["0.0.0.0:8443", "[::]:8443", "192.168.1.7:8443", "gateway.local:8443"])
def test_nobody_else_is_served_without_tls(listen):
    assert wrong(GatewaySection(listen=listen)).code == "plaintext"


def test_a_port_that_there_is_not_is_refused():
    assert wrong(GatewaySection(listen="127.0.0.1:70000")).path == "gateway.listen"


def test_any_of_the_tokens_is_let_in_as_key_or_bearer_and_nothing_else(tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\nanother-{TOKEN}\n")
    door = access(GatewaySection(token_file=str(file)), {})
    assert door.admits(Upgrade("/", key=TOKEN))
    assert door.admits(Upgrade("/", token=f"another-{TOKEN}"))
    assert not door.admits(Upgrade("/", key=TOKEN[:-1]))
    assert not door.admits(Upgrade("/", key="schlüssel"))
    assert not door.admits(Upgrade("/"))
    assert TOKEN not in repr(door)


def test_the_token_may_be_a_credential_of_systemd(tmp_path):
    (tmp_path / "gateway-token").write_text(TOKEN)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert access(GatewaySection(), environment).admits(Upgrade("/", token=TOKEN))


@pytest.mark.parametrize("text", ["", "short", "é" * 20])
def test_a_token_that_is_none_is_refused(tmp_path, text):
    file = tmp_path / "token"
    file.write_text(text, encoding="utf-8")
    assert wrong(GatewaySection(token_file=str(file))).path == "gateway.token_file"


def test_client_certificates_need_a_certificate_of_the_gateway():
    assert wrong(GatewaySection(client_ca_file="ca.pem")).path == "gateway.client_ca_file"


def test_random_noise_is_no_error_for_the_gate():
    noise = np.random.default_rng(5).integers(-8_000, 8_000, 160_000, dtype=np.int16).tobytes()
    begun = [event for event in heard(GateCutter(GateSection()), noise) if isinstance(event, UtteranceBegan)]
    assert len(begun) <= 1


# ---------------------------------------------------------------- REST


def test_a_detailed_result_has_the_lexical_form_beside_the_written_one():
    words = (Word("It", 0, 1, 1), Word("costs", 1, 2, 1), Word("250 euros.", 2, 3, 1, "two hundred and fifty euros"))
    best = _result(EngineFinal(1, "en-US", "It costs 250 euros.", {}, 0, words=words), 3.0, detailed=True)["NBest"][0]
    assert best["Lexical"] == "it costs two hundred and fifty euros"
    assert best["ITN"] == best["Display"] == "It costs 250 euros."
    bare = _result(EngineFinal(1, "en-US", "Hello there.", {}, 0), 3.0, detailed=True)["NBest"][0]
    assert (bare["Lexical"], bare["Display"]) == ("hello there", "Hello there.")
