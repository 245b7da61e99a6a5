"""``dragoman watch`` with its output in a pipe."""

from __future__ import annotations

import signal
import subprocess
import threading
from typing import IO, Self

from tests.support.broker import until
from tests.support.daemon import DRAGOMAN


class Watching:
    """The command, its lines as they come, and what it says on the side."""

    def __init__(self, port: int, *words: str) -> None:
        command = [str(DRAGOMAN), "watch", "--host", "127.0.0.1", "--port", str(port), *words]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self.said: list[str] = []
        streams = ((self.process.stdout, self.lines), (self.process.stderr, self.said))
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in streams]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    @staticmethod
    def _read(stream: IO[str], lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))  # noqa: PERF401 -- the test sees each as it comes

    def wait_for(self, count: int) -> None:
        """Wait until so many lines were printed."""
        until(lambda: len(self.lines) >= count, f"{count} lines, not {self.lines}, {self.said}")

    def wait_until_said(self, words: str) -> str:
        """Wait for a message on the side; return it."""
        return until(lambda: next((said for said in self.said if words in said), None), f"{words}: {self.said}")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Interrupt it; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(10)
