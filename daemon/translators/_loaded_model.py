"""A translation model in memory, which all directions that it serves share."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from daemon.drivers import DriverMissing
from daemon.translators import _lexicon as lexicon
from daemon.translators._model_folder import ModelFolder
from daemon.translators._together import Together

#: Tokens around the pieces of a sentence, at most.
_AROUND = 4
_BATCH = 16
#: A translation has at most so many times the tokens of its source, and some more: one that finds no end costs no more.
_LONGER, _SLACK = 2, 20

#: Translations of one sentence with their mean log-probability, the likeliest first.
Ranked = list[tuple[str, float]]


class Row(NamedTuple):
    """A sentence in pieces, and what its translation begins with."""

    pieces: list[str]
    prefix: tuple[str, ...]


class Asked(NamedTuple):
    """A sentence in pieces, and a translation in pieces of which is asked how likely it is."""

    pieces: list[str]
    translation: list[str]


class LoadedModel:
    """A model and its pieces; may be used by several threads, whose sentences it translates together."""

    def __init__(self, folder: ModelFolder, threads: int, beam_size: int) -> None:
        self._longest_pieces = folder.longest_tokens - _AROUND
        self._source = _pieces(folder.source_pieces)
        self._path = folder.path
        decoder = _Decoder(folder, _pieces(folder.target_pieces), threads, beam_size)
        #: Texts with their mean log-probability, the likeliest first, for each row.
        self.translate: Together[Row, Ranked] = Together(decoder.translate)
        #: The mean log-probability of each translation that is asked about.
        self.likelihoods: Together[Asked, float] = Together(decoder.likelihoods)

    @cached_property
    def lexicon(self) -> lexicon.Lexicon:
        """What it was taught of single words; nothing is known of models that others made. Raises `DriverMissing`."""
        try:
            return lexicon.of_folder(self._path)
        except (OSError, ValueError) as error:
            raise DriverMissing(f"the words of {self._path} cannot be read: {error}") from error

    def pieces(self, text: str) -> list[str]:
        """Return the pieces of a sentence."""
        return list(self._source.encode(text, out_type=str))[: self._longest_pieces]


class _Decoder:
    """The network, and the pieces of what it answers."""

    def __init__(self, folder: ModelFolder, target: Any, threads: int, beam_size: int) -> None:
        import ctranslate2  # noqa: PLC0415 -- only when it is used

        self._translator = ctranslate2.Translator(
            str(folder.path), device="cpu", compute_type="default", inter_threads=1, intra_threads=threads
        )
        self._target = target
        self._beam_size = beam_size
        self._longest_tokens = folder.longest_tokens - _AROUND
        self._shortlist = folder.shortlist

    def translate(self, rows: Sequence[Row]) -> list[Ranked]:
        most = _LONGER * max(len(row.pieces) for row in rows) + _SLACK
        results = self._translator.translate_batch(
            [row.pieces for row in rows],
            target_prefix=[list(row.prefix) for row in rows] if rows[0].prefix else None,
            beam_size=self._beam_size,
            num_hypotheses=self._beam_size,
            max_batch_size=_BATCH,
            max_decoding_length=min(self._longest_tokens, most),
            disable_unk=True,
            use_vmap=self._shortlist,
            return_scores=True,
        )
        return [self._texts(result, len(row.prefix)) for row, result in zip(rows, results, strict=True)]

    def likelihoods(self, asked: Sequence[Asked]) -> list[float]:
        results = self._translator.score_batch(
            [each.pieces for each in asked], [each.translation for each in asked], max_batch_size=_BATCH
        )
        return [fmean(result.log_probs) for result in results]

    def _texts(self, result: Any, prefix: int) -> Ranked:
        texts = self._target.decode([tokens[prefix:] for tokens in result.hypotheses])
        scores = [score if math.isfinite(score) else -math.inf for score in result.scores]
        return list(zip(texts, scores, strict=True))


_PIECES: WeakValueDictionary[bytes, Any] = WeakValueDictionary()
_MODELS: WeakValueDictionary[tuple[Path, int, int], LoadedModel] = WeakValueDictionary()
_LOADING = threading.Lock()


def load(folder: ModelFolder, threads: int, beam_size: int) -> LoadedModel:
    """Return the model, which is loaded once for all who use it. Raises `DriverMissing`."""
    with _LOADING:
        model = _MODELS.get((folder.path, threads, beam_size))
        if model is None:
            try:
                model = LoadedModel(folder, threads, beam_size)
            except ImportError as error:
                raise DriverMissing(f"translator.ctranslate2 needs {error.name}: install dragoman[device]") from error
            except (RuntimeError, ValueError, LookupError, MemoryError, OSError) as error:
                raise DriverMissing(f"{folder.path} does not load: {error}") from error
            _MODELS[folder.path, threads, beam_size] = model
        return model


def _pieces(file: Path) -> Any:
    """Return what cuts into pieces; the models of two ways have the same, which is loaded once."""
    import sentencepiece  # noqa: PLC0415 -- only when it is used

    content = file.read_bytes()
    key = hashlib.sha256(content).digest()
    found = _PIECES.get(key)
    if found is None:
        found = _PIECES[key] = sentencepiece.SentencePieceProcessor(model_proto=content)
    return found
