"""The utterances of a turn that have no phrase yet, in the order of speaking."""

from __future__ import annotations

from collections import deque

from daemon.gateway.results import Piece


class Pieces(deque[Piece]):
    """See the module."""

    def find(self, number: int) -> Piece | None:
        """Return the utterance of that number, if it is one of them."""
        return next((piece for piece in self if piece.number == number), None)

    @property
    def sound_s(self) -> float:
        """Seconds of their sound."""
        return sum(piece.job.sound_s for piece in self)

    @property
    def is_one_open(self) -> bool:
        """Whether somebody is still speaking."""
        return any(piece.ends_s is None for piece in self)
