from __future__ import annotations

import re
import threading
from itertools import count

import pytest

from daemon.board import Activity, Board, PartState, utc_now


@pytest.fixture
def board():
    """Return a board whose clock counts its readings."""
    readings = count()
    board = Board("en", ("es",), clock=lambda: f"t{next(readings):03}")
    board.part("microphone", PartState.OK)
    board.part("engine", PartState.OK)
    return board


@pytest.fixture
def listening(board):
    board.doing(Activity.LISTENING)
    return board


def activity(board: Board) -> Activity:
    return board.snapshot().activity


def test_it_starts_whatever_the_parts_are(board):
    board.part("microphone", PartState.LOST)
    board.mute(muted=True)
    assert activity(board) is Activity.STARTING


@pytest.mark.parametrize("part", ["microphone", "engine"])
@pytest.mark.parametrize("state", [PartState.ABSENT, PartState.LOST, PartState.BUSY, PartState.FAILED])
def test_trouble_with_a_needed_part_degrades(listening, part, state):
    listening.part(part, state)
    assert activity(listening) is Activity.DEGRADED
    listening.part(part, PartState.OK)
    assert activity(listening) is Activity.LISTENING


def test_an_engine_that_loads_does_not_degrade(listening):
    listening.part("engine", PartState.LOADING)
    assert activity(listening) is Activity.LISTENING


@pytest.mark.parametrize("part", ["display", "speaker", "outbox"])
def test_trouble_with_another_part_is_only_reported(listening, part):
    listening.part(part, PartState.FAILED)
    assert activity(listening) is Activity.LISTENING
    assert listening.snapshot().parts[part] is PartState.FAILED


def test_what_is_being_done_hides_that_it_is_degraded(listening):
    listening.part("engine", PartState.FAILED)
    listening.doing(Activity.HEARING)
    assert activity(listening) is Activity.HEARING


def test_muted_is_told_unless_the_device_speaks(listening):
    listening.mute(muted=True)
    assert activity(listening) is Activity.MUTED
    listening.doing(Activity.SPEAKING)
    assert activity(listening) is Activity.SPEAKING
    assert listening.snapshot().muted
    listening.doing(Activity.LISTENING)
    assert activity(listening) is Activity.MUTED


def test_stopped_stays_whatever_happens(listening):
    listening.doing(Activity.STOPPED)
    listening.part("engine", PartState.FAILED)
    assert activity(listening) is Activity.STOPPED


def test_since_is_the_time_of_the_last_change_of_activity(listening):
    since = listening.snapshot().since
    listening.problem("x", "something")
    listening.doing(Activity.LISTENING)
    assert listening.snapshot().since == since
    listening.doing(Activity.HEARING)
    assert listening.snapshot().since > since


def test_an_unknown_part_is_refused_with_the_known_ones(board):
    with pytest.raises(ValueError, match="no part 'printer': one of microphone, engine"):
        board.part("printer", PartState.OK)


def test_a_problem_keeps_its_time_and_renews_its_text(board):
    board.problem("engine_slow", "2 s behind")
    first = board.snapshot().problems[0]
    board.problem("engine_slow", "5 s behind")
    (problem,) = board.snapshot().problems
    assert (problem.code, problem.since, problem.detail) == ("engine_slow", first.since, "5 s behind")


def test_problems_of_one_code_are_told_apart_by_what_they_are_about(board):
    board.problem("no_translator", "install es", about="es")
    board.problem("no_translator", "install ca", about="ca")
    board.solved("no_translator", about="es")
    assert [problem.detail for problem in board.snapshot().problems] == ["install ca"]


def test_a_code_is_solved_for_all_it_was_about(board):
    board.problem("no_translator", "install es", about="es")
    board.problem("no_translator", "install ca", about="ca")
    board.problem("engine_slow", "2 s behind")
    board.solved("no_translator")
    assert [problem.code for problem in board.snapshot().problems] == ["engine_slow"]


def test_a_problem_that_comes_back_has_a_new_time(board):
    board.problem("microphone_lost", "gone")
    since = board.snapshot().problems[0].since
    board.solved("microphone_lost")
    board.problem("microphone_lost", "gone")
    assert board.snapshot().problems[0].since > since


def test_listeners_are_told_of_each_change_and_of_nothing_else(board):
    told = []
    board.listen(told.append)
    board.doing(Activity.LISTENING)
    board.doing(Activity.LISTENING)
    board.solved("never_was")
    board.part("engine", PartState.OK)
    board.mute(muted=True)
    assert [snapshot.activity for snapshot in told] == [Activity.LISTENING, Activity.MUTED]


def test_a_snapshot_does_not_change_any_more(board):
    before = board.snapshot()
    board.part("engine", PartState.FAILED)
    assert before.parts["engine"] is PartState.OK


def test_what_is_served_is_told(board):
    board.serving(source="ca", targets=("en", "fr"), engine="device")
    now = board.snapshot()
    assert (now.source, now.targets, now.engine) == ("ca", ("en", "fr"), "device")


def test_the_summary_is_the_activity_or_the_newest_trouble(listening):
    assert listening.snapshot().summary == "listening"
    listening.problem("a", "older")
    listening.problem("b", "newer")
    assert listening.snapshot().summary == "listening: newer"


def test_what_the_owner_has_accepted_is_a_problem_but_no_trouble(listening):
    listening.problem("a", "as it was set", accepted=True)
    now = listening.snapshot()
    assert ([problem.code for problem in now.problems], now.trouble, now.summary) == (["a"], None, "listening")
    listening.problem("a", "not any more")
    assert listening.snapshot().summary == "listening: not any more"


def test_changes_from_many_threads_are_all_there():
    board = Board()
    told = []
    board.listen(told.append)
    threads = [
        threading.Thread(target=lambda name=name: [board.problem(name, str(n), about=str(n)) for n in range(50)])
        for name in "abcd"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(board.snapshot().problems) == 200
    assert [len(snapshot.problems) for snapshot in told] == list(range(1, 201))


def test_the_time_is_utc_with_milliseconds():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", utc_now())


def test_what_has_stopped_does_nothing_else_any_more(listening):
    told = []
    listening.listen(told.append)
    listening.doing(Activity.STOPPED)
    for later in (Activity.SPEAKING, Activity.LISTENING):  # the gate closes, speech is cut short
        listening.doing(later)
        listening.mute(muted=later is Activity.SPEAKING)
    assert {snapshot.activity for snapshot in told} == {Activity.STOPPED}
    assert told[-1].since == told[0].since
