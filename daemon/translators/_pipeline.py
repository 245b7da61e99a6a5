"""Processes joined by pipes that answer one NUL-ended text with one NUL-ended text, for ever.

Each text ends in a blank of Apertium's stream format with a number in it, which comes back with the answer. Without it
an answer proves nothing: a stage whose input ends says NUL before it goes, which looks like an empty translation.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time

_CHUNK = 65_536


class PipelineFailed(Exception):
    """A stage died, hangs, or answered more than it was asked."""


class NullFlushPipeline:
    """Processes joined by pipes, in a process group of their own: a signal to us is none to them, one kill ends all."""

    def __init__(self, commands: list[list[str]]) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._asked = 0
        feed, self._input = os.pipe()
        try:
            self._output = self._start(commands, feed)
        except OSError as error:
            os.close(self._input)
            self._end_processes()
            raise PipelineFailed(f"cannot start {commands[len(self._processes)][0]}: {error}") from error
        os.set_blocking(self._input, False)
        os.set_blocking(self._output, False)

    def _start(self, commands: list[list[str]], feed: int) -> int:
        """Start every stage on the output of the one before; return the output of the last."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
        for command in commands:
            output, sink = -1, -1
            try:
                output, sink = os.pipe()
                process = subprocess.Popen(
                    command,
                    stdin=feed,
                    stdout=sink,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=environment,
                    process_group=self._group,
                )
            except OSError:
                _close(output)
                raise
            finally:
                _close(feed)
                _close(sink)
            self._processes.append(process)
            feed = output
        return feed

    @property
    def _group(self) -> int:
        """The first process leads the group; 0: make one."""
        return self._processes[0].pid if self._processes else 0

    @property
    def process_ids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def exchange(self, text: bytes, deadline_s: float) -> bytes:
        """Send a text in the stream format and return what comes back. Raises `PipelineFailed`."""
        self._asked += 1
        end = b"[%d]\0" % self._asked
        data = text + end
        ends = time.monotonic() + deadline_s
        received = bytearray()
        while not received.endswith(b"\0"):
            writable, readable = self._wait(ends, to_send=bool(data))
            if writable:
                data = data[self._write(data) :]
            if readable:
                received += self._read()
        if data or received.count(0) != 1 or not received.endswith(end):
            raise PipelineFailed("a stage ended or is out of step")
        return bytes(received.removesuffix(end))

    def kill(self) -> None:
        """End every process, suspended ones too, and reap them."""
        _close(self._input)
        _close(self._output)
        self._end_processes()

    def _end_processes(self) -> None:
        if self._processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)
        for process in self._processes:
            process.wait()

    def _wait(self, ends: float, *, to_send: bool) -> tuple[bool, bool]:
        poll = select.poll()
        poll.register(self._output, select.POLLIN)
        if to_send:
            poll.register(self._input, select.POLLOUT)
        ready = dict(poll.poll(max(0.0, ends - time.monotonic()) * 1000))
        if not ready:
            raise PipelineFailed("no answer within its deadline")
        return self._input in ready, self._output in ready

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self._input, data[:_CHUNK])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PipelineFailed(f"a stage ended: {error}") from error

    def _read(self) -> bytes:
        received = os.read(self._output, _CHUNK)
        if not received:
            raise PipelineFailed("a stage ended")
        return received


def _close(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)
