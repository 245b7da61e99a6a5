"""From what a client asks, in the address and in ``speech.context``, to what a turn is to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from daemon import phrases
from daemon.engines.base import EngineReady, Task
from daemon.gateway.profanity import MASKED, RAW, REMOVED, USUAL, is_known
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
#: Of a phrase list, said by clients that set none.
_USUAL_WEIGHT = 1.0


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
    #: How results are told.
    manner: Manner
    initial_silence_s: float
    context: SpeechContext
    #: Source and target that are asked for and not translated here.
    unserved: tuple[tuple[str, str], ...] = ()


#: How long a single-shot turn waits for speech where the client does not say, seconds.
_INITIAL_SILENCE_S = 5.0


def order(asked: SpeechContext, upgrade: Upgrade, served: EngineReady, *, whole: bool) -> Order:
    """Return what is to be done. Raises `WireError` for what is not served."""
    context = with_query(asked, upgrade)
    language = _language(context, served)
    context = replace(context, targets=bounded(context.targets))
    task = _task(context, language, served)
    unserved = tuple(_unserved(task, served))
    if not whole:  # a device shows what was heard all the same
        _check_targets(task, unserved, served)
    return Order(
        task=task,
        voices=_spoken(context),
        vocabulary=upgrade.vocabulary if context.targets else Vocabulary.RECOGNITION,
        single=context.mode is Mode.INTERACTIVE,
        whole=whole,
        manner=_manner(context, task),
        initial_silence_s=(context.initial_silence_ms or _INITIAL_SILENCE_S * 1_000) / 1_000,
        context=context,
        unserved=unserved,
    )


def bounded(targets: Iterable[str]) -> tuple[str, ...]:
    """Return target languages, each once. Raises `WireError` for more than an engine should open translators for."""
    known = tuple(dict.fromkeys(targets))
    if len(known) > _MOST_TARGETS:
        raise WireError("too_long", f"{len(known)} target languages; {_MOST_TARGETS} are taken")
    return known


def passed_over(wanted: Order, upgrade: Upgrade) -> Iterator[str]:
    """Yield what a client asks for and does not get, in words for the journal."""
    context = wanted.context
    if upgrade.parameter("cid"):
        yield "a custom speech model (cid)"
    if context.category:
        yield "a custom translation category"
    if context.semantic:
        yield "phrases that end where sentences do (semantic segmentation)"
    if context.stable_threshold is not None:
        yield "a threshold for stable words of interim results"
    if not wanted.manner.finds_language:
        yield "the language that is spoken, among candidates that are not two targets"
    for source, target in wanted.unserved:
        yield f"a translation from {source[:8]!a} into {target[:20]!a}"
    yield from _passed_over_phrases(context)
    yield from _passed_over_profanity(context, wanted.task)


def _passed_over_phrases(context: SpeechContext) -> Iterator[str]:
    """Say why, and never which: what people expect to be said is nobody's business."""
    if context.phrase_weight not in (None, _USUAL_WEIGHT):
        yield "a weight of the phrase list"
    fault = next(filter(None, map(phrases.why_not, context.phrases)), "")
    if fault:
        yield f"phrases that cannot be looked for, such as one that {fault}"
    if len(set(context.phrases)) > phrases.MOST:
        yield f"more than {phrases.MOST} phrases"


def _passed_over_profanity(context: SpeechContext, task: Task) -> Iterator[str]:
    if context.profanity not in ("", RAW, MASKED, REMOVED):
        yield "a way with profanity that there is not"
    elif context.profanity in (MASKED, REMOVED):
        for lang in (task.source, *task.targets):  # which is spoken may be said by candidates alone
            if not is_known(lang):
                yield f"profanity {context.profanity} in {base(lang)[:8]!a}, for which there is no list"


def _task(context: SpeechContext, language: str, served: EngineReady) -> Task:
    targets = context.targets
    sides = tuple(_known(context.candidates, served))
    wanted = set(map(base, targets))
    both = len(sides) == len(set(map(base, sides))) == _SIDES and wanted.issuperset(map(base, sides))
    conversation = sides if both else ()
    return Task(language, targets, context.interims, conversation=conversation, phrases=_phrases(context))


def _manner(context: SpeechContext, task: Task) -> Manner:
    candidates = context.candidates
    return Manner(
        tell_language=bool(candidates),
        finds_language=bool(task.conversation) or (len(candidates) <= 1 and _ANY not in candidates),
        profanity=context.profanity or USUAL,
        detailed=context.detailed,
    )


def _unserved(task: Task, served: EngineReady) -> Iterator[tuple[str, str]]:
    """Yield the pairs that are asked for and not translated here."""
    known = {(base(pair.source), base(pair.target)) for pair in served.pairs}
    for source, target in _pairs(task):
        if (source, base(target)) not in known:
            yield source, target


def _pairs(task: Task) -> Iterator[tuple[str, str]]:
    for way in task.ways:
        for target in way.targets:
            yield base(way.source), target


def _check_targets(task: Task, unserved: tuple[tuple[str, str], ...], served: EngineReady) -> None:
    """Raise `WireError` if nothing of what is asked for is translated here."""
    # What is asked for in its own language is there all the same, as what was heard.
    if unserved and unserved == tuple(_pairs(task)) and all(source != base(target) for source, target in unserved):
        source, target = unserved[0]
        known = sorted({base(pair.target) for pair in served.pairs if base(pair.source) == source})
        text = f"{target[:20]!a} is not translated into from {source}; there is: {', '.join(known) or 'nothing'}"
        raise WireError("unknown_language", text)


def _phrases(context: SpeechContext) -> tuple[str, ...]:
    """Return the phrases of the client's list that are taken: what the recognizer cannot use is passed over."""
    return tuple(phrase for phrase in dict.fromkeys(context.phrases) if not phrases.why_not(phrase))[: phrases.MOST]


def _language(context: SpeechContext, served: EngineReady) -> str:
    fitting = _known(context.candidates, served)
    if fitting:
        return fitting[0]
    if _ANY in context.candidates and served.recognizes:
        return served.recognizes[0]
    _check_language(context, served)
    return context.language


def _check_language(context: SpeechContext, served: EngineReady) -> None:
    """Raise `WireError` for languages that are not recognized here."""
    known = sorted({base(tag) for tag in served.recognizes})
    if context.language and base(context.language) in known:
        return
    named = ", ".join(f"{tag[:20]!a}" for tag in context.candidates or (context.language,) if tag)
    if not named:
        raise WireError("no_language", f"no language is named; recognized here: {', '.join(known)}")
    raise WireError("unknown_language", f"not recognized here: {named[:60]}; recognized: {', '.join(known)}")


def _known(languages: Iterable[str], served: EngineReady) -> list[str]:
    known = {base(tag) for tag in served.recognizes}
    return [tag for tag in languages if base(tag) in known]


def _spoken(context: SpeechContext) -> tuple[tuple[str, str], ...]:
    """Return the targets that are spoken: one client names its only voice for every target."""
    own = tuple((lang, voice) for lang, voice in context.voices if base(lang) == base(voice))
    return own or context.voices[:1]
