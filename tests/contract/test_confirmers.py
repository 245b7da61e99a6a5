"""What every second opinion promises, whichever is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import daemon.gate.confirmers
from daemon import drivers
from daemon.drivers import DriverMissing
from daemon.gate.confirmers.base import Confirmer
from tests.support.recordings import shipped
from tests.support.sound import frames_of, noise, pcm

QUIET = frames_of(pcm(noise(1.0, -60)))


@pytest.fixture(params=drivers.names(daemon.gate.confirmers))
def driver(request) -> Any:
    return drivers.load(daemon.gate.confirmers, request.param)


@pytest.fixture
def confirmer(driver) -> Iterator[Confirmer]:
    try:
        opened = driver.open(driver.SETTINGS())
    except DriverMissing as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def likelihoods(confirmer: Confirmer, frames) -> list[float]:
    return [confirmer.hear(frame.pcm) for frame in frames]


def test_speech_is_likely_in_most_of_its_frames(confirmer):
    heard = likelihoods(confirmer, frames_of(shipped("goforward")))
    assert sum(likely >= 0.5 for likely in heard) > len(heard) / 3


@pytest.mark.parametrize("dbfs", [-60, -20])
def test_noise_is_not_likely(confirmer, dbfs):
    assert max(likelihoods(confirmer, frames_of(pcm(noise(2.0, dbfs))))) < 0.5


def test_a_likelihood_is_one(confirmer):
    sound = [*QUIET, *frames_of(shipped("goforward")), *frames_of(np.full(32_000, 32_767, "<i2").tobytes())]
    assert all(0.0 <= likely <= 1.0 for likely in likelihoods(confirmer, sound))


def test_the_same_sound_is_the_same_once_all_before_is_forgotten(confirmer):
    speech = frames_of(shipped("goforward"))
    first = likelihoods(confirmer, speech)
    likelihoods(confirmer, QUIET[:7])
    confirmer.forget()
    assert likelihoods(confirmer, speech) == first


def test_it_can_be_opened_again_once_closed(driver, confirmer):
    confirmer.close()
    confirmer.close()
    again = driver.open(driver.SETTINGS())
    assert 0.0 <= again.hear(QUIET[0].pcm) <= 1.0
    again.close()
