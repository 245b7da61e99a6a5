"""From what a client asks, in the address and in ``speech.context``, to what a turn is to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from daemon import phrases
from daemon.engines.base import EngineReady, Task
from daemon.gateway.profanity import MASKED, RAW, REMOVED, is_known
from daemon.gateway.results import Manner
from daemon.language_tags import base
from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import Vocabulary
from daemon.wire.upgrade import Upgrade, with_query

_MOST_TARGETS = 16
#: Candidates that are the sides of a conversation, if both are asked for as targets, too.
_SIDES = 2
#: A candidate that stands for all languages.
_ANY = "UND"


@dataclass(frozen=True, slots=True)
class Order:
    """What a turn is to do."""

    task: Task
    #: Target → voice, those that are to be spoken.
    voices: tuple[tuple[str, str], ...]
    vocabulary: Vocabulary
    #: Ends after one phrase.
    single: bool
    #: The client has a gate of its own: the turn is one utterance.
    whole: bool
    #: Whether results say the language, for it was chosen among candidates; and what becomes of profanity.
    manner: Manner
    initial_silence_s: float
    context: SpeechContext


#: How long a single-shot turn waits for speech where the client does not say, seconds.
_INITIAL_SILENCE_S = 5.0


def order(asked: SpeechContext, upgrade: Upgrade, served: EngineReady, *, whole: bool) -> Order:
    """Return what is to be done. Raises `WireError` for what is not served."""
    context = with_query(asked, upgrade)
    language = _language(context, served)
    context = replace(context, targets=bounded(context.targets))
    return Order(
        task=_task(context, language, served),
        voices=_spoken(context),
        vocabulary=upgrade.vocabulary if context.targets else Vocabulary.RECOGNITION,
        single=context.mode is Mode.INTERACTIVE,
        whole=whole,
        manner=Manner(tell_language=bool(context.candidates), profanity=context.profanity),
        initial_silence_s=(context.initial_silence_ms or _INITIAL_SILENCE_S * 1_000) / 1_000,
        context=context,
    )


def bounded(targets: Iterable[str]) -> tuple[str, ...]:
    """Return target languages, each once. Raises `WireError` for more than an engine should open translators for."""
    known = tuple(dict.fromkeys(targets))
    if len(known) > _MOST_TARGETS:
        raise WireError("too_long", f"{len(known)} target languages; {_MOST_TARGETS} are taken")
    return known


def passed_over(context: SpeechContext, upgrade: Upgrade) -> Iterator[str]:
    """Yield what a client asks for and does not get, in words for the journal."""
    if upgrade.parameter("cid"):
        yield "a custom speech model (cid)"
    if context.category:
        yield "a custom translation category"
    if upgrade.parameter("wordLevelTimestamps") or upgrade.parameter("wordLevelConfidence"):
        yield "times or confidence of words"
    if context.profanity not in ("", RAW, MASKED, REMOVED):
        yield "a way with profanity that there is not"
    elif context.profanity in (MASKED, REMOVED):
        for lang in (context.language, *context.targets):
            if not is_known(lang):
                yield f"profanity {context.profanity} in {base(lang)[:8]!a}, for which there is no list"


def check_language(language: str, served: EngineReady) -> None:
    """Raise `WireError` for a language that is not recognized here."""
    known = sorted({base(tag) for tag in served.recognizes})
    if not language:
        raise WireError("no_language", f"no language is named; recognized here: {', '.join(known)}")
    if base(language) not in known:
        text = f"the language {language[:20]!a} is not recognized here; recognized: {', '.join(known)}"
        raise WireError("unknown_language", text)


def _task(context: SpeechContext, language: str, served: EngineReady) -> Task:
    targets = context.targets
    sides = tuple(_known(context.candidates, served))
    wanted = set(map(base, targets))
    both = len(sides) == len(set(map(base, sides))) == _SIDES and wanted.issuperset(map(base, sides))
    conversation = sides if both else ()
    return Task(language, targets, context.interims, conversation=conversation, phrases=_phrases(context))


def _phrases(context: SpeechContext) -> tuple[str, ...]:
    """Return the phrases of the client's list that are taken: what the recognizer cannot use is passed over."""
    return tuple(phrase for phrase in dict.fromkeys(context.phrases) if not phrases.why_not(phrase))[: phrases.MOST]


def _language(context: SpeechContext, served: EngineReady) -> str:
    fitting = _known(context.candidates, served)
    if fitting:
        return fitting[0]
    if _ANY in context.candidates and served.recognizes:
        return served.recognizes[0]
    check_language(context.language, served)
    return context.language


def _known(languages: Iterable[str], served: EngineReady) -> list[str]:
    known = {base(tag) for tag in served.recognizes}
    return [tag for tag in languages if base(tag) in known]


def _spoken(context: SpeechContext) -> tuple[tuple[str, str], ...]:
    """Return the targets that are spoken: one client names its only voice for every target."""
    own = tuple((lang, voice) for lang, voice in context.voices if base(lang) == base(voice))
    return own or context.voices[:1]
