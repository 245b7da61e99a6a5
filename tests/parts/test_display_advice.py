"""What `dragoman doctor` advises about displays that can be set in few things."""

from __future__ import annotations

import re

import pytest

from daemon import build
from daemon.cli.checkup import Health
from hw.displays import vt100
from tests.support import panels
from tests.support.doctor import look
from tests.support.screen import SerialPanel, SerialTerminal

pytestmark = pytest.mark.parts


@pytest.mark.parametrize(
    ("driver", "decoder", "named"),
    [
        ("crystalfontz", lambda: panels.Crystalfontz(20, 4), []),
        ("hd44780", lambda: panels.MatrixOrbital(20, 4), ["display.hd44780.characters"]),
    ],
)
def test_a_setting_is_advised_only_where_the_display_has_it(tmp_path, driver, decoder, named):
    port = str(tmp_path / "panel")
    with SerialPanel(decoder, tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER=driver, DISPLAY__PORT=port, LANGUAGES__TARGETS="ru")
        (many,) = look("display", DISPLAY__DRIVER=driver, DISPLAY__PORT=port, LANGUAGES__TARGETS="es,fr,de,it")
    assert "ru in Latin letters" in finding.found
    assert re.findall(r"display\.\w+\.\w+", finding.advice) == named
    assert many.advice == "take fewer languages.targets"


def test_a_new_display_that_does_not_answer_is_not_told_of_a_setting_that_it_lacks(tmp_path, monkeypatch):
    silent = vt100.open(vt100.SETTINGS())
    silent.unanswered = True
    monkeypatch.setattr(build, "panel", lambda _settings: silent)
    with SerialTerminal(40, 8, tmp_path / "panel"):
        (finding,) = look("display", DISPLAY__DRIVER="vt100", DISPLAY__PORT=str(tmp_path / "panel"))
    assert finding.health is Health.WARN
    assert "does not answer" in finding.found
    assert "answers" not in finding.advice
