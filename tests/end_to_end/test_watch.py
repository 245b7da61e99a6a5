"""Somebody speaks into one device, and somebody else reads along in a terminal elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.test_daemon import SPANISH, final_with, listening
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import DEVICE
from tests.support.pulse import PulseAudio
from tests.support.watch_command import Watching

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]


def test_what_is_said_is_read_elsewhere_also_by_who_comes_later(
    tmp_path: Path, audio: PulseAudio, broker: Broker, subscriber: Subscriber, speech: Path
) -> None:
    with listening(tmp_path, audio, broker, subscriber):
        with Watching(broker.port, "--last", "1") as early:
            audio.microphone.play(speech)
            final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
            early.wait_for(1)
            assert early.end() == 0
        with Watching(broker.port, DEVICE, "--last", "1", "--lang", "es") as late:
            late.wait_for(1)
            assert late.end() == 0
    source, spanish = final["source"]["text"], final["translations"]["es"]["text"]
    assert early.lines == [f"{DEVICE}  {final['at']}  {source} → {spanish}"]
    assert late.lines == [f"{DEVICE}  {final['at']}  {spanish}"]
