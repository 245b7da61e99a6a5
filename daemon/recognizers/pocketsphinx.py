"""CMU Pocketsphinx, whose wheel brings a model of US English: recognition with nothing to download.

One decoder does both passes. The *live pass* decodes as the sound comes, normalised by the cepstral mean of what was
said before, and gives the words so far. The *second pass* decodes the whole utterance again, normalised by its own
mean, which takes a quarter of the wrong words away.

What was measured of the library, and is not written in its manual (see also `_passes`):

- ``maxhmmpf=3000`` cuts the cost to less than half and costs no accuracy; narrower beams, ``ds`` and ``topn`` do.
- It writes to the standard error unless told not to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from daemon.drivers import DriverMissing
from daemon.recognizers._passes import MEAN_SEARCH, LivePass, SecondPass
from daemon.recognizers.base import Recognition
from hw.api import SPEECH_FORMAT
from hw.options import option

if TYPE_CHECKING:
    from pocketsphinx import Decoder

#: Language of the model in the wheel.
_BUNDLED = "en-US"
#: Sound kept for the second pass; more than the gate's longest utterance. Whatever is longer has its live pass only.
_KEPT_BYTES = 60 * SPEECH_FORMAT.bytes_per_second
#: Less has no word in it, and no mean worth the name.
_LEAST_BYTES = SPEECH_FORMAT.bytes_per_second // 10
#: Of the search that takes the mean of an utterance.
_MEAN_GRAMMAR = "#JSGF V1.0; grammar mean; public <mean> = {} | {};"
#: How a model definition begins, by its byte order, or the version that a text one has. Over any other the library ends
#: the process.
_BINARY_MDEF = (b"BMDF", b"FDMB")
_TEXT_MDEF = b"0.3"


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
        self._sound = bytearray()
        #: Sound was left out of `_sound`.
        self._too_long = False
        self._half_sample = b""
        #: One of them at most; the live pass while an utterance is open and its end is not anticipated.
        self._live: LivePass | None = None
        self._second: SecondPass | None = None
        #: What the live pass had heard when the end was anticipated, and the sound that has come since.
        self._heard = ""
        self._unheard = bytearray()

    def begin(self) -> None:
        """See `Recognizer`."""
        self._end_passes()
        self._sound.clear()
        self._too_long, self._half_sample, self._heard = False, b"", ""
        self._live = LivePass(self._ready())

    def feed(self, pcm: bytes) -> None:
        """See `Recognizer`. Without `begin` it does nothing."""
        if self._live is None and self._second is None:
            return
        pcm = self._half_sample + pcm
        whole = len(pcm) - len(pcm) % SPEECH_FORMAT.sample_bytes
        pcm, self._half_sample = pcm[:whole], pcm[whole:]
        self._keep(pcm)
        if self._live is not None:
            self._live.feed(pcm)
        else:
            self._unheard += pcm

    def partial(self) -> str:
        """See `Recognizer`."""
        return _join(self._heard, self._live.words() if self._live is not None else "")

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
        self._live = LivePass(self._ready())
        self._live.feed(bytes(self._unheard))
        self._unheard.clear()

    def finish(self, *, second_pass: bool = True) -> Recognition:
        """See `Recognizer`. A second pass takes about a tenth of the utterance's length."""
        if not second_pass:
            self.resume()
        self._end_live()
        if second_pass and self._second is None and self._has_second_pass:
            self._second = SecondPass(self._ready(), self._sound)
        second, self._second = self._second, None
        words = second.finish() if second is not None else []
        text = self._heard if second is None else " ".join(word.text for word in words)
        self._heard = ""
        self._sound.clear()
        return Recognition(text, words)

    def close(self) -> None:
        """See `Recognizer`."""
        self._live = self._second = self._decoder = None

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
            self._heard = _join(self._heard, live.end())

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


def _join(heard: str, more: str) -> str:
    return f"{heard} {more}".strip()


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


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
