from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.batch.session import Session, SessionFailed
from daemon.board import PartState
from daemon.engines.script import Line
from daemon.engines.scripted import ScriptedEngine
from daemon.events import Final, OutputEvent
from daemon.settings import GateSection, LanguagesSection
from hw.api import FRAME_BYTES, DeviceLost
from hw.fake.microphone import ScriptedMicrophone
from tests.support.recordings import recording

#: It ends while somebody still speaks.
CUT_OFF = recording("goforward")[: 50_000 // FRAME_BYTES * FRAME_BYTES]
FRAMES = [CUT_OFF[at : at + FRAME_BYTES] for at in range(0, len(CUT_OFF), FRAME_BYTES)]


@pytest.fixture
def said() -> list[OutputEvent]:
    return []


@pytest.fixture
def session(said: list[OutputEvent]) -> Iterator[Session]:
    with Session(ScriptedEngine(), LanguagesSection(speak=""), GateSection(), said.append, realtime=True) as opened:
        yield opened


def finals(said: list[OutputEvent]) -> list[str]:
    return [event.source for event in said if isinstance(event, Final)]


def test_a_microphone_that_is_lost_while_somebody_speaks_costs_nothing_of_what_it_heard(session, said):
    with pytest.raises(DeviceLost):
        session.listen(ScriptedMicrophone([*FRAMES, DeviceLost("pulled out")]))
    assert finals(said) == ["utterance 1"]


def test_a_file_that_cannot_be_read_further_costs_what_follows_and_nothing_of_the_next_file(session, said):
    def cut_off() -> Iterator[bytes]:
        yield from FRAMES
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        session.hear(cut_off())
    assert finals(said) == ["utterance 1"]
    session.hear(FRAMES)
    assert finals(said) == ["utterance 1", "utterance 1"]  # it counts anew in each


def test_an_engine_that_fails_and_does_not_come_back_is_not_waited_for_for_ever(said):
    engine = ScriptedEngine([Line("hello", dies_at_s=0.3)])
    with (
        Session(engine, LanguagesSection(speak=""), GateSection(), said.append, patience_s=0.0) as session,
        pytest.raises(SessionFailed, match="scripted was told to die"),
    ):
        session.hear(FRAMES)


def test_who_ends_the_work_while_the_engine_is_away_is_not_kept_waiting(said):
    engine = ScriptedEngine([Line("hello", dies_at_s=0.3)])
    with Session(engine, LanguagesSection(speak=""), GateSection(), said.append) as session:

        def end(position_s: float) -> None:
            if position_s > 1.0:  # somebody still speaks
                session.stop()

        with pytest.raises(SessionFailed, match="scripted was told to die"):
            session.hear(FRAMES, end)


def test_who_waits_again_for_an_engine_that_is_away_is_as_patient_as_before(said):
    with Session(ScriptedEngine(), LanguagesSection(speak=""), GateSection(), said.append, patience_s=0.04) as session:
        session.wait_for(lambda: session.state.parts["engine"] is PartState.OK)
        session._board.problem("engine_failed", "gone again")
        for _ in range(3):
            answers = iter([False, True])
            session.wait_for(lambda answers=answers: next(answers))
