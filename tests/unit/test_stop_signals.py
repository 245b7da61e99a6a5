"""A signal that says stop is noted, whatever the main thread is doing."""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from daemon.stop_signals import StopSignals


@pytest.fixture
def signals():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signals = StopSignals()
    signals.watch()
    yield signals
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("call", range(6))
def test_a_signal_is_noted_at_every_moment_of_a_wait_also_while_it_holds_its_lock(signals, number, call):
    calls = iter(range(100))

    def interrupt(_frame, event, _argument):
        if event == "call" and next(calls) == call:
            sys.setprofile(None)
            signal.raise_signal(number)

    stop = threading.Event()
    sys.setprofile(interrupt)
    stop.wait(0.001)
    sys.setprofile(None)
    assert signals.came
