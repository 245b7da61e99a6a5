"""How long a final takes from the engine to a subscriber: through the output and its outbox, and without them."""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from pathlib import Path

import paho.mqtt.client as paho

from daemon.mqtt import payloads
from daemon.mqtt.messages import Timing
from tests.support.mqtt_device import DEVICE, Device

from .figures import Table, percentile
from .mqtt_peers import HOST, BenchBroker, Helper, Listener, interim, stamped_final

_FINALS = 300
_BAR_MS = 20.0
#: Between a final and the bare message after it, seconds.
_PAUSE_S = 0.04
_FINAL = f"dragoman/{DEVICE}/final"
_BARE = "dragoman/bare/final"
_CONNECTED_S = 15.0


def measure() -> Table:
    """Return the delays of 300 finals and of 300 bare messages with the same payload, one after the other."""
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        (Path(folder) / "state").mkdir()
        with BenchBroker(Path(folder)) as broker, Listener(broker.port, (_FINAL, _BARE)) as listener:
            with Helper("mqtt_delay", broker.port, Path(folder) / "state") as speaker:
                speaker.hear()
            listener.settle(0.5, 10)
            delays = {topic: _delays_ms(listener, topic) for topic in (_FINAL, _BARE)}
    table = Table(f"mqtt: a final from the engine to a loopback subscriber, {len(delays[_FINAL])} of {_FINALS}, ms")
    for name, topic in (("through output and outbox", _FINAL), ("bare paho, same payload, QoS 1", _BARE)):
        for percent in (50, 95, 100):
            value = percentile(delays[topic], percent)
            judged = topic == _FINAL and percent == 95  # noqa: PLR2004 -- the percentile that the bar names
            name_of = "longest" if percent == 100 else f"p{percent}"  # noqa: PLR2004 -- the last of all
            bar, met = (f"<= {_BAR_MS:.0f}", value <= _BAR_MS) if judged else ("", None)
            table.add(f"{name}, {name_of}", f"{value:.2f}", bar, met)
    return table


def _delays_ms(listener: Listener, topic: str) -> list[float]:
    return [(at - json.loads(payload)["start_s"]) * 1000 for at, where, payload in listener.heard if where == topic]


def speak(port: int, state: Path) -> None:
    """Be the device: say finals, and between them bare messages. Prints a line when all are said."""
    pause = threading.Event()
    bare = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
    bare.connect(HOST, port)
    bare.loop_start()
    device = Device(port, state, timing=Timing())
    device.start()
    pause.wait(1)
    for utterance in range(1, _FINALS + 1):
        device.output.offer(interim(utterance, 1))
        pause.wait(_PAUSE_S)
        device.output.offer(stamped_final(utterance))
        pause.wait(_PAUSE_S)
        payload = payloads.final(stamped_final(utterance), epoch="0" * 8, seq=utterance, boot="0" * 8, at="")
        bare.publish(_BARE, payload, 1).wait_for_publish(_CONNECTED_S)
    device.stop()
    bare.disconnect()
    bare.loop_stop()
    print("said", flush=True)


if __name__ == "__main__":
    speak(int(sys.argv[1]), Path(sys.argv[2]))
