"""A speaker whose child takes all sound and then says nothing more: how long it is waited for."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from hw import child, playback_process
from hw.api import DeviceHung
from hw.playback_process import PlaybackProcess

RATE_HZ = 16_000
#: Far less than any wait that is too long here, seconds.
SOON_S = 10.0
#: Answers a start, takes sound as fast as it comes, and is deaf to the rest.
_MUTE = """
import os, select, signal, sys
from hw import audio_wire as wire
control, data = map(int, sys.argv[2:4])
ready = select.poll()
ready.register(control, select.POLLIN)
ready.register(data, select.POLLIN)
wire.ready(control)
signal.alarm(0)
while True:
    for source, _ in ready.poll():
        message = os.read(source, wire.MESSAGE_BYTES)
        if not message:
            sys.exit()
        if source == control and message[:1] == wire.START:
            wire.tell(control, wire.STARTED, wire.COMMAND.unpack(message)[1], 0)
"""


@pytest.fixture
def speaker(monkeypatch) -> Iterator[PlaybackProcess]:
    monkeypatch.setattr(child, "command", lambda role, *words: [sys.executable, "-c", _MUTE, role, *words])
    monkeypatch.setattr(child, "OPEN_S", SOON_S)
    monkeypatch.setattr(playback_process, "OPEN_S", SOON_S)
    with contextlib.closing(PlaybackProcess("mute")) as made:
        made.start(RATE_HZ)
        yield made


def test_no_more_is_waited_for_than_can_still_be_queued(speaker, monkeypatch):
    monkeypatch.setattr(playback_process, "_MUTE_S", 0.2)
    monkeypatch.setattr(playback_process, "_QUEUED_S", 0.2)
    speaker.write(bytes(2 * RATE_HZ * 60))
    began = time.monotonic()

    with pytest.raises(DeviceHung, match="does not come to an end"):
        speaker.finish()

    assert time.monotonic() - began < SOON_S


def test_who_stops_it_meanwhile_does_not_wait_for_what_is_queued(speaker, monkeypatch):
    monkeypatch.setattr(playback_process, "_MUTE_S", 60.0)
    monkeypatch.setattr(playback_process, "_CUT_S", 0.2)
    speaker.write(bytes(2 * RATE_HZ))
    threading.Timer(0.2, speaker.stop).start()
    began = time.monotonic()

    with pytest.raises(DeviceHung, match="does not come to an end"):
        speaker.finish()

    assert time.monotonic() - began < SOON_S
