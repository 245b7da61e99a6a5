"""One run of an engine's process: started, written to, heard, ended with everything that it started itself."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import IO

from daemon import python_module
from daemon.engines.base import EngineEvent
from daemon.engines.codec import EVENTS, Alive, Channel, ChannelClosed
from daemon.mailbox import Mailbox, Overflow

_LOG = logging.getLogger(__name__)

#: Calls that wait for the child to read them: a minute and a half of sound in frames of 20 ms. A child that lets them
#: pile up so far does not read at all.
_OUTGOING = 4_500
#: A child may log so many lines in so many seconds, each so long; the rest is counted.
_LOG_LINES, _LOG_WINDOW_S, _LOG_LINE_BYTES = 200, 60.0, 500
#: What the child's logging puts before a line, as systemd knows it: syslog's severity.
_SEVERITY = re.compile(r"<([0-7])>(.*)", re.DOTALL)
_LEVELS = (logging.CRITICAL,) * 3 + (logging.ERROR, logging.WARNING, logging.INFO, logging.INFO, logging.DEBUG)
_POLL_S = 0.01
#: After SIGKILL even a stopped process goes at once, unless it waits for a disk.
_KILLED_S = 0.5
_KILL_ROUNDS = 5
#: Its threads end with its socket and its pipe.
_JOIN_S = 0.1


class ChildProcess:
    """See the module. The thread that makes it must outlive it: the kernel ends the child with that thread.

    Raises OSError where no process can be started.
    """

    def __init__(self, name: str, module: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _spawn(theirs.fileno(), module)
            except OSError:
                ours.close()
                raise
        self.channel: Channel[EngineEvent | Alive] = Channel(ours, EVENTS)
        self.overflown = False
        self._outgoing: Mailbox[object] = Mailbox(f"{name}-calls", _OUTGOING, Overflow.REFUSE)
        self._threads = [
            threading.Thread(target=self._write, name=f"engine-{name}-writer", daemon=True),
            threading.Thread(target=self._log, name=f"engine-{name}-log", args=(name,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Its process id, which is also its session's."""
        return self._process.pid

    def send(self, message: object) -> None:
        """Have it sent; never waits. What cannot be queued is dropped, and `overflown` says that it was."""
        if not self._outgoing.put(message) and not self._outgoing.closed:
            self.overflown = True
            self.channel.shut()

    def hang_up(self) -> None:
        """Tell it to end; whoever receives from it sees the channel closed."""
        self._outgoing.close()
        self.channel.shut()

    def end(self, grace_s: float) -> str:
        """Hang up, end it and its children, reap it; return in words how it ended."""
        self.hang_up()
        by_itself = self._gone_within(grace_s)
        # Before it is reaped: until then nobody else can have its session's number.
        _kill_session(self.pid)
        if not self._gone_within(_KILLED_S):
            _LOG.error("process %d of an engine does not end, not even killed: it waits in the kernel", self.pid)
            return "does not end"
        status = self._process.wait()
        for thread in self._threads:
            thread.join(_JOIN_S)
        self.channel.close()
        return _in_words(status) if by_itself else "was killed"

    def _gone_within(self, seconds: float) -> bool:
        """Wait until it has ended, leaving it to be reaped."""
        deadline = time.monotonic() + seconds
        while not _ended(self.pid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _write(self) -> None:
        while (message := self._outgoing.get()) is not None:
            try:
                self.channel.send(message)
            except ChannelClosed:  # whoever receives sees it too, and acts
                return

    def _log(self, name: str) -> None:
        stream = self._process.stdout
        if stream is None:
            raise RuntimeError("the child was started without a pipe for its messages")
        with stream:
            _pass_on(stream, name)


def _spawn(link: int, module: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*python_module.command("daemon.engines.child"), str(link), str(os.getpid()), module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(link,),
        start_new_session=True,
        env=python_module.environment(),
    )


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill_session(session: int) -> None:
    """Kill all processes of a session: the groups that some of them made for themselves, too, and suspended ones."""
    for _attempt in range(_KILL_ROUNDS):  # more than one, for what was just being started
        members = [stat.parent.name for stat in Path("/proc").glob("[0-9]*/stat") if _lives_in(session, stat)]
        if not members:
            return
        for member in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(member), signal.SIGKILL)


def _lives_in(session: int, stat: Path) -> bool:
    """Tell whether it is no zombie and in that session (proc(5): state, parent, group, session follow the name)."""
    try:
        state, _parent, _group, its_session = stat.read_text(errors="replace").rpartition(")")[2].split()[:4]
    except (OSError, ValueError):  # gone while we read
        return False
    return state not in "ZX" and int(its_session) == session


def _in_words(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    return f"was ended by {signal.Signals(-status).name}"


def _pass_on(stream: IO[bytes], name: str) -> None:
    """Write what the child says into our log, at most so many lines a minute."""
    window_ends, lines = 0.0, 0
    while line := stream.readline(_LOG_LINE_BYTES):
        if time.monotonic() >= window_ends:
            if lines > _LOG_LINES:
                _LOG.warning("engine %s: %d more lines left out", name, lines - _LOG_LINES)
            window_ends, lines = time.monotonic() + _LOG_WINDOW_S, 0
        lines += 1
        if lines <= _LOG_LINES:
            _log_line(name, line.decode(errors="replace").rstrip())


def _log_line(name: str, text: str) -> None:
    said = _SEVERITY.fullmatch(text)
    level, words = (_LEVELS[int(said[1])], said[2]) if said else (logging.WARNING, text)
    _LOG.log(level, "engine %s: %s", name, words)
