"""A person's own names and places, heard by the real decoder: their words, and their sounds as its phones."""

# ruff: noqa: RUF001 -- letters of the International Phonetic Alphabet are what is meant

from __future__ import annotations

import pytest

from daemon.events import Word
from daemon.recognizers import _model, pocketsphinx
from daemon.recognizers._phones import phones_of
from daemon.recognizers._vocabulary import Vocabulary
from daemon.recognizers.base import Phrase
from daemon.recognizers.pocketsphinx import Settings
from tests.support.decoding import recognize
from tests.support.recordings import recording, shipped, spanish_model

pytestmark = pytest.mark.parts


def test_phrases_are_heard_that_were_not_and_every_other_word_as_before():
    opened = pocketsphinx.open("en-US", Settings())
    sintra = recording("fleurs-en-002")
    assert "Sintra" not in recognize(opened, sintra)
    others = [Phrase(name, (("a_l_f_a_m_a",),)) for name in ("Alfama", "Rossio")]
    opened.expect([Phrase("Sintra", (("s_ˈɪ_n_t_ɹ_ə",),)), Phrase("Lord - Byron"), *others])
    text = recognize(opened, sintra)
    assert "Sintra" in text
    assert "Lord - Byron" in text
    assert not any(other.text in text for other in others)
    assert recognize(opened, shipped("goforward")) == "go forward ten meters"
    opened.close()


def test_the_words_of_a_phrase_share_its_time():
    vocabulary = Vocabulary()
    vocabulary._texts["phrase#0"] = "Doña Carmen"
    heard = [Word("with", 0.0, 0.2, 0.9), Word("phrase#0", 0.2, 1.2, 0.7)]
    assert list(vocabulary.words(heard)) == [
        Word("with", 0.0, 0.2, 0.9),
        Word("Doña", 0.2, 0.6, 0.7),
        Word("Carmen", 0.6, 1.2, 0.7),
    ]
    assert vocabulary.text("with phrase#0") == "with Doña Carmen"


@pytest.mark.parametrize("length_cs", [1, 3, 9, 17, 100])
@pytest.mark.parametrize("text", ["a - - - - -", "Ng & Co", "a b c d e f"])
def test_the_words_of_a_phrase_lie_one_after_the_other_in_its_time(text, length_cs):
    vocabulary = Vocabulary()
    vocabulary._texts["phrase#0"] = text
    end_s = round(1.0 + length_cs / 100, 2)
    words = list(vocabulary.words([Word("phrase#0", 1.0, end_s, 0.7)]))
    times = [time for word in words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (1.0, end_s)


CMU = frozenset({"AA", "AH", "CH", "D", "ER", "IH", "N", "OW", "R", "S", "T", "Y"})
ROMANCE = frozenset("abdefgijklmnoprstuxyz") | {"ch", "gn", "ll", "rr"}


@pytest.mark.parametrize(
    ("sound", "known", "phones"),
    [
        ("s_ˈɪ_n_t_ɹ_ə", CMU, "S IH N T R AH"),
        ("d_ˈo_ɲ_a", CMU, "D OW N Y AA"),
        ("d_ˈo_ɲ_a", ROMANCE, "d o gn a"),
        ("tʃ_ˈɜː_ɹ_oʊ", CMU, "CH ER R OW"),
        ("tʃ_ˈu_r_o", ROMANCE, "ch u rr o"),
        ("ʃ_ˈɑː_t_oʊ", ROMANCE, "ch a t o u"),
        ("k_a", frozenset({"K"}), ""),
        ("", CMU, ""),
    ],
)
def test_sounds_become_the_nearest_phones_of_the_model(sound, known, phones):
    assert phones_of(sound, known) == phones


def test_the_phones_are_those_of_the_acoustic_model():
    assert len(_model.bundled().phones) == 39
    assert _model.bundled().phones > CMU
    assert _model.model_in(spanish_model(), "es").phones == ROMANCE
