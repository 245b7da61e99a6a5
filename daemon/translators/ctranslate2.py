"""CTranslate2: neural translation by any model converted for it, and by the compact ones that ship with Dragoman.

A folder named in `models` is used before those that ship; see `daemon.translators._model_folder` for what is known of
which kind. A model that several directions use is loaded once.

What was measured: one thread is the fastest for single sentences, two are slower; a beam of 4 costs half as much again
as a beam of 1 and is worth a BLEU point.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from daemon.drivers import DriverMissing
from daemon.translators import _lexicon as lexicon
from daemon.translators import _model_folder, _plausible
from daemon.translators._model_folder import ModelFolder
from daemon.translators._placeholders import Hidden, hide
from daemon.translators._sentences import plain, sentences
from daemon.translators.base import MARKS, Translated, TranslatorFailed
from hw.options import option

#: What a translation is worth that looks wrong, or in which a name or a number is lost.
_DOUBTFUL = 0.05
#: What is left of the probability of a token for each word that the model was not taught, that has left no trace in the
#: translation, and that is none in the target language.
_UNKNOWN, _UNTRACED, _INVENTED = 0.8, 0.7, 0.5
_LONGEST_TOKENS = 256
#: Texts beyond this are cut: minutes of speech.
_LONGEST_TEXT = 20_000
_BATCH = 16

#: Translations of one sentence with their mean log-probability, the likeliest first.
_Ranked = list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the translator."""

    models: tuple[str, ...] = option(
        (), "Folders of further models, each preferred to those that follow it and to those that ship."
    )
    beam_size: int = option(4, "Translations that are followed at once; more is a little better and slower.", minimum=1)
    threads: int = option(1, "Threads of one translation; more than 1 pays for models above 100 MB only.", minimum=1)


SETTINGS = Settings


def pairs(settings: Settings) -> list[tuple[str, str]]:
    """Return the directions of the models that are there."""
    return sorted({direction for folder in _folders(settings) for direction in folder.directions})


def package(source: str, target: str) -> str | None:
    """Return None: models are no packages."""
    del source, target
    return None


def faults(settings: Settings) -> list[str]:
    """Return what is wrong with the folders that are named."""
    return _look(settings)[1]


def open(source: str, target: str, settings: Settings) -> CTranslate2Translator:  # noqa: A001 -- every driver module has an `open`
    """Load the model. Raises `DriverMissing`."""
    for folder in _folders(settings):
        if (source, target) in folder.directions:
            return CTranslate2Translator(source, target, folder, _loaded(folder, settings.threads), settings.beam_size)
    raise DriverMissing(
        f"no model here translates {source} to {target}: name its folder in translator.ctranslate2.models"
    )


class CTranslate2Translator:
    """See `daemon.translators.base.Translator`."""

    def __init__(self, source: str, target: str, folder: ModelFolder, model: _Model, beam_size: int) -> None:
        self.source = source
        self.target = target
        self._folder = folder
        self._spelling = folder.directions[source, target]
        self._model = model
        self._beam_size = beam_size

    def translate(self, text: str) -> Translated:
        """See `Translator`. A text of several sentences is as sure as the least sure of them."""
        parts = sentences(plain(text)[:_LONGEST_TEXT], self._folder.longest_words)
        if not parts:
            return Translated("")
        hidden = [hide(part, self._folder.placeholders, self._model.lexicon, MARKS) for part in parts]
        made = [self._best(*each) for each in zip(parts, hidden, self._decoded(hidden), strict=True)]
        return Translated(" ".join(text for text, _ in made), min(sure for _, sure in made))

    def close(self) -> None:
        """See `Translator`. The model's memory goes with the last translator that uses it."""

    def _decoded(self, hidden: list[Hidden]) -> list[_Ranked]:
        """Return the model's translations of each sentence, the likeliest first, with their mean log-probability."""
        rows = [[*self._spelling.before, *self._model.pieces(each.text), *self._spelling.after] for each in hidden]
        try:
            return self._model.translate(rows, self._spelling.prefix, self._beam_size)
        except (RuntimeError, ValueError) as error:
            raise TranslatorFailed(f"{self._folder.path.name} failed: {error}") from error

    def _best(self, sentence: str, hidden: Hidden, decoded: _Ranked) -> tuple[str, float]:
        """Return the most trustworthy translation of a sentence, and how sure it is."""
        judged = [each for text, score in decoded if (each := self._judged(sentence, hidden, text, score))]
        if not judged:
            return self._without_placeholders(sentence), _DOUBTFUL
        text, probability = max(judged, key=lambda each: each[1])
        return text, reliability(probability, self._folder.reliability) if probability else _DOUBTFUL

    def _judged(self, sentence: str, hidden: Hidden, translated: str, score: float) -> tuple[str, float] | None:
        """Return a translation with what was hidden, and its probability, 0 if it looks wrong.

        None if something hidden is lost.
        """
        text = hidden.shown(translated)
        if text is None:
            return None
        if _plausible.why_not(sentence, text):
            return text, 0.0
        known = self._model.lexicon
        left = _UNKNOWN ** known.unknown(hidden.text)
        left *= _UNTRACED ** known.untraced(hidden.text, translated)
        left *= _INVENTED ** known.invented(hidden.text, translated)
        return text, math.exp(score) * left

    def _without_placeholders(self, sentence: str) -> str:
        """Translate with everything in the open, where the model lost what was hidden: the least that is left to do."""
        return self._decoded([Hidden(sentence)])[0][0][0]


class _Model:
    """A loaded model and its pieces; may be used by several threads."""

    def __init__(self, folder: ModelFolder, threads: int) -> None:
        import ctranslate2  # noqa: PLC0415 -- only when it is used
        import sentencepiece  # noqa: PLC0415 -- likewise

        self._translator = ctranslate2.Translator(
            str(folder.path), device="cpu", compute_type="default", inter_threads=1, intra_threads=threads
        )
        self._source = sentencepiece.SentencePieceProcessor(model_file=str(folder.source_pieces))
        self._target = sentencepiece.SentencePieceProcessor(model_file=str(folder.target_pieces))
        #: What it was taught of single words; nothing is known of models that others made.
        self.lexicon = lexicon.of_folder(folder.path)

    def pieces(self, text: str) -> list[str]:
        """Return the pieces of a sentence."""
        return list(self._source.encode(text, out_type=str))[:_LONGEST_TOKENS]

    def translate(self, rows: list[list[str]], prefix: tuple[str, ...], beam_size: int) -> list[_Ranked]:
        """Return texts with their mean log-probability, the likeliest first, for each row of pieces."""
        results = self._translator.translate_batch(
            rows,
            target_prefix=[list(prefix)] * len(rows) if prefix else None,
            beam_size=beam_size,
            num_hypotheses=beam_size,
            max_batch_size=_BATCH,
            max_decoding_length=_LONGEST_TOKENS,
            disable_unk=True,
            return_scores=True,
        )
        return [self._texts(result, len(prefix)) for result in results]

    def _texts(self, result: Any, prefix: int) -> _Ranked:
        texts = self._target.decode([tokens[prefix:] for tokens in result.hypotheses])
        scores = [score if math.isfinite(score) else -math.inf for score in result.scores]
        return list(zip(texts, scores, strict=True))


_MODELS: WeakValueDictionary[tuple[Path, int], _Model] = WeakValueDictionary()
_LOADING = threading.Lock()


def _loaded(folder: ModelFolder, threads: int) -> _Model:
    with _LOADING:
        model = _MODELS.get((folder.path, threads))
        if model is None:
            try:
                model = _Model(folder, threads)
            except ImportError as error:
                raise DriverMissing(f"translator.ctranslate2 needs {error.name}: install dragoman[device]") from error
            except (RuntimeError, ValueError, OSError) as error:
                raise DriverMissing(f"{folder.path} does not load: {error}") from error
            _MODELS[folder.path, threads] = model
        return model


def reliability(probability: float, table: tuple[tuple[float, float], ...]) -> float:
    """Return the share of translations that were right at this probability of a token; itself, where nobody counted."""
    if not table:
        return probability
    if probability <= table[0][0]:
        return table[0][1]
    for (below, low), (above, high) in pairwise(table):
        if probability <= above:
            return low + (high - low) * (probability - below) / (above - below)
    return table[-1][1]


def _folders(settings: Settings) -> list[ModelFolder]:
    return _look(settings)[0]


def _look(settings: Settings) -> tuple[list[ModelFolder], list[str]]:
    """Return the models that can be read, the preferred first, and what is wrong with the others."""
    found, faulty = [], []
    for path in [*map(Path, settings.models), *_shipped()]:
        try:
            found.append(_model_folder.read(path))
        except DriverMissing as error:
            faulty.append(str(error))
    return found, faulty


def _shipped() -> list[Path]:
    models = Path(str(resources.files("daemon.data"))) / "models"
    return sorted(path.parent for path in models.glob("*/model.bin"))
