"""Two languages by turns: which of the two is spoken."""

from __future__ import annotations

import math

import pytest

from daemon.engines.on_device.both_sides import BothSides
from daemon.recognizers.base import Recognition


class Side:
    """A recognizer whose words fit as the test says."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.fits = -math.inf
        self.final = Recognition()
        self.fed = self.begun = self.closed = self.ahead = 0

    def begin(self) -> None:
        self.fed, self.begun = 0, self.begun + 1

    def feed(self, pcm: bytes) -> None:
        self.fed += len(pcm)

    def partial(self) -> str:
        return f"in {self.language}"

    def score(self) -> float:
        return self.fits

    def anticipate(self) -> bool:
        self.ahead += 1
        return self.language == "en-US"

    def resume(self) -> None:
        pass

    def finish(self, *, second_pass: bool = True) -> Recognition:
        del second_pass
        return self.final

    def expect(self, phrases) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def sides():
    return Side("en-US"), Side("es-ES")


@pytest.fixture
def both(sides):
    return BothSides({side.language: side for side in sides})


def hear(both, sides, english: float, spanish: float) -> str:
    sides[0].fits, sides[1].fits = english, spanish
    both.feed(bytes(2))
    return both.partial()


def test_nothing_is_shown_until_it_is_clear_who_speaks(both, sides):
    both.begin()
    assert hear(both, sides, -math.inf, -math.inf) == ""
    assert hear(both, sides, -0.5, -math.inf) == ""  # the other has no words yet
    assert hear(both, sides, -0.6, -0.5) == ""
    assert hear(both, sides, -1.0, -0.8) == "in es-ES"
    assert both.language == "es-ES"


def test_who_was_shown_too_soon_is_put_right(both, sides):
    both.begin()
    assert hear(both, sides, -1.0, -0.8) == "in es-ES"
    assert not both.sure
    assert hear(both, sides, -1.0, -1.1) == "in es-ES"  # not clear enough
    assert hear(both, sides, -1.0, -1.2) == "in en-US"
    assert (both.language, both.sure) == ("en-US", False)


def test_who_speaks_beyond_doubt_stays_until_the_next_utterance(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.65)
    assert not both.sure
    hear(both, sides, -1.0, -0.5)
    assert both.sure
    assert hear(both, sides, -1.0, -1.9) == "in es-ES"
    both.begin()
    assert not both.sure
    assert hear(both, sides, -1.0, -1.9) == "in en-US"


def test_words_of_one_side_alone_make_nobody_sure(both, sides):
    both.begin()
    assert hear(both, sides, -0.1, -math.inf) == ""
    assert not both.sure


def test_who_cannot_be_meant_rests_until_the_next_utterance(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.5)
    hear(both, sides, -1.0, -0.5)
    assert (sides[0].fed, sides[1].fed) == (2, 4)
    both.begin()
    hear(both, sides, -1.0, -1.0)
    assert (sides[0].fed, sides[1].fed) == (2, 2)


def test_one_side_alone_is_shown_at_once(sides):
    alone = BothSides({"es-ES": sides[1]})
    alone.begin()
    alone.feed(bytes(2))
    assert (alone.partial(), alone.language, alone.sure) == ("in es-ES", "es-ES", True)


def test_the_last_word_is_judged_anew(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.8)
    sides[0].final, sides[1].final = Recognition("hello", score=-1.0), Recognition("jaló", score=-1.1)
    assert both.finish().text == "hello"
    assert both.language == "en-US"


@pytest.mark.parametrize(("english", "spanish", "language"), [("", "hola", "es-ES"), ("", "", "en-US")])
def test_who_heard_no_words_is_not_meant(both, sides, english, spanish, language):
    both.begin()
    sides[0].final, sides[1].final = Recognition(english, score=-0.1), Recognition(spanish, score=-2.0)
    assert both.finish().text == (english or spanish)
    assert both.language == language


def test_a_pause_is_charged_to_both_sides_alike(both, sides):
    both.begin()
    hear(both, sides, -1.0, -1.0)
    assert both.anticipate()
    assert [side.ahead for side in sides] == [1, 1]


@pytest.mark.parametrize(("chosen", "heard"), [("es", "es-ES"), ("en-GB", "en-US"), ("fr", "en-US")])
def test_where_the_sound_does_not_tell_the_side_that_was_chosen_last_is_meant(both, chosen, heard):
    both.prefer(chosen)
    both.begin()
    both.finish()
    assert both.language == heard


def test_both_are_closed(both, sides):
    both.close()
    assert [side.closed for side in sides] == [1, 1]
