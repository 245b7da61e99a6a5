from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from tests.support.broker import Broker, Subscriber
from tests.support.pulse import PulseAudio, missing
from tests.support.recordings import recording
from tests.support.screen import SerialTerminal

#: Seconds of silence after the speech, so that the gate closes by itself.
PAUSE_S = 2


@pytest.fixture(scope="session")
def audio() -> Iterator[PulseAudio]:
    if reason := missing():
        pytest.skip(reason)
    with PulseAudio() as running:
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Broker(folder) as running:
        yield running


@pytest.fixture
def subscriber(broker: Broker) -> Iterator[Subscriber]:
    with Subscriber(broker.port, "dragoman/#") as client:
        yield client


@pytest.fixture
def terminal() -> Iterator[SerialTerminal]:
    with SerialTerminal(40, 8) as running:
        yield running


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short command that the recognizer gets right: "go forward ten meters"."""
    return wav(tmp_path_factory.mktemp("speech") / "command.wav", "goforward")


def wav(path: Path, *names: str) -> Path:
    """Write recordings into one file, a pause after each."""
    pause = bytes(PAUSE_S * 32_000)
    sound = b"".join(recording(name) + pause for name in names)
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16") as file:
        file.buffer_write(sound, dtype="int16")
    return path
