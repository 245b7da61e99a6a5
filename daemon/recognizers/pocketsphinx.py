"""CMU Pocketsphinx, whose wheel brings a model of US English: recognition with nothing to download.

One decoder does both passes. The *live pass* decodes as the sound comes, normalised by the cepstral mean of what was
said before, and gives the words so far. The *second pass* decodes the whole utterance again, normalised by its own
mean, which takes a quarter of the wrong words away.

What was measured of the library, and is not written in its manual (see also `_passes`):

- ``maxhmmpf=3000`` cuts the cost to less than half and costs no accuracy; narrower beams, ``ds`` and ``topn`` do.
- It writes to the standard error unless told not to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import model_folders
from daemon.drivers import DriverMissing
from daemon.events import Word
from daemon.language_tags import base
from daemon.recognizers import _model
from daemon.recognizers._gain import LiveGain
from daemon.recognizers._model import Model
from daemon.recognizers._passes import MEAN_SEARCH, LivePass, SecondPass
from daemon.recognizers._vocabulary import Vocabulary
from daemon.recognizers.base import Phrase, Recognition
from hw.api import SPEECH_FORMAT
from hw.options import option

if TYPE_CHECKING:
    from pocketsphinx import Decoder

#: Sound kept for the second pass; more than the gate's longest utterance. Whatever is longer has its live pass only.
_KEPT_BYTES = 60 * SPEECH_FORMAT.bytes_per_second
#: Less has no word in it, and no mean worth the name.
_LEAST_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Of the search that takes the mean of an utterance.
_MEAN_GRAMMAR = "#JSGF V1.0; grammar mean; public <mean> = {} | {};"


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the recognizer."""

    model_dir: str = option(
        "",
        "Folder of a model beside the US English one, or of several such folders: acoustic model (a folder with mdef),"
        " *.lm.bin, *.dict.",
    )
    model_language: str = option(
        "",
        "Language of the model in model_dir, BCP-47; empty: the one that its dictionary or folder is named after"
        " (es.dict, es-pocketsphinx).",
        pattern=r"|[A-Za-z]{2,3}(-\w+)*",
        words='a language tag such as "es"; or ""',
    )
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


def languages(settings: Settings) -> list[str]:
    """Return the languages that are installed; a folder that holds no whole model is passed over.

    Raises `DriverMissing` without the library.
    """
    return list(_models(settings)[0])


def faults(settings: Settings) -> list[str]:
    """Return what is wrong with the folders that hold no whole model. Raises `DriverMissing` without the library."""
    return [text for _language, text in _models(settings)[1]]


def open(language: str, settings: Settings) -> PocketsphinxRecognizer:  # noqa: A001 -- every driver module has an `open`
    """Load the model (less than a second, 150 MB). Raises `DriverMissing`."""
    known, faults = _models(settings)
    model = next((each for tag, each in known.items() if base(tag) == base(language)), None)
    if model is None:
        told = "; ".join(text for _language, text in faults)
        raise DriverMissing(
            f"pocketsphinx has no model for {language!r} here, only for {', '.join(known)}: "
            + (told or "recognizer.pocketsphinx.model_dir names the folder of another")
        )
    # A folder whose language nobody can tell may be one of any.
    own = [text for tag, text in faults if base(tag) in ("", base(language))]
    return PocketsphinxRecognizer(model, _load(model, settings), own)


class PocketsphinxRecognizer:
    """See `daemon.recognizers.base.Recognizer`."""

    def __init__(self, model: Model, decoder: Decoder, faults: Sequence[str] = ()) -> None:
        self.language = model.language
        self.faults = tuple(faults)
        self._model = model
        self._vocabulary = Vocabulary()
        self._decoder: Decoder | None = decoder
        self._sound = bytearray()
        #: All of the utterance, kept or not.
        self._fed_bytes = 0
        self._gain = LiveGain()
        #: Sound was left out of `_sound`.
        self._too_long = False
        self._half_sample = b""
        #: One of them at most; the live pass while an utterance is open and its end is not anticipated.
        self._live: LivePass | None = None
        self._second: SecondPass | None = None
        #: What the live pass had heard when the end was anticipated, and the sound that has come since.
        self._heard: list[Word] = []
        self._heard_score = 0.0
        self._unheard = bytearray()

    def expect(self, phrases: Sequence[Phrase]) -> None:
        """See `Recognizer`. Takes half a second, whether few or many."""
        self._vocabulary.teach(self._ready(), self._model, phrases)

    def begin(self) -> None:
        """See `Recognizer`."""
        self._end_passes()
        self._sound.clear()
        self._too_long, self._half_sample, self._heard, self._heard_score = False, b"", [], 0.0
        self._fed_bytes = 0
        self._gain.begin()
        self._live = LivePass(self._ready())

    def feed(self, pcm: bytes) -> None:
        """See `Recognizer`. Without `begin` it does nothing."""
        if self._live is None and self._second is None:
            return
        pcm = self._half_sample + pcm
        whole = len(pcm) - len(pcm) % SPEECH_FORMAT.sample_bytes
        pcm, self._half_sample = pcm[:whole], pcm[whole:]
        self._keep(pcm)
        self._fed_bytes += len(pcm)
        if self._live is not None:
            self._live.feed(self._gain.applied(pcm))
        else:
            self._unheard += pcm

    def partial(self) -> str:
        """See `Recognizer`."""
        heard = [word.text for word in self._heard]
        return self._vocabulary.text(" ".join([*heard, *self._live.words().split()] if self._live else heard))

    def score(self) -> float:
        """See `Recognizer`. Of a live pass that went on after a pause, both stretches."""
        now = self._live.score() if self._live is not None else -math.inf
        if not self._heard:
            return now
        return self._heard_score + (now if now > -math.inf else 0.0)

    def anticipate(self) -> bool:
        """See `Recognizer`. A step is 100 ms of sound, about 15 ms of work; the first takes the whole sound's mean."""
        if self._live is not None and self._has_second_pass:
            self._end_live()
            self._second = SecondPass(self._ready(), self._sound)
            return True
        return self._second is not None and self._second.step()

    def resume(self) -> None:
        """See `Recognizer`. The words so far stand; those that follow are found without them."""
        if self._second is None:
            return
        self._end_second()
        start_bytes = self._fed_bytes - len(self._unheard)
        self._live = LivePass(self._ready(), start_bytes / SPEECH_FORMAT.bytes_per_second)
        self._live.feed(self._gain.applied(bytes(self._unheard)))
        self._unheard.clear()

    def finish(self, *, second_pass: bool = True) -> Recognition:
        """See `Recognizer`. A second pass takes about a tenth of the utterance's length."""
        if not second_pass:
            self.resume()
        self._end_live()
        if second_pass and self._second is None and self._has_second_pass:
            self._second = SecondPass(self._ready(), self._sound)
        heard = self._live_result() if self._second is None else self._second_result(self._second)
        self._second, self._heard = None, []
        self._sound.clear()
        return heard

    def close(self) -> None:
        """See `Recognizer`."""
        self._live = self._second = self._decoder = None

    def _live_result(self) -> Recognition:
        return self._result(self._heard, self.score())

    def _second_result(self, second: SecondPass) -> Recognition:
        return self._result(second.finish(), second.score)

    def _result(self, heard: Sequence[Word], score: float) -> Recognition:
        words = list(self._vocabulary.words(heard))
        return Recognition(" ".join(word.text for word in words), words, score)

    @property
    def _has_second_pass(self) -> bool:
        return not self._too_long and len(self._sound) >= _LEAST_BYTES

    def _end_passes(self) -> None:
        self._end_live()
        self._end_second()
        self._unheard.clear()

    def _end_live(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            more = live.end()
            self._heard += more
            self._heard_score += live.score() if more else 0.0

    def _end_second(self) -> None:
        second, self._second = self._second, None
        if second is not None:
            second.drop()

    def _keep(self, pcm: bytes) -> None:
        self._too_long = self._too_long or len(self._sound) + len(pcm) > _KEPT_BYTES
        if self._too_long:
            self.resume()
        else:
            self._sound += pcm

    def _ready(self) -> Decoder:
        if self._decoder is None:
            raise RuntimeError("the recognizer is closed")
        return self._decoder


def _models(settings: Settings) -> tuple[dict[str, Model], list[tuple[str, str]]]:
    """Return the models by their language, and of folders that hold none the language and what is wrong with them."""
    bundled = _model.bundled()
    known: dict[str, Model] = {bundled.language: bundled}
    faults: list[tuple[str, str]] = []
    named = [(folder, settings.model_language) for folder in _model.folders(settings.model_dir)]
    for folder, said in [*((folder, "") for folder in reversed(model_folders.holding("*.dict"))), *named]:
        language = said or _model.language_of(folder)
        try:
            found = _model.model_in(folder, language)
        except DriverMissing as error:
            faults.append((language, str(error)))
        else:
            # A person's own model of English takes the place of the one in the wheel.
            known = {tag: model for tag, model in known.items() if base(tag) != base(found.language)}
            known[found.language] = found
    return known, faults


def _load(model: Model, settings: Settings) -> Decoder:
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
        decoder.add_jsgf_string(MEAN_SEARCH, _MEAN_GRAMMAR.format(*_two_words(model.dictionary)))
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
