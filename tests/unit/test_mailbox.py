from __future__ import annotations

import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mailbox import Mailbox, Overflow
from tests.support.properties import PROPERTY


def key(item: str) -> str | None:
    """Interims are ``i…`` and replace one another; finals are ``f…``."""
    return "interim" if item.startswith("i") else None


def contents(mailbox: Mailbox[str]) -> list[str]:
    return [mailbox.get(0) for _ in range(len(mailbox))]


def test_items_come_out_in_the_order_in_which_they_went_in():
    mailbox = Mailbox[str]("box", 3)
    assert all(mailbox.put(item) for item in "abc")
    assert contents(mailbox) == ["a", "b", "c"]


def test_a_full_mailbox_drops_the_oldest_and_counts():
    mailbox = Mailbox[str]("box", 2)
    assert [mailbox.put(item) for item in "abc"] == [True, True, False]
    assert mailbox.dropped == 1
    assert contents(mailbox) == ["b", "c"]


def test_a_full_mailbox_that_refuses_keeps_what_it_has():
    mailbox = Mailbox[str]("box", 2, Overflow.REFUSE)
    assert [mailbox.put(item) for item in "abc"] == [True, True, False]
    assert mailbox.dropped == 1
    assert contents(mailbox) == ["a", "b"]


def test_a_new_item_replaces_the_waiting_one_of_its_key_and_comes_last():
    mailbox = Mailbox[str]("box", 5, coalesce=key)
    assert all(mailbox.put(item) for item in ("i1", "f1", "i2"))
    assert mailbox.dropped == 0
    assert contents(mailbox) == ["f1", "i2"]


def test_a_full_mailbox_still_replaces():
    mailbox = Mailbox[str]("box", 2, Overflow.REFUSE, coalesce=key)
    assert all(mailbox.put(item) for item in ("i1", "f1", "i2"))
    assert contents(mailbox) == ["f1", "i2"]


def test_a_final_is_never_dropped_for_an_interim():
    mailbox = Mailbox[str]("box", 2, coalesce=key)
    assert [mailbox.put(item) for item in ("f1", "f2", "i1")] == [True, True, False]
    assert contents(mailbox) == ["f1", "f2"]


def test_an_interim_goes_before_an_older_final():
    mailbox = Mailbox[str]("box", 2, coalesce=key)
    assert [mailbox.put(item) for item in ("f1", "i1", "f2")] == [True, True, False]
    assert contents(mailbox) == ["f1", "f2"]


def test_the_peak_is_remembered():
    mailbox = Mailbox[str]("box", 5)
    for item in "abc":
        mailbox.put(item)
    contents(mailbox)
    assert (mailbox.peak, len(mailbox)) == (3, 0)


def test_nothing_in_time_is_none():
    assert Mailbox[str]("box", 1).get(0) is None


def test_a_closed_mailbox_takes_no_more_but_gives_what_it_has():
    mailbox = Mailbox[str]("box", 5)
    mailbox.put("a")
    mailbox.close()
    assert mailbox.closed
    assert not mailbox.put("b")
    assert mailbox.dropped == 1
    assert [mailbox.get(), mailbox.get()] == ["a", None]


@pytest.mark.parametrize("wake", [lambda mailbox: mailbox.put("a"), Mailbox.close])
def test_a_waiting_reader_is_woken(wake):
    mailbox = Mailbox[str]("box", 1)
    got = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    reader.start()
    wake(mailbox)
    reader.join(10)
    assert not reader.is_alive()
    assert got in (["a"], [None])


@PROPERTY
@given(
    st.lists(st.one_of(st.sampled_from(["i", "f"]), st.none()), max_size=40),
    st.integers(1, 4),
    st.sampled_from(Overflow),
)
def test_nothing_is_lost_uncounted_and_the_bound_holds(steps, capacity, overflow):
    """A step is a put of an interim or a final, or (None) a get."""
    mailbox = Mailbox[str]("box", capacity, overflow, coalesce=key)
    finals, got = [], []
    for number, step in enumerate(steps):
        if step is None:
            got.append(mailbox.get(0))
        else:
            mailbox.put(f"{step}{number}")
            finals += [f"f{number}"] * (step == "f")
        assert len(mailbox) <= capacity
        assert mailbox.peak <= capacity
    got += contents(mailbox)
    out = deque(item for item in got if item and item.startswith("f"))
    assert len(out) + mailbox.dropped >= len(finals)
    assert list(out) == [final for final in finals if final in out]
    if mailbox.dropped == 0:
        assert list(out) == finals


def test_an_item_is_unfinished_until_its_reader_is_done():
    mailbox = Mailbox[str]("box", 5)
    mailbox.put("a")
    mailbox.put("b")
    mailbox.get()
    assert mailbox.unfinished == 2
    mailbox.done()
    assert mailbox.unfinished == 1
