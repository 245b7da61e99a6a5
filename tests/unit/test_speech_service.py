"""The pure parts of the engines that are elsewhere: results, deadlines, requests, credentials, speech."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.engines import azure, home
from daemon.engines.base import Cure, Task
from daemon.engines.speech_service import driver, faults
from daemon.engines.speech_service.access import access
from daemon.engines.speech_service.deadlines import Deadlines
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.oddities import Oddities
from daemon.engines.speech_service.request import Requests, host_addresses, region_addresses
from daemon.engines.speech_service.results import Results, join
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.engines.speech_service.speech_blocks import SpeechBlocks
from daemon.engines.speech_service.turn_clock import BURST_S, Pace, TurnClock
from daemon.engines.speech_service.utterance_speech import UtteranceSpeech
from daemon.events import SpeechRequest
from daemon.wire.messages import Hypothesis, Phrase, RecognitionStatus, Translated
from daemon.wire.sound import SoundShape, riff_header
from daemon.wire.units import ticks

TASK = Task("en-US", ("es", "de"))


def results(tail_s=0.8):
    return Results(1, TASK, "the service", Oddities(), ticks(tail_s))


def phrase(text, begin_s, end_s, **more):
    translations = tuple(Translated(lang, f"{lang} {text}") for lang in TASK.targets)
    return Phrase("", text, ticks(begin_s), ticks(end_s - begin_s), more.pop("translations", translations), **more)


def hypothesis(text, begin_s, end_s):
    return Hypothesis("", text, ticks(begin_s), ticks(end_s - begin_s), (Translated("ES", f"es {text}"),))


# ---------------------------------------------------------------- results


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_phrases_are_joined_in_the_order_of_their_sound_whatever_order_they_come_in(order):
    phrases = [phrase("One.", 0.5, 1), phrase("Two.", 2, 3), phrase("Three.", 4, 5)]
    got = results()
    for at in order:
        got.phrase(phrases[at])
        got.phrase(phrases[at])
    assert got.source == "One. Two. Three."
    assert got.translations["de"].text == "de One. de Two. de Three."
    assert got.oddities["twice"] == 3


def test_a_hypothesis_follows_the_phrases_before_it_and_an_old_one_is_passed_over():
    got = results()
    got.phrase(phrase("One.", 0.5, 1))
    said = got.hypothesis(hypothesis("two", 2, 3))
    assert (said.source, said.translations["es"], said.audio_s) == ("One. two", "es One. es two", 3)
    assert got.hypothesis(hypothesis("wun", 0.5, 0.9)) is None
    assert got.hypothesis(hypothesis("", 4, 5)) is None


def test_hypotheses_cover_more_and_more_even_if_they_come_out_of_order():
    got = results()
    covered = [got.hypothesis(hypothesis("a", 1, end)).audio_s for end in (2, 1.5, 3)]
    assert covered == [2, 2, 3]


def test_negative_offsets_are_counted_and_taken_as_nothing():
    got = results()
    got.phrase(phrase("One.", -3, -1))
    assert got.source == "One."
    assert got.oddities["negative_offset"] == 1


@pytest.mark.parametrize(("end_s", "complete"), [(9.1, False), (9.3, True), (10, True)])
def test_a_phrase_near_the_end_of_the_sound_is_the_last(end_s, complete):
    got = results()
    assert not got.complete(ticks(10))
    got.phrase(phrase("One.", 1, end_s))
    assert got.complete(ticks(10)) is complete


def test_a_phrase_that_hypotheses_promised_is_waited_for():
    got = results()
    got.hypothesis(hypothesis("one", 1, 2))
    got.hypothesis(hypothesis("two", 8, 9))
    got.phrase(phrase("Two.", 8.1, 9.5))
    assert not got.complete(ticks(10))
    got.phrase(phrase("One.", 1, 2.2))
    assert got.complete(ticks(10))


def test_what_the_service_calls_the_end_is_the_end():
    got = results()
    got.phrase(phrase("", 0, 0, status=RecognitionStatus.END_OF_DICTATION))
    assert got.complete(ticks(10))


def test_silence_says_nothing_and_has_no_translations():
    got = results()
    got.phrase(phrase("", 0, 9.5, status=RecognitionStatus.NO_MATCH))
    assert (got.source, got.translations, got.complete(ticks(10))) == ("", {}, True)


def test_a_turn_that_follows_counts_from_where_the_last_phrase_ended():
    got = results()
    got.phrase(phrase("One.", 0.5, 1))
    got.renewed()
    got.phrase(phrase("Two.", 0.5, 1))
    assert got.source == "One. Two."
    assert got.covered_ticks == ticks(2)


@pytest.mark.parametrize(("said", "text"), [("no category", "no category"), ("", "gave no reason")])
def test_a_translation_that_failed_says_so_in_the_services_words(said, text):
    got = results()
    got.phrase(phrase("One.", 0, 1, translations=(), translation_error=said))
    assert got.source == "One."
    assert got.translations["es"].error.code == "translator_failed"
    assert text in got.translations["es"].error.text


def test_a_target_that_is_missing_is_an_error_of_that_target_only():
    got = results()
    got.phrase(phrase("One.", 0, 1, translations=(Translated("es-MX", "Uno."),)))
    assert got.translations["es"].text == "Uno."
    assert got.translations["de"].error.code == "no_translator"


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (RecognitionStatus.ERROR, Cure.RETRY),
        (RecognitionStatus.TOO_MANY_REQUESTS, Cure.NEXT),
        (RecognitionStatus.BAD_REQUEST, Cure.CONFIGURE),
        (RecognitionStatus.FORBIDDEN, Cure.CONFIGURE),
    ],
)
def test_a_phrase_may_be_a_failure(status, cure):
    got = results()
    got.phrase(phrase("because", 0, 1, status=status))
    _code, text, found = got.failure
    assert (found, "because" in text) == (cure, True)


def test_languages_without_spaces_are_joined_without():
    assert join(["你好。", " 再见。"], "zh-Hans") == "你好。再见。"
    assert join(["One. ", "", "Two."], "en-US") == "One. Two."


# ---------------------------------------------------------------- deadlines and pace


def due(clock):
    found = clock.due()
    return None if found is None else (found[0], found[1].code)


def test_each_wait_has_its_deadline():
    clock = TurnClock("it", Deadlines(turn_start_s=1, silence_s=2, turn_end_s=3))
    assert due(clock) is None
    clock.said(10)
    clock.said(10.5)
    assert due(clock) == (11, "turn_start_timeout")
    clock.heard(10.8, started=True)
    assert due(clock) is None
    clock.said(12)
    clock.said(13)
    assert due(clock) == (14, "server_silent")
    clock.heard(13.5, started=False)
    assert due(clock) is None
    clock.completed(20)
    assert due(clock) == (23, "turn_end_timeout")
    clock.heard(22, started=False)
    assert due(clock) == (25, "turn_end_timeout")


def test_a_result_before_the_turns_start_is_no_start():
    clock = TurnClock("it", Deadlines(turn_start_s=1))
    clock.said(10)
    clock.heard(10.5, started=False)
    assert due(clock) == (11, "turn_start_timeout")


@given(st.lists(st.floats(0.02, 0.5), min_size=1, max_size=200), st.floats(1, 8))
def test_replayed_sound_never_goes_faster_than_it_may(pieces, speed):
    pace, now, sent_s = Pace(speed, 0.0), 0.0, 0.0
    for piece_s in pieces:
        now += pace.wait_s(now, sent_s)
        assert sent_s <= BURST_S + speed * now + 1e-6
        sent_s += piece_s


def test_sound_as_it_is_spoken_never_waits():
    pace = Pace(1.0, 100.0)
    assert all(pace.wait_s(100.0 + at, at) == 0 for at in range(60))


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("status", "code", "cure"),
    [
        (401, "unauthorized", Cure.CONFIGURE),
        (403, "unauthorized", Cure.CONFIGURE),
        (400, "bad_request", Cure.CONFIGURE),
        (404, "not_found", Cure.CONFIGURE),
        (429, "too_many_requests", Cure.NEXT),
        (500, "unavailable", Cure.RETRY),
        (503, "unavailable", Cure.RETRY),
    ],
)
def test_a_status_has_its_cure_and_keeps_the_services_words(status, code, cure):
    fault = faults.refused("Azure Speech", status, "Quota\r\nexceeded")
    assert (fault.code, fault.cure) == (code, cure)
    assert f"{status} Quota exceeded" in fault.text


@pytest.mark.parametrize(("code", "blames"), [(1000, False), (1011, False), (None, False), (1007, True), (1002, True)])
def test_a_close_code_blames_the_turn_or_the_connection(code, blames):
    fault = faults.closed("it", code, "because")
    assert fault.blames_turn is blames
    assert ("because" in fault.text) is (code is not None)


# ---------------------------------------------------------------- what is asked


def test_a_region_has_its_addresses():
    known = region_addresses("westeurope")
    assert known.recognition == "wss://westeurope.stt.speech.microsoft.com/speech/universal/v2"
    assert known.synthesis == "wss://westeurope.tts.speech.microsoft.com/cognitiveservices/websocket/v1"
    assert region_addresses("chinaeast2").recognition.startswith("wss://chinaeast2.stt.speech.azure.cn/")


@pytest.mark.parametrize(
    ("address", "recognition"),
    [
        ("wss://a.example", "wss://a.example/stt/speech/universal/v2"),
        ("https://a.example:8443/", "wss://a.example:8443/stt/speech/universal/v2"),
        (
            "ws://[::1]:1/speech/translation/cognitiveservices/v1",
            "ws://[::1]:1/speech/translation/cognitiveservices/v1",
        ),
    ],
)
def test_an_address_gets_the_services_path_unless_it_has_one(address, recognition):
    assert host_addresses("key", address).recognition == recognition


@pytest.mark.parametrize("address", ["", "a.example", "ftp://a", "wss://", "wss://a:b", "wss://a/x?y", "wss://[1"])
def test_what_is_no_address_is_refused_by_the_name_of_its_key(address):
    with pytest.raises(ServiceFault, match=r"engine\.home\.address is") as caught:
        host_addresses("engine.home.address", address)
    assert caught.value.cure is Cure.CONFIGURE


def requests(address="wss://a.example", speak="", **own):
    return Requests(host_addresses("key", address), ServiceSettings(**own), speak, model=own.pop("model", ""))


def test_settings_that_are_not_set_are_not_asked():
    asked = requests().context(TASK)
    assert (asked.language, asked.targets, asked.phrase_weight) == ("en-US", ("es", "de"), None)
    assert asked.segmentation_silence_ms is asked.stable_threshold is None


def test_speech_is_asked_with_the_utterance_only_where_it_is_spoken_by_a_voice_of_the_settings():
    voices = ("de-DE-KatjaNeural", "es-ES-ElviraNeural")
    assert requests(speak="es", voices=voices).context(TASK).voices == (("es", "es-ES-ElviraNeural"),)
    assert requests(speak="", voices=voices).context(TASK).voices == ()
    assert requests(speak="fr", voices=voices).context(TASK).voices == ()
    assert requests(speak="es", voices=("fr-FR-DeniseNeural",)).context(TASK).voices == ()


def test_on_v1_the_address_names_the_languages_and_on_v2_it_does_not():
    assert requests().url(TASK) == "wss://a.example/stt/speech/universal/v2"
    old = requests("wss://a.example/speech/translation/cognitiveservices/v1")
    assert old.url(TASK).endswith("/v1?from=en-US&to=es&to=de")
    assert old.url(TASK) != old.url(Task("en-US", ("es",)))


def test_text_is_quoted_in_ssml():
    ssml = requests().ssml("es", 'a < b & "c"\x00')
    assert 'xml:lang="es"' in ssml
    assert "a &lt; b &amp;" in ssml
    assert "\x00" not in ssml


def test_what_is_not_configured_is_said_by_both_engines():
    for engine, key in ((azure, "engine.azure.region"), (home, "engine.home.address")):
        (advice,) = engine.capabilities({"languages": {"source": "en-US", "targets": ("es",)}}).missing.values()
        assert key in advice


# ---------------------------------------------------------------- credentials


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    return str(file)


def test_key_and_token_are_read_from_files_and_never_shown(secret, tmp_path):
    (tmp_path / "azure-token").write_text("jwt")
    known = access("azure", ServiceSettings(key_file=secret), "wss://a", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert (known.key, known.token) == ("s3cret", "jwt")
    assert "s3cret" not in repr(known)
    assert "jwt" not in repr(known)
    assert access("home", ServiceSettings(), "wss://a", {"CREDENTIALS_DIRECTORY": str(tmp_path)}).token == ""


@pytest.mark.parametrize("content", [b"two\nlines", b"\xff\xfe", None])
def test_a_key_that_cannot_be_used_is_said_with_its_setting(tmp_path, content):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ServiceFault, match="check key_file"):
        access("azure", ServiceSettings(key_file=str(file)), "wss://a", {})


@pytest.mark.parametrize("host", ["192.168.1.7", "gateway.local", "localhost.example"])
def test_speech_is_not_sent_in_the_clear_unasked(host):
    with pytest.raises(ServiceFault, match="allow_plaintext"):
        access("home", ServiceSettings(), f"ws://{host}:1/x", {})
    access("home", ServiceSettings(allow_plaintext=True), f"ws://{host}:1/x", {})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine_may_be_spoken_to_in_the_clear(host):
    assert access("home", ServiceSettings(), f"ws://{host}:1/x", {}).tls is None


def test_an_authority_that_cannot_be_read_is_said_with_its_file(tmp_path):
    with pytest.raises(ServiceFault, match=r"nobody\.pem"):
        access("home", ServiceSettings(ca_file=str(tmp_path / "nobody.pem")), "wss://a", {})


# ---------------------------------------------------------------- speech


@given(st.binary(max_size=500), st.lists(st.integers(1, 50), max_size=40))
def test_speech_may_be_cut_anywhere(samples, cuts):
    data, blocks, got = riff_header(SoundShape(24_000)) + samples, SpeechBlocks(), b""
    for cut in cuts:
        got += blocks.feed(data[:cut])
        data = data[cut:]
    got += blocks.feed(data)
    assert got == samples[: len(samples) // 2 * 2]
    assert blocks.rate_hz == 24_000


def test_speech_without_a_header_is_as_the_service_says():
    blocks = SpeechBlocks()
    assert blocks.feed(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09") == b"\x01\x02\x03\x04\x05\x06\x07\x08"
    assert blocks.rate_hz == 16_000


class Heard:
    def __init__(self):
        self.blocks, self.asked = [], []
        self.speech = UtteranceSpeech(self.blocks.append, self.asked.append, Oddities())

    @property
    def pcm(self):
        return b"".join(block.pcm for block in self.blocks)


REQUEST = SpeechRequest("u7", "es", "Hola.")


@pytest.mark.parametrize("before", range(4))
def test_speech_with_the_utterance_answers_the_request_whenever_that_comes(before):
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.translated(7, "de", "Hallo.")
    for step in range(4):
        if step == before:
            assert heard.speech.speak(REQUEST)
        if step < 3:
            heard.speech.piece(7, bytes([step, step]) * 4)
    heard.speech.end(7)
    assert heard.pcm == bytes([0, 0]) * 4 + bytes([1, 1]) * 4 + bytes([2, 2]) * 4
    assert [block.last for block in heard.blocks].count(True) == 1
    assert heard.asked == []


@pytest.mark.parametrize(
    "other",
    [SpeechRequest("u7", "es", "Adiós."), SpeechRequest("u7", "de", "Hola."), SpeechRequest("t7", "es", "Hola.")],
)
def test_another_text_is_not_answered_by_it(other):
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.piece(7, bytes(8))
    assert not heard.speech.speak(other)


def test_speech_that_never_came_is_asked_for():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    assert heard.speech.speak(REQUEST)
    heard.speech.failed(7, "no voice")
    heard.speech.end(7)
    assert heard.asked == [REQUEST]
    assert heard.blocks == []
    assert not heard.speech.speak(REQUEST)


def test_hushed_speech_ends_once_and_its_rest_is_dropped():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.speak(REQUEST)
    heard.speech.piece(7, bytes(8))
    assert heard.speech.hush("u7")
    assert not heard.speech.hush("u7")
    heard.speech.piece(7, bytes(8))
    heard.speech.end(7)
    assert (heard.pcm, [block.last for block in heard.blocks], heard.asked) == (bytes(8), [False, True], [])


def test_speech_in_another_form_is_said_to_be_and_asked_for():
    heard = Heard()
    heard.speech.expect(7, "es")
    heard.speech.translated(7, "es", "Hola.")
    heard.speech.speak(REQUEST)
    heard.speech.piece(7, riff_header(SoundShape(16_000, channels=2)) + bytes(8))
    assert heard.asked == [REQUEST]


def test_only_the_last_utterances_speech_is_kept():
    heard = Heard()
    for utterance in range(1, 10):
        heard.speech.expect(utterance, "es")
        heard.speech.translated(utterance, "es", "Hola.")
        heard.speech.piece(utterance, bytes(8))
        heard.speech.end(utterance)
    assert not heard.speech.speak(SpeechRequest("u1", "es", "Hola."))
    assert heard.speech.speak(SpeechRequest("u9", "es", "Hola."))


# ---------------------------------------------------------------- conversations

TALK = Task("en-US", ("es", "ca"), conversation=("en-US", "es-ES"), phrases=("Sintra", "Alfama"))


def told(language, text):
    translations = tuple(Translated(lang, f"{lang} {text}") for lang in ("en", "es", "ca"))
    return Phrase("", text, ticks(0), ticks(1), translations, language=language)


@pytest.mark.parametrize(
    ("language", "heard", "texts"),
    [
        ("es-MX", "es-ES", {"en-US": "en Hola.", "ca": "ca Hola."}),
        ("en-GB", "en-US", {"es": "es Hola.", "ca": "ca Hola."}),
        ("", "en-US", {"es": "es Hola.", "ca": "ca Hola."}),
    ],
)
def test_of_a_conversation_only_the_other_way_is_given(language, heard, texts):
    got = Results(1, TALK, "the service", Oddities(), ticks(0.8))
    got.phrase(told(language, "Hola."))
    assert got.language == heard
    assert {lang: each.text for lang, each in got.translations.items()} == texts


def test_in_a_conversation_both_are_candidates_and_both_ways_are_asked():
    own = ServiceSettings(phrases=("Sintra",), voices=("es-ES-ElviraNeural",))
    asked = Requests(host_addresses("", "wss://x"), own, "es").context(TALK)
    assert asked.candidates == ("en-US", "es-ES")
    assert asked.targets == ("es", "ca", "en")
    assert asked.phrases == ("Sintra", "Alfama")
    assert asked.voices == ()


def test_what_is_known_of_a_service_before_it_is_asked_has_both_sides():
    settings = {"languages": {"source": "en-US", "targets": ["es"], "conversation": ["en-US", "es-ES"]}}
    ready = driver.ready("azure", driver.task(settings), {})
    assert ready.recognizes == ("en", "es")
    assert {("en", "es"), ("es", "en")} <= {(pair.source, pair.target) for pair in ready.pairs}
