"""The trial that a change of the settings is on: on what it is taken back, and on what it is not."""

from __future__ import annotations

from pathlib import Path

from daemon import remote_settings
from daemon.board import PartState
from daemon.config import load
from daemon.probation import roll_back_after_crash
from tests.support.settings import written
from tests.support.steering import Bench


def engine_fails(bench: Bench) -> None:
    bench.board.problem("engine_failed", "it died")
    bench.board.part("engine", PartState.FAILED)


def kept(folder: Path) -> dict[str, object]:
    return load(None, environment={"STATE_DIRECTORY": str(folder)}).remote


def test_changes_on_which_a_worker_dies_are_all_taken_back_at_once(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.clock.now_s += 61
    bench.steering.look()
    bench.steering.change({"speaker.volume": 0.6})
    bench.steering.change({"gate.sensitivity": 0.9})
    bench.steering.worker_died("captions died of ValueError")
    bench.steering.look()
    assert bench.steering.settings.remote == kept(tmp_path) == {"speaker.volume": 0.5}
    told = bench.told[-1]
    assert told.event_type == "config_rolled_back"
    assert told.fields["reason"] == "captions died of ValueError"
    assert told.fields["applied"] == ["gate.sensitivity", "speaker.volume"]
    assert bench.steering.settings.rev == 4


def test_what_is_gone_back_to_is_all_that_still_goes_with_the_file(tmp_path: Path) -> None:
    remote_settings.write(tmp_path, 1, {"speaker.volume": 0.2, "languages.speak": "es"})
    bench = Bench(tmp_path, file=written(tmp_path, '[languages]\ntargets = ["ca"]\n'))
    bench.steering.change({"gate.sensitivity": 0.9})
    bench.steering.worker_died("captions died of ValueError")
    bench.steering.look()
    assert bench.steering.settings.remote == kept(tmp_path) == {"speaker.volume": 0.2}


def test_a_change_since_which_the_engine_is_not_well_is_taken_back_after_a_minute(bench: Bench) -> None:
    bench.steering.change({"languages.speak": ""})
    engine_fails(bench)
    bench.clock.now_s += 59
    bench.steering.look()
    assert bench.steering.settings.rev == 1
    bench.clock.now_s += 2
    bench.steering.look()
    assert bench.steering.settings.languages.speak == "es"
    bench.steering.look()
    assert [notice.event_type for notice in bench.told] == ["config_applied", "config_rolled_back"]


def test_an_engine_that_recovers_or_was_ill_before_is_no_reason_to_take_a_change_back(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    engine_fails(bench)
    bench.board.part("engine", PartState.OK)
    bench.board.solved("engine_failed")
    bench.clock.now_s += 61
    bench.steering.look()
    engine_fails(bench)
    bench.steering.change({"speaker.volume": 0.6})
    bench.clock.now_s += 61
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.6


def test_a_lost_broker_is_no_reason_to_take_a_change_back(bench: Bench) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.board.problem("mqtt_unreachable", "gone")
    bench.clock.now_s += 61
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_worker_that_dies_later_or_before_is_no_reason_to_take_a_change_back(bench: Bench) -> None:
    bench.steering.worker_died("captions")
    bench.steering.change({"speaker.volume": 0.5})
    bench.clock.now_s += 61
    bench.steering.look()
    bench.steering.worker_died("captions")
    bench.steering.look()
    assert bench.steering.settings.speaker.volume == 0.5


def test_a_crash_within_the_minute_brings_the_last_good_settings_back(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    assert roll_back_after_crash(tmp_path)
    after = load(None, environment={"STATE_DIRECTORY": str(tmp_path)})
    assert (after.remote, after.rev) == ({}, 2)
    assert not roll_back_after_crash(tmp_path)


def test_a_crash_after_the_minute_or_a_clean_stop_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.steering.stopped()
    assert not roll_back_after_crash(tmp_path)
    again = Bench(tmp_path)
    again.clock.now_s += 61
    again.steering.look()
    assert not roll_back_after_crash(tmp_path)
    assert kept(tmp_path) == {"speaker.volume": 0.5}


def test_a_clean_stop_begins_the_trial_again(bench: Bench, tmp_path: Path) -> None:
    bench.steering.change({"speaker.volume": 0.5})
    bench.steering.stopped()
    assert not roll_back_after_crash(tmp_path)
    again = Bench(tmp_path)
    again.steering.worker_died("captions")
    again.steering.look()
    assert again.steering.settings.speaker.volume == 0.8
    assert kept(tmp_path) == {}


def test_without_a_state_directory_there_is_nothing_to_take_back() -> None:
    assert not roll_back_after_crash(None)
