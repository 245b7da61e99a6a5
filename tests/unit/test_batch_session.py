from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.batch.session import Session
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
