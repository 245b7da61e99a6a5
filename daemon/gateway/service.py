"""``dragoman serve``: engines, then the port, until a signal; then the mirror, open utterances finished."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable

from daemon import mdns
from daemon.config import Settings
from daemon.engines.base import Engine
from daemon.gateway.access import access
from daemon.gateway.house import House
from daemon.gateway.metrics import Metrics
from daemon.gateway.pool import Pool
from daemon.gateway.server import GatewayServer
from daemon.health import SystemdNotifier
from daemon.mdns import Announcement
from daemon.network import is_loopback

_LOG = logging.getLogger(__name__)

#: Where the settings do not say: an engine that hears somebody speak live has nothing to do for most of the time, so
#: there are two a core, if half of the memory holds them; and people in a conversation are silent half of the time.
_WORKERS_A_CORE = 2
_SESSIONS_A_WORKER = 2
#: What an engine takes with its translators, bytes: 200 MB were measured.
_ENGINE_BYTES = 250 << 20
_TICK_S = 1.0
#: Exit status when no engine can ever serve.
FAILED = 1


class Gateway:
    """Built, not started. `make` returns an engine, not opened. Raises `ConfigError`, `DriverMissing`."""

    def __init__(self, settings: Settings, make: Callable[[], Engine]) -> None:
        own = settings.gateway
        if own.announce:
            mdns.require()
        self._own = own
        self._access = access(own)
        self._make = make
        self._gate = settings.gate
        self._workers = own.workers or _fitting_workers()
        self._notifier = SystemdNotifier()
        self._announcement: Announcement | None = None

    def run(self) -> int:
        """Serve until a signal; return the exit status."""
        logging.getLogger("websockets").setLevel(logging.WARNING)  # it would name every connection
        return asyncio.run(self._run())

    async def _run(self) -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        metrics = Metrics()
        pool = Pool([self._make() for _ in range(self._workers)], metrics, self._own.wait_s)
        server = GatewayServer(
            House(pool, metrics, self._own, self._gate),
            self._access,
            self._own.sessions or _SESSIONS_A_WORKER * self._workers,
        )
        pool.open()
        try:
            await server.open()
            return await self._serve(pool, server, stop)
        finally:
            self._notifier.stopping()
            if self._announcement is not None:
                await asyncio.to_thread(self._announcement.stop)
            cut_off = await server.close(self._own.drain_s)
            if cut_off:
                _LOG.warning("%d sessions were not done within %g s and are cut off", cut_off, self._own.drain_s)
            await pool.close()

    async def _announce(self, port: int) -> None:
        if self._own.announce and is_loopback(self._access.host):
            _LOG.warning("gateway.announce: nobody else can reach %s, so it is not announced", self._own.listen)
        elif self._own.announce:
            self._announcement = Announcement(self._access.host, port, tls=self._access.tls is not None)
            await asyncio.to_thread(self._announcement.start)

    async def _serve(self, pool: Pool, server: GatewayServer, stop: asyncio.Event) -> int:
        ended = asyncio.ensure_future(stop.wait())
        dead = asyncio.ensure_future(pool.is_dead.wait())
        ready = asyncio.ensure_future(pool.is_ready.wait())
        ends = {ended, dead}
        await asyncio.wait({*ends, ready}, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            await self._announce(server.port)
            scheme = "wss" if self._access.tls else "ws"
            where = f"{scheme}://{self._access.host}:{server.port}"
            _LOG.info("serving on %s with %d engines", where, self._workers)
            self._notifier.ready(f"serving on {where}")
        while not any(task.done() for task in ends):
            await asyncio.wait(ends, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
            self._notifier.alive()
        for task in (ended, dead, ready):
            task.cancel()
        if stop.is_set():
            return 0
        _LOG.error("no engine can serve: %s", "; ".join(pool.causes))
        return FAILED


def _fitting_workers() -> int:
    """Return how many engines this machine can hold."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(_WORKERS_A_CORE * len(os.sched_getaffinity(0)), memory // 2 // _ENGINE_BYTES))
