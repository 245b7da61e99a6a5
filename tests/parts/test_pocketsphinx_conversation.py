"""Which of two languages is spoken, by the real decoders of both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.engines.on_device.both_sides import BothSides
from daemon.recognizers import pocketsphinx
from daemon.recognizers.pocketsphinx import Settings
from hw.api import SPEECH_FORMAT
from tests.support.decoding import BLOCK_BYTES, feed, recognize
from tests.support.recordings import recording, spanish_model

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("second_pass", [True, False])
@pytest.mark.parametrize(("name", "language"), [("fleurs-es-006", "es"), ("goforward", "en-US")])
def test_the_language_that_is_spoken_fits_better(recognizer, spanish, name, language, second_pass):
    fits = {}
    for each in (recognizer, spanish):
        each.begin()
        feed(each, recording(name)[: 4 * SPEECH_FORMAT.bytes_per_second])
        fits[each.language] = each.finish(second_pass=second_pass).score
    assert max(fits, key=fits.__getitem__) == language


@pytest.fixture
def both() -> Iterator[BothSides]:
    """Just started: what recognizers are worst at."""
    settings = Settings(model_dir=str(spanish_model()))
    opened = BothSides({language: pocketsphinx.open(language, settings) for language in ("en-US", "es-ES")})
    yield opened
    opened.close()


def test_a_first_utterance_that_is_long_in_doubt_has_its_last_word_in_the_language_spoken(both):
    heard = recognize(both, recording("fleurs-es-004"))  # English fits better for more than five seconds
    assert both.language == "es-ES"
    assert "campeonato" in heard


def test_words_of_the_wrong_language_are_followed_by_those_of_the_right_one(both):
    pcm = recording("voxforge-es-0027")
    shown = []
    both.begin()
    for start in range(0, len(pcm), BLOCK_BYTES):
        both.feed(pcm[start : start + BLOCK_BYTES])
        if both.partial() and both.language not in shown[-1:]:
            shown.append(both.language)
    assert shown == ["en-US", "es-ES"]
    assert both.sure
    both.finish()
    assert both.language == "es-ES"
