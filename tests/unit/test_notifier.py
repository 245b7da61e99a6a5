"""What systemd is told, at the socket where it listens, and what becomes of it where nobody does."""

from __future__ import annotations

import logging
import socket

import pytest

from daemon.health import SystemdNotifier


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """The end of the socket that systemd reads."""
    address = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(0)
        yield listening


def heard(listening: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(listening.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_it_is_told_of_start_life_and_end(systemd):
    notifier = SystemdNotifier()
    notifier.ready("listening")
    notifier.alive()
    notifier.stopping()
    assert heard(systemd) == ["READY=1\nSTATUS=listening", "WATCHDOG=1", "STOPPING=1"]


def test_the_watchdog_is_fed_three_times_in_its_period(systemd, monkeypatch):
    now = 100.0
    monkeypatch.setattr("daemon.health.time.monotonic", lambda: now)
    notifier = SystemdNotifier()
    fed = []
    for now in range(100, 130):
        notifier.alive()
        fed += [now] * len(heard(systemd))
    assert fed == [100, 110, 120]


def test_a_systemd_that_does_not_listen_ends_nothing(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    notifier = SystemdNotifier()
    with caplog.at_level(logging.WARNING):
        notifier.ready("listening")
        notifier.alive()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "systemd could not be told READY=1",
        "systemd could not be told WATCHDOG=1",
    ]
