"""From an engine's answers to what the protocol says of an utterance. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.engines.base import EngineFinal, EngineHypothesis
from daemon.gateway.job import BUSY, Job, JobFailed
from daemon.gateway.profanity import clean
from daemon.wire.messages import Hypothesis, Phrase, RecognitionStatus, Translated
from daemon.wire.units import ticks


@dataclass(slots=True)
class Piece:
    """An utterance of a turn that has no phrase yet. Times are seconds of the turn's sound."""

    number: int
    begins_s: float
    job: Job
    #: Where the voice ended; None while it is open.
    ends_s: float | None = None
    last: EngineFinal | JobFailed | None = None

    @property
    def end_s(self) -> float:
        """Where it ends, as far as that is known."""
        return self.begins_s if self.ends_s is None else self.ends_s


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client wants results: with the language that was found, and what becomes of profanity."""

    tell_language: bool = False
    profanity: str = ""


def hypothesis_of(request_id: str, piece: Piece, event: EngineHypothesis, manner: Manner) -> Hypothesis:
    """Return what is said of an utterance that is open."""
    return Hypothesis(
        request_id,
        clean(event.source, event.source_lang, manner.profanity),
        ticks(piece.begins_s),
        ticks(event.audio_s),
        _translated(event.translations, manner),
        event.source_lang if manner.tell_language else "",
        event.sure_of_language,
    )


def phrase_of(request_id: str, piece: Piece, manner: Manner) -> Phrase:
    """Return the last word on an utterance."""
    begin = ticks(piece.begins_s)
    span = begin, max(0, ticks(piece.end_s) - begin)
    last = piece.last
    if not isinstance(last, EngineFinal):
        busy = last is not None and last.code == BUSY
        status = RecognitionStatus.TOO_MANY_REQUESTS if busy else RecognitionStatus.ERROR
        return Phrase(request_id, last.text if last else "", *span, status=status)
    if not last.source:
        return Phrase(request_id, "", *span, status=RecognitionStatus.NO_MATCH)
    done = {lang: each.text for lang, each in last.translations.items() if each.error is None}
    errors = [each.error.text for each in last.translations.values() if each.error is not None]
    return Phrase(
        request_id,
        clean(last.source, last.source_lang, manner.profanity),
        *span,
        translations=_translated(done, manner),
        language=last.source_lang if manner.tell_language else "",
        # Clients take no translation of a phrase that has an error: it is said only where there is none at all.
        translation_error=errors[0] if errors and not done else None,
    )


def _translated(texts: Mapping[str, str], manner: Manner) -> tuple[Translated, ...]:
    return tuple(Translated(lang, clean(text, lang, manner.profanity)) for lang, text in texts.items())
