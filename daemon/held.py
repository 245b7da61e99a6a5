"""One utterance as the streaming client holds it: its sound until the final, and what has been shown of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from daemon.engines.base import Engine, EngineFinal, EngineHypothesis, Task
from daemon.events import Final, Interim, UtteranceBegan, UtteranceEnded, UtterancePaused, UtteranceResumed, Word
from daemon.language_tags import base
from daemon.settings import LanguagesSection
from daemon.stability import StablePrefix, normalised_erasure
from hw.api import SPEECH_FORMAT

#: How many hypotheses must agree on a word before it is promised. Translations wait longer, because a word more of
#: the source can turn a sentence round.
_SOURCE_AGREEMENT = 2
_TARGET_AGREEMENT = 3
_NS_PER_MS = 1_000_000


@dataclass(slots=True)
class HeldUtterance:
    """See the module. `task` and `languages` are what was configured when it began."""

    began: UtteranceBegan
    task: Task
    languages: LanguagesSection = field(default_factory=LanguagesSection)
    ended: UtteranceEnded | None = None
    #: CLOCK_MONOTONIC, nanoseconds.
    ended_ns: int = 0
    sound: list[bytes] = field(default_factory=list)
    sound_bytes: int = 0
    #: Engine → how often it failed while it worked on it.
    failures: Counter[str] = field(default_factory=Counter)
    revision: int = 0
    first_interim_ns: int | None = None
    _source: StablePrefix = field(default_factory=lambda: StablePrefix(_SOURCE_AGREEMENT))
    _targets: dict[str, StablePrefix] = field(default_factory=dict)
    #: Which is shown, ISO 639; empty: none yet.
    _language: str = ""

    @property
    def number(self) -> int:
        """The utterance's number."""
        return self.began.utterance

    @property
    def audio_s(self) -> float:
        """Seconds of sound held."""
        return self.sound_bytes / SPEECH_FORMAT.bytes_per_second

    @property
    def gap_ms(self) -> int:
        """Sound lost before and in it, milliseconds."""
        return self.began.gap_ms + (self.ended.gap_ms if self.ended else 0)

    def keep(self, pcm: bytes) -> None:
        """Hold more of its sound."""
        self.sound.append(pcm)
        self.sound_bytes += len(pcm)

    def hand_to(self, engine: Engine, now_ns: int) -> None:
        """Give an engine all that there is of it."""
        engine.begin(self.number, self.task)
        for pcm in self.sound:
            engine.feed(self.number, pcm)
        if self.ended:
            self.ended_ns = now_ns
            engine.finish(self.number)

    def interim(self, hypothesis: EngineHypothesis, now_ns: int) -> Interim | None:
        """Return what may be shown of a hypothesis; None: nothing, words of another language were promised."""
        if not self._may_show(base(hypothesis.source_lang)):
            return None
        promise = hypothesis.sure_of_language
        self.revision += 1
        self.first_interim_ns = now_ns if self.first_interim_ns is None else self.first_interim_ns
        source = self._source.update(hypothesis.source, promise=promise)
        translations = {
            lang: self._targets.setdefault(lang, StablePrefix(_TARGET_AGREEMENT)).update(text, promise=promise)
            for lang, text in hypothesis.translations.items()
        }
        return Interim(self.number, self.revision, hypothesis.source_lang, source, translations)

    def _may_show(self, language: str) -> bool:
        """Tell whether words of a language may be shown; those of another go if nothing of them was promised."""
        if self._language not in ("", language):
            if any(text.promised for text in (self._source, *self._targets.values())):
                return False
            self._source.begin_anew()
            self._targets.clear()
        self._language = language
        return True

    def final(self, result: EngineFinal, engine: str, now_ns: int, untold_gap_ms: int = 0) -> Final:
        """Return the final that an engine's result makes of it; `untold_gap_ms` was lost in those without a final."""
        first_interim_ns, start_s = self.first_interim_ns, self.began.start_s
        last_voiced_ns = self.ended.last_voiced_ns if self.ended else now_ns
        return Final(
            utterance=self.number,
            source_lang=result.source_lang,
            source=result.source,
            translations=result.translations,
            audio_s=round(self.audio_s, 3),
            start_s=round(start_s, 3),
            end_s=round(self.ended.end_s if self.ended else start_s + self.audio_s, 3),
            engine=engine,
            first_interim_ms=None if first_interim_ns is None else _ms(first_interim_ns - self.began.first_voiced_ns),
            final_ms=_ms(now_ns - last_voiced_ns),
            engine_ms=result.engine_ms,
            gap_ms=untold_gap_ms + self.gap_ms,
            erasure_interim=round(normalised_erasure(self._source.erased, result.source), 3),
            erasure_final=round(normalised_erasure(self._source.erased_by(result.source), result.source), 3),
            given_ns=now_ns,
            words=tuple(_later(word, start_s - self.began.pre_roll_s) for word in result.words),
        )


class HeldUtterances(dict[int, HeldUtterance]):
    """All that are held, by number, the oldest first."""

    @property
    def unfinished(self) -> int:
        """How many are complete and have no final yet."""
        return sum(held.ended is not None for held in list(self.values()))

    @property
    def audio_s(self) -> float:
        """Seconds of sound held."""
        return sum(held.audio_s for held in list(self.values()))

    def too_many(self, bound_s: float) -> list[int]:
        """Return the oldest complete ones that must go for the complete ones to hold at most so much sound.

        Never the newest: an utterance longer than the bound is no reason to lose it.
        """
        closed = [held for held in self.values() if held.ended]
        waiting_s = sum(held.audio_s for held in closed)
        going = []
        for held in closed[:-1]:
            if waiting_s <= bound_s:
                break
            waiting_s -= held.audio_s
            going.append(held.number)
        return going

    def blame_oldest(self, engine: str) -> None:
        """Count a failure of the engine against the utterance that it was working on; the others only waited."""
        for held in self.values():
            held.failures[engine] += 1
            return

    def late(self, now_ns: int, deadline_ns: int) -> list[int]:
        """Return those that have been complete for longer than the deadline."""
        return [held.number for held in self.values() if held.ended and now_ns - held.ended_ns > deadline_ns]


def _later(word: Word, seconds: float) -> Word:
    return replace(word, start_s=round(word.start_s + seconds, 2), end_s=round(word.end_s + seconds, 2))


def hints(engine: Engine) -> dict[type, Callable[[Any], None]]:
    """Return what to do with the gate's hints: an engine takes them as they come, or not at all."""
    return {
        UtterancePaused: lambda event: engine.pause(event.utterance),
        UtteranceResumed: lambda event: engine.resume(event.utterance),
    }


def _ms(nanoseconds: int) -> int:
    return round(nanoseconds / _NS_PER_MS)
