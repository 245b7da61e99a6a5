"""What the display shows when the daemon has stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.daemon import DaemonProcess
from tests.support.screen import SerialTerminal

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]


def test_a_display_does_not_claim_that_the_device_listens_after_it_has_stopped(
    tmp_path: Path, terminal: SerialTerminal
) -> None:
    sections = {
        "engine": {"order": ["scripted"]},
        "microphone": {"device": "no-such-microphone"},
        "speaker": {"device": ""},
        "display": {"driver": "vt100", "port": terminal.port},
    }
    with DaemonProcess(tmp_path / "daemon", sections) as daemon:
        daemon.wait_until_said("READY=1")
        terminal.wait_until(lambda screen: "degraded" in screen.lines[-1])
        assert daemon.stop() == 0
        terminal.wait_until(lambda screen: screen.lines[-1].startswith(" stopped"))
    assert "degraded" not in terminal.text
