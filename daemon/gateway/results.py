"""From an engine's answers to what the protocol says of an utterance. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from daemon.engines.base import EngineFinal, EngineHypothesis
from daemon.gateway.details import details_of
from daemon.gateway.job import BUSY, Job, JobFailed
from daemon.gateway.profanity import clean
from daemon.wire.messages import Hypothesis, LanguageConfidence, Phrase, RecognitionStatus, Translated
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
    #: How long before the voice its sound begins.
    pre_roll_s: float = 0.0

    @property
    def end_s(self) -> float:
        """Where it ends, as far as that is known."""
        return self.begins_s if self.ends_s is None else self.ends_s


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client wants results: with the language that was found, and what becomes of profanity."""

    tell_language: bool = False
    #: Whether the language is looked for, or is the only one that it can be.
    finds_language: bool = True
    profanity: str = ""
    #: With the forms of the text, and its words.
    detailed: bool = False

    def confidence(self, *, sure: bool = True) -> LanguageConfidence:
        """Return how sure a result's language is."""
        if not self.finds_language:
            return LanguageConfidence.UNKNOWN
        return LanguageConfidence.HIGH if sure else LanguageConfidence.LOW


def hypothesis_of(request_id: str, piece: Piece, event: EngineHypothesis, manner: Manner) -> Hypothesis:
    """Return what is said of an utterance that is open."""
    return Hypothesis(
        request_id,
        clean(event.source, event.source_lang, manner.profanity),
        ticks(piece.begins_s),
        ticks(max(0.0, event.audio_s - piece.pre_roll_s)),
        _translated(event.translations, manner),
        event.source_lang if manner.tell_language else "",
        manner.confidence(sure=event.sure_of_language),
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
    return _said(request_id, last, span, manner, piece.begins_s - piece.pre_roll_s)


def phrase_of_all(final: EngineFinal, sound_s: float, manner: Manner) -> Phrase:
    """Return the last word on a recording of that length which is one utterance."""
    if not final.source:
        return Phrase("", "", 0, ticks(sound_s), status=RecognitionStatus.NO_MATCH)
    begin_s, end_s = (final.words[0].start_s, final.words[-1].end_s) if final.words else (0.0, sound_s)
    return _said("", final, (ticks(begin_s), ticks(end_s) - ticks(begin_s)), manner, 0.0)


def _said(request_id: str, final: EngineFinal, span: tuple[int, int], manner: Manner, sound_begins_s: float) -> Phrase:
    done = {lang: each.text for lang, each in final.translations.items() if each.error is None}
    errors = [each.error.text for each in final.translations.values() if each.error is not None]
    return Phrase(
        request_id,
        clean(final.source, final.source_lang, manner.profanity),
        *span,
        translations=_translated(done, manner),
        language=final.source_lang if manner.tell_language else "",
        # Clients take no translation of a phrase that has an error: it is said only where there is none at all.
        translation_error=errors[0] if errors and not done else None,
        language_confidence=manner.confidence(),
        details=details_of(final, manner.profanity, sound_begins_s) if manner.detailed else None,
    )


def _translated(texts: Mapping[str, str], manner: Manner) -> tuple[Translated, ...]:
    return tuple(Translated(lang, clean(text, lang, manner.profanity)) for lang, text in texts.items())
