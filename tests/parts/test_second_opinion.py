"""The gate with the second opinions that are installed, on real speech."""

from __future__ import annotations

import numpy as np
import pytest

import daemon.gate.confirmers
from daemon import drivers
from daemon.drivers import DriverMissing
from daemon.events import EndReason, GateEvent, UtteranceAudio, UtteranceBegan
from daemon.gate.confirmers.base import Confirmer
from daemon.gate.gate import Gate
from daemon.settings import GateSection
from tests.support.recordings import shipped
from tests.support.sound import at_level, frames_of, noise, pcm

pytestmark = pytest.mark.parts
RATE_HZ = 16_000


@pytest.fixture(params=drivers.names(daemon.gate.confirmers))
def confirmer(request) -> Confirmer:
    driver = drivers.load(daemon.gate.confirmers, request.param)
    try:
        return driver.open(driver.SETTINGS())
    except DriverMissing as error:
        pytest.skip(str(error))


def events(sound: np.ndarray, confirmer: Confirmer | None = None, sensitivity: float = 0.5) -> list[GateEvent]:
    gate = Gate(GateSection(sensitivity=sensitivity), confirmer)
    found = [event for frame in frames_of(pcm(sound)) for event in gate.hear(frame)]
    return [*found, *gate.end(EndReason.STOPPED)]


def speech(name: str, dbfs: float) -> np.ndarray:
    recording = at_level(np.frombuffer(shipped(name), "<i2") / 32_768, dbfs)
    sound = np.concatenate([np.zeros(RATE_HZ), recording, np.zeros(RATE_HZ)])
    return sound + noise(len(sound) / RATE_HZ, dbfs - 30)


def machine(seconds: float) -> np.ndarray:
    """Return a hum with all its harmonics, louder and quieter four times a second: it changes, and is no speech."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hum = sum(np.sin(2 * np.pi * 100 * n * t + n * n) for n in range(1, 38))
    return at_level(hum * np.where(np.sin(2 * np.pi * 4 * t) > 0, 0.2, 1.0), -20) + noise(seconds, -55)


def begins(found: list[GateEvent]) -> list[tuple[int, float]]:
    return [(event.utterance, event.start_s) for event in found if isinstance(event, UtteranceBegan)]


@pytest.mark.parametrize("dbfs", [-20, -50])
@pytest.mark.parametrize(
    "name", ["goforward", "rhasspy-turn-on-the-living-room-lamp", "azure-whatstheweatherlike", "ljspeech-LJ001-0004"]
)
def test_confirmed_speech_loses_nothing_of_what_the_gate_alone_would_pass_on(confirmer, name, dbfs):
    sound = speech(name, dbfs)
    alone, confirmed = events(sound), events(sound, confirmer)
    assert begins(alone)
    assert begins(confirmed) == begins(alone)
    passed = [[event.pcm for event in found if isinstance(event, UtteranceAudio)] for found in (alone, confirmed)]
    assert passed[0] == passed[1]


def test_a_machine_that_sounds_like_a_voice_is_not_confirmed(confirmer):
    sound = np.concatenate([noise(2.0, -55), machine(3.0), noise(1.0, -55, seed=3)])
    # At the highest sensitivity the gate's own judge is not asked.
    assert begins(events(sound, sensitivity=1.0))
    assert begins(events(sound, confirmer, sensitivity=1.0)) == []
