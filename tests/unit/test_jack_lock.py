"""The lock that libjack leaves behind is taken away, and nothing else is."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys

import pytest

from hw import jack_lock

OURS, ANOTHERS = f"jack_db-{os.getuid()}", f"jack_db-{os.getuid() + 1}"
LOCKS_AND_WAITS = """
import sys
from pathlib import Path
from hw.jack_lock import taken_away
with taken_away(Path(sys.argv[1])):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def shared(tmp_path):
    for name in (OURS, ANOTHERS):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__db.001").write_bytes(bytes(64))
    return tmp_path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_process_left_is_taken_away_and_what_is_anothers_stays(shared):
    with jack_lock.taken_away(shared):
        assert names(shared) == [ANOTHERS]


@pytest.mark.parametrize("things", ["jack_default_1000_0", "jack-shm-registry", "sem.jack_sem.1000_default_system"])
def test_where_a_server_runs_nothing_is_taken_away(shared, things):
    (shared / things).touch()
    with jack_lock.taken_away(shared):
        assert {OURS, ANOTHERS} < set(names(shared))


def test_where_there_is_no_such_folder_it_starts_all_the_same(tmp_path):
    with jack_lock.taken_away(tmp_path / "none"):
        assert names(tmp_path) == []


def test_one_starts_at_a_time_and_who_is_killed_keeps_nobody_waiting(shared, monkeypatch):
    monkeypatch.setattr(jack_lock, "_PATIENCE_S", 0.0)
    command = [sys.executable, "-c", LOCKS_AND_WAITS, str(shared)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "inside\n"
        (shared / OURS).mkdir()
        with jack_lock.taken_away(shared):
            assert OURS in names(shared)  # the first may be in the middle of making it
        first.kill()
    with jack_lock.taken_away(shared):
        assert OURS not in names(shared)


def test_the_turn_ends_with_the_start(shared):
    with jack_lock.taken_away(shared):
        pass
    place = os.open(shared, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(place)
