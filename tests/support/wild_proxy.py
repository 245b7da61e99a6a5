"""A TCP proxy that cuts, resets, stalls, slows down, swallows and holds back connections, as a seed has it.

What happens to a connection is drawn when it is opened and each time that something has happened to it; it happens when
so many more bytes of the client's have passed, so that the same traffic meets the same trouble. Bytes never change
their order; of several connections later ones may be let through first.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

#: What may happen, and how often of a hundred times.
TROUBLES = {"cut": 20, "reset": 25, "stall": 25, "slow": 20, "swallow": 10}
#: Of a hundred connections so many are held back, until a later one has been let through or so long, seconds.
_HELD_BACK, _HELD_S = 30, 3.0
#: Bytes of the client's until the next trouble: mostly up to half a minute of speech, now and then within the upgrade.
_SPAN_BYTES = (20_000, 900_000)
_EARLY, _EARLY_BYTES = 15, (0, 900)
#: How long nothing passes, how long each piece takes, and for how many bytes.
_STALL_S, _SLOW_S, _SLOW_BYTES = (0.3, 7.0), (0.02, 0.3), 64_000
#: A connection that is swallowed: neither end hears of the other's end until then.
_SWALLOWED_S = 60.0
_PIECE_BYTES = 1 << 14
_HUNDRED = 100
_END_S = 10.0


class WildProxy:
    """A context: passes connections on to a port of this machine. `speed`: all times are so many times shorter.

    `wild` may be changed at any time: without it everything passes.
    """

    def __init__(self, target_port: int, seed: int, *, speed: float = 1.0, wild: bool = True) -> None:
        self.target_port = target_port
        self.speed = speed
        self.wild = wild
        self.port = 0
        #: What happened, how often.
        self.happened: Counter[str] = Counter()
        self._seed = seed
        self._connections = 0
        #: Every end of a connection, and what serves it: a task that is cancelled before it has begun closes nothing.
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Set, and replaced, whenever a connection is let through.
        self.let_through = asyncio.Event()
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(_END_S), "the proxy does not start"
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_END_S)
        assert not self._thread.is_alive(), "the proxy does not end"

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        for writer in self._writers:
            writer.transport.abort()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = self._loop.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        fate = random.Random(f"{self._seed}/{self._connections}")
        try:
            await self._wait_its_turn(fate)
            through = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:  # nobody listens there now
            writer.transport.abort()
            return
        self._writers.add(through[1])
        await _Connection(self, fate, (reader, writer), through).run()

    async def _wait_its_turn(self, fate: random.Random) -> None:
        let_through = self.let_through
        if self.wild and fate.randrange(_HUNDRED) < _HELD_BACK:
            self.happened["held back"] += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_HELD_S / self.speed):
                    await let_through.wait()
                    self.happened["overtaken"] += 1
        self.let_through, let_through = asyncio.Event(), self.let_through
        let_through.set()


End = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    """One that was let through."""

    def __init__(self, proxy: WildProxy, fate: random.Random, client: End, server: End) -> None:
        self._proxy = proxy
        self._fate = fate
        self._client = client
        self._server = server
        self._passes = asyncio.Event()
        self._passes.set()
        self._swallowed = asyncio.Event()
        self._slow_s = 0.0
        self._left_bytes = self._span()

    async def run(self) -> None:
        """Pass on until both ends are closed, or it is torn."""
        up = asyncio.ensure_future(self._pass(self._client[0], self._server[1], self._count))
        down = asyncio.ensure_future(self._pass(self._server[0], self._client[1], lambda _size: None))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if self._swallowed.is_set():
                await asyncio.sleep(_SWALLOWED_S / self._proxy.speed)
        finally:
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)
            for _reader, writer in (self._client, self._server):
                writer.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_PIECE_BYTES):
                count(len(data))
                await asyncio.sleep(self._slow_s)
                await self._passes.wait()
                if not self._swallowed.is_set():
                    writer.write(data)
                    await writer.drain()

    def _count(self, size: int) -> None:
        self._left_bytes -= size
        if self._left_bytes <= 0 and self._proxy.wild and not self._swallowed.is_set():
            self._slow_s = 0.0
            self._left_bytes = self._span()
            self._strike(*self._fate.choices(list(TROUBLES), list(TROUBLES.values())))

    def _strike(self, trouble: str) -> None:
        self._proxy.happened[trouble] += 1
        match trouble:
            case "cut":
                for _reader, writer in (self._client, self._server):
                    writer.close()
            case "reset":
                for _reader, writer in (self._client, self._server):
                    writer.transport.abort()
            case "stall":
                self._passes.clear()
                stall_s = self._fate.uniform(*_STALL_S) / self._proxy.speed
                asyncio.get_running_loop().call_later(stall_s, self._passes.set)
            case "slow":
                self._slow_s = self._fate.uniform(*_SLOW_S) / self._proxy.speed
                self._left_bytes = _SLOW_BYTES
            case "swallow":
                self._swallowed.set()

    def _span(self) -> int:
        early = self._fate.randrange(_HUNDRED) < _EARLY
        return self._fate.randint(*(_EARLY_BYTES if early else _SPAN_BYTES))
