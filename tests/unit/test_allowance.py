"""How much may be sent to a service that costs money: counted over restarts, by a clock that may be wrong."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from daemon.engines import azure
from daemon.engines.base import Cure
from daemon.engines.speech_service import usage_file
from daemon.engines.speech_service.allowance import RUNNING_OUT, USED_UP, Allowance, Usage
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.usage_file import UsageFile, usage_path
from tests.support.clock import HandClock

DAY = date(2026, 3, 28)
NEXT = DAY + timedelta(days=1)


class World:
    """An allowance with clocks that are moved by hand, and what it has kept and said."""

    def __init__(self, minutes: float = 10, kept: Usage | None = None, day: date = DAY) -> None:
        self.minutes = minutes
        self.day = day
        self.clock = HandClock()
        self.kept: list[Usage] = [kept] if kept else []
        self.said: list[str] = []
        self.start()

    def start(self) -> None:
        """Begin with what was kept last, as after a restart."""
        self.allowance = Allowance(
            "azure",
            self.minutes,
            self.kept[-1] if self.kept else None,
            keep=self.kept.append,
            say=lambda warning: self.said.append(f"{warning.code} {warning.text}".rstrip()),
            today=lambda: self.day,
            clock=self.clock,
        )

    def send(self, seconds: int) -> None:
        for _ in range(seconds * 8):
            self.allowance.take(0.125)

    @property
    def is_used_up(self) -> bool:
        try:
            self.allowance.check()
        except ServiceFault:
            return True
        return False

    def run_for(self, seconds: float) -> None:
        """Let time go by while nothing is sent; it is looked at every half minute."""
        for _ in range(round(seconds / 30)):
            self.clock.now_s += 30
            _ = self.is_used_up


def test_without_a_limit_nothing_is_counted_kept_or_said():
    world = World(0)
    world.send(3_600)
    assert (world.is_used_up, world.kept, world.said) == (False, [], [])


def test_the_last_second_is_sent_and_nothing_after_it():
    world = World(1)
    world.send(60)
    assert world.is_used_up
    with pytest.raises(ServiceFault, match=r"azure: 100 % of today's 1 minutes are used .*_per_day.*midnight") as fault:
        world.allowance.take(0.125)
    assert (fault.value.code, fault.value.cure) == (USED_UP, Cure.CONFIGURE)
    assert world.allowance.spent_s == pytest.approx(60)


def test_a_piece_that_is_longer_than_what_is_left_is_not_sent():
    world = World(1)
    world.allowance.take(50)
    with pytest.raises(ServiceFault):
        world.allowance.take(11)
    assert world.is_used_up


def test_from_four_fifths_on_it_is_said_a_percent_after_the_other():
    world = World(10)
    world.send(479)
    assert world.said == []
    world.send(2)
    assert world.said == [
        f"{RUNNING_OUT} azure: 80 % of today's 10 minutes are used (engine.azure.max_minutes_per_day)"
    ]
    world.send(119)
    assert world.said[-1].startswith(f"{RUNNING_OUT} azure: 100 %")
    assert len(world.said) == 21


def test_midnight_gives_all_of_it_back_and_says_that_it_is_over():
    world = World(1)
    world.send(60)
    world.day = NEXT
    assert not world.is_used_up
    assert world.said[-1] == RUNNING_OUT
    world.send(60)
    assert world.is_used_up


def test_what_was_sent_counts_after_a_restart_and_is_said_again():
    world = World(10)
    world.send(500)
    world.allowance.close()
    assert world.kept[-1] == Usage(DAY, pytest.approx(500))
    world.said.clear()
    world.start()
    assert world.allowance.spent_s == pytest.approx(500)
    assert world.said[0].startswith(f"{RUNNING_OUT} azure: 83 %")


@pytest.mark.parametrize("seconds", [1, 14, 16, 100, 599])
def test_an_end_without_warning_never_makes_the_count_too_low(seconds):
    world = World(10)
    world.send(seconds)
    world.start()
    assert seconds <= world.allowance.spent_s + 0.01 <= min(600.01, seconds + 30.02)


def test_it_is_kept_once_for_each_quarter_minute_that_is_sent():
    world = World(60)
    world.send(600)
    assert len(world.kept) <= 600 / 15 + 1


def test_nothing_is_kept_for_the_sake_of_looking():
    world = World(10, Usage(DAY, 100))
    world.run_for(3_600)
    world.allowance.close()
    assert world.kept == [Usage(DAY, 100)]


def test_a_clock_that_jumps_back_gives_nothing():
    world = World(1)
    world.send(60)
    world.day = date(1970, 1, 1)  # booted without a clock of its own
    world.start()
    assert world.is_used_up
    world.day = DAY  # and the network told it
    assert world.is_used_up
    world.day = NEXT
    assert not world.is_used_up


def test_what_is_sent_while_the_clock_is_behind_counts_for_the_day_that_was_known():
    world = World(1, Usage(DAY, 20), day=date(1970, 1, 1))
    world.send(30)
    world.day = DAY
    assert world.allowance.spent_s == pytest.approx(50)


def test_a_clock_that_was_years_ahead_stops_the_service_for_a_day_of_running_and_not_for_years():
    world = World(1, Usage(date(2035, 1, 1), 60))
    world.run_for(23 * 3_600)
    assert world.is_used_up
    world.start()  # the time goes on counting after a restart, an hour of it may be lost
    world.run_for(3_600 + 60)
    world.start()
    world.run_for(3_600)
    assert not world.is_used_up
    assert world.said[-1] == RUNNING_OUT
    world.send(1)
    assert world.kept[-1].day == DAY


def test_a_clock_that_caught_up_ends_the_wait():
    world = World(1, Usage(NEXT, 60))
    world.run_for(12 * 3_600)
    world.day = NEXT
    world.run_for(60)
    world.day = DAY
    world.run_for(13 * 3_600)
    assert world.is_used_up


@pytest.mark.parametrize(
    ("usage", "percent", "running_out"),
    [(None, 0, False), (Usage(DAY - timedelta(days=1), 600), 0, False), (Usage(DAY, 480), 80, True)],
)
def test_doctor_can_ask_what_was_kept(tmp_path, monkeypatch, usage, percent, running_out):
    monkeypatch.setattr("daemon.engines.azure.local_day", lambda: DAY)
    if usage:
        kept = UsageFile(usage_path("azure", tmp_path))
        kept.keep(usage)
        kept.close()
    settings = {"engine.azure": {"max_minutes_per_day": 10.0}}
    words, is_much = azure.usage(settings, tmp_path)
    assert words.startswith(f"azure: {percent} % of today's 10 minutes")
    assert is_much is running_out
    assert azure.usage({}, tmp_path) is None


# ---------------------------------------------------------------- the file


def test_the_newest_value_is_in_the_file_at_the_end(tmp_path):
    path = usage_path("azure", tmp_path)
    kept = UsageFile(path)
    for seconds in range(50):
        kept.keep(Usage(DAY, float(seconds), 7))
    kept.close()
    assert usage_file.read(path) == Usage(DAY, 49, 7)
    assert [each.name for each in tmp_path.iterdir()] == ["azure-minutes.json"]


def test_without_a_state_directory_nothing_is_kept():
    kept = UsageFile(usage_path("azure", None))
    kept.keep(Usage(DAY, 1))
    kept.close()
    assert usage_file.read(None) is None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff", b'{"v":2,"day":"2026-03-28","spent_s":1}', b'{"v":1,"day":"x"}']
)
def test_a_file_that_is_damaged_is_said_to_be_and_counts_nothing(tmp_path, caplog, content):
    path = usage_path("azure", tmp_path)
    path.write_bytes(content)
    assert usage_file.read(path) is None
    assert "counted from 0" in caplog.text


def test_a_file_with_less_than_nothing_counts_nothing(tmp_path):
    path = usage_path("azure", tmp_path)
    path.write_bytes(b'{"v":1,"day":"2026-03-28","spent_s":-9}')
    assert usage_file.read(path) is None


def test_a_directory_that_cannot_be_written_is_said_once(tmp_path, caplog):
    kept = UsageFile(tmp_path / "gone" / "azure-minutes.json")
    kept.keep(Usage(DAY, 1))
    kept.close()
    again = UsageFile(tmp_path / "gone" / "azure-minutes.json")
    again.close()
    assert caplog.text.count("not kept over a restart") == 1
