"""From what a client asks, in the address and in ``speech.context``, to what a turn is to do."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.engines.base import EngineReady, Task
from daemon.settings_checks import base
from daemon.wire.context import Mode, SpeechContext
from daemon.wire.errors import WireError
from daemon.wire.messages import Vocabulary
from daemon.wire.upgrade import Upgrade, with_query

_MOST_TARGETS = 16
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
    #: The language was chosen among candidates, and results are to say which it is.
    tell_language: bool
    initial_silence_s: float
    context: SpeechContext


#: How long a single-shot turn waits for speech where the client does not say, seconds.
_INITIAL_SILENCE_S = 5.0


def order(asked: SpeechContext, upgrade: Upgrade, served: EngineReady, *, whole: bool) -> Order:
    """Return what is to be done. Raises `WireError` for what is not served."""
    context = with_query(asked, upgrade)
    language = _language(context, served)
    if len(context.targets) > _MOST_TARGETS:
        raise WireError("too_long", f"{len(context.targets)} target languages; {_MOST_TARGETS} are taken")
    return Order(
        task=Task(language, tuple(dict.fromkeys(context.targets)), interims=context.interims),
        voices=_spoken(context),
        vocabulary=upgrade.vocabulary if context.targets else Vocabulary.RECOGNITION,
        single=context.mode is Mode.INTERACTIVE,
        whole=whole,
        tell_language=bool(context.candidates),
        initial_silence_s=(context.initial_silence_ms or _INITIAL_SILENCE_S * 1_000) / 1_000,
        context=context,
    )


def check_language(language: str, served: EngineReady) -> None:
    """Raise `WireError` for a language that is not recognized here."""
    known = sorted({base(tag) for tag in served.recognizes})
    if not language:
        raise WireError("no_language", f"no language is named; recognized here: {', '.join(known)}")
    if base(language) not in known:
        text = f"the language {language[:20]!a} is not recognized here; recognized: {', '.join(known)}"
        raise WireError("unknown_language", text)


def _language(context: SpeechContext, served: EngineReady) -> str:
    known = {base(tag) for tag in served.recognizes}
    fitting = [tag for tag in context.candidates if base(tag) in known]
    if fitting:
        return fitting[0]
    if _ANY in context.candidates and served.recognizes:
        return served.recognizes[0]
    check_language(context.language, served)
    return context.language


def _spoken(context: SpeechContext) -> tuple[tuple[str, str], ...]:
    """Return the targets that are spoken: one client names its only voice for every target."""
    own = tuple((lang, voice) for lang, voice in context.voices if base(lang) == base(voice))
    return own or context.voices[:1]
