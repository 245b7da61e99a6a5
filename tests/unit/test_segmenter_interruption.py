"""While the device speaks only a voice as loud as the person before opens an utterance."""

from __future__ import annotations

from tests.support.segmenter import LIMITS, Listener


def after_a_person(dbfs: float = -30.0) -> Listener:
    """Return a listener that has heard a person at that level."""
    return Listener().silence(30).frames([True] * 50, dbfs=dbfs).silence(60)


def test_while_the_device_speaks_a_voice_much_quieter_than_the_person_before_opens_nothing():
    assert len(after_a_person(-30.0).over_device(500, dbfs=-38.0).silence(100).end().utterances) == 1


def test_while_the_device_speaks_a_person_as_loud_as_before_is_heard_from_the_first_voiced_frame():
    _before, heard = after_a_person(-30.0).over_device(100, dbfs=-32.0).end().utterances
    assert heard.first_voiced == 140


def test_a_person_who_begins_in_what_is_left_of_the_device_is_heard():
    _before, heard = after_a_person(-30.0).over_device(100, dbfs=-45.0).over_device(50, dbfs=-30.0).end().utterances
    assert set(range(240, 290)) <= set(heard.frames)


def test_a_burst_as_loud_as_the_person_does_not_interrupt():
    listener = after_a_person(-30.0)
    for _ in range(10):
        listener.over_device(8, dbfs=-30.0).over_device(20, dbfs=-50.0)
    assert len(listener.silence(60).end().utterances) == 1


def test_when_the_device_is_silent_a_quieter_voice_is_heard():
    assert len(after_a_person(-30.0).frames([True] * 50, dbfs=-60.0).end().utterances) == 2


def test_nobody_is_the_measure_before_a_person_was_heard():
    assert len(Listener().silence(30).over_device(50, dbfs=-60.0).end().utterances) == 1


def test_what_is_heard_while_the_device_speaks_is_no_measure():
    listener = Listener().silence(30).over_device(50, dbfs=-60.0).silence(60)
    assert len(listener.over_device(50, dbfs=-70.0).end().utterances) == 2


def test_the_measure_is_the_person_who_spoke_last():
    listener = after_a_person(-30.0).frames([True] * 50, dbfs=-50.0).silence(60)
    assert len(listener.over_device(50, dbfs=-52.0).end().utterances) == 3


def test_an_utterance_that_is_withdrawn_is_no_measure():
    listener = after_a_person(-50.0).frames([True] * (LIMITS.minimum_voiced - 1), dbfs=-10.0).silence(60)
    assert len(listener.over_device(50, dbfs=-52.0).end().ended) == 2


def test_an_utterance_that_is_open_when_the_device_begins_stays_open():
    listener = Listener().silence(30).voice(50).over_device(100, dbfs=-60.0)
    assert listener.utterances[0].end is None
