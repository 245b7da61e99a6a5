"""CMU Pocketsphinx, whose wheel brings a model of US English: recognition with nothing to download.

One decoder does both passes. The *live pass* decodes as the sound comes, normalised by the cepstral mean of what was
said before, and gives the words so far. The *second pass* decodes the whole utterance again, normalised by its own
mean, which takes a quarter of the wrong words away.

What was measured of the library, and is not written in its manual:

- ``process_raw(full_utt=False)`` leaves the decoder in live normalisation for good; ``reinit_feat`` takes it out.
- The mean of a whole utterance can be had without decoding it: ``process_raw(no_search=True, full_utt=True)`` under a
  search that costs nothing (a grammar of two words). With it set again before each block, the second pass may go block
  by block, and be abandoned between two of them, at the accuracy of ``full_utt=True``.
- ``maxhmmpf=3000`` cuts the cost to less than half and costs no accuracy; narrower beams, ``ds`` and ``topn`` do.
- It holds the interpreter's lock while it decodes, and writes to the standard error unless told not to.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daemon.drivers import DriverMissing
from hw.api import SPEECH_FORMAT
from hw.options import option

if TYPE_CHECKING:
    from pocketsphinx import Decoder

#: Language of the model in the wheel.
_BUNDLED = "en-US"
#: One block of the second pass: 100 ms.
_BLOCK_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Sound kept for the second pass; more than the gate's longest utterance. Whatever is longer has its live pass only.
_KEPT_BYTES = 60 * SPEECH_FORMAT.bytes_per_second
#: Less has no word in it, and no mean worth the name.
_LEAST_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: The search that takes the utterance's mean.
_MEAN = "mean"
_MEAN_GRAMMAR = "#JSGF V1.0; grammar mean; public <mean> = {} | {};"
#: How a model definition begins, by its byte order, or the version that a text one has. Over any other the library ends
#: the process.
_BINARY_MDEF = (b"BMDF", b"FDMB")
_TEXT_MDEF = b"0.3"
#: Second pronunciations are written ``the(2)``.
_PRONUNCIATION = re.compile(r"\(\d+\)$")


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the recognizer."""

    model_dir: str = option(
        "", "Folder of another model: acoustic model (a folder with mdef), *.lm.bin, *.dict; empty: the US English one."
    )
    model_language: str = option("", "Language of the model in model_dir, BCP-47.", pattern=r"|[A-Za-z]{2,3}(-\w+)*")
    flat_pass: bool = option(
        default=False,
        doc="Look at each utterance once more: fewer wrong words, twice the time; files always have it.",
    )
    active_states: int = option(
        3000, "Most model states alive in 10 ms: fewer are faster and less accurate.", minimum=500, maximum=30_000
    )


SETTINGS = Settings
#: Options for work that nobody waits for.
PATIENT = {"flat_pass": True}


class _Model(NamedTuple):
    language: str
    acoustic: Path
    words: Path
    dictionary: Path


def languages(settings: Settings) -> list[str]:
    """Return the languages that are installed. Raises `DriverMissing` without the library or with half a model."""
    return [_find_model(settings).language]


def open(language: str, settings: Settings) -> PocketsphinxRecognizer:  # noqa: A001 -- every driver module has an `open`
    """Load the model (less than a second, 150 MB). Raises `DriverMissing`."""
    model = _find_model(settings)
    if _base(language) != _base(model.language):
        raise DriverMissing(
            f"pocketsphinx has no model for {language!r} here, only for {model.language}: "
            "set recognizer.pocketsphinx.model_dir and model_language"
        )
    return PocketsphinxRecognizer(model.language, _load(model, settings))


class PocketsphinxRecognizer:
    """See `daemon.recognizers.base.Recognizer`."""

    def __init__(self, language: str, decoder: Decoder) -> None:
        self.language = language
        self._decoder: Decoder | None = decoder
        self._words = decoder.current_search()
        self._open = False
        self._samples = bytearray()
        #: Sound was left out of `_samples`.
        self._too_long = False
        self._half_sample = b""

    def begin(self) -> None:
        """See `Recognizer`."""
        self._end_live()
        self._samples.clear()
        self._too_long, self._half_sample = False, b""
        self._ready().start_utt()
        self._open = True

    def feed(self, pcm: bytes) -> None:
        """See `Recognizer`. Without `begin` it does nothing."""
        if not self._open:
            return
        pcm = self._half_sample + pcm
        whole = len(pcm) - len(pcm) % SPEECH_FORMAT.sample_bytes
        pcm, self._half_sample = pcm[:whole], pcm[whole:]
        if pcm:
            self._keep(pcm)
            self._ready().process_raw(pcm, no_search=False, full_utt=False)

    def partial(self) -> str:
        """See `Recognizer`."""
        return _words_of(self._ready()) if self._open else ""

    def finish(self, *, second_pass: bool = True) -> str:
        """See `Recognizer`. A second pass takes about a tenth of the utterance's length."""
        text = self._end_live()
        if not second_pass or self._too_long or len(self._samples) < _LEAST_BYTES:
            return text
        return _exhaust(self._second_pass(bytes(self._samples)))

    def close(self) -> None:
        """See `Recognizer`."""
        self._open = False
        self._decoder = None

    def _end_live(self) -> str:
        if not self._open:
            return ""
        self._open = False
        decoder = self._ready()
        decoder.end_utt()
        return _words_of(decoder)

    def _second_pass(self, pcm: bytes) -> Generator[None, None, str]:
        """Decode the utterance block by block and return its words; may be closed between two blocks.

        Afterwards the decoder is ready for a live pass, with the mean that it had before.
        """
        decoder = self._ready()
        before = decoder.get_cmn(update=False)
        mean = self._mean_of(decoder, pcm)
        yield
        decoder.reinit_feat()
        decoder.start_utt()
        try:
            for start in range(0, len(pcm), _BLOCK_BYTES):
                decoder.set_cmn(mean)  # else it drifts with each block
                decoder.process_raw(pcm[start : start + _BLOCK_BYTES], no_search=False, full_utt=False)
                yield
        finally:
            decoder.set_cmn(mean)
            decoder.end_utt()
            decoder.set_cmn(before)
        return _words_of(decoder)

    def _mean_of(self, decoder: Decoder, pcm: bytes) -> str:
        """Return the cepstral mean of an utterance; costs a hundredth of its length."""
        decoder.activate_search(_MEAN)
        try:
            decoder.reinit_feat()
            decoder.start_utt()
            decoder.process_raw(pcm, no_search=True, full_utt=True)
            mean: str = decoder.get_cmn(update=False)
            decoder.end_utt()
        finally:
            decoder.activate_search(self._words)
        return mean

    def _keep(self, pcm: bytes) -> None:
        self._too_long = self._too_long or len(self._samples) + len(pcm) > _KEPT_BYTES
        if not self._too_long:
            self._samples += pcm

    def _ready(self) -> Decoder:
        if self._decoder is None:
            raise RuntimeError("the recognizer is closed")
        return self._decoder


def _exhaust(steps: Generator[None, None, str]) -> str:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            text: str = done.value
            return text


def _words_of(decoder: Decoder) -> str:
    hypothesis = decoder.hyp()
    return clean(hypothesis.hypstr) if hypothesis else ""


def clean(hypothesis: str | None) -> str:
    """Return the words alone: no fillers (``<sil>``, ``[NOISE]``, ``++um++``), no numbers of pronunciations."""
    words = (_PRONUNCIATION.sub("", word) for word in (hypothesis or "").split())
    return " ".join(word for word in words if word and word[0] not in "<[" and not word.startswith("++"))


def _find_model(settings: Settings) -> _Model:
    if settings.model_dir:
        return _model_in(Path(settings.model_dir), settings.model_language)
    try:
        from pocketsphinx import get_model_path  # noqa: PLC0415 -- only those who recognize need the library
    except ImportError as error:
        raise DriverMissing("the recognizer pocketsphinx needs its library: pip install 'dragoman[device]'") from error
    folder = Path(get_model_path("en-us"))
    return _Model(_BUNDLED, folder / "en-us", folder / "en-us.lm.bin", folder / "cmudict-en-us.dict")


def _model_in(folder: Path, language: str) -> _Model:
    if not language:
        raise DriverMissing("recognizer.pocketsphinx.model_language must say which language model_dir is for")
    definition = _only(folder, "*/mdef")
    with definition.open("rb") as file:
        head = file.read(1_024)
    if not head.startswith(_BINARY_MDEF) and _TEXT_MDEF not in head:
        raise DriverMissing(f"recognizer.pocketsphinx.model_dir: {definition} is no model definition")
    return _Model(language, definition.parent, _only(folder, "*.lm.bin"), _only(folder, "*.dict"))


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise DriverMissing(f"recognizer.pocketsphinx.model_dir: {folder} has {len(found)} {pattern}, one is needed")
    return found[0]


def _load(model: _Model, settings: Settings) -> Decoder:
    from pocketsphinx import Decoder  # noqa: PLC0415 -- a hundred megabytes for those who recognize

    try:
        decoder = Decoder(
            hmm=str(model.acoustic),
            lm=str(model.words),
            dict=str(model.dictionary),
            maxhmmpf=settings.active_states,
            fwdflat=settings.flat_pass,
            loglevel="FATAL",
        )
        decoder.add_jsgf_string(_MEAN, _MEAN_GRAMMAR.format(*_two_words(model.dictionary)))
    except (RuntimeError, ValueError) as error:
        raise DriverMissing(f"pocketsphinx cannot load the model in {model.acoustic.parent}: {error}") from error
    return decoder


def _two_words(dictionary: Path) -> tuple[str, str]:
    """Return two words of plain letters that the model knows."""
    found: list[str] = []
    with dictionary.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            word = line.split(maxsplit=1)[0] if line.strip() else ""
            if word.isalpha() and word.isascii():
                found.append(word)
            if len(found) > 1:
                return found[0], found[1]
    raise DriverMissing(f"{dictionary} has no words")


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
