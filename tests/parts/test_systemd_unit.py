"""The units, judged by systemd's own tools."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
#: Every unit that is there, and what it starts.
UNITS = {"dragoman.service": "run", "dragoman-gateway.service": "serve"}
#: Tenths, as `systemd-analyze security --threshold` counts.
EXPOSURE = 15

pytestmark = [
    pytest.mark.parts,
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"),
]


@pytest.fixture(params=sorted(path.name for path in FOLDER.glob("*.service")))
def unit(request, tmp_path):
    """A unit with a program that this machine has."""
    copy = tmp_path / request.param
    text = (FOLDER / request.param).read_text(encoding="utf-8")
    assert f"\nExecStart=/opt/dragoman/bin/dragoman {UNITS[request.param]}\n" in text
    copy.write_text(text.replace("/opt/dragoman/bin/dragoman", "/bin/true"), encoding="utf-8")
    return copy


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_has_nothing_to_say_against_the_unit(unit):
    verdict = analyze("verify", "--man=no", unit)
    assert (verdict.returncode, verdict.stdout + verdict.stderr) == (0, "")


def test_an_unknown_key_would_be_noticed(unit):
    with unit.open("a", encoding="utf-8") as text:
        text.write("[Service]\nNoSuchKey=1\n")
    assert "NoSuchKey" in analyze("verify", "--man=no", unit).stderr


def test_the_unit_may_do_little(unit):
    verdict = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", unit)
    assert verdict.returncode == 0, verdict.stdout
