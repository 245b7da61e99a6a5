"""What several of the tests with real parts need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.recognizers import pocketsphinx
from hw.audio_process import CaptureProcess, PlaybackProcess
from tests.support import pulse
from tests.support.broker import Broker
from tests.support.processes import sound_processes
from tests.support.recordings import spanish_model


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder for what the daemon keeps."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def audio(monkeypatch: pytest.MonkeyPatch) -> Iterator[pulse.PulseAudio]:
    """A microphone and a speaker, for this process and those that it starts, which have ended by then."""
    with pulse.PulseAudio() as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running
        assert sound_processes(os.getpid()) == []


@pytest.fixture
def microphone(audio: pulse.PulseAudio) -> Iterator[CaptureProcess]:  # noqa: ARG001 -- its device must be there first
    made = CaptureProcess("mic")
    yield made
    made.close()


@pytest.fixture
def speaker(audio: pulse.PulseAudio) -> Iterator[PlaybackProcess]:  # noqa: ARG001 -- as above
    made = PlaybackProcess("spk")
    yield made
    made.close()


@pytest.fixture(scope="module")
def recognizer() -> Iterator[pocketsphinx.PocketsphinxRecognizer]:
    """The decoder of English, with the model that its package has."""
    opened = pocketsphinx.open("en-US", pocketsphinx.Settings())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spanish() -> Iterator[pocketsphinx.PocketsphinxRecognizer]:
    opened = pocketsphinx.open("es-ES", pocketsphinx.Settings(model_dir=str(spanish_model())))
    yield opened
    opened.close()
