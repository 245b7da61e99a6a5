"""How long an utterance waits for an engine."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

from daemon.engines.base import Cure, EngineFailure, EngineReady, Task
from daemon.gateway.metrics import Metrics
from daemon.gateway.pool import Pool

WAIT_S = 5.0


async def until_heard() -> None:
    """Let what an engine said come through the loop."""
    heard = asyncio.Event()
    asyncio.get_running_loop().call_soon(heard.set)
    await heard.wait()


async def limits_of_one_that_lost_its_engine() -> list[float]:
    engine, limits = Mock(), []
    pool = Pool([engine], Metrics(), WAIT_S)
    pool.open()
    say = engine.open.call_args.args[0]
    say(EngineReady("device"))
    await until_heard()
    asyncio.get_running_loop().call_later = lambda wait_s, _refuse: limits.append(wait_s)
    job = pool.begin("session", Task("en-US", ()), Mock())
    say(EngineFailure("device", "engine_died", "it died", Cure.RETRY))
    await until_heard()
    assert pool.waiting == 1
    pool.comes_next(job)  # as when a false start behind it is taken back
    return limits


def test_an_utterance_that_lost_its_engine_waits_for_it_to_load_whatever_becomes_of_those_behind_it():
    assert asyncio.run(limits_of_one_that_lost_its_engine()) == [WAIT_S, 60.0]
