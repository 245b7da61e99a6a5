from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from daemon.board import PartState
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.ring import Clock, Limits, ranges
from daemon.mqtt.store import Row


def payload(epoch: str, seq: int) -> bytes:
    return f'{{"id":"{epoch}-{seq}"}}'.encode()


def make(path: Path | None, boot: str = "00000001", **limits: float) -> Outbox:
    return Outbox(path, boot, Limits(**limits))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.sqlite"


def waiting(outbox: Outbox) -> list[int]:
    return [row.seq for row in outbox.unacknowledged(0, 10_000)]


def test_seq_rises_by_one_over_restarts_within_one_epoch(path):
    first = make(path)
    seqs = [first.append(payload).seq for _ in range(3)]
    first.close()
    second = make(path, boot="00000002")
    seqs.append(second.append(payload).seq)
    assert seqs == [1, 2, 3, 4]
    assert second.epoch == first.epoch
    second.close()


def test_an_epoch_is_eight_hex_digits_and_new_with_a_new_file(tmp_path):
    epochs = []
    for name in "ab":
        outbox = make(tmp_path / name)
        epochs.append(outbox.epoch)
        outbox.close()
    assert len(set(epochs)) == 2
    assert all(len(bytes.fromhex(epoch)) == 4 for epoch in epochs)


def test_what_was_not_acknowledged_waits_in_order_after_a_restart(path):
    outbox = make(path)
    rows = [outbox.append(payload) for _ in range(5)]
    outbox.acknowledge(rows[1])
    outbox.acknowledge(rows[3])
    outbox.close()
    again = make(path)
    assert waiting(again) == [1, 3, 5]
    assert [row.payload for row in again.unacknowledged(0, 1)] == [payload(again.epoch, 1)]
    again.close()


def test_an_appended_final_is_on_the_disk_at_once(path):
    outbox = make(path)
    outbox.append(payload)
    copy = path.with_name("copy.sqlite")  # what a power cut would leave: the file and its log as they are now
    copy.write_bytes(path.read_bytes())
    copy.with_name("copy.sqlite-wal").write_bytes(path.with_name("outbox.sqlite-wal").read_bytes())
    left = make(copy)
    assert waiting(left) == [1]
    left.close()
    outbox.close()


def test_acknowledged_finals_stay_for_those_who_ask_again(path):
    outbox = make(path)
    for row in [outbox.append(payload) for _ in range(4)]:
        outbox.acknowledge(row)
    outbox.settle()
    assert [row.seq for row in outbox.since(2, 2)] == [2, 3]
    assert outbox.newest().seq == 4
    outbox.close()


def test_the_ring_forgets_the_oldest_and_names_what_nobody_will_get(path):
    outbox = make(path, finals=3)
    rows = [outbox.append(payload) for _ in range(3)]
    outbox.acknowledge(rows[0])
    for _ in range(3):
        outbox.append(payload)
    assert waiting(outbox) == [4, 5, 6]
    dropped = [notice.fields for notice in outbox.notices]
    assert dropped == [{"epoch": outbox.epoch, "from_seq": seq, "to_seq": seq} for seq in (2, 3)]
    outbox.close()


def test_the_ring_is_bounded_in_bytes_but_never_refuses_the_newest(path):
    outbox = make(path, octets=100)
    outbox.append(lambda _epoch, _seq: b"x" * 60)
    outbox.append(lambda _epoch, _seq: b"y" * 500)
    assert waiting(outbox) == [2]
    assert outbox.figures()["bytes"] == 500
    outbox.close()


def test_finals_of_this_boot_age_by_the_monotonic_clock_others_by_the_wall_clock(path):
    now = {"uptime": 100.0, "wall": 1_000.0}
    clock = Clock(lambda: now["uptime"], lambda: now["wall"])
    outbox = Outbox(path, "00000001", Limits(hours=1), clock)
    outbox.append(payload)
    now["wall"] = 10_000_000.0  # the network told the time
    outbox.settle()
    assert waiting(outbox) == [1]
    now["uptime"] += 3_601
    outbox.settle()
    assert waiting(outbox) == []
    outbox.append(payload)
    outbox.close()
    now["wall"] += 3_601
    later = Outbox(path, "00000002", Limits(hours=1), clock)
    later.settle()
    assert waiting(later) == []
    assert [notice.fields["from_seq"] for notice in later.notices] == [2]
    later.close()


def test_with_no_hours_finals_are_kept_in_memory_until_the_broker_has_them(path):
    outbox = make(path, hours=0)
    row = outbox.append(payload)
    assert waiting(outbox) == [1]
    outbox.acknowledge(row)
    outbox.settle()
    assert outbox.newest() is None
    assert outbox.state is PartState.VOLATILE
    assert not path.exists()
    outbox.close()


@pytest.mark.parametrize(
    "rubbish", [b"this is no database, whatever it was once" * 100, b"SQLite format 3\0" + b"\xff" * 8_000]
)
def test_a_damaged_file_is_set_aside_and_named(path, rubbish):
    path.write_bytes(rubbish)
    outbox = make(path)
    assert outbox.append(payload).seq == 1
    assert outbox.state is PartState.OK
    (notice,) = outbox.notices
    assert notice.event_type == "outbox_set_aside"
    assert (path.parent / notice.fields["file"]).read_bytes() == rubbish
    outbox.close()


def test_a_file_damaged_inside_is_noticed_at_the_start(path):
    outbox = make(path)
    for _ in range(200):
        outbox.append(lambda _epoch, _seq: b"z" * 400)
    outbox.close()
    data = bytearray(path.read_bytes())
    data[8_192:40_960] = b"\x55" * 32_768
    path.write_bytes(data)
    again = make(path)
    assert [notice.event_type for notice in again.notices] == ["outbox_set_aside"]
    assert again.append(payload).seq == 1
    again.close()


def test_a_file_of_another_layout_is_set_aside(path):
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    other.close()
    outbox = make(path)
    assert [notice.event_type for notice in outbox.notices] == ["outbox_set_aside"]
    outbox.close()


def test_where_nothing_can_be_written_finals_are_kept_in_memory_under_a_new_epoch(tmp_path):
    (tmp_path / "file").write_text("no directory")
    outbox = make(tmp_path / "file" / "outbox.sqlite")
    assert outbox.state is PartState.VOLATILE
    assert "outbox.sqlite" in outbox.trouble
    assert [outbox.append(payload).seq for _ in range(2)] == [1, 2]
    assert waiting(outbox) == [1, 2]
    outbox.close()


def test_when_the_disk_can_be_written_again_the_finals_in_memory_move_there(tmp_path):
    blocked = tmp_path / "state"
    blocked.write_text("no directory")
    outbox = make(blocked / "outbox.sqlite")
    epoch = outbox.epoch
    rows = [outbox.append(payload) for _ in range(3)]
    outbox.acknowledge(rows[0])
    blocked.unlink()
    outbox.recover()
    assert outbox.state is PartState.OK
    assert outbox.append(payload).seq == 4
    outbox.close()
    again = make(blocked / "outbox.sqlite")
    assert (again.epoch, again.seq, waiting(again)) == (epoch, 4, [2, 3, 4])
    again.close()


def test_two_daemons_do_not_share_one_file(path):
    first = make(path)
    first.append(payload)
    second = make(path)
    assert second.state is PartState.VOLATILE
    assert second.append(payload).seq == 1
    first.close()
    second.recover()
    assert second.state is PartState.OK
    assert second.seq == 1
    assert [row.epoch for row in second.unacknowledged(0, 9)] == [first.epoch, second.epoch]
    second.close()


def test_a_full_disk_costs_the_older_half_then_goes_on_and_recovers(path):
    outbox = make(path)
    for _ in range(100):
        outbox.append(lambda _epoch, _seq: b"x" * 2_000)
    outbox._store.limit_pages(1)  # SQLite now finds no page more than it has, as on a full disk
    while outbox.state is PartState.OK:
        outbox.append(lambda _epoch, _seq: b"y" * 2_000)
    assert outbox.state is PartState.FULL
    assert "free some space" in outbox.trouble
    assert outbox._on_disk
    newest = outbox.seq
    assert waiting(outbox)[-1] == newest
    assert [notice.event_type for notice in outbox.notices] == ["outbox_dropped"]
    outbox._store.limit_pages(1_000_000)
    outbox.recover()
    assert outbox.state is PartState.OK
    outbox.close()


def test_a_store_that_breaks_in_use_is_left_with_what_can_be_read(path):
    outbox = make(path)
    outbox.append(payload)
    epoch = outbox.epoch
    outbox._store._connection.execute("PRAGMA query_only = ON")  # what a disk that turned read-only answers
    row = outbox.append(payload)
    assert (row.seq, row.epoch == epoch) == (1, False)
    assert outbox.state is PartState.VOLATILE
    assert [r.epoch for r in outbox.unacknowledged(0, 9)] == [epoch, row.epoch]
    outbox.recover()
    assert outbox.state is PartState.OK
    assert [r.epoch for r in outbox.unacknowledged(0, 9)] == [epoch, row.epoch]
    outbox.close()


def test_forgetting_leaves_no_word_on_the_disk(path):
    outbox = make(path)
    outbox.append(lambda _epoch, _seq: b"a secret word")
    epoch = outbox.epoch
    outbox.forget()
    outbox.append(payload)
    assert outbox.epoch != epoch
    assert (outbox.seq, waiting(outbox)) == (1, [1])
    outbox.close()
    assert all(b"secret" not in file.read_bytes() for file in path.parent.iterdir())


@pytest.fixture
def blocked(tmp_path):
    """Return a function that takes the disk away from the outbox, or gives it back as it was."""
    folder, away = tmp_path / "state", tmp_path / "away"

    def turn(*, off: bool) -> None:
        if off:
            folder.rename(away)
            folder.write_text("no directory")
        else:
            folder.unlink()
            away.rename(folder)

    return turn


def test_what_is_forgotten_while_the_disk_is_away_does_not_come_back_with_it(tmp_path, blocked):
    path = tmp_path / "state" / "outbox.sqlite"
    first = make(path)
    for _ in range(3):
        first.append(lambda _epoch, _seq: b"a secret word")
    epoch = first.epoch
    first.close()
    blocked(off=True)
    outbox = make(path)
    outbox.append(lambda _epoch, _seq: b"a secret, too")
    assert outbox.forget() == path
    outbox.append(payload)
    blocked(off=False)
    outbox.recover()
    assert (outbox.state, outbox.since(1, 9, epoch), waiting(outbox)) == (PartState.OK, [], [1])
    assert outbox.forget() is None
    outbox.close()
    assert all(b"secret" not in file.read_bytes() for file in path.parent.iterdir())


def test_a_file_is_not_used_again_before_all_that_was_forgotten_is_erased(tmp_path, blocked):
    path = tmp_path / "state" / "outbox.sqlite"
    make(path).close()
    damaged = path.with_name(path.name + ".damaged")
    damaged.mkdir()  # not to be erased as a file is
    blocked(off=True)
    outbox = make(path)
    outbox.forget()
    blocked(off=False)
    outbox.recover()
    assert outbox.state is PartState.VOLATILE
    damaged.rmdir()
    outbox.recover()
    assert outbox.state is PartState.OK
    outbox.close()


def test_a_disk_that_cannot_be_written_is_said_with_what_to_do(tmp_path):
    path = tmp_path / "outbox.sqlite"
    path.mkdir()
    outbox = make(path)
    assert f"{path}: unable to open database file; see that its disk is mounted for writing" in outbox.trouble
    outbox.close()


def test_keeping_nothing_erases_what_was_kept_before(path):
    outbox = make(path)
    outbox.append(payload)
    outbox.close()
    path.with_name(path.name + ".damaged").write_text("words")
    make(path, hours=0).close()
    assert list(path.parent.iterdir()) == []


def test_forgetting_names_the_file_that_could_not_be_erased_when_nothing_was_to_be_kept(tmp_path, blocked):
    path = tmp_path / "state" / "outbox.sqlite"
    first = make(path)
    first.append(payload)
    first.close()
    blocked(off=True)
    outbox = make(path, hours=0)
    assert outbox.forget() == path
    blocked(off=False)
    assert outbox.forget() is None
    outbox.close()
    assert list(path.parent.iterdir()) == []


def test_what_was_set_aside_goes_when_its_time_is_over_or_all_is_forgotten(path):
    damaged = path.with_name(path.name + ".damaged")
    damaged.write_text("words")
    outbox = make(path)
    assert damaged.exists()
    outbox.forget()
    assert not damaged.exists()
    outbox.close()
    damaged.write_text("words")
    os.utime(damaged, (0, 0))
    make(path).close()
    assert not damaged.exists()


def test_ranges_join_what_follows_on():
    rows = [Row(0, epoch, seq, "", 0, 0, b"") for epoch, seq in [("a", 1), ("a", 2), ("a", 4), ("b", 5)]]
    assert ranges(rows) == [("a", 1, 2), ("a", 4, 4), ("b", 5, 5)]
