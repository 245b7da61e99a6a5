"""People speak to devices whose gateway is reached through a wild proxy, while gateway and engines are killed.

What became of each sentence is compared with a quiet run of the same: nothing may be missing, twice, or worse.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from daemon.engines.home import HomeSettings
from daemon.events import Final
from daemon.settings import LanguagesSection
from tests.support.broker import free_port
from tests.support.gateway import GatewayProcess
from tests.support.processes import command_line, descendants
from tests.support.talkers import Outcome, Sentence, Talker
from tests.support.wild_proxy import WildProxy

LANGUAGES = LanguagesSection("en-US", ("es", "ca"), "")
#: A gateway that was killed is started again after so long, seconds.
_AWAY_S = (0.0, 4.0)
#: And is to be there again within so long.
_BACK_S = 60.0
#: An engine's process, by its command line.
_ENGINE = "daemon.engines.child"


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens on the way; without a wild proxy and deaths it is quiet. `speed`: times as fast as real time."""

    seed: int = 7
    wild: bool = False
    gateway_deaths: int = 0
    engine_deaths: int = 0
    people: int = 4
    speed: float = 1.0
    #: The ladder's budgets are so many times those of the settings: for a machine with other work.
    patience: float = 1.0

    def strikes(self, utterances: int) -> dict[int, list[str]]:
        """Return which utterances, from 1, are struck in their middle, and by what; none twice if that can be."""
        blows = ["gateway"] * self.gateway_deaths + ["engine"] * self.engine_deaths
        source = random.Random(self.seed)
        places = source.sample(range(1, utterances + 1), min(len(blows), utterances))
        struck: dict[int, list[str]] = {place: [] for place in places}
        for at, blow in enumerate(blows):
            struck[places[at % len(places)]].append(blow)
        return struck


class Scene:
    """A context: the gateway, the proxy before it, and people with devices. Sentences are numbered from 1."""

    def __init__(self, folder: Path, sentences: Sequence[Sentence], plan: Plan) -> None:
        self.plan = plan
        #: What was killed, and why engines were changed.
        self.killed: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()
        self._source = random.Random(plan.seed)
        self._sentences = dict(enumerate(sentences, 1))
        port = free_port()
        own = {"listen": f"127.0.0.1:{port}", "workers": plan.people}
        self._gateway = GatewayProcess(folder, {"gateway": own, "languages": {"targets": LANGUAGES.targets}})
        self.proxy = WildProxy(port, plan.seed, speed=plan.speed, wild=False)
        self._is_up = threading.Event()
        self._killing = threading.Lock()
        self._open = contextlib.ExitStack()
        self._talkers: list[Talker] = []

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            opening.enter_context(self._gateway)
            opening.enter_context(self.proxy)
            self._gateway.wait_until_said("READY=1")
            self._is_up.set()
            self._invite(opening)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self._open.close()

    def play(self) -> dict[int, Outcome]:
        """Have everything said; return what became of it."""
        self.proxy.wild = self.plan.wild
        for talker in self._talkers:
            talker.thread.start()
        for talker in self._talkers:
            talker.thread.join()
        self.proxy.wild = False
        assert self._is_up.wait(_BACK_S), "the gateway that was killed is not back"
        self.changes = sum((talker.changes for talker in self._talkers), Counter())
        together = {number: each for talker in self._talkers for number, each in talker.outcomes.items()}
        return dict(sorted(together.items()))

    def _invite(self, opening: contextlib.ExitStack) -> None:
        plan, struck = self.plan, self.plan.strikes(len(self._sentences))
        sections = _sections(self.proxy.port, plan.speed)
        for at in range(plan.people):
            source = random.Random(f"{plan.seed}/{at}")
            talker = Talker(
                f"talker-{at}",
                sections,
                LANGUAGES,
                source=source,
                speed=plan.speed,
                patience=plan.patience,
                strike=self._strike,
            )
            theirs = {number: each for number, each in self._sentences.items() if number % plan.people == at}
            talker.outcomes = {number: Outcome(sentence) for number, sentence in theirs.items()}
            talker.struck = struck
            self._talkers.append(talker)
            opening.callback(talker.stop)
            talker.start()

    # ------------------------------------------------------------ deaths

    def _strike(self, blow: str, talker: Talker) -> bool:
        """Kill the gateway, or the engine that works for a talker; False where there is none now."""
        with self._killing:
            if blow == "gateway":
                return self._kill_gateway()
            if talker.ladder.name == "home":
                return self._kill(self._engine_of_the_gateway(), "engine of the gateway")
            return self._kill(talker.own_engine.pid, "engine of a device")

    def _kill_gateway(self) -> bool:
        if not self._is_up.is_set():
            return False
        self._is_up.clear()
        self._gateway.signal(signal.SIGKILL)
        self._gateway.wait()
        self.killed["gateway"] += 1
        away_s = self._source.uniform(*_AWAY_S) / self.plan.speed
        threading.Timer(away_s, self._revive_gateway).start()
        return True

    def _revive_gateway(self) -> None:
        self._gateway.start()
        self._is_up.set()

    def _engine_of_the_gateway(self) -> int | None:
        if not self._is_up.is_set():
            return None
        engines = [pid for pid in sorted(descendants(self._gateway.pid)) if _ENGINE in command_line(pid)]
        return self._source.choice(engines) if engines else None

    def _kill(self, pid: int | None, what: str) -> bool:
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        self.killed[what] += 1
        return True


def faults(quiet: dict[int, Outcome], wild: dict[int, Outcome]) -> list[str]:
    """Return what is missing, twice or another in the wild run, beside the quiet one."""
    return [
        f"utterance {number} ({wild[number].sentence.name}): {fault}"
        for number in quiet
        for fault in _faults(quiet[number], wild[number])
    ]


def _faults(quiet: Outcome, wild: Outcome) -> list[str]:
    found = []
    if len(wild.finals) > 1:
        found.append(f"{len(wild.finals)} finals")
    if quiet.finals and not wild.finals:
        found.append(f"no final, dropped: {wild.dropped or 'without a word'}")
    for final in wild.finals:
        missing = [target for target in LANGUAGES.targets if not _text(final, target)]
        if missing and all(_text(each, target) for each in quiet.finals for target in missing):
            found.append(f"no translation into {', '.join(missing)}")
    return found


def _text(final: Final, target: str) -> str:
    return final.translations[target].text if target in final.translations else ""


def word_errors(outcomes: dict[int, Outcome]) -> tuple[int, int]:
    """Return how many words were heard wrong, and how many were said."""
    pairs = [(_words(each.sentence.transcript), _words(each.text)) for each in outcomes.values()]
    return sum(_distance(said, heard) for said, heard in pairs), sum(len(said) for said, _heard in pairs)


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() or char == "'" else " " for char in text.lower()).split()


def _distance(said: list[str], heard: list[str]) -> int:
    """Return how many words must be changed, left out or put in."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(said, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(heard, 1):
            best = min(row[place] + 1, row[place - 1] + 1, before + (word != other))
            before, row[place] = row[place], best
    return row[-1]


def _sections(port: int, speed: float) -> dict[str, dict[str, Any]]:
    at_home = HomeSettings(address=f"ws://127.0.0.1:{port}", replay_speed=2.0 * speed)
    return {"languages": asdict(LANGUAGES), "engine.home": asdict(at_home)}
