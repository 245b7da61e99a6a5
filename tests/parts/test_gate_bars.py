"""What the gate promises of real sound, by the parts of `scripts/bench gate`, where the larger set of recordings is."""

from __future__ import annotations

import pytest

from daemon.settings import GateSection
from scripts.lib.bench import gate_sound
from scripts.lib.bench.corpus import NoRecordings
from scripts.lib.bench.gate_listeners import Heard, bare, hear, the_gate
from scripts.lib.bench.gate_scores import Score, score

pytestmark = pytest.mark.parts

GATE = the_gate(GateSection())
LOUD_DBFS, QUIET_DBFS = -20.0, -50.0


@pytest.fixture
def labelled() -> list[gate_sound.Clip]:
    try:
        return gate_sound.labelled()
    except NoRecordings as error:
        pytest.skip(str(error))


def heard_of(clips: list[gate_sound.Clip]) -> Score:
    return score((clip, hear(GATE, clip.sound)) for clip in clips)


@pytest.mark.parametrize("ratio_db", [None, 20, 10])
def test_no_beginning_of_speech_is_cut(labelled, ratio_db):
    clips = labelled if ratio_db is None else gate_sound.mixed(labelled, ratio_db)
    assert heard_of(clips).cut_in == []


def test_of_speech_in_loud_noise_less_than_a_hundredth_is_lost(labelled):
    assert heard_of(gate_sound.mixed(labelled, 5)).lost_percent < 1.0


def test_noise_passes_for_a_quarter_of_the_time_that_webrtcvad_lets_through(labelled):
    assert labelled
    noises = gate_sound.noises()
    theirs = score((clip, hear(bare(3), clip.sound)) for clip in noises)
    assert theirs.passed_s > 0
    assert heard_of(noises).passed_s <= theirs.passed_s / 4


def test_a_quiet_voice_is_heard_from_and_to_where_a_loud_one_is(labelled):
    for clip in labelled:
        loud, quiet = (hear(GATE, gate_sound.at_level(clip, level).sound).heard for level in (LOUD_DBFS, QUIET_DBFS))
        assert len(loud) == len(quiet), clip.name
        assert borders(loud) == pytest.approx(borders(quiet), abs=0.2), clip.name


def borders(heard: list[Heard]) -> list[float]:
    return [edge for one in heard for edge in (one.start_s, one.end_s)]
