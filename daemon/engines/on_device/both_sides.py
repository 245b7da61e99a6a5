"""The recognizers of both sides of a conversation, of which one is right: whichever fits what is heard better.

How well a recognizer's words fit the sound grows apart with each word that is said: where it is clear who speaks, those
words are shown, until it is as clear that it is the other; where it is beyond doubt, the other recognizer rests until
the next utterance. The last word is judged anew, by the second passes, if both got so far.

What was measured on 62 utterances, as the gate cuts them: `_CLEAR` was reached after 1.6 s at the median, wrongly in
two, and both were put right, two seconds later; `_BEYOND_DOUBT` in 36 of them, after 3.6 s, never wrongly, nor in 140
pieces out of the midst of sentences, half of them with noise. The first utterance after a start is the hardest: there
the wrong side has been ahead by 0.40. The scores of the second passes were right on all of the 62, which the confidence
of the words was not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from daemon.language_tags import base
from daemon.recognizers.base import Phrase, Recognition, Recognizer

#: How much better a side must fit, as `Recognizer.score` has it, to be shown, and for the other to rest.
_CLEAR, _BEYOND_DOUBT = 0.15, 0.5


class BothSides:
    """See the module, and `Recognizer`. One side alone, where the other cannot be heard, speaks always."""

    def __init__(self, sides: Mapping[str, Recognizer]) -> None:
        self._sides = dict(sides)
        self._preferred = next(iter(sides))
        #: Those that still decode, and who speaks, once it is clear.
        self._running = dict(sides)
        self._speaks = ""

    @property
    def language(self) -> str:
        """Who speaks, as far as can be told."""
        return self._speaks or self._preferred

    @property
    def sure(self) -> bool:
        """Whether it is beyond doubt who speaks: no other side is shown any more in this utterance."""
        return len(self._running) == 1

    def prefer(self, source: str) -> None:
        """Have the side of a language taken where the sound does not tell; the first where it is none of them."""
        alike = (side for side in self._sides if base(side) == base(source))
        self._preferred = next(alike, next(iter(self._sides)))

    def expect(self, phrases: Sequence[Phrase]) -> None:
        """See `Recognizer`."""
        for side in self._sides.values():
            side.expect(phrases)

    def begin(self) -> None:
        """See `Recognizer`."""
        self._running = dict(self._sides)
        self._speaks = next(iter(self._sides)) if self.sure else ""
        for side in self._sides.values():
            side.begin()

    def feed(self, pcm: bytes) -> None:
        """See `Recognizer`."""
        for side in self._running.values():
            side.feed(pcm)
        self._judge()

    def partial(self) -> str:
        """See `Recognizer`. Nothing until it is clear who speaks."""
        return self._running[self._speaks].partial() if self._speaks else ""

    def score(self) -> float:
        """See `Recognizer`."""
        return self._running[self.language].score() if self.language in self._running else -math.inf

    def anticipate(self) -> bool:
        """See `Recognizer`. Side by side: to end what was heard costs each of them some of its score."""
        more = [side.anticipate() for side in self._running.values()]
        return any(more)

    def resume(self) -> None:
        """See `Recognizer`."""
        for side in self._running.values():
            side.resume()

    def finish(self, *, second_pass: bool = True) -> Recognition:
        """See `Recognizer`."""
        heard = {lang: side.finish(second_pass=second_pass) for lang, side in self._running.items()}
        self._speaks = self._best({lang: each.score if each.text else -math.inf for lang, each in heard.items()})
        return heard[self._speaks]

    def close(self) -> None:
        """See `Recognizer`."""
        for side in self._sides.values():
            side.close()

    def _judge(self) -> None:
        if self.sure:
            return
        scores = {lang: side.score() for lang, side in self._running.items()}
        best = self._best(scores)
        lead = scores[best] - max(score for lang, score in scores.items() if lang != best)
        if _CLEAR <= lead < math.inf:
            self._speaks = best
        if _BEYOND_DOUBT <= lead < math.inf:
            self._running = {best: self._running[best]}

    def _best(self, scores: Mapping[str, float]) -> str:
        return max(scores, key=lambda lang: (scores[lang], lang == self._preferred))
