"""Written sentences as a recognizer hears them that makes no error, and as a translator gets them then."""

from __future__ import annotations

import re

from daemon.engines.on_device.words import Writer
from daemon.phrases import Phrases
from scripts.lib.translator import corpus
from scripts.lib.translator.cardinals import LIMIT, cardinal

#: A number with all that belongs to it, and the half of its day.
_FIGURES = re.compile(r"(?<!\w)[$€£+-]?\d+(?:[.,:]\d+)*(?: ?[%€])?(?!\w)(?: [ap]\.m\.)?")


def as_heard(sentence: str, language: str) -> str:
    """Return the sentence with capitals, stops and figures given back by the device. `language` is ISO 639.

    Whole numbers are heard in words; times, prices and decimals stay as written: how they are said nobody wrote down.
    """
    said, at = "", 0
    for found in _FIGURES.finditer(sentence):
        said += f"{corpus.as_recognized(sentence[at : found.start()])} {_said(found.group(), language)} "
        at = found.end()
    words = said + corpus.as_recognized(sentence[at:])
    return Writer(language, figures=True, phrases=Phrases(())).sentence(words, ()).sure


def _said(figures: str, language: str) -> str:
    whole = figures.isdecimal() and (figures == "0" or figures[0] != "0") and int(figures) <= LIMIT
    return cardinal(int(figures), language) if whole else figures
