"""What the board says of topics that the broker does not take."""

from __future__ import annotations

import pytest

from daemon.board import Board
from daemon.mqtt.refusals import Refusals

BASE = "dragoman/pocket"


@pytest.fixture
def board():
    return Board()


@pytest.fixture
def refusals(board):
    return Refusals(board, "pocket")


def told(board):
    return [problem.detail for problem in board.snapshot().problems if problem.code == "mqtt_topic_refused"]


def test_every_refused_topic_is_named_once(board, refusals):
    for name in ("final", "event", "final", "response/mute"):
        refusals.refused(f"{BASE}/{name}", "Not authorized")
    refusals.refused("homeassistant/device/pocket/config", "Not authorized")
    (detail,) = told(board)
    names = f"{BASE}/event, {BASE}/final, {BASE}/response/mute, homeassistant/device/pocket/config"
    assert detail == f"the broker does not take {names} (Not authorized): check its access rules for this device"


def test_a_topic_is_named_until_the_broker_takes_it(board, refusals):
    refusals.refused(f"{BASE}/final", "Not authorized")
    refusals.refused(f"{BASE}/event", "Not authorized")
    refusals.taken(f"{BASE}/final")
    refusals.taken(f"{BASE}/state")
    assert f"{BASE}/event" in told(board)[0]
    assert f"{BASE}/final" not in told(board)[0]
    refusals.taken(f"{BASE}/event")
    assert told(board) == []


def test_what_may_not_be_read_is_named_beside_what_is_not_taken(board, refusals):
    refusals.unheard(f"{BASE}/cmd/#", "Not authorized")
    denied = f"the broker does not let it read {BASE}/cmd/# (Not authorized)"
    assert told(board) == [f"{denied}: check its access rules for this device"]
    refusals.refused(f"{BASE}/final", "Not authorized")
    assert f"does not take {BASE}/final and does not let it read {BASE}/cmd/# (Not authorized)" in told(board)[0]
    refusals.forget()
    assert told(board) == []


def test_another_connection_begins_with_none(board, refusals):
    refusals.refused(f"{BASE}/final", "Not authorized")
    refusals.forget()
    assert told(board) == []


def test_what_strangers_call_their_topics_does_not_reach_the_display(board, refusals):
    for topic in ("dragoman/client/look-at-me", f"{BASE}/look-at-me", f"{BASE}/response/look-at-me"):
        refusals.refused(topic, "Not authorized")
    (detail,) = told(board)
    assert "look-at-me" not in detail
    assert "response topics of clients" in detail


def test_many_topics_are_counted(board, refusals):
    for name in ("availability", "state", "info", "final", "final/last", "event", "replay", "config", "config/schema"):
        refusals.refused(f"{BASE}/{name}", "Quota exceeded")
    assert f"{BASE}/replay and 1 more (Quota exceeded)" in told(board)[0]
