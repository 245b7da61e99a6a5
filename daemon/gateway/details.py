"""What a detailed result says of an utterance: other forms of its text, and its words. Pure."""

from __future__ import annotations

from daemon.engines.base import EngineFinal
from daemon.events import Word
from daemon.gateway.profanity import clean
from daemon.wire.messages import Details, SpokenWord
from daemon.wire.units import ticks

#: What a lexical form is without.
_STOPS = ".,;:!?¡¿…"


def details_of(final: EngineFinal, profanity: str, sound_begins_s: float) -> Details:
    """Return them; `sound_begins_s`: where the utterance's sound begins in the turn's.

    As the service has it, profanity is masked in the form that is named for that, and in what is shown: never in
    what was heard.
    """
    text = final.source
    words = tuple(_spoken(word, sound_begins_s) for word in final.words)
    heard = [word.text for word in words] or list(map(_lexical, text.split()))
    return Details(" ".join(filter(None, heard)), text, clean(text, final.source_lang, profanity), words)


def _spoken(word: Word, sound_begins_s: float) -> SpokenWord:
    begin = ticks(sound_begins_s + word.start_s)
    end = ticks(sound_begins_s + word.end_s)
    return SpokenWord(_lexical(word.heard or word.text), begin, max(0, end - begin), word.confidence)


def _lexical(text: str) -> str:
    return text.strip(_STOPS).lower()
