"""Who has the word: the person or the device. So that the device neither interrupts nor translates itself.

The one thing that runs against the stream of data: the speech output takes the word and gives it back, the gate asks
whether it is to be deaf, and tells when a person speaks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from daemon.board import Activity

#: Of the tail, how long the room rings, seconds; what is before it is the delay of the devices.
_RING_S = 0.2


class Speaking:
    """Thread-safe. `echo_cancelled`: the microphone hardly hears the speaker, so the gate stays open.

    `on_change` is told what the device does, `on_interruption` that a person speaks while the device does; both in the
    thread that brings it about.
    """

    def __init__(
        self,
        *,
        on_change: Callable[[Activity], None] = lambda _activity: None,
        on_interruption: Callable[[], None] = lambda: None,
        echo_cancelled: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_change = on_change
        self._on_interruption = on_interruption
        self._echo_cancelled = echo_cancelled
        self._clock = clock
        self._changed = threading.Condition()
        self._person_speaks = False
        self._key_is_held = False
        self._device_speaks = False
        #: Since when the device or its ring sounds or last did, when it gave the word back, and until when the room may
        #: ring, seconds.
        self._sounds_from = 0.0
        self._ended_at = 0.0
        self._rings_until = 0.0

    def person(self, *, speaks: bool) -> None:
        """Tell whether an utterance is open; said by the gate."""
        with self._changed:
            interrupts = speaks and self._device_speaks and not self._person_speaks
            self._person_speaks = speaks
            self._tell()
        if interrupts:
            self._on_interruption()

    def key(self, *, held: bool) -> None:
        """Tell whether a key is held for a person to speak: the device does not begin meanwhile."""
        with self._changed:
            self._key_is_held = held
            self._changed.notify_all()

    def take(self, patience_s: float, give_up: Callable[[], bool]) -> bool:
        """Take the word when nobody speaks or holds a key, or after `patience_s`; False if told to give up before."""
        ends = self._clock() + patience_s
        with self._changed:
            while (self._person_speaks or self._key_is_held) and self._clock() < ends:
                if give_up():
                    return False
                self._changed.wait(min(0.25, max(0.0, ends - self._clock())))
            now = self._clock()
            if now >= self._rings_until:  # else what rings still is not to be heard either
                self._sounds_from = now
            self._device_speaks = True
            self._tell()
            return True

    def give_back(self, tail_s: float) -> None:
        """Say that speech has ended; the gate stays deaf for `tail_s`, while the room still rings."""
        with self._changed:
            self._ended_at = self._clock()  # first: the gate asks without the lock
            self._rings_until = self._ended_at + tail_s
            self._device_speaks = False
            self._tell()

    def _tell(self) -> None:
        self._changed.notify_all()
        if self._device_speaks:
            self._on_change(Activity.SPEAKING)
        else:
            self._on_change(Activity.HEARING if self._person_speaks else Activity.LISTENING)

    @property
    def device_speaks(self) -> bool:
        """Whether the device has the word."""
        return self._device_speaks

    def sounds_at(self, at_s: float) -> bool:
        """Whether what the device says may be in what was heard then: it speaks, or the room still rang."""
        return self._device_speaks or self._sounds_from <= at_s < self._rings_until

    def is_deaf_at(self, at_s: float) -> bool:
        """Whether the sound of that moment is to be ignored.

        Who holds a key to talk, and may have cut the device short by it, is not to lose the first syllable to the ring
        of the room. Where nobody does, that alone might be taken for speech.
        """
        if self._echo_cancelled:
            return False
        # Who has the word, and only then the times: it may be given back meanwhile, and they are set before.
        return self._device_speaks or self._sounds_from <= at_s < self._deaf_until

    @property
    def _deaf_until(self) -> float:
        return max(self._ended_at, self._rings_until - (_RING_S if self._key_is_held else 0.0))
