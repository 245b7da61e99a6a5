"""What the gateway says of an utterance: status, translations, profanity, forms of the words."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from daemon.engines.base import EngineFinal, EngineHypothesis
from daemon.events import Translation, TranslationError, Word
from daemon.gateway.job import BUSY, Job, JobFailed
from daemon.gateway.profanity import clean, is_known, spoken
from daemon.gateway.results import Manner, Piece, hypothesis_of, phrase_of, phrase_of_all
from daemon.wire.from_server import encode_server, parse_server, phrase_body
from daemon.wire.messages import LanguageConfidence, RecognitionStatus, Vocabulary


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


@pytest.mark.parametrize(("heard_s", "duration_ticks"), [(2.0, 14_000_000), (0.5, 0)])
def test_an_interim_result_lasts_as_long_as_its_voice_without_the_sound_before_it(heard_s, duration_ticks):
    began = piece(None)
    began.pre_roll_s = 0.6
    said = hypothesis_of("turn", began, EngineHypothesis(1, "en-US", "hello", {}, heard_s), Manner())
    assert (said.offset_ticks, said.duration_ticks) == (15_000_000, duration_ticks)


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


def test_a_language_that_nobody_could_name_has_no_words_either():
    assert not is_known("a" * 300)  # longer than a file's name may be
    assert not is_known("x" * 9 + "-ES")


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


def test_a_language_that_may_still_turn_out_to_be_another_is_of_low_confidence_and_read_so():
    manner = Manner(tell_language=True)
    for sure in (True, False):
        event = EngineHypothesis(1, "en-US", "a spare", {}, 1.0, sure)
        said = hypothesis_of("turn", piece(None), event, manner)
        sent = encode_server(said)
        assert ('"Confidence":"Low"' in sent.replace(" ", "")) is not sure
        assert parse_server(sent).sure_of_language is sure


def test_a_language_that_was_not_looked_for_is_of_unknown_confidence():
    manner = Manner(tell_language=True, finds_language=False)
    assert phrase_of("turn", piece(final("Hello.")), manner).language_confidence is LanguageConfidence.UNKNOWN
    event = EngineHypothesis(1, "en-US", "a spare", {}, 1.0)
    assert hypothesis_of("turn", piece(None), event, manner).language_confidence is LanguageConfidence.UNKNOWN


# ---------------------------------------------------------------- detailed results

WORDS = (
    Word("It", 0.5, 0.75, 0.9),
    Word("costs", 0.75, 1.0, 0.6),
    Word("250 euros.", 1.0, 2.0, 0.9, "two hundred and fifty euros"),
)
COSTS = EngineFinal(1, "en-US", "It costs 250 euros.", {}, 0, words=WORDS)
DETAILED = Manner(detailed=True)


def test_a_detailed_result_has_the_lexical_form_beside_the_written_one():
    (best,) = phrase_body(phrase_of_all(COSTS, 3.0, DETAILED))["NBest"]
    assert best["Lexical"] == "it costs two hundred and fifty euros"
    assert best["ITN"] == best["Display"] == "It costs 250 euros."
    (bare,) = phrase_body(phrase_of_all(final("Hello, there."), 3.0, DETAILED))["NBest"]
    assert (bare["Lexical"], bare["Display"]) == ("hello there", "Hello, there.")
    assert "Confidence" not in bare, "without words nobody knows how sure it is"


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_a_detailed_result_has_its_words_at_their_places_in_the_sound_of_the_turn(vocabulary):
    open_ = piece(COSTS)
    open_.pre_roll_s = 0.25
    phrase = phrase_of("turn", open_, DETAILED)
    assert parse_server(encode_server(phrase, vocabulary)).details == phrase.details
    words = phrase.details.words
    assert [word.text for word in words] == ["it", "costs", "two hundred and fifty euros"]
    assert [(word.offset_ticks, word.duration_ticks) for word in words] == [
        (17_500_000, 2_500_000),
        (20_000_000, 2_500_000),
        (22_500_000, 10_000_000),
    ]
    assert phrase_body(phrase)["NBest"][0]["Confidence"] == 0.8


def test_who_does_not_ask_for_details_gets_none():
    assert "NBest" not in phrase_body(phrase_of("turn", piece(COSTS), Manner()))


def test_a_recording_with_silence_around_its_words_has_their_time_as_its_own():
    said = phrase_body(phrase_of_all(COSTS, 30.0, Manner()))
    assert (said["Offset"], said["Duration"]) == (5_000_000, 15_000_000)
    nothing = phrase_body(phrase_of_all(final(""), 30.0, DETAILED))
    assert (nothing["RecognitionStatus"], nothing["Duration"]) == ("NoMatch", 300_000_000)


def test_profanity_is_masked_in_the_forms_that_are_shown_and_in_none_of_what_was_heard():
    manner = Manner(profanity="masked", detailed=True)
    (best,) = phrase_body(phrase_of_all(final("Oh shit."), 3.0, manner))["NBest"]
    assert (best["MaskedITN"], best["Display"]) == ("Oh ****.", "Oh ****.")
    assert (best["Lexical"], best["ITN"]) == ("oh shit", "Oh shit.")
