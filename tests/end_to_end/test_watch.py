"""Somebody speaks into one device, and somebody else reads along in a terminal elsewhere."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.test_daemon import SPANISH, final_with, listening
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import DEVICE, DRAGOMAN
from tests.support.pulse import PulseAudio

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]


def test_what_is_said_is_read_elsewhere_also_by_who_comes_later(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    watch = [str(DRAGOMAN), "watch", "--host", "127.0.0.1", "--port", str(broker.port), "--plain", "--last", "1"]
    with listening(tmp_path, audio, broker, subscriber):
        with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as early:
            assert early.stdout is not None
            audio.microphone.play(speech)
            line = early.stdout.readline()
            early.send_signal(signal.SIGINT)
            assert early.wait(10) == 0
        final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
        with subprocess.Popen([*watch, "--lang", "es"], stdout=subprocess.PIPE, text=True) as late:
            assert late.stdout is not None
            again = late.stdout.readline()
            late.terminate()
            assert late.wait(10) == 0
    source, spanish = final["source"]["text"], final["translations"]["es"]["text"]
    assert line == f"{DEVICE}  {final['at']}  {source} → {spanish}\n"
    assert again == f"{DEVICE}  {final['at']}  {spanish}\n"
