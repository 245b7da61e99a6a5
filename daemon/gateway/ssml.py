"""Reads SSML: what is to be spoken, in which language, with which pauses. What only colours a voice is passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from daemon.wire.errors import WireError

#: Longest text that is taken, characters.
MOST_CHARACTERS = 10_000
_MOST_BYTES = 16 * MOST_CHARACTERS
_MOST_DEPTH = 32
_DURATION = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)(ms|s)")
_MS_PER_S = 1_000
#: Of ``<break/>`` without a time, and the longest one, seconds.
_PAUSE_S, _LONGEST_S = 0.75, 5.0
#: Elements after which a sentence does not go on.
_BLOCKS = frozenset({"p", "s", "voice", "speak", "paragraph", "sentence"})


@dataclass(frozen=True, slots=True)
class Passage:
    """Something to say: a text in one language, or, where the text is empty, a pause."""

    lang: str
    text: str
    pause_s: float = 0.0


def parse_ssml(text: str) -> tuple[Passage, ...]:
    """Return what is to be said, in order. Raises `WireError`."""
    if len(text) > _MOST_BYTES:
        raise WireError("too_long", f"SSML of {len(text)} characters; {_MOST_BYTES} are taken")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.refuse_entities
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(text, True)  # noqa: FBT003 -- its only other argument: that this is all
    except expat.ExpatError as error:
        raise WireError("not_ssml", f"no SSML: {error}") from error
    if not reader.begun:
        raise WireError("not_ssml", "no SSML: the outermost element is not <speak>")
    if sum(len(passage.text) for passage in reader.passages) > MOST_CHARACTERS:
        raise WireError("too_long", f"a text of more than {MOST_CHARACTERS} characters")
    return tuple(reader.passages)


class _Reader:
    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.begun = False
        self._languages: list[str] = []
        #: How many of the elements that are open have their text said in other words.
        self._silenced: list[bool] = []
        self._text = ""

    def refuse_entities(self, *_what: object) -> NoReturn:
        raise WireError("not_ssml", "SSML with a document type is not taken")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.lower()
        if len(self._languages) >= _MOST_DEPTH:
            raise WireError("not_ssml", f"SSML nested more than {_MOST_DEPTH} deep")
        self.begun = self.begun or (name == "speak" and not self._languages)
        lang = attributes.get("xml:lang") or (_of_voice(attributes.get("name", "")) if name == "voice" else "")
        before = self._languages[-1] if self._languages else ""
        if (lang and lang != before) or name in _BLOCKS or name == "break":
            self._flush()
        self._languages.append(lang or before)
        self._silenced.append(name == "sub" and "alias" in attributes)
        if self._silenced[-1]:
            self._text += attributes["alias"]
        if name == "break":
            self.passages.append(Passage(before, "", _pause_s(attributes.get("time", ""))))

    def end(self, name: str) -> None:
        lang = self._languages[-1]
        before = self._languages[-2] if len(self._languages) > 1 else ""
        if lang != before or name.lower() in _BLOCKS:
            self._flush()
        self._languages.pop()
        self._silenced.pop()

    def characters(self, text: str) -> None:
        if not any(self._silenced):
            self._text += text

    def _flush(self) -> None:
        text, self._text = " ".join(self._text.split()), ""
        if text and self._languages:
            self.passages.append(Passage(self._languages[-1], text))


def _of_voice(name: str) -> str:
    """Return the language of a voice, whose name begins with it: ``es-ES-ElviraNeural``."""
    language, _, rest = name.partition("-")
    region = rest.partition("-")[0]
    return f"{language}-{region}" if language and region and "-" in rest else language


def _pause_s(text: str) -> float:
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        return _PAUSE_S
    return min(float(found[1]) / (_MS_PER_S if found[2] == "ms" else 1), _LONGEST_S)
