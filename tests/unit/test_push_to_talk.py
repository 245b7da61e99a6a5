"""Who holds a key to talk is heard, from the first syllable until a moment after, and nobody else."""

from __future__ import annotations

import pytest

from daemon.events import EndReason, UtteranceAudio, UtteranceBegan, UtteranceEnded
from daemon.settings import GateSection
from daemon.speaking import Speaking
from tests.support.listening import QUIET, VOICE, benches, later
from tests.support.recordings import recording
from tests.support.sound import frames_of, noise, pcm, voice


@pytest.fixture
def make(monkeypatch):
    return benches(monkeypatch)


def talk(bench, *, held):
    return lambda: bench.listening.talk(held=held)


def test_who_interrupts_the_device_by_holding_a_key_is_heard_from_the_first_syllable_and_the_device_is_not(make):
    bench = make(mode="push_to_talk")
    speaking = bench.speaking
    device = [bytes([7, 0]) * 320] * 40
    bench.run(
        QUIET,
        lambda: speaking.take(0.0, lambda: False),
        device,
        talk(bench, held=True),
        lambda: speaking.give_back(0.3),
        later(bench, 0.08),
        device[:1],  # and a rest of 90 ms
        VOICE,
    )
    heard = [event.pcm for event in bench.of(UtteranceAudio)]
    assert heard[: len(VOICE)] == VOICE
    assert device[0] not in heard


def test_in_push_to_talk_nothing_is_heard_unless_something_is_held(make):
    bench = make(mode="push_to_talk")
    bench.run(QUIET, VOICE)
    assert bench.heard == []


def test_in_push_to_talk_speech_is_heard_from_the_press_until_a_moment_after_the_release(make):
    bench = make(mode="push_to_talk")
    speech = VOICE[:50]
    bench.run(
        QUIET,
        talk(bench, held=True),
        QUIET[:10],
        speech[:25],
        talk(bench, held=False),
        later(bench, 0.2),
        speech[25:40],
        later(bench, 0.2),
        speech[40:],
        QUIET,
    )
    heard = b"".join(event.pcm for event in bench.of(UtteranceAudio))
    assert b"".join(speech[:40]) in heard
    assert speech[41] not in heard
    assert bench.ends == [EndReason.MUTED]


def test_in_push_to_talk_who_speaks_at_once_is_heard_from_the_first_frame(make):
    bench = make(mode="push_to_talk")
    # A word without the pause before it that would tell how loud the room is.
    word = [frame.pcm for frame in frames_of(recording("rhasspy-turn-on-the-living-room-lamp"))[8:33]]
    bench.run(QUIET, talk(bench, held=True), word)
    assert [event.pcm for event in bench.of(UtteranceAudio)][: len(word)] == word
    assert bench.ends == [EndReason.STOPPED]


def test_in_push_to_talk_what_the_device_says_is_not_taken_for_the_noise_of_the_room(make):
    bench = make(mode="push_to_talk")
    device = [frame.pcm for frame in frames_of(pcm(voice(4, -10) + noise(4, -25)))]
    word = [frame.pcm for frame in frames_of(pcm(voice(0.3, -35) + noise(0.3, -60, seed=2)))]
    bench.run(
        QUIET,
        lambda: bench.speaking.take(0.0, lambda: False),
        device,
        talk(bench, held=True),
        lambda: bench.speaking.give_back(0.3),
        later(bench, 0.11),
        word,
    )
    assert [event.pcm for event in bench.of(UtteranceAudio)][: len(word)] == word


def test_what_waits_to_be_spoken_cuts_nobody_short_who_holds_a_key_but_has_not_begun(make):
    speaking = Speaking()
    bench = make(mode="push_to_talk", speaking=speaking)
    taken = []

    def device_wants_to_speak():
        taken.append(speaking.take(10.0, lambda: True))

    bench.run(QUIET, talk(bench, held=True), QUIET[:5], device_wants_to_speak, VOICE, talk(bench, held=False))
    assert taken == [False]
    assert len(bench.of(UtteranceEnded)) == 1


def test_muted_is_muted_though_something_is_held(make):
    bench = make(mode="push_to_talk")
    bench.listening.mute(muted=True)
    bench.run(QUIET, talk(bench, held=True), VOICE)
    assert bench.heard == []


def test_the_mode_changes_from_the_next_frame_on(make):
    bench = make(mode="push_to_talk")
    bench.run(QUIET, VOICE, lambda: bench.listening.adjust(GateSection(mode="open")), QUIET, VOICE)
    assert len(bench.of(UtteranceBegan)) == 1
