"""Playback by PortAudio, on PulseAudio's null sinks: to the last sample, cut short, or stuck."""

from __future__ import annotations

import numpy as np
import pytest

from hw.api import DeviceHung
from tests.support import pulse
from tests.support.portaudio import NOISE, RATE_HZ, SECOND, SOON_S, speak

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing())]


def test_speech_is_heard_exactly_to_its_last_sample(audio, speaker):
    with audio.speaker.listen() as hearing:
        assert speak(speaker, NOISE) is True
        hearing.wait_until(lambda heard: NOISE in heard, "all of it is heard", SOON_S)


def test_volume_holds_from_the_next_write(audio, speaker):
    half = np.rint(np.frombuffer(NOISE, "<i2") * 0.5).astype("<i2").tobytes()
    with audio.speaker.listen() as hearing:
        speaker.volume = 0.5
        speak(speaker, NOISE[:SECOND])
        hearing.wait_until(lambda heard: half[:SECOND] in heard, "it is heard half as loud", SOON_S)


def test_stop_cuts_what_is_queued(audio, speaker):
    speaker.start(RATE_HZ)
    with audio.speaker.listen() as hearing:
        speaker.write(NOISE[:SECOND])
        hearing.wait_until(lambda heard: NOISE[:640] in heard, "the beginning is heard", SOON_S)
        speaker.stop()
        assert speaker.finish() is False
        heard = hearing.wait_for(len(hearing.pcm()) + SECOND)

    assert NOISE[SECOND - 640 : SECOND] not in heard
    assert heard.endswith(bytes(SECOND // 2))


def test_a_wedged_speaker_hangs_is_abandoned_and_plays_again_when_it_moves(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[: SECOND // 2])

    audio.speaker.suspend()
    with pytest.raises(DeviceHung, match="spk"):
        speaker.write(NOISE * 3)
    audio.speaker.resume()

    assert speak(speaker, NOISE[:SECOND]) is True


def test_stop_and_finish_return_though_the_speaker_is_wedged(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[: SECOND // 2])
    audio.speaker.suspend()

    speaker.stop()

    assert speaker.finish() is False
    audio.speaker.resume()
