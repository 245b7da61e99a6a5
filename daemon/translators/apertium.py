"""Apertium: rule-based translation by a pipeline of small programs, one pipeline a direction, started once and kept.

Each package installs *modes*, files of one line that name the programs of a direction as a shell would run them. They
are run here without a shell, each with ``-z``: a text ends with a NUL, and so does its translation.

What was measured, and is not written in the manual:

- ``apertium -z MODE`` hangs; so does ``lt-proc -z`` until it sees the byte *after* the NUL, unless the text ends in a
  blank of the stream format, as it does here.
- Without a stop at its end a sentence is translated worse. It gets one, which is taken away again.
- Spanish comes with a blank before the last stop, and questions without their first mark.

The stream format (https://wiki.apertium.org/wiki/Apertium_stream_format) gives meaning to some characters; they are
escaped by a backslash on the way in, so that whatever is not escaped on the way out is a mark or a blank of Apertium's.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from daemon.drivers import DriverMissing
from daemon.translators._clock import corrected
from daemon.translators._pipeline import NullFlushPipeline, PipelineFailed
from daemon.translators._sentences import plain
from daemon.translators.base import Translated, TranslatorFailed
from hw.options import option

_MODE_NAME = re.compile(r"([a-z]{2,3})-([a-z]{2,3})")
#: Three-letter codes in names of modes → the two-letter ones of the settings.
_ISO_639_1 = {
    "arg": "an", "ast": "ast", "bel": "be", "cat": "ca", "dan": "da", "deu": "de", "eng": "en", "epo": "eo",
    "eus": "eu", "fra": "fr", "glg": "gl", "hbs": "sh", "isl": "is", "ita": "it", "mkd": "mk", "oci": "oc",
    "por": "pt", "ron": "ro", "rus": "ru", "slv": "sl", "spa": "es", "srd": "sc", "swe": "sv", "ukr": "uk",
}  # fmt: skip
#: Debian's packages for pairs that translate both ways.
_PACKAGES = {
    frozenset(pair.split("-")): package
    for pair, package in {
        "en-es": "apertium-eng-spa", "en-ca": "apertium-eng-cat", "en-gl": "apertium-en-gl", "en-eo": "apertium-eo-en",
        "en-sh": "apertium-hbs-eng", "es-ca": "apertium-spa-cat", "es-gl": "apertium-es-gl", "es-pt": "apertium-es-pt",
        "es-it": "apertium-spa-ita", "es-fr": "apertium-fr-es", "ca-fr": "apertium-fra-cat",
        "ca-it": "apertium-cat-ita", "ca-pt": "apertium-por-cat", "gl-pt": "apertium-pt-gl",
    }.items()
}  # fmt: skip

#: ``$1`` of a mode: generate, leaving unknown words without a mark. ``$2`` (tagger's options) is empty.
_PLACES = {"$1": ["-n"], "$2": []}
_SPECIAL = re.compile(r"[\[\]{}^$/\\@<>]")
#: An escaped character, or a blank.
_MARKUP = re.compile(r"\\(.)|\[[^\]]*\]", re.DOTALL)
#: Before a word that is unknown, not translated, not generated.
_MARKS = re.compile(r"(?<!\S)[*@#](?=\w)")
_BLANK_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?…])")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
#: How sure it is said to be, of sentences of up to so many words and of longer ones, where that was counted: below it
#: the neural translator's answer is the worse one, of which it knows nothing itself. Into Spanish 0.17 would be better
#: for Tatoeba's sentences (51.7 instead of 51.6 BLEU) and worse for a traveller's; of long written ones, at which
#: apertium is better, the neural one is up to 0.31 sure. Into English the neural one's, right or not, are nearer to
#: what a person writes.
_RIGHT = {("en", "es"): (0.12, 0.32), ("es", "en"): (0.05, 0.05)}
_SHORT_WORDS = 14
#: Targets that open a question or exclamation with a mark of its own.
_INVERTED_MARKS = {"es": {"?": "¿", "!": "¡"}, "ast": {"?": "¿", "!": "¡"}}


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the translator."""

    modes_dir: str = option("/usr/share/apertium/modes", "Folder of the installed modes.")
    deadline_s: float = option(
        4.0, "A text not translated after this time is tried once more, seconds.", minimum=0.1, maximum=30
    )


SETTINGS = Settings


def pairs(settings: Settings) -> list[tuple[str, str]]:
    """Return the directions that are installed."""
    return sorted(_modes(settings))


def package(source: str, target: str) -> str | None:
    """Return the Debian package that translates this direction, None where there is none."""
    return _PACKAGES.get(frozenset((source, target)))


def faults(settings: Settings, languages: Collection[str] = ()) -> list[str]:
    """Return nothing: packages are there or not."""
    del settings, languages
    return []


def open(source: str, target: str, settings: Settings) -> ApertiumTranslator:  # noqa: A001 -- every driver module has an `open`
    """Start the pipeline (a tenth of a second to load). Raises `DriverMissing`."""
    mode = _modes(settings).get((source, target))
    if mode is None:
        name = package(source, target)
        raise DriverMissing(f"apertium has no {source}-{target} here: " + (f"install {name}" if name else "no package"))
    try:
        return ApertiumTranslator(source, target, stages(mode), settings.deadline_s)
    except PipelineFailed as error:
        raise DriverMissing(f"apertium {source}-{target} does not start: {error}") from error


def stages(mode: Path) -> list[list[str]]:
    """Return the commands of a mode, null-flushed. Raises `DriverMissing` for a program that is not installed."""
    commands = []
    for part in mode.read_text(encoding="utf-8").strip().split("|"):
        program, *arguments = [word for given in shlex.split(part) for word in _PLACES.get(given, [given])]
        if shutil.which(program) is None:
            raise DriverMissing(f"apertium's mode {mode.name} needs {program}, which is not installed")
        commands.append([program, *([] if "-z" in arguments else ["-z"]), *arguments])
    return commands


class ApertiumTranslator:
    """See `daemon.translators.base.Translator`."""

    def __init__(self, source: str, target: str, commands: list[list[str]], deadline_s: float) -> None:
        self.source = source
        self.target = target
        self.faults = ()
        self._commands = commands
        self._deadline_s = deadline_s
        self._pipeline: NullFlushPipeline | None = NullFlushPipeline(commands)

    @property
    def process_ids(self) -> list[int]:
        """Process ids of the pipeline, first stage first; none while it is down."""
        return self._pipeline.process_ids if self._pipeline else []

    def translate(self, text: str) -> Translated:
        """See `Translator`. Whitespace, control characters and tildes count as single spaces.

        The tilde has a meaning to Apertium's last stage that cannot be escaped.
        """
        sentence = plain(text.replace("~", " "))
        if not sentence:
            return Translated("")
        stopped = sentence if sentence[-1] in ".!?…:;," else sentence + "."
        raw = self._try_twice(_SPECIAL.sub(r"\\\g<0>", stopped).encode())
        translated = plain(_MARKUP.sub(lambda found: found[1] or "", raw).replace("~", " "))
        if not _MARKS.search(sentence):
            translated = _MARKS.sub("", translated)
        if stopped != sentence:
            translated = translated.removesuffix(".")
        timely = corrected(translated, self.source, self.target)
        return Translated(_polish(timely, sentence, self.target), self._sureness(sentence))

    def close(self) -> None:
        """See `Translator`."""
        self._stop()

    def _sureness(self, sentence: str) -> float | None:
        short, long = _RIGHT.get((self.source, self.target), (None, None))
        return short if len(sentence.split()) <= _SHORT_WORDS else long

    def _try_twice(self, data: bytes) -> str:
        try:
            return self._ask(data)
        except PipelineFailed:
            pass  # a stage died or hangs: with a new pipeline it may go well
        try:
            return self._ask(data)
        except PipelineFailed as error:
            raise TranslatorFailed(f"apertium {self.source}-{self.target} failed twice: {error}") from error

    def _ask(self, data: bytes) -> str:
        """Exchange with a pipeline that is in step; one that failed is gone afterwards."""
        try:
            if self._pipeline is None:
                self._pipeline = NullFlushPipeline(self._commands)
            return self._pipeline.exchange(data, self._deadline_s).decode("utf-8", errors="replace")
        except PipelineFailed:
            self._stop()
            raise

    def _stop(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.kill()


def _modes(settings: Settings) -> dict[tuple[str, str], Path]:
    """Return the plain modes (no variants such as ``eng-cat_valencia``), by direction."""
    found = {}
    for path in sorted(Path(settings.modes_dir).glob("*.mode")):
        name = _MODE_NAME.fullmatch(path.stem)
        if name:
            source, target = (_ISO_639_1.get(code, code) for code in name.groups())
            found[source, target] = path
    return found


def _polish(text: str, source_text: str, target: str) -> str:
    """Give the target what its orthography asks for: a capital where the source has one, marks at both ends."""
    text = _BLANK_BEFORE_STOP.sub("", text)
    if text and source_text[0].isupper():
        text = text[0].upper() + text[1:]
    marks = _INVERTED_MARKS.get(target, {})
    sentences = (_opened(sentence, marks) for sentence in _SENTENCE_END.split(text))
    return " ".join(sentences)


def _opened(sentence: str, marks: dict[str, str]) -> str:
    mark = marks.get(sentence[-1:], "")
    return mark + sentence if mark and mark not in sentence and any(map(str.isalnum, sentence)) else sentence
