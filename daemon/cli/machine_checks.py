"""What `dragoman doctor` looks at on the machine itself: state, groups, the unit."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from daemon.cli.checkup import Check, Finding, Health
from daemon.config import state_directory

UNIT = "dragoman.service"
USER = "dragoman"
#: Where the unit keeps its state.
STATE = Path("/var/lib/dragoman")
#: Less room than this on the state directory's file system is worth a word, bytes.
_ROOM = 64 * 1024 * 1024
#: Group → what it lets its members use.
_GROUPS = {"audio": "sound cards", "dialout": "serial ports", "gpio": "the pins of button and light"}
_SYSTEMD = Path("/run/systemd/system")
#: What a unit is while its processes run.
_RUNNING = ("active", "activating", "reloading")


def machine_checks(environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Return the checks that need no settings."""
    directory = state_directory(environment) or STATE
    return [
        Check("state directory", lambda: [state(directory)], advice="see who owns it and whether the disk is well"),
        Check("groups", lambda: [groups(_who())], advice="see `id`"),
        Check("systemd unit", lambda: [unit()], advice=f"see `systemctl status {UNIT}`"),
    ]


def state(directory: Path) -> Finding:
    """Look whether finals and remote settings can be kept."""
    part = "state directory"
    if not directory.exists():
        return Finding(part, Health.WARN, f"{directory} is not there", f"starting {UNIT} makes it")
    owner = directory.stat().st_uid
    if owner != os.geteuid() and os.geteuid() != 0:
        return Finding(part, Health.WARN, f"{directory} belongs to {_user_name(owner)}", "run `sudo dragoman doctor`")
    try:
        with tempfile.TemporaryFile(dir=directory) as file:
            file.write(b"\0")
    except OSError as error:
        advice = "finals and remote settings are not kept over a restart until it can be written"
        return Finding(part, Health.FAIL, f"{directory} cannot be written: {error.strerror}", advice)
    free = shutil.disk_usage(directory).free
    found = f"{directory}, {free // 1024**2} MiB free"
    if free < _ROOM:
        return Finding(part, Health.WARN, found, "make room, or lower privacy.keep_finals_h")
    return Finding(part, Health.OK, found)


def groups(user: str) -> Finding:
    """Look whether the daemon's user may use the devices."""
    if user == "root":
        return Finding("groups", Health.OK, "root may use every device")
    ids = {group.gr_name: group.gr_gid for group in grp.getgrall()}
    there = [name for name in _GROUPS if name in ids]
    mine = set(os.getgrouplist(user, pwd.getpwnam(user).pw_gid))
    lacking = [name for name in there if ids[name] not in mine]
    if lacking:
        uses = " and ".join(_GROUPS[name] for name in lacking)
        advice = f"sudo usermod -aG {','.join(lacking)} {user}, then log in anew or restart {UNIT}"
        return Finding("groups", Health.WARN, f"{user} may not use {uses}: not in {', '.join(lacking)}", advice)
    return Finding("groups", Health.OK, f"{user} is in {', '.join(there) or 'all that this machine has'}")


def unit() -> Finding:
    """Look how the service is."""
    part = "systemd unit"
    if not _systemd_is_there():
        return Finding(part, Health.NONE, "systemd does not run here")
    return judge_unit(_properties())


def service_runs() -> bool:
    """Tell whether the service runs, and so has the devices."""
    try:
        return _systemd_is_there() and _properties().get("ActiveState") in _RUNNING
    except (OSError, subprocess.SubprocessError):
        return False


def _systemd_is_there() -> bool:
    return _SYSTEMD.exists() and shutil.which("systemctl") is not None


def _properties() -> dict[str, str]:
    asked = "LoadState,ActiveState,SubState,UnitFileState,Result,StatusText"
    shown = subprocess.run(
        ["systemctl", "show", UNIT, "--property", asked],  # noqa: S607 -- the machine's own
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
    )
    return dict(line.partition("=")[::2] for line in shown.stdout.splitlines())


def judge_unit(properties: Mapping[str, str]) -> Finding:
    """Judge what systemd says of the unit."""
    part = "systemd unit"
    if properties.get("LoadState") != "loaded":
        return Finding(part, Health.WARN, f"{UNIT} is not installed", "scripts/install puts it there")
    active = properties.get("ActiveState", "")
    found = f"{active} ({properties.get('SubState', '')})" + _after(": ", properties.get("StatusText", ""))
    if active in _RUNNING:
        if properties.get("UnitFileState") == "enabled":
            return Finding(part, Health.OK, found)
        return Finding(part, Health.WARN, f"{found}, but not at the next start", f"sudo systemctl enable {UNIT}")
    if active == "failed":
        found += _after(": ", properties.get("Result", ""))
        return Finding(part, Health.FAIL, found, f"journalctl -u {UNIT} -n 50 says why")
    return Finding(part, Health.WARN, found, f"sudo systemctl enable --now {UNIT}")


def _after(joint: str, text: str) -> str:
    return joint + text if text else ""


def _who() -> str:
    """Return the daemon's user, or who runs the command where there is none."""
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        return _user_name(os.geteuid())


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
