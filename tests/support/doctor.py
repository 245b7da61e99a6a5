"""Runs what `dragoman doctor` runs, with the scripted engine unless told otherwise."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from daemon.cli.checks import part_checks
from daemon.cli.checkup import examine
from daemon.config import load

BASE = {"DRAGOMAN_ENGINE__ORDER": "scripted"}


def look(part, **environment):
    """Run the check of one part, with settings from variables, in this process."""
    settings = load(environment={**BASE, **{f"DRAGOMAN_{name}": value for name, value in environment.items()}})
    (check,) = [check for check in part_checks(settings, {}) if check.part == part]
    return examine(check)


def doctor(environment):
    """Run the command; return its exit status, whether all is well, and the finding of each part."""
    ran = subprocess.run(
        [sys.executable, "-m", "daemon.cli.main", "doctor", "--json"],
        env={**os.environ, **BASE, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    answer = json.loads(ran.stdout)
    return ran.returncode, answer["ok"], {finding["part"]: finding for finding in answer["findings"]}
