"""The demo, as a newcomer runs it, less the installation."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = [sys.executable, ROOT / "scripts" / "lib" / "demo.py"]
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")

pytestmark = [
    pytest.mark.parts,
    pytest.mark.end_to_end,
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed"),
    pytest.mark.skipif(shutil.which("apertium") is None, reason="apertium is not installed"),
]


def demo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DEMO, *arguments], capture_output=True, text=True, check=False, timeout=110)


def silence(path: Path) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 16_000))
    return path


def test_it_shows_speech_being_translated(tmp_path):
    speech = tmp_path / "speech.wav"
    seen = demo("--speech", speech)
    assert seen.returncode == 0, seen.stdout + seen.stderr
    interim = seen.stdout.index("\ninterim ")
    assert interim < seen.stdout.index("\nfinal ") < seen.stdout.index("\nTranslations\n")
    screen = "\n".join(line for line in seen.stdout.splitlines() if line.startswith("┃"))
    assert "salón." in screen
    assert re.search(r"^ +1 +\d+ +\d+ +\d+$", seen.stdout, re.MULTILINE), seen.stdout
    with wave.open(str(speech)) as spoken:
        assert spoken.getnframes() > spoken.getframerate()


def test_without_speech_it_fails_and_says_why(tmp_path):
    seen = demo(silence(tmp_path / "silence.wav"))
    assert seen.returncode == 1
    assert "is there speech in the recording?" in seen.stderr


def test_a_file_that_is_not_there_is_named(tmp_path):
    seen = demo(tmp_path / "nothing.wav")
    assert seen.returncode == 2
    assert "nothing.wav" in seen.stderr


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path):
    command = [*DEMO, "--speech", tmp_path / "speech.wav"]
    environment = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin:/usr/sbin", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("interim"):
                running.send_signal(signal.SIGTERM)
                break
        running.stdout.read()
    assert running.returncode == 130
    assert list(tmp_path.glob("dragoman-demo-*")) == []
    assert still_running(str(tmp_path)) == []


def still_running(folder: str) -> list[str]:
    """Return the command lines of processes that were told of a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        if folder in words:
            found.append(words)
    return found
