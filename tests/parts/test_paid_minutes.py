"""Minutes of a service that costs money: engine and server over real sockets, the count over restarts."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from daemon.board import Activity, PartState
from daemon.engines.base import Cure, EngineWarning
from daemon.engines.speech_service.allowance import RUNNING_OUT, USED_UP, local_day
from daemon.wire.from_client import Audio
from hw.api import SPEECH_FORMAT
from tests.support.board_watch import PartWatch
from tests.support.speech_scenario import ABORT, Scenario
from tests.support.speech_server import SpeechServer
from tests.support.speech_service import QUICK, Streamed, begin, ends, engine, say, texts
from tests.support.spoken_code import sound_of

pytestmark = pytest.mark.parts

#: 2.1 s of sound, and a limit that two of them pass.
WORDS = sound_of("one two")
MINUTES = 0.06


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path


def kept(state: Path) -> dict[str, object]:
    return json.loads((state / "azure-minutes.json").read_text())


def heard_s(server: SpeechServer) -> float:
    sent = sum(len(message.pcm) for message in server.messages if isinstance(message, Audio))
    return sent / SPEECH_FORMAT.bytes_per_second


def test_no_more_is_sent_than_the_day_has_and_the_failure_says_what_to_wait_for(state):
    with SpeechServer() as server, engine(server, max_minutes_per_day=MINUTES) as (opened, listener):
        listener.ready()
        say(opened, 1, WORDS)
        assert texts(listener.final(1))["es"] == "es:one es:two"
        say(opened, 2, WORDS)
        failure = listener.failure()
        assert (failure.code, failure.cure) == (USED_UP, Cure.CONFIGURE)
        assert "engine.azure.max_minutes_per_day" in failure.text
        warnings = listener.all(EngineWarning)
        assert warnings[0].code == RUNNING_OUT
        assert 0 < heard_s(server) <= MINUTES * 60
    assert kept(state)["spent_s"] == pytest.approx(MINUTES * 60)


def test_after_a_restart_nothing_is_left_and_the_service_is_not_even_called():
    with SpeechServer() as server:
        for _ in range(2):
            with engine(server, max_minutes_per_day=MINUTES) as (opened, listener):
                if not server.upgrades:
                    listener.ready()
                    say(opened, 1, WORDS)
                    listener.final(1)
                    say(opened, 2, WORDS)
                assert listener.failure().code == USED_UP
        assert len(server.upgrades) == 1
        assert heard_s(server) <= MINUTES * 60


def test_what_is_said_again_after_a_lost_connection_is_counted_again(state):
    scenario = Scenario(cuts=deque([(2, ABORT)]))
    with SpeechServer(scenario) as server, engine(server, max_minutes_per_day=5) as (opened, listener):
        listener.ready()
        begin(opened, 1, WORDS)
        listener.ready(2)
        say(opened, 1, WORDS)
        listener.final(1)
    assert len(server.turns) == 2
    words_s = len(WORDS) / SPEECH_FORMAT.bytes_per_second
    # What was on its way when the connection broke is counted, too: the service may have got it.
    assert heard_s(server) - 0.05 <= kept(state)["spent_s"] <= 2 * words_s + 0.1
    assert kept(state)["spent_s"] > words_s + 0.5


def test_yesterdays_minutes_are_not_todays_and_tomorrows_are(state):
    for days, is_over in ((-1, False), (1, True)):
        usage = {"v": 1, "day": (local_day() + timedelta(days=days)).isoformat(), "spent_s": 60 * MINUTES}
        (state / "azure-minutes.json").write_text(json.dumps(usage))
        with SpeechServer() as server, engine(server, max_minutes_per_day=MINUTES) as (_opened, listener):
            assert listener.failure().code == USED_UP if is_over else listener.ready()


def test_where_there_is_no_other_engine_the_board_says_so_and_nothing_is_silent(state):
    usage = {"v": 1, "day": local_day().isoformat(), "spent_s": 60 * MINUTES}
    (state / "azure-minutes.json").write_text(json.dumps(usage))
    with SpeechServer() as server:
        client = Streamed(server, max_minutes_per_day=MINUTES)
        watch = PartWatch(client.board, "engine")
        with client:
            client.board.doing(Activity.LISTENING)
            snapshot = watch.wait_for(PartState.FAILED)
            problems = {problem.code: problem.detail for problem in client.board.snapshot().problems}
            assert client.board.snapshot().activity is Activity.DEGRADED
    assert "max_minutes_per_day" in problems["engine_failed"]
    assert "100 %" in problems[RUNNING_OUT]
    assert snapshot.parts["engine"] is PartState.FAILED


def test_another_day_begins_while_it_runs(monkeypatch):
    days = [local_day()]
    monkeypatch.setattr("daemon.engines.speech_service.engine.local_day", lambda: days[-1])
    soon = replace(QUICK, day_s=0.05)
    with SpeechServer() as server, engine(server, soon, max_minutes_per_day=MINUTES) as (opened, listener):
        listener.ready()
        say(opened, 1, WORDS)
        listener.final(1)
        say(opened, 2, WORDS)
        assert listener.failure().code == USED_UP
        days.append(days[0] + timedelta(days=1))
        listener.ready(2)
        say(opened, 2, WORDS)
        assert texts(listener.final(2))["es"] == "es:one es:two"
        assert listener.all(EngineWarning)[-1].text == ""
        assert len(ends(listener, 2)) == 1
