from __future__ import annotations

import threading
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from hw.api import DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound, Speaker
from hw.audio_process import PlaybackProcess
from hw.fake import RecordingSpeaker
from tests.support import pulse
from tests.support.drivers import drivers

RATE_HZ = 16_000
NOISE = np.random.default_rng(5).integers(-9_000, 9_000, 3 * RATE_HZ).astype("<i2").tobytes()
SECOND = 2 * RATE_HZ
#: Longest wait for what must come, seconds.
SOON_S = 10.0


@dataclass
class Case:
    """A speaker, what has been heard of it, and how to make its device vanish and come back."""

    speaker: Speaker
    heard: Callable[[], bytes]
    vanish: Callable[[], None] = lambda: None
    come_back: Callable[[], None] = lambda: None


def recording_case() -> Iterator[Case]:
    speaker = RecordingSpeaker(realtime=True)
    yield Case(speaker, lambda: b"".join(speaker.spoken))


def recording_loss_case() -> Iterator[Case]:
    speaker = RecordingSpeaker(realtime=True, at_start=[None, DeviceNotFound("absent")])
    yield Case(speaker, lambda: b"".join(speaker.spoken), lambda: speaker.fail_next(DeviceLost("unplugged")))


def process_case() -> Iterator[Case]:
    if why := pulse.missing():
        pytest.skip(why)
    with pulse.PulseAudio() as audio, pytest.MonkeyPatch.context() as patch:
        for name, value in audio.env.items():
            patch.setenv(name, value)
        with audio.speaker.listen() as hearing:
            yield Case(PlaybackProcess("spk"), hearing.pcm, audio.speaker.kill, audio.speaker.start)


CASES = {RecordingSpeaker: recording_case, PlaybackProcess: process_case}
VANISHING = {RecordingSpeaker: recording_loss_case, PlaybackProcess: process_case}


def params(cases: dict[type, Callable[[], Iterator[Case]]]) -> list:
    return [
        pytest.param(make, id=kind.__name__, marks=[pytest.mark.parts] if kind is PlaybackProcess else [])
        for kind, make in cases.items()
    ]


@pytest.fixture(params=params(CASES))
def case(request) -> Iterator[Case]:
    for made in request.param():
        yield made
        made.speaker.close()


@pytest.fixture(params=params(VANISHING))
def vanishing(request) -> Iterator[Case]:
    for made in request.param():
        yield made
        made.speaker.close()


def in_thread(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_for_first_sample(speaker: Speaker) -> None:
    pulse.wait_until(lambda: speaker.first_sample_ns is not None, "the first sample is played", SOON_S)


def speak(speaker: Speaker, pcm: bytes) -> bool:
    speaker.write(pcm)
    return speaker.finish()


def test_every_speaker_is_tried():
    assert drivers(Speaker) == set(CASES)


def test_it_has_a_name_to_speak_of(case):
    assert case.speaker.name


def test_speech_is_heard_whole_and_finish_waits_for_its_end(case):
    began = time.monotonic_ns()
    case.speaker.start(RATE_HZ)

    assert speak(case.speaker, NOISE[:SECOND]) is True

    assert time.monotonic_ns() - began >= 1_000_000_000
    pulse.wait_until(lambda: NOISE[:SECOND] in case.heard(), "all is heard", SOON_S)


def test_the_first_sample_has_a_time_and_there_is_none_before_it(case):
    case.speaker.start(RATE_HZ)
    assert case.speaker.first_sample_ns is None
    began = time.monotonic_ns()

    speak(case.speaker, NOISE[: SECOND // 5])

    assert began <= case.speaker.first_sample_ns <= time.monotonic_ns()
    case.speaker.start(RATE_HZ)
    assert case.speaker.first_sample_ns is None


def test_write_waits_while_more_than_about_a_second_is_queued(case):
    case.speaker.start(RATE_HZ)
    began = time.monotonic_ns()

    case.speaker.write(NOISE)

    waited_s = (time.monotonic_ns() - began) / 1e9
    assert waited_s > 1.0
    assert len(NOISE) / SECOND - waited_s > 0.2, "what is queued is not waited for"
    case.speaker.stop()


def test_stop_cuts_speech_and_finish_says_so(case):
    case.speaker.start(RATE_HZ)
    stopper = in_thread(lambda: (wait_for_first_sample(case.speaker), case.speaker.stop()))

    assert speak(case.speaker, NOISE) is False

    stopper.join()
    assert NOISE not in case.heard()


def test_after_stop_what_is_written_is_dropped_until_the_next_start(case):
    case.speaker.start(RATE_HZ)
    case.speaker.write(NOISE[: SECOND // 2])
    case.speaker.stop()
    case.speaker.write(NOISE[SECOND : 2 * SECOND])
    assert case.speaker.finish() is False

    case.speaker.start(RATE_HZ)
    assert speak(case.speaker, NOISE[2 * SECOND :]) is True

    pulse.wait_until(lambda: NOISE[2 * SECOND :] in case.heard(), "the second stretch is heard", SOON_S)
    assert NOISE[SECOND : SECOND + 640] not in case.heard()


def test_stop_does_nothing_when_nothing_plays(case):
    case.speaker.stop()
    case.speaker.start(RATE_HZ)
    speak(case.speaker, NOISE[: SECOND // 10])
    case.speaker.stop()

    case.speaker.start(RATE_HZ)
    assert speak(case.speaker, NOISE[: SECOND // 10]) is True


def test_a_stretch_without_a_sample_comes_to_an_end(case):
    case.speaker.start(RATE_HZ)

    assert case.speaker.finish() is True
    assert case.speaker.first_sample_ns is None


def test_it_can_be_closed_twice_and_used_again(case):
    case.speaker.start(RATE_HZ)
    case.speaker.close()
    case.speaker.close()

    case.speaker.start(RATE_HZ)
    assert speak(case.speaker, NOISE[: SECOND // 10]) is True


def test_a_device_that_vanishes_is_lost_then_not_found_and_plays_again_when_it_is_back(vanishing):
    speaker = vanishing.speaker
    speaker.start(RATE_HZ)
    speaker.write(NOISE[: SECOND // 10])
    wait_for_first_sample(speaker)

    vanishing.vanish()
    with pytest.raises(DeviceLost):
        speak(speaker, NOISE)
    with pytest.raises(DeviceNotFound):
        speaker.start(RATE_HZ)
    vanishing.come_back()
    speaker.start(RATE_HZ)

    assert speak(speaker, NOISE[: SECOND // 10]) is True


def test_a_recording_speaker_that_is_busy_or_hangs_says_so():
    speaker = RecordingSpeaker(at_start=[DeviceBusy("in use")])

    with pytest.raises(DeviceBusy):
        speaker.start(RATE_HZ)
    speaker.start(RATE_HZ)
    speaker.write(NOISE[:640])
    speaker.fail_next(DeviceHung("wedged"))
    with pytest.raises(DeviceHung):
        speaker.finish()
    speaker.start(RATE_HZ)
    assert speak(speaker, NOISE[640:1280]) is True

    assert speaker.spoken == [NOISE[:640], NOISE[640:1280]]


def test_a_wav_file_is_whole_after_each_stretch_and_keeps_the_rate_of_the_first(tmp_path):
    path = tmp_path / "speech.wav"
    speaker = RecordingSpeaker(str(path))

    def recorded() -> tuple[int, bytes]:
        with wave.open(str(path)) as file:
            return file.getframerate(), file.readframes(file.getnframes())

    speaker.start(RATE_HZ)
    speak(speaker, NOISE[:SECOND])
    assert recorded() == (RATE_HZ, NOISE[:SECOND])
    speaker.start(2 * RATE_HZ)
    speak(speaker, NOISE[: 2 * SECOND])
    rate_hz, pcm = recorded()
    speaker.close()

    assert rate_hz == RATE_HZ
    assert pcm.startswith(NOISE[:SECOND])
    assert abs(len(pcm) - 2 * SECOND) <= 4


def test_a_wav_file_that_cannot_be_written_makes_the_speaker_busy(tmp_path):
    speaker = RecordingSpeaker(str(tmp_path / "absent" / "speech.wav"))

    with pytest.raises(DeviceBusy, match=r"speech\.wav"):
        speaker.start(RATE_HZ)
