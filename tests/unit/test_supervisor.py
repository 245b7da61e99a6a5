from __future__ import annotations

import threading

import pytest

from daemon import supervisor as module
from daemon.supervisor import Pulse, Supervisor

DEADLINE_S = 10.0


class Deaths:
    """Writes down what a supervisor says of its workers; `revived` is set when one runs again."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.revived = threading.Event()

    def __call__(self, name: str, error: str | None) -> None:
        self.told.append((name, error))
        if error is None:
            self.revived.set()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "_BACK_OFF_S", (0.001, 0.004))


def until_stopped(pulse: Pulse) -> None:
    while pulse.wait(DEADLINE_S):
        pass


@pytest.mark.usefixtures("quick")
def test_a_worker_that_dies_is_reported_and_started_again():
    deaths, lives = Deaths(), []
    supervisor = Supervisor(deaths)

    def work(pulse: Pulse) -> None:
        lives.append(pulse)
        if len(lives) == 1:
            raise ValueError("no luck")
        until_stopped(pulse)

    supervisor.start("unlucky", work)
    assert deaths.revived.wait(DEADLINE_S)
    assert supervisor.stop(DEADLINE_S) == []
    assert deaths.told == [("unlucky", "ValueError: no luck"), ("unlucky", None)]
    assert not supervisor.failed.is_set()


@pytest.mark.usefixtures("quick")
def test_a_worker_that_returns_though_nobody_stopped_it_has_died():
    deaths = Deaths()
    supervisor = Supervisor(deaths)
    supervisor.start("lazy", lambda _pulse: None)
    assert deaths.revived.wait(DEADLINE_S)
    supervisor.stop(DEADLINE_S)
    assert deaths.told[0] == ("lazy", "returned")


def test_the_back_off_doubles_up_to_its_bound(monkeypatch):
    waits = []
    monkeypatch.setattr(Pulse, "wait", lambda _self, seconds: waits.append(seconds) or len(waits) < 9)
    supervisor = Supervisor()
    supervisor.start("lazy", lambda _pulse: None)
    supervisor._workers[0].thread.join(DEADLINE_S)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_the_death_of_an_essential_worker_is_final():
    deaths, lives = Deaths(), []
    supervisor = Supervisor(deaths)

    def work(pulse: Pulse) -> None:
        lives.append(pulse)
        raise ValueError("no luck")

    supervisor.start("gate", work, essential=True)
    assert supervisor.failed.wait(DEADLINE_S)
    supervisor.stop(DEADLINE_S)
    assert len(lives) == 1
    assert deaths.told == [("gate", "ValueError: no luck")]


def test_the_last_started_stops_first():
    ended = []
    supervisor = Supervisor()

    def work(pulse: Pulse) -> None:
        until_stopped(pulse)
        ended.append(pulse.name)

    for name in ("outputs", "engine", "gate"):
        supervisor.start(name, work)
    assert supervisor.stop(DEADLINE_S) == []
    assert ended == ["gate", "engine", "outputs"]


def test_a_worker_is_woken_from_its_wait_at_the_stop():
    supervisor = Supervisor()
    news = threading.Event()
    supervisor.start("sleeper", lambda _pulse: news.wait() and None, wake=news.set)
    assert supervisor.stop(DEADLINE_S) == []


def test_a_worker_that_does_not_stop_is_named_and_the_others_end_all_the_same(caplog):
    release, ended = threading.Event(), []
    supervisor = Supervisor()

    def polite(pulse: Pulse) -> None:
        until_stopped(pulse)
        ended.append(pulse.name)

    supervisor.start("polite", polite)
    supervisor.start("deaf", lambda _pulse: release.wait() and None)
    try:
        assert supervisor.stop(1.0) == ["deaf"]
        assert ended == ["polite"]
        assert "worker deaf still runs" in caplog.text
    finally:
        release.set()


def test_an_essential_worker_without_a_sign_of_life_is_stalled():
    release = threading.Event()
    supervisor = Supervisor()
    supervisor.start("gate", lambda _pulse: release.wait() and None, essential=True, wake=release.set)
    supervisor.start("speech", lambda _pulse: release.wait() and None, wake=release.set)
    assert supervisor.stalled(3600) == []
    assert supervisor.stalled(-1) == ["gate"]
    supervisor.stop(DEADLINE_S)


def test_a_beat_is_a_sign_of_life_and_the_stop_check():
    pulse = Pulse("gate")
    pulse._beaten -= 100
    assert pulse.age_s > 99
    assert pulse.beat()
    assert pulse.age_s < 99
    pulse._beaten -= 100
    pulse.stopping.set()
    assert not pulse.wait(DEADLINE_S)
    assert pulse.age_s < 99
    assert not pulse.beat()
