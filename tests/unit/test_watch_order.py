"""What a watcher makes of messages: order, gaps and epochs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mqtt.messages import Refused
from tests.support.properties import PROPERTY
from tests.support.watching import EPOCH, NEWER, PATIENCE_S, World, device, final, state

RETRY_S = 5.0


def test_what_was_said_before_the_watcher_came_is_not_shown():
    world = World()
    world.hear("state", state(7), stored=True)
    world.hear("final/last", {"epoch": EPOCH, "seq": 8}, stored=True)
    assert world.requests(PATIENCE_S) == []
    world.say(9)
    assert world.seen == [9]


def test_the_last_finals_are_asked_for_where_they_are_wanted():
    world = World(earlier=3)
    world.hear("final/last", {"epoch": EPOCH, "seq": 8}, stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["epoch"], request["from_seq"], request["limit"]) == (EPOCH, 6, 3)
    world.answer(request, [6, 7, 8])
    world.say(9)
    assert world.seen == [6, 7, 8, 9]


def test_a_final_twice_is_shown_once():
    world = World()
    world.say(1, 2, 2, 1, 3)
    assert world.seen == [1, 2, 3]


def test_a_jump_is_closed_by_a_replay_and_the_order_kept():
    world = World()
    world.say(1, 4)
    assert world.seen == [1]
    assert world.requests() == [], "what is late may still come by itself"
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (2, 2)
    world.answer(request, [2, 3])
    assert world.seen == [1, 2, 3, 4]
    assert world.requests(2 * RETRY_S) == []


def test_a_late_final_needs_no_replay():
    world = World()
    world.say(1, 3, 2)
    assert world.seen == [1, 2, 3]
    assert world.requests(PATIENCE_S) == []


def test_what_was_said_while_the_connection_was_lost_is_asked_for_in_parts():
    world = World()
    world.say(1)
    world.watch.disconnected()
    assert world.requests(RETRY_S) == []
    world.watch.connected()
    world.hear("final/last", {"epoch": EPOCH, "seq": 301}, stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (2, 200)
    world.answer(request, range(2, 202))
    (request,) = world.requests()
    assert (request["from_seq"], request["limit"]) == (202, 100)
    world.answer(request, range(202, 302))
    assert world.seen == list(range(1, 302))


def test_what_was_said_while_the_connection_was_lost_is_news_though_nothing_was_said_before():
    world = World()
    world.hear("state", state(5), stored=True)
    world.watch.disconnected()
    world.watch.connected()
    world.hear("state", state(7), stored=True)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    assert (request["from_seq"], request["limit"]) == (6, 2)


def test_finals_that_the_device_has_no_longer_are_named():
    world = World()
    world.say(1, 9)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.answer(request, [4, 5, 8])
    assert world.seen == [1, (2, 3), 4, 5, (6, 7), 8, 9]


@pytest.mark.parametrize("code", ["not_permitted", "failed"])
def test_what_the_device_refuses_is_missing_and_holds_up_nothing(code):
    world = World()
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.refuse(request, code)
    assert world.seen == [1, (2, 2), 3]


def test_a_busy_device_is_asked_again():
    world = World()
    world.say(1, 3)
    world.requests()
    for _time in range(5):
        (request,) = world.requests(1.0)
        world.refuse(request, "busy")
    (request,) = world.requests(1.0)
    world.answer(request, [2])
    assert world.seen == [1, 2, 3]


def test_a_device_that_does_not_answer_is_given_up():
    world = World()
    world.say(1, 3)
    world.requests()
    asked = [len(world.requests(RETRY_S)) for _time in range(4)]
    assert asked == [1, 1, 1, 0]
    assert world.seen == [1, (2, 2), 3]


def test_a_broker_that_forbids_to_ask_is_believed():
    world = World()
    world.say(1, 3)
    world.requests()
    (publication,) = world.publications(PATIENCE_S)
    world.watch.refused(Refused(publication.token, publication.topic, "Not authorized"))
    world.requests()
    assert world.seen == [1, (2, 2), 3]


def test_the_answer_to_somebody_else_changes_nothing():
    world = World()
    world.say(1, 3)
    world.requests()
    (request,) = world.requests(PATIENCE_S)
    world.refuse({**request, "transaction": "theirs"}, "not_permitted")
    world.hear("replay", final(700, NEWER))
    assert world.seen == [1]
    assert device(world).gap == 1
    world.hear("replay", final(2))
    assert world.seen == [1, 2, 3], "a replay that somebody else asked for helps all the same"


def test_a_device_that_is_away_is_asked_when_it_is_back():
    world = World()
    world.say(1)
    world.hear("availability", b"offline")
    world.hear("state", state(3))
    world.requests()
    assert [world.requests(RETRY_S) for _time in range(5)] == [[]] * 5
    assert world.seen == [1]
    world.hear("availability", b"online")
    (request,) = world.requests(RETRY_S)
    world.answer(request, [2, 3])
    assert world.seen == [1, 2, 3]


def test_a_new_epoch_starts_at_its_first_final_after_all_of_the_old_one():
    world = World()
    world.say(1, 2)
    world.hear("state", state(3))
    world.say(2, epoch=NEWER)
    world.requests()
    (old,) = world.requests(PATIENCE_S)
    assert (old["epoch"], old["from_seq"]) == (EPOCH, 3)
    world.answer(old, [3])
    world.requests()
    (new,) = world.requests(PATIENCE_S)
    assert (new["epoch"], new["from_seq"], new["limit"]) == (NEWER, 1, 1)
    world.answer(new, [1])
    assert world.seen == [1, 2, 3, 1, 2]


def test_a_new_epoch_waits_for_the_end_of_the_old_one():
    world = World()
    world.say(1)
    world.hear("state", state(2))
    world.say(1, 2, epoch=NEWER)
    assert world.seen == [1]
    world.say(2)
    assert world.seen == [1, 2, 1, 2]


def test_what_the_outbox_dropped_is_not_asked_for():
    world = World()
    world.say(1)
    world.hear("event", {"event_type": "outbox_dropped", "epoch": EPOCH, "from_seq": 2, "to_seq": 5})
    world.say(6)
    assert world.requests(PATIENCE_S) == []
    assert world.seen == [1, (2, 5), 6]


def test_a_device_that_comes_back_with_what_it_kept_is_shown_from_there():
    world = World()
    world.hear("state", state(5), stored=True)
    world.hear("state", state(8), stored=True)
    world.say(6, 7, 8, 9)
    assert world.seen == [6, 7, 8, 9]


@PROPERTY
@given(st.data())
def test_every_final_is_shown_once_and_in_order_whatever_is_lost(data):
    said = data.draw(st.integers(1, 30))
    kept = {seq for seq in range(1, said + 1) if data.draw(st.booleans()) or seq == 1}
    arrived = [seq for seq in range(2, said + 1) if data.draw(st.booleans())]
    order = data.draw(st.permutations(arrived)) + data.draw(st.lists(st.sampled_from(arrived or [1])))
    world = World()
    world.say(1)
    for seq in order:
        world.hear("final", final(seq))
        for request in world.requests(data.draw(st.sampled_from([0.0, 0.1, PATIENCE_S]))):
            wanted = range(request["from_seq"], request["from_seq"] + request["limit"])
            world.answer(request, [seq for seq in wanted if seq in kept])
    world.hear("final/last", {"epoch": EPOCH, "seq": said})
    for _time in range(4 * said):
        for request in world.requests(RETRY_S):
            later = [seq for seq in sorted(kept) if seq >= request["from_seq"]]
            world.answer(request, later[: request["limit"]])
    shown = [seq for seq in world.seen if isinstance(seq, int)]
    missing = [seq for ends in world.seen if isinstance(ends, tuple) for seq in range(ends[0], ends[1] + 1)]
    assert shown == sorted(set(shown))
    assert sorted(shown + missing) == list(range(1, said + 1))
    assert kept & set(missing) == set()
