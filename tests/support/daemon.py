"""The real daemon in a process of its own, as systemd would start it: settings file, state directory, notify socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

DRAGOMAN = Path(sys.executable).with_name("dragoman")
DEVICE = "e2e"
#: Generous: a machine under load loads its models slowly.
END_S = 30.0


class DaemonProcess:
    """``dragoman run``. `sections` are the settings, by section and key; everything is ended with the block."""

    command = "run"
    #: What is run, before the command.
    program: tuple[str, ...] = (str(DRAGOMAN),)

    def __init__(
        self,
        folder: Path,
        sections: dict[str, dict[str, Any]],
        *arguments: str,
        env: dict[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / "daemon.log"
        self._settings = folder / "dragoman.toml"
        self._settings.write_text(_toml({"device": {"id": DEVICE}, **sections}), encoding="utf-8")
        self._arguments = arguments
        self._env = env or {}
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(f"\0{folder}")
        self._said: list[str] = []
        self._changed = threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._notify.close()

    def start(self) -> Self:
        """Start it (again)."""
        state = self.folder / "state"
        state.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            **self._env,
            "STATE_DIRECTORY": str(state),
            "NOTIFY_SOCKET": f"@{self.folder}",
            "WATCHDOG_USEC": "3000000",
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.program, self.command, "--config", str(self._settings), *self._arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        threading.Thread(target=self._hear, name="notify", daemon=True).start()
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def wait_until_said(self, word: str, deadline_s: float = END_S) -> None:
        """Wait until systemd would have been told that."""
        with self._changed:
            told = self._changed.wait_for(lambda: any(word in said for said in self._said), deadline_s)
        assert told, f"{word} was not said within {deadline_s:g} s, but {self._said}; log:\n{self.log_text}"

    def has_said(self, word: str) -> bool:
        with self._changed:
            return any(word in said for said in self._said)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, deadline_s: float = END_S) -> int:
        """Wait for its end; return its exit status."""
        assert self._process is not None
        return self._process.wait(deadline_s)

    def stop(self) -> int:
        """Stop it as systemd does; return its exit status."""
        self.signal(signal.SIGTERM)
        return self.wait()

    @property
    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _hear(self) -> None:
        with contextlib.suppress(OSError):  # closed with the block
            while True:
                said = self._notify.recv(4096).decode()
                with self._changed:
                    self._said.append(said)
                    self._changed.notify_all()


def _toml(sections: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, keys in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {_value(value)}" for key, value in keys.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return f'"{value}"' if isinstance(value, str | Path) else str(value)
