"""What ``caption/…`` says, for displays that can do nothing else."""

from __future__ import annotations

from daemon.events import Final, Interim
from daemon.mqtt import payloads


class PlainCaptions:
    """Knows which languages an utterance was shown in, so that none keeps what is not said in it any more.

    In a conversation an interim may begin with the wrong side: its translation is not one of the final's.
    """

    def __init__(self) -> None:
        self._utterance = 0
        self._shown: set[str] = set()

    def of(self, result: Interim | Final) -> dict[str, bytes]:
        """Return language (or ``source``) → text, empty for what is taken back."""
        texts = payloads.captions(result)
        before = self._shown if result.utterance == self._utterance else set()
        self._utterance, self._shown = result.utterance, {*texts, *(before & result.translations.keys())}
        return dict.fromkeys(before - self._shown, b"") | texts
