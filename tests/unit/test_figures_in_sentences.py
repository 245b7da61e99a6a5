"""Figures in what the engine on this device writes: sentences, growing ones, and their words."""

from __future__ import annotations

import pytest

from daemon.engines.on_device.words import Writer, as_shown
from daemon.events import Word
from daemon.figures.writing import Segment
from daemon.phrases import phrases_of
from daemon.stability import StablePrefix


def writer(*, figures=True):
    return Writer("en-US", figures=figures, phrases=phrases_of(()))


def test_a_growing_number_rewrites_no_promised_text():
    heard_in, stable = writer(), StablePrefix(2)
    words = "it costs two hundred and fifty euros at half past seven in the evening on the fifth of may".split()  # noqa: SIM905
    final = heard_in.sentence(" ".join(words), ()).text
    for heard in range(1, len(words) + 1):
        shown = stable.update(heard_in.hypothesis(" ".join(words[:heard])))
        assert final.startswith(shown.text)
    assert final == "It costs 250 euros at 7:30 in the evening on 5 May."
    assert shown.text == "It costs 250 euros at 7:30 in the evening on"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("two hundred euros", "200 euros."),
        ("nine one one", "911."),
        ("is it at seven p m", "Is it at 7 p.m.?"),
        ("it is at seven p m", "It is at 7 p.m."),
    ],
)
def test_figures_are_put_into_a_sentence(words, sentence):
    assert writer().sentence(words, ()).text == sentence


def test_without_figures_words_stay_words():
    plain = writer(figures=False)
    assert plain.hypothesis("it costs two hundred") == "It costs two hundred"
    assert plain.sentence("it costs two hundred euros", ()).text == "It costs two hundred euros."


def heard(text):
    return [Word(word, at / 10, (at + 1) / 10, 0.9 - at / 10) for at, word in enumerate(text.split())]


def test_a_number_of_several_words_is_one_word_and_says_what_was_heard():
    words = heard("it costs two hundred and fifty euros")
    text, shown, _sure = writer().sentence("it costs two hundred and fifty euros", words)
    assert " ".join(word.text for word in shown) == text == "It costs 250 euros."
    number = shown[2]
    assert (number.text, number.heard) == ("250 euros.", "two hundred and fifty euros")
    assert (number.start_s, number.end_s, number.confidence) == (0.2, 0.7, words[6].confidence)
    assert [word.heard for word in shown[:2]] == ["", ""]


def test_a_piece_with_spaces_is_one_word():
    shown = as_shown(heard("at seven p m"), "At 7 p.m.", [Segment("at", 1), Segment("7 p.m.", 3)])
    assert [word.text for word in shown] == ["At", "7 p.m."]
