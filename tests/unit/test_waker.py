"""The waker of a worker that waits for a port and for other threads: no wake is lost, and none is left over."""

import select
import threading

from daemon.outputs.waker import Waker


def woken(waker: Waker, timeout_s: float = 0) -> bool:
    return bool(select.select([waker.fd], [], [], timeout_s)[0])


def test_a_wake_ends_the_wait_of_another_thread():
    with Waker() as waker:
        threading.Thread(target=waker.wake).start()
        assert woken(waker, 20)


def test_a_wake_before_the_wait_ends_it_and_many_are_one():
    with Waker() as waker:
        for _ in range(3):
            waker.wake()
        assert woken(waker)
        waker.rest()
        assert not woken(waker)


def test_who_was_not_woken_may_rest():
    with Waker() as waker:
        waker.rest()
        assert not woken(waker)


def test_to_wake_a_worker_that_is_not_there_yet_or_any_more_does_nothing():
    waker = Waker()
    waker.wake()
    with waker:
        assert not woken(waker)
    waker.wake()
    with waker:  # started again
        assert not woken(waker)
        waker.wake()
        assert woken(waker)
