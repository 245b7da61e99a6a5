"""The callback of the process that plays, asked as PortAudio would."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from hw import audio_wire as wire
from hw import portaudio
from hw.playback_child import Playback
from tests.support.sound_children import NO_TIMES, received, tone


@pytest.fixture
def done() -> Iterator[int]:
    fd = os.eventfd(0, os.EFD_NONBLOCK)
    yield fd
    os.close(fd)


def chunk(turn: int, pcm: bytes, *, last: bool = False) -> bytes:
    return wire.CHUNK.pack(turn, last) + pcm


def is_done(done: int) -> bool:
    try:
        return os.eventfd_read(done) > 0
    except BlockingIOError:
        return False


def test_playback_gives_silence_then_speech_then_a_tail_then_the_end(pair, done):
    ours, theirs = pair
    player = Playback(7, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    assert player(None, 320, NO_TIMES, 0) == (bytes(640), portaudio.CONTINUE)
    pcm = os.urandom(1_000)
    ours.send(chunk(7, pcm[:700]))
    ours.send(chunk(7, pcm[700:]))
    ours.send(chunk(7, b"", last=True))

    heard = player(None, 320, NO_TIMES, 0)[0] + player(None, 320, NO_TIMES, 0)[0]

    assert heard == pcm.ljust(1_280, b"\0")
    assert [(kind, turn) for kind, turn, _, _ in received(ours)] == [(wire.FIRST_SAMPLE, 7)]
    tail = 0
    while not is_done(done):
        assert player(None, 320, NO_TIMES, 0)[0] == bytes(640)
        tail += 320
    assert tail >= 1_600


def test_playback_waits_as_long_as_the_device_holds_sound_back(pair, done):
    ours, theirs = pair
    player = Playback(7, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    ours.send(chunk(7, bytes(640), last=True))
    times = {**NO_TIMES, "output_buffer_dac_time": 10.5, "current_time": 10.0}

    calls = 0
    while not is_done(done):
        player(None, 320, times, 0)
        calls += 1

    assert calls * 320 >= 0.6 * 16_000


def test_playback_drops_what_belongs_to_another_turn(pair, done):
    ours, theirs = pair
    player = Playback(8, 16_000, 16_000, 1, (theirs.fileno(), theirs.fileno(), done))
    ours.send(chunk(7, b"\1" * 640, last=True))
    ours.send(chunk(8, b"\2" * 640))

    assert player(None, 320, NO_TIMES, 0)[0] == b"\2" * 640


def test_playback_converts_for_another_device(pair, done):
    ours, theirs = pair
    player = Playback(1, 16_000, 48_000, 2, (theirs.fileno(), theirs.fileno(), done))
    speech = np.round(tone(16_000, 3_200) * 32_767).astype("<i2").tobytes()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
    for at in range(0, len(speech), 640):
        ours.send(chunk(1, speech[at : at + 640], last=at + 640 >= len(speech)))

    heard = np.frombuffer(b"".join(player(None, 960, NO_TIMES, 0)[0] for _ in range(10)), "<i2").reshape(-1, 2)

    assert np.array_equal(heard[:, 0], heard[:, 1])
    wanted = tone(48_000, 9_600)
    assert np.abs(heard[1_000:8_000, 0] / 32_768 - wanted[1_000:8_000]).max() < 0.001
