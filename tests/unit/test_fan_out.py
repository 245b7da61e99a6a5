from __future__ import annotations

from daemon.events import Notice
from daemon.outputs.base import FanOut


class Good:
    def __init__(self) -> None:
        self.taken = []

    def offer(self, event) -> None:
        self.taken.append(event)


class Broken:
    def offer(self, _event) -> None:
        raise RuntimeError("paper jam")


def test_a_broken_output_does_not_keep_an_event_from_the_others(caplog):
    first, last, fan_out = Good(), Good(), FanOut()
    for output in (first, Broken(), last):
        fan_out.add(output)
    notice = Notice("engine_changed")
    fan_out.publish(notice)
    assert first.taken == last.taken == [notice]
    assert "Broken did not take Notice" in caplog.text


def test_events_come_in_the_order_in_which_they_were_published():
    output, fan_out = Good(), FanOut()
    fan_out.add(output)
    notices = [Notice(name) for name in ("a", "b", "c")]
    for notice in notices:
        fan_out.publish(notice)
    assert output.taken == notices
