import time

from daemon.delays import RecentDelays


def noted(*delays_ms, size=1000):
    delays = RecentDelays(size)
    for delay_ms in delays_ms:
        delays.note(time.monotonic_ns() - delay_ms * 1_000_000)
    return delays


def test_nothing_noted_is_no_delay():
    assert noted().quantile_ms(999) == 0


def test_a_quantile_is_a_delay_that_was_noted():
    delays = noted(*range(10_000, 1_010_000, 1_000))
    assert delays.quantile_ms(500) // 1_000 == 510
    assert delays.quantile_ms(999) // 1_000 == 1_009


def test_only_the_last_are_remembered():
    assert noted(9_000_000, 1_000, 1_000, size=2).quantile_ms(999) < 9_000_000
