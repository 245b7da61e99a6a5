"""CTranslate2: neural translation by any model converted for it, and by the compact ones that ship with Dragoman.

A folder named in `models` is used before those that lie where models are looked for (`daemon.model_folders`), and these
before those that ship; see `daemon.translators._model_folder` for what is known of which kind. A model that several
directions use is loaded once, and translates a sentence into them as one batch.

What was measured: one thread is the fastest for single sentences, two are slower. Of the translations that a beam ends
with the most trustworthy one is taken, so that a wider beam pays, up to a point: of the models that ship, into Spanish
46.1 BLEU with 4 and 46.4 with 6 of what people say day by day, a sentence of eight words in 4.5 and 4.9 ms.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from daemon import questions
from daemon.drivers import DriverMissing
from daemon.figures import small
from daemon.translators import _essentials, _model_folder, _plausible
from daemon.translators._agreement import agreement
from daemon.translators._lexicon import Lexicon, uncapitalized
from daemon.translators._loaded_model import LoadedModel, Ranked, Row, load
from daemon.translators._model_folder import ModelFolder
from daemon.translators._placeholders import Hidden, hide, is_strange
from daemon.translators._reliability import reliability
from daemon.translators._sentences import as_taught, clauses, plain, sentences, stopped
from daemon.translators._told_back import Back, Candidate, way_back
from daemon.translators.base import MARKS, Translated, TranslatorFailed
from hw.options import option

_log = logging.getLogger(__name__)

#: What a translation is worth that looks wrong, or in which a name or a number is lost.
_DOUBTFUL = 0.05
#: What is left of the probability of a token for each word that the model was not taught, that has left no trace in the
#: translation, that is none in the target language, and that was carried over because it was not taught.
_UNKNOWN, _UNTRACED, _INVENTED, _CARRIED = 0.8, 0.8, 0.5, 0.5
#: And for each small number that is lost, for what else must not be, such as left, right, a half and a no, or becomes
#: its opposite, for figures where nothing was counted, and for what was made up, such as a part of the day.
_LOST = 0.4
#: What is left of how sure it is where a sentence is longer than what the model was taught, and was cut.
_CUT = 0.5
#: Texts beyond this are cut: minutes of speech.
_LONGEST_TEXT = 20_000
#: Words of a clause that a failed sentence is cut into.
_SHORTEST_CLAUSE = 4
#: A text that is not translated after this time fails; what failed of it is tried in pieces for so long only. Seconds.
_DEADLINE_S, _MENDING_S = 6.0, 2.0
#: Sentences between two looks at the clock.
_AT_ONCE = 8
#: Directions of a model that are told.
_TOLD = 4

#: A translation, and how sure it is; of what is not calibrated yet the probability of a token.
_Sure = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the translator."""

    models: tuple[str, ...] = option(
        (), "Folders of further models, each preferred to those that follow it and to those that ship."
    )
    beam_size: int = option(6, "Translations that are followed at once; more is a little better and slower.", minimum=1)
    tell_back: bool = option(
        default=True,
        doc="Let the model of the way back choose among likely translations, where one ships: better, for 16 MB and, "
        "of a fourth of the sentences, nearly twice the time.",
    )
    threads: int = option(1, "Threads of one translation; more than 1 pays for models above 100 MB only.", minimum=1)


SETTINGS = Settings


def pairs(settings: Settings) -> list[tuple[str, str]]:
    """Return the directions of the models that are there."""
    return sorted({direction for folder in _folders(settings) for direction in folder.directions})


def package(source: str, target: str) -> str | None:
    """Return None: models are no packages."""
    del source, target
    return None


def faults(settings: Settings, languages: Collection[str] = ()) -> list[str]:
    """Return what is wrong with the folders that are named: one for none of the languages that are wanted, too."""
    found, faulty = _model_folder.look(settings.models)
    named = {Path(each).absolute() for each in settings.models}
    strangers = [each for each in found if each.path in named and not _serves(each, languages)] if languages else []
    return [*faulty, *(_stranger(each, languages) for each in strangers)]


def open(source: str, target: str, settings: Settings) -> CTranslate2Translator:  # noqa: A001 -- every driver module has an `open`
    """Load the first model that loads. Raises `DriverMissing`."""
    faults: list[str] = []
    for folder in _folders(settings):
        if (source, target) in folder.directions:
            try:
                model = load(folder, settings.threads, settings.beam_size)
                lexicon = model.lexicon
            except DriverMissing as error:
                faults.append(str(error))
            else:
                back = _back(folder, source, target, settings, faults)
                return CTranslate2Translator(source, target, folder, model, lexicon, back, faults)
    raise DriverMissing(
        "; ".join(faults)
        or f"no model here translates {source} to {target}: name its folder in translator.ctranslate2.models"
    )


class CTranslate2Translator:
    """See `daemon.translators.base.Translator`."""

    def __init__(
        self,
        source: str,
        target: str,
        folder: ModelFolder,
        model: LoadedModel,
        lexicon: Lexicon,
        back: Back | None = None,
        faults: Sequence[str] = (),
    ) -> None:
        self.source = source
        self.target = target
        self.faults = tuple(faults)
        self._folder = folder
        self._spelling = folder.directions[source, target]
        self._model = model
        self._lexicon = lexicon
        self._back = back

    def translate(self, text: str) -> Translated:
        """See `Translator`. A text of several sentences is as sure as the least sure of them."""
        line = stopped(as_taught(plain(text)[:_LONGEST_TEXT], self.source), self.source)
        parts = sentences(line, self._folder.longest_words)
        if not parts:
            return Translated("")
        made = list(self._all(parts, time.monotonic()))
        cut = len(parts) > len(sentences(line, _LONGEST_TEXT))
        return Translated(" ".join(text for text, _ in made), min(sure for _, sure in made) * (_CUT if cut else 1.0))

    def close(self) -> None:
        """See `Translator`. The model's memory goes with the last translator that uses it."""

    def _all(self, parts: Sequence[str], began_s: float) -> Iterator[_Sure]:
        """Yield the translations of sentences and clauses. Raises `TranslatorFailed` when they take too long."""
        for at in range(0, len(parts), _AT_ONCE):
            if at and time.monotonic() - began_s > _DEADLINE_S:
                raise TranslatorFailed(f"{at} of {len(parts)} sentences are all that can be done in {_DEADLINE_S:g} s")
            some = parts[at : at + _AT_ONCE]
            for part, made in zip(some, self._made(some), strict=True):
                mend = made[1] <= _DOUBTFUL and time.monotonic() - began_s < _MENDING_S
                yield from self._mended(part, made) if mend else [made]

    def _made(self, parts: Sequence[str]) -> list[_Sure]:
        """Return the most trustworthy translation of each sentence or clause."""
        ways = [self._ways(part) for part in parts]
        decoded = iter(self._decoded([hidden for each in ways for hidden in each]))
        found = [
            self._best(part, [(hidden, next(decoded)) for hidden in each]) if each else (part, _as_it_is(part))
            for part, each in zip(parts, ways, strict=True)
        ]
        # Where what was hidden is lost: with everything in the open, the least that is left to do.
        lost = [Hidden(part) for part, best in zip(parts, found, strict=True) if best is None]
        shown = iter(self._decoded(lost) if lost else ())
        return [(self._without_placeholders(next(shown)), _DOUBTFUL) if best is None else best for best in found]

    def _mended(self, part: str, made: _Sure) -> list[_Sure]:
        """Return the translation of a sentence that failed, or those of its clauses if they are better."""
        pieces = clauses(part, max(_SHORTEST_CLAUSE, len(part.split()) // 2))
        again = self._made(pieces) if len(pieces) > 1 else []
        return again if min((sure for _, sure in again), default=0.0) > made[1] else [made]

    def _ways(self, part: str) -> list[Hidden]:
        """Return the ways to show it to the model: none if it can read no word, two if it was not taught some."""
        if not any(map(str.isalnum, part)) or (self._folder.placeholders and is_strange(part)):
            return []
        known, first = (self._folder.placeholders, self._lexicon, MARKS), self.source == "en"
        usual, carried = (hide(part, *known, untaught=untaught, first=first) for untaught in (False, True))
        return [usual] if carried == usual else [usual, carried]

    def _decoded(self, hidden: list[Hidden]) -> list[Ranked]:
        """Return the model's translations of each sentence, the likeliest first, with their mean log-probability."""
        before, after, prefix = self._spelling.before, self._spelling.after, self._spelling.prefix
        rows = [Row([*before, *self._model.pieces(self._begun(each.text)), *after], prefix) for each in hidden]
        try:
            return self._model.translate(rows) if rows else []
        except (RuntimeError, ValueError) as error:
            raise TranslatorFailed(f"{self._folder.path.name} failed: {error}") from error

    def _begun(self, text: str) -> str:
        """Return a sentence as the model was taught it: what was heard and lacks its stop has no capital either."""
        return text if questions.all_told(self.source) else uncapitalized(text, self._lexicon)

    def _best(self, sentence: str, ways: list[tuple[Hidden, Ranked]]) -> _Sure | None:
        """Return the most trustworthy translation of a sentence, and how sure it is; None if what is hidden is lost."""
        judged = [
            judged
            for hidden, decoded in ways
            for text, score in decoded
            if (judged := self._judged(sentence, hidden, text, score))
        ]
        if not judged:
            return None
        best = self._chosen(judged)
        return best.text, self._sureness(best, judged) if best.probability else _DOUBTFUL

    def _chosen(self, candidates: list[Candidate]) -> Candidate:
        """Return the most trustworthy translation, where somebody tells them back also for what it tells."""
        back = self._back
        if not back or not any(each.probability for each in candidates):
            return max(candidates, key=lambda each: each.probability)
        try:
            return back.best(candidates)
        except (RuntimeError, ValueError, MemoryError) as error:
            _log.warning(
                "the way back of %s failed, and is done without from now on: %s", self._folder.path.name, error
            )
            self._back = None
            return max(candidates, key=lambda each: each.probability)

    def _sureness(self, best: Candidate, translations: list[Candidate]) -> float:
        """Return the share of such translations that were right; the bare probability, where nobody counted."""
        table = self._folder.reliability
        alike = agreement(best.text, [(each.text, each.probability) for each in translations])
        return reliability(best.probability * alike, table) if table else best.probability

    def _judged(self, sentence: str, hidden: Hidden, translated: str, score: float) -> Candidate | None:
        """Return a translation with what was hidden, and its probability, 0 if it looks wrong.

        None if something hidden is lost, or stands there that is not.
        """
        text = hidden.shown(translated)
        if text is None or any(each in translated for each in self._folder.placeholders if each not in hidden.text):
            return None
        if hidden.is_clocked(translated, self.target) or _plausible.why_not(sentence, text):
            return Candidate(text, 0.0, hidden.text, translated)
        known = self._lexicon
        left = _UNKNOWN ** known.unknown(hidden.text)
        left *= _CARRIED**hidden.untaught
        left *= _UNTRACED ** known.untraced(hidden.text, translated)
        left *= _INVENTED ** known.invented(hidden.text, translated)
        left *= _LOST ** small.lost(sentence, text, self.source, self.target)
        left *= _LOST ** small.invented(sentence, text, self.source, self.target)
        left *= _LOST ** _essentials.lost(sentence, text, self.source, self.target)
        left *= _LOST ** _essentials.invented(sentence, text, self.source, self.target)
        return Candidate(text, math.exp(score) * left, hidden.text, translated)

    def _without_placeholders(self, ranked: Ranked) -> str:
        """Return the likeliest translation without what a model made up to stand for something."""
        text = ranked[0][0]
        for placeholder in self._folder.placeholders:
            text = text.replace(placeholder, "")
        return " ".join(text.split())


def _as_it_is(part: str) -> float:
    """Return how sure a text is that stays as it is: one without a word is right in every language."""
    return _DOUBTFUL if any(map(str.isalnum, part)) else 1.0


def _back(folder: ModelFolder, source: str, target: str, settings: Settings, faults: list[str]) -> Back | None:
    """Load the model that tells back what this one says, if it has one. What cannot is a fault, and done without."""
    try:
        return way_back(folder, source, target, settings.threads, settings.beam_size) if settings.tell_back else None
    except DriverMissing as error:
        faults.append(str(error))
    return None


def _serves(folder: ModelFolder, languages: Collection[str]) -> bool:
    return any(source in languages and target in languages for source, target in folder.directions)


def _stranger(folder: ModelFolder, languages: Collection[str]) -> str:
    ways = ", ".join(f"{source} to {target}" for source, target in sorted(folder.directions)[:_TOLD])
    return f"{folder.path} translates {ways}, and wanted are {', '.join(sorted(languages))}"


def _folders(settings: Settings) -> list[ModelFolder]:
    return _model_folder.look(settings.models)[0]
