"""What the scripts decide before they install or run anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / "scripts" / "lib" / "environment.sh"
SCRIPTS = ("demo", "test", "check", "install", "fuzz")


def shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = f"set -euo pipefail; source '{ENVIRONMENT}'; {script}"
    return subprocess.run(
        ["/bin/bash", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **environment},
    )


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path):
    """A folder of stand-ins for the system's programs, in front of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def path(programs):
    return f"{programs}:{os.environ['PATH']}"


@pytest.mark.parametrize("name", [f"scripts/{name}" for name in SCRIPTS] + [".ci/run"])
def test_a_script_can_be_started(name):
    assert os.access(ROOT / name, os.X_OK)
    assert subprocess.run(["/bin/bash", "-n", ROOT / name], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="no Debian")
def test_only_what_is_missing_is_named():
    assert shell("missing_of bash no-such-package dpkg").stdout.split() == ["no-such-package"]


def test_nothing_is_installed_where_nothing_is_missing(programs, path):
    program(programs, "dpkg-query", 'for name in "${@:3}"; do echo "$name installed"; done')
    program(programs, "apt-get", "echo apt-get was called >&2; exit 1")
    done = shell("ensure_packages demo", PATH=path)
    assert (done.returncode, done.stderr) == (0, "")


def test_missing_packages_are_named_before_they_are_installed(programs, path, tmp_path):
    program(programs, "dpkg-query", "exit 1")
    program(programs, "sudo", 'exec "$@"')
    program(programs, "systemctl", "exit 0")
    program(programs, "apt-get", f'[[ $* == *--simulate* ]] || echo "$@" >>{tmp_path}/calls')
    done = shell("needed_packages() { echo one two; }; ensure_packages demo", PATH=path)
    assert done.returncode == 0, done.stderr
    assert "one two" in done.stderr
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert [call.split()[-2:] for call in calls] == [["one", "two"]]
    assert "--no-remove" in calls[0]


def test_a_package_that_would_push_another_out_is_left_out(programs, path):
    program(programs, "apt-get", "[[ $* != *pulseaudio* ]]")
    done = shell("possible_of shellcheck pulseaudio", PATH=path)
    assert done.stdout.split() == ["shellcheck"]
    assert "pulseaudio" in done.stderr


def test_a_board_with_pins_gets_what_their_library_is_built_with():
    assert "swig" in shell("has_pins() { true; }; needed_packages device").stdout.split()
    assert "swig" not in shell("has_pins() { false; }; needed_packages device").stdout.split()


def test_pip_builds_on_the_disk_not_where_memory_is_mounted():
    unset = 'unset TMPDIR; source "$root/scripts/lib/environment.sh"; '
    assert shell(unset + '"${pip_by[@]}" mktemp --dry-run').stdout.startswith("/var/tmp/")


def test_pip_builds_where_who_calls_it_says(tmp_path):
    built = shell('"${pip_by[@]}" mktemp --dry-run', TMPDIR=str(tmp_path))
    assert built.stdout.startswith(f"{tmp_path}/")


@pytest.mark.skipif(shutil.which("linux32") is None, reason="linux32 is not installed")
def test_to_pip_a_32_bit_system_is_one_whatever_its_kernel_is(programs, path):
    machine = '"${pip_by[@]}" python3 -c "import platform; print(platform.machine())"'
    program(programs, "getconf", "echo 32")
    assert not shell(machine, PATH=path).stdout.strip().endswith("64")
    program(programs, "getconf", "echo 64")
    assert shell(machine, PATH=path).stdout.strip() == os.uname().machine


def test_a_python_that_is_too_old_is_passed_over(programs, path):
    for name in ("python3.13", "python3.12"):
        program(programs, name, "exit 1")
    found = shell("find_python", PATH=path)
    assert found.returncode == 0, found.stderr
    version = subprocess.run(
        [found.stdout.strip(), "-c", "import sys; print(sys.version_info >= (3, 11))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version.stdout.strip() == "True"


def test_without_python_it_says_what_is_wanted(programs):
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        program(programs, name, "exit 1")
    done = shell("find_python", PATH=f"{programs}:/usr/bin:/bin")
    assert done.returncode == 1
    assert "3.11" in done.stderr


def test_runs_in_which_every_test_was_skipped_fail(tmp_path):
    assert ran(tmp_path).returncode == 1
    most, alone = tmp_path / "most.xml", tmp_path / "alone.xml"
    most.write_text('<testsuites><testsuite tests="3" skipped="3" /></testsuites>', encoding="utf-8")
    alone.write_text("", encoding="utf-8")
    assert ran(tmp_path).returncode == 1
    alone.write_text('<testsuites><testsuite tests="3" skipped="2" /></testsuites>', encoding="utf-8")
    assert ran(tmp_path).returncode == 0


def ran(reports: Path) -> subprocess.CompletedProcess[str]:
    command = ["python3", ROOT / "scripts" / "lib" / "tests_ran.py", reports]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_unknown_word_installs_nothing():
    done = subprocess.run([ROOT / "scripts" / "install", "--rot"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--root DIR" in done.stderr
