"""A machine with nothing on it that boots: a Debian under systemd-nspawn."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "bookworm"
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates"
_MAKE_S = 600
#: How this machine reaches its package servers, so that the other reaches them too.
_NETWORK = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/apt/apt.conf.d")
_PROBE_UNIT = """\
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /probe.sh
StandardOutput=file:/probe.log
StandardError=inherit
ExecStopPost=/bin/systemctl --no-block poweroff
[Install]
WantedBy=multi-user.target
"""


def missing() -> str:
    """Return why this machine cannot boot another, empty if it can."""
    if os.geteuid() != 0:
        return "booting a machine needs root"
    programs = ("debootstrap", "systemd-nspawn", "dbus-daemon")
    lacking = [name for name in programs if shutil.which(name) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


class Machine:
    """A file system of its own that commands can be run in and that can be booted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # cp, because shutil would read /dev/full, a device, and never come to its end.
        _checked(["cp", "-a", str(_pristine()), str(folder)], limit_s=_MAKE_S)

    def run(self, *command: str) -> str:
        """Run a command without booting, with this checkout at /src. Raises `RuntimeError` with what it said."""
        return nspawn(self.folder, f"--bind-ro={ROOT}:/src", "--pipe", "--", *command, limit_s=_MAKE_S)

    def boot(self, probe: str, *binds: str, limit_s: float) -> str:
        """Boot, run a script, shut down; return what the script said."""
        (self.folder / "probe.sh").write_text(probe, encoding="utf-8")
        units = self.folder / "etc/systemd/system"
        (units / "probe.service").write_text(_PROBE_UNIT, encoding="utf-8")
        wanted = units / "multi-user.target.wants/probe.service"
        if not wanted.is_symlink():
            wanted.symlink_to("../probe.service")
        with _bus():
            options = [f"--bind-ro={bind}" for bind in binds]
            nspawn(self.folder, "--boot", "--console=pipe", *options, limit_s=limit_s)
        return (self.folder / "probe.log").read_text(encoding="utf-8")


def _pristine() -> Path:
    """Return a Debian with the packages that a device needs."""
    return debian(RELEASE, PACKAGES, "source /src/scripts/lib/environment.sh; ensure_packages device")


def debian(release: str, packages: str, prepare: str) -> Path:
    """Return a Debian with these packages (with commas), in which a script was run; made once and kept."""
    words = packages.encode() + prepare.encode()
    if "/src/" in prepare:
        words = (ROOT / "scripts/lib/environment.sh").read_bytes() + words
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dragoman-tests"
    kept = cache / f"{release}-{hashlib.sha256(words).hexdigest()[:12]}"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = cache / f"making-{os.getpid()}"
        try:
            _make(making, release, packages, prepare)
            making.rename(kept)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return kept


def _make(folder: Path, release: str, packages: str, prepare: str) -> None:
    command = ["debootstrap", "--variant=minbase", f"--include={packages}", release, str(folder)]
    _checked(command, limit_s=_MAKE_S)
    for name in _NETWORK:
        source, target = Path(name), folder / name.lstrip("/")
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        elif source.exists():
            shutil.copyfile(source, target)
    nspawn(folder, f"--bind-ro={ROOT}:/src", "--pipe", "--", "/bin/bash", "-ec", prepare, limit_s=_MAKE_S)


def nspawn(folder: Path, *options: str, limit_s: float) -> str:
    """Run something in a file system of its own, on this machine's network. Raises `RuntimeError`."""
    return _checked(nspawn_command(folder, *options), limit_s=limit_s)


def nspawn_command(folder: Path, *options: str) -> list[str]:
    """Return the command that does so."""
    command = ["systemd-nspawn", "--quiet", f"--directory={folder}", "--register=no", "--resolv-conf=copy-host"]
    Path("/run/systemd/nspawn").mkdir(parents=True, exist_ok=True)
    if not Path("/run/systemd/system").exists():
        command.append("--keep-unit")  # no systemd here that could make a scope for it
    return [*command, *options]


def _checked(command: list[str], *, limit_s: float) -> str:
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            said, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            process.terminate()  # systemd-nspawn then ends the machine; killed itself, it would leave it running
            said, _ = process.communicate(timeout=30)
            raise RuntimeError(f"{' '.join(command)} took more than {limit_s:g} s:\n{said[-4000:]}") from None
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said[-4000:]}")
    return said


@contextlib.contextmanager
def _bus() -> Iterator[None]:
    """Have a system bus, which systemd-nspawn wants: the one that runs, or one for the time being."""
    if Path("/run/dbus/system_bus_socket").exists():
        yield
        return
    Path("/run/dbus").mkdir(exist_ok=True)
    command = ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bus:
        try:
            if bus.stdout is None or not bus.stdout.readline():
                raise RuntimeError("dbus-daemon did not start")
            yield
        finally:
            bus.terminate()
            bus.wait(10)
            Path("/run/dbus/system_bus_socket").unlink(missing_ok=True)
