"""The units, judged by systemd's own tools."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
#: Every unit that is there, and what it starts.
UNITS = {"dragoman.service": "run", "dragoman-gateway.service": "serve"}
#: What a Raspberry Pi 4 has in /proc/cpuinfo, and gpiozero's question which board it is on.
CPU = "processor\t: 0\nHardware\t: BCM2835\nRevision\t: c03111\n"
BOARD = "from gpiozero.pins.local import get_pi_revision as board; print(hex(board()))"
#: Kinds of devices that a kernel module brings, and those that come with the kernel itself.
MODULES = {"char-alsa": "snd", "char-ttyUSB": "usbserial", "char-ttyACM": "cdc_acm"}
BUILT_IN = {"char-ttyAMA", "char-ttyS", "char-gpiochip"}
#: Exit status of a script that cannot mount.
NO_MOUNTS = 77
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


def test_a_device_that_ended_because_it_was_asked_to_restart_is_started_again():
    lines = (FOLDER / "dragoman.service").read_text(encoding="utf-8").splitlines()
    assert "Restart=always" in lines, "with on-failure a clean end, exit status 0, is the last one (systemd.service(5))"


def values(unit: str, key: str) -> list[str]:
    """Return what stands behind a key of a unit, word by word, all its lines together."""
    lines = (FOLDER / unit).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if line.startswith(f"{key}=") for word in line.partition("=")[2].split()]


def test_devices_that_are_plugged_in_after_the_start_may_be_used():
    groups = [word for word in values("dragoman.service", "DeviceAllow") if word != "rw"]
    assert groups
    for group in (group for group in groups if group not in BUILT_IN):
        # systemd.resource-control(5): a group whose module is not loaded when the unit starts is left out for good.
        loads = f"modprobe@{MODULES[group]}.service"
        assert loads in values("dragoman.service", "Wants"), group
        assert loads in values("dragoman.service", "After"), group


def board_found(tmp_path: Path, unit_text: str) -> subprocess.CompletedProcess[str]:
    """Ask which board this is, behind a /proc as the unit has it, on what says that it is a Raspberry Pi."""
    (tmp_path / "cpuinfo").write_text(CPU)
    subset = ",subset=pid" if "\nProcSubset=pid\n" in unit_text else ""
    script = f"""
        mount -t proc -o hidepid=invisible{subset} proc /proc || exit 77
        if [ -e /proc/cpuinfo ]; then mount --bind {tmp_path}/cpuinfo /proc/cpuinfo || exit 77; fi
        exec {sys.executable} -c "{BOARD}"
    """
    ran = subprocess.run(
        ["unshare", "--mount", "/bin/sh", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    if ran.returncode == NO_MOUNTS or "unshare failed" in ran.stderr:
        pytest.skip(f"this machine lets us mount nothing: {ran.stderr}")
    return ran


def test_under_the_unit_the_pins_find_out_on_which_board_they_are(tmp_path):
    pytest.importorskip("gpiozero", reason="gpiozero is not installed")
    text = (FOLDER / "dragoman.service").read_text(encoding="utf-8")

    assert board_found(tmp_path, text).stdout.startswith("0x")
    # They would not if of /proc there were only the processes.
    assert "FileNotFoundError" in board_found(tmp_path, f"{text}\nProcSubset=pid\n").stderr
