"""How long each wait may last. The service's own client waits for some of these for ever."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """All in seconds."""

    #: Name resolution, TCP and TLS.
    connect_s: float = 5.0
    #: From there to the answer to the request for a WebSocket.
    upgrade_s: float = 5.0
    #: From the first sound of a turn to the server's ``turn.start``.
    turn_start_s: float = 5.0
    #: Sound goes out and the server says nothing.
    silence_s: float = 15.0
    #: The sound is complete and the server says nothing, neither a result nor ``turn.end``.
    turn_end_s: float = 10.0
    #: A connection is asked so often whether it is alive, and must answer within so long.
    ping_s: float = 15.0
    pong_s: float = 5.0
    #: A polite end of a connection.
    close_s: float = 0.5
    #: Waits before the first, second, … attempt to connect again; the last one repeats. Each is shortened at random.
    back_off_s: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    #: Wait after a failure that only a person can cure: somebody may have done so.
    configure_s: float = 900.0
    #: Where the day's minutes are used up: how often it is asked whether another day has begun.
    day_s: float = 30.0
    #: A connection that lived so long was a good one: the next failure starts at the shortest wait.
    good_s: float = 10.0

    def back_off(self, attempt: int) -> float:
        """Return the wait before an attempt, counted from 0."""
        return self.back_off_s[min(attempt, len(self.back_off_s) - 1)]
