"""Sound devices that are there, that are not, and that are unplugged."""

from __future__ import annotations

import pytest

from hw.api import FRAME_BYTES, DeviceLost, DeviceNotFound
from hw.audio_process import CaptureProcess, PlaybackProcess, list_devices
from tests.support import pulse
from tests.support.portaudio import NOISE, RATE_HZ, SECOND, frames, read_until_error, speak

pytestmark = [pytest.mark.parts, pytest.mark.skipif(bool(pulse.missing()), reason=pulse.missing())]


@pytest.mark.usefixtures("audio")
def test_devices_are_listed_by_name():
    found = {(device.kind, device.name) for device in list_devices()}

    assert {("microphone", "mic"), ("speaker", "spk"), ("microphone", "default"), ("speaker", "default")} <= found


def test_an_unplugged_microphone_is_lost_then_absent_then_heard_again(audio, microphone):
    microphone.open()
    next(frames(microphone))

    audio.microphone.kill()
    with pytest.raises(DeviceLost, match="mic"):
        read_until_error(microphone)
    with pytest.raises(DeviceNotFound, match="mic"):
        microphone.open()
    audio.microphone.start()
    microphone.open()

    assert len(next(frames(microphone)).pcm) == FRAME_BYTES


@pytest.mark.parametrize("device", ["absent", "", "mic\nspk"])
@pytest.mark.usefixtures("audio")
def test_a_device_that_is_not_there_is_said_with_those_that_are(device):
    with pytest.raises(DeviceNotFound, match="mic"):
        CaptureProcess(device).open()
    speaker = PlaybackProcess(device)
    with pytest.raises(DeviceNotFound, match="spk"):
        speaker.start(RATE_HZ)
    speaker.close()


def test_an_unplugged_speaker_is_lost_then_absent_then_plays_again(audio, speaker):
    speaker.start(RATE_HZ)
    speaker.write(NOISE[:SECOND])

    audio.speaker.kill()
    with pytest.raises(DeviceLost, match="spk"):
        speaker.write(NOISE * 3)
    with pytest.raises(DeviceNotFound, match="spk"):
        speaker.start(RATE_HZ)
    audio.speaker.start()

    assert speak(speaker, NOISE[:SECOND]) is True
