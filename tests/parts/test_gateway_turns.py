"""A client's turns at the gateway over real sockets, around engines that the tests play."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from websockets.exceptions import ConnectionClosed

from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.wire.context import Mode, SpeechContext
from daemon.wire.from_client import AudioCommit, UpdateLanguages
from daemon.wire.messages import (
    Hypothesis,
    Phrase,
    RecognitionStatus,
    SpeechEnd,
    SpeechStart,
    SynthesisAudio,
    SynthesisEnd,
    TurnEnd,
    TurnStart,
)
from daemon.wire.sound import parse_riff_header
from tests.support.gateway import SECOND, SPANISH, V1, Client, PlayedGateway, eventually, figure, scripted, spoken, talk
from tests.support.recordings import shipped

pytestmark = pytest.mark.parts

DICTATION = "/speech/recognition/dictation/cognitiveservices/v1"
#: A piece of a word, 150 ms: begins an utterance, and is too little for one.
CLICK = shipped("azure-whatstheweatherlike")[2 * 800 : 2 * 3_200]


def test_a_turn_says_everything_in_the_order_that_clients_know():
    line = Line("Go forward.", {"es": "Adelante."}, hypotheses=((0.3, "go"), (0.6, "go forward")))
    with PlayedGateway([scripted(line)]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken())
    order = [type(message) for message in said]
    assert order == [TurnStart, SpeechStart, Hypothesis, Hypothesis, Phrase, Phrase, SpeechEnd, TurnEnd]
    phrase, rest = said[4:6]
    assert (phrase.text, [each.text for each in phrase.translations]) == ("Go forward.", ["Adelante."])
    assert phrase.offset_ticks == said[1].offset_ticks == said[2].offset_ticks > 10_000_000
    end_s = 2 + len(shipped("goforward")) / 32_000
    assert (phrase.offset_ticks + phrase.duration_ticks) / 1e7 < end_s
    assert (rest.text, rest.status) == ("", RecognitionStatus.END_OF_DICTATION)
    assert rest.offset_ticks == phrase.offset_ticks + phrase.duration_ticks
    assert (rest.offset_ticks + rest.duration_ticks) / 1e7 == pytest.approx(end_s, abs=0.001)


def test_one_connection_gives_many_phrases_whose_offsets_rise_with_the_sound():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        talk(client, (spoken() + SECOND) * 3)
        begun = [phrase.offset_ticks / 1e7 for phrase in client.phrases]
    length_s = len(spoken() + SECOND) / 32_000
    apart_s = [later - earlier for earlier, later in pairwise(begun)]
    assert apart_s == pytest.approx([length_s] * 2, abs=0.6)  # the gate knows the noise better the second time


def test_speech_of_a_translation_follows_its_phrase_with_one_header_and_an_end():
    asked = SpeechContext("en-US", ("es",), voices=(("es", "es-ES-X"),))
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken(), asked)
    after = said[[type(message) for message in said].index(Phrase) + 1 :]
    assert [type(message) for message in after][-4:] == [SynthesisEnd, Phrase, SpeechEnd, TurnEnd]
    sound = b"".join(message.data for message in after if isinstance(message, SynthesisAudio))
    found = parse_riff_header(sound)
    assert found is not None
    assert found[0].rate_hz == 16_000
    assert len(sound) > 5_000


def test_speech_that_fails_ends_without_a_word_because_an_error_would_end_the_clients_session():
    class Mute(ScriptedEngine):
        def speak(self, request):
            self._alive = False
            super().speak(request)
            self._alive = True

    asked = SpeechContext("en-US", ("es",), voices=(("es", "es-ES-X"),))
    with PlayedGateway([Mute(stepwise=False)]) as gateway, Client(gateway.address) as client:
        said = talk(client, spoken(), asked)
    assert [message.error for message in said if isinstance(message, SynthesisEnd)] == [""]
    assert not [message for message in said if isinstance(message, SynthesisAudio)]


def test_a_translation_of_which_masks_leave_nothing_is_not_spoken_and_those_that_follow_it_are():
    asked = SpeechContext("en-US", ("es", "ca"), voices=(("es", "es-ES-X"), ("ca", "ca-ES-X")))
    line = Line("Oh.", {"es": "mierda", "ca": "Oh."})
    with PlayedGateway([scripted(line)]) as gateway, Client(gateway.address) as client:
        order = [type(message) for message in talk(client, spoken(), asked)]
    assert order.count(SynthesisEnd) == 1
    assert order[-4:] == [SynthesisEnd, Phrase, SpeechEnd, TurnEnd]


def test_a_single_shot_ends_with_its_phrase_though_more_sound_comes():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SpeechContext("en-US", ("es",), mode=Mode.INTERACTIVE))
        client.sound(spoken() + spoken())
        said = client.until_end()
        assert len([message for message in said if isinstance(message, Phrase)]) == 1
        assert isinstance(talk(client, spoken())[-1], TurnEnd)


def test_a_single_shot_without_speech_ends_after_the_silence_that_it_allows():
    asked = SpeechContext("en-US", ("es",), mode=Mode.INTERACTIVE, initial_silence_ms=3_000)
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(asked)
        client.sound(SECOND * 4)
        said = client.until_end()
    assert [message.status for message in said if isinstance(message, Phrase)] == [RecognitionStatus.INITIAL_SILENCE]


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (Mode.INTERACTIVE, RecognitionStatus.INITIAL_SILENCE),
        (Mode.DICTATION, RecognitionStatus.INITIAL_SILENCE),
        (Mode.CONVERSATION, RecognitionStatus.END_OF_DICTATION),
    ],
)
def test_sound_that_ends_before_anybody_spoke_gets_a_phrase_without_words_for_all_of_it(mode, status):
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        said = talk(client, SECOND * 2 + bytes(8), SpeechContext("en-US", ("es",), mode=mode))
    assert [type(message) for message in said] == [TurnStart, Phrase, SpeechEnd, TurnEnd]
    assert (said[1].status, said[1].text) == (status, "")
    assert (said[1].offset_ticks, said[1].duration_ticks) == (0, 20_010_000)  # to the next whole millisecond


def test_a_phrase_for_the_rest_ends_where_the_sound_does_and_not_a_millisecond_later():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        said = talk(client, SECOND * 2 + bytes(7 * 32))
    assert [message.duration_ticks for message in said if isinstance(message, Phrase)] == [20_070_000]


def test_a_sound_that_was_no_speech_does_not_keep_a_single_shot_waiting():
    asked = SpeechContext("en-US", ("es",), mode=Mode.INTERACTIVE)
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(asked)
        client.sound(SECOND + CLICK + SECOND * 6)
        said = client.until_end()
    assert [type(message) for message in said] == [TurnStart, SpeechStart, Phrase, SpeechEnd, TurnEnd]
    assert said[2].status is RecognitionStatus.INITIAL_SILENCE


@pytest.mark.parametrize("path", [V1, DICTATION])
def test_where_a_client_cannot_say_that_it_wants_one_phrase_initial_silence_is_told_once_and_the_turn_goes_on(path):
    with (
        PlayedGateway([scripted()]) as gateway,
        Client(gateway.address, f"{path}?from=en-US&language=en-US&to=es&initialSilenceTimeoutMs=3000") as client,
    ):
        client.begin(SpeechContext())
        client.sound(SECOND * 12)
        client.until(lambda message: isinstance(message, Phrase))
        client.sound(spoken())
        client.finish()
        client.until_end()
    statuses = [phrase.status for phrase in client.of(Phrase)]
    expected = RecognitionStatus.INITIAL_SILENCE, RecognitionStatus.SUCCESS, RecognitionStatus.END_OF_DICTATION
    assert statuses == list(expected)


def test_long_silence_gets_phrases_without_words_that_cover_it():
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(SECOND * 130)
        client.finish()
        said = client.until_end()
    phrases = [message for message in said if isinstance(message, Phrase)]
    statuses = [RecognitionStatus.NO_MATCH] * 3 + [RecognitionStatus.END_OF_DICTATION]
    assert [phrase.status for phrase in phrases] == statuses
    covered = [0, *(phrase.offset_ticks + phrase.duration_ticks for phrase in phrases)]
    assert all(0 < (later - earlier) / 1e7 < 50 for earlier, later in pairwise(covered))
    assert covered[-1] / 1e7 == 130
    assert [phrase.offset_ticks for phrase in phrases] == covered[:-1]


def test_languages_can_be_added_and_a_phrase_ended_in_the_middle():
    engine = scripted()
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(spoken()[: 32_000 * 2])
        client.say(AudioCommit(client.turn, "1"))
        client.until(lambda message: isinstance(message, Phrase))
        client.say(UpdateLanguages(client.turn, ("es", "ca")))
        client.sound(spoken())
        client.finish()
        client.until_end()
        languages = [[each.language for each in phrase.translations] for phrase in client.phrases]
    assert languages[0] == ["es"]
    assert languages[-1] == ["es", "ca"]


@pytest.mark.parametrize("when", ["at the beginning", "in the middle"])
def test_who_wants_more_languages_than_an_engine_can_bear_is_cut_off(when):
    many = tuple(f"x{number}" for number in range(1_000))
    with PlayedGateway([scripted()]) as gateway, Client(gateway.address) as client:
        client.begin(SpeechContext("en-US", many if when == "at the beginning" else ("es",)))
        client.say(UpdateLanguages(client.turn, many))
        with pytest.raises(ConnectionClosed) as closed:
            client.until_end()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1007, "1000 target languages; 16 are taken")


def test_older_addresses_get_the_older_words_and_read_languages_from_the_query():
    with (
        PlayedGateway([scripted(Line("Hello."))]) as gateway,
        Client(gateway.address, f"{V1}?from=en-US&to=es&to=ca") as client,
    ):
        client.begin(SpeechContext())
        client.sound(spoken())
        client.finish()
        raw = []
        while "turn.end" not in (message := client.connection.recv(20)):
            raw.append(message)
    phrase = next(message for message in raw if "Path:translation.phrase" in message)
    body = json.loads(phrase.partition("\r\n\r\n")[2])
    assert body["Text"] == "Hello."
    assert [each["Language"] for each in body["Translation"]["Translations"]] == ["es", "ca"]


def test_a_client_with_a_gate_of_its_own_is_heard_from_its_first_sample():
    engine = scripted()
    sound = SECOND + shipped("goforward")
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        talk(client, sound, name="Dragoman")
    assert [bytes(heard) for heard in engine.heard.values()] == [sound]


def test_a_turn_that_grows_too_long_waits_for_a_pause_and_leaves_what_follows_to_the_next():
    said_in_a_breath = SECOND * 8 + shipped("goforward") + shipped("goforward")
    with PlayedGateway([scripted()], turn_s=10.0) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(said_in_a_breath + SECOND * 4)
        said = client.until_end()
    (phrase,) = [message for message in said if isinstance(message, Phrase)]
    assert 12 < (phrase.offset_ticks + phrase.duration_ticks) / 1e7 < len(said_in_a_breath) / 32_000


def test_a_turn_in_which_nobody_pauses_is_ended_all_the_same():
    with PlayedGateway([scripted()], turn_s=10.0) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH, name="Dragoman")  # whose turns are one utterance
        client.sound(SECOND * 50)
        said = client.until_end()
    (phrase,) = [message for message in said if isinstance(message, Phrase)]
    assert phrase.duration_ticks / 1e7 == 40


def test_a_turn_that_is_far_behind_has_no_interim_results_until_it_has_caught_up():
    wanted = []

    class Watched(ScriptedEngine):
        def begin(self, utterance, task):
            wanted.append(task.interims)
            super().begin(utterance, task)

    engine = Watched([Line("A.", late=True)])
    with PlayedGateway([engine]) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound((spoken() + SECOND) * 12)
        client.finish()
        eventually(lambda: figure(gateway.port, "waiting") == 11)
        engine.step()
        client.until_end()
        talk(client, spoken())
    assert wanted == [*sorted(wanted[:-1], reverse=True), True]
    assert 4 < wanted.count(True) < 12


def test_a_turn_that_grows_too_long_is_ended_and_the_next_one_is_taken():
    with PlayedGateway([scripted()], turn_s=10.0) as gateway, Client(gateway.address) as client:
        client.begin(SPANISH)
        client.sound(SECOND * 12)
        assert isinstance(client.until_end()[-1], TurnEnd)
        client.finish()
        assert isinstance(talk(client, spoken())[-1], TurnEnd)
