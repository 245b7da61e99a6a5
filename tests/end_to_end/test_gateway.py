"""A device that has a gateway at home: when that dies in the middle of an utterance, no word is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.test_daemon import SPANISH, engine_is_ready, final_with, mqtt
from tests.support.broker import Broker, Subscriber
from tests.support.daemon import DaemonProcess
from tests.support.gateway import GatewayProcess, eventually, figure, get
from tests.support.pulse import PulseAudio

pytestmark = [pytest.mark.end_to_end, pytest.mark.parts]

BALANCER = Path(__file__).resolve().parents[2] / "scripts" / "examples" / "haproxy.cfg"


def gateway_in(folder: Path) -> GatewayProcess:
    return GatewayProcess(folder, {"gateway": {"listen": "127.0.0.1:0", "workers": 1}})


def test_an_utterance_goes_to_the_gateway_and_is_finished_by_the_device_when_that_is_killed(
    tmp_path: Path, audio: PulseAudio, broker: Broker, speech: Path
) -> None:
    with gateway_in(tmp_path / "gateway") as gateway:
        sections = {
            "mqtt": mqtt(broker),
            "languages": {"speak": ""},  # while it speaks, the gate is deaf
            "engine": {"order": ["home", "device"]},
            "engine.home": {"address": gateway.address},
        }
        with (
            Subscriber(broker.port, "dragoman/#") as subscriber,
            DaemonProcess(tmp_path / "daemon", sections, env=audio.env) as daemon,
        ):
            daemon.wait_until_said("READY=1")
            subscriber.wait_for_topic("state", engine_is_ready)
            subscriber.wait_for_topic("state", lambda state: state["engine"] == "home")

            audio.microphone.play(speech)
            first = subscriber.wait_for_topic("final", final_with(SPANISH)).json

            speaking = threading.Thread(target=audio.microphone.play, args=(speech,), name="somebody speaks")
            speaking.start()
            eventually(lambda: figure(gateway.port, "engines_busy") == 1)
            gateway.signal(signal.SIGKILL)
            speaking.join()
            changed = subscriber.wait_for_topic("event", lambda event: event["event_type"] == "engine_changed").json
            second = subscriber.wait_for_topic("final", lambda final: final["utterance"] > first["utterance"]).json
            assert daemon.stop() == 0
        finals = [message.json for message in subscriber.of("final")]
    assert first["engine"] == "home"
    assert second["engine"] == "device"
    assert (changed["before"], changed["engine"]) == ("home", "device")
    assert second["translations"]["es"]["text"] == first["translations"]["es"]["text"]
    assert [final["utterance"] for final in finals] == [first["utterance"], second["utterance"]]


@contextlib.contextmanager
def balancer(gateways: list[GatewayProcess]) -> Iterator[int]:
    """HAProxy with the configuration that ships; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {f"DRAGOMAN_GATEWAY_{at}": f"127.0.0.1:{gateway.port}" for at, gateway in enumerate(gateways, 1)}
    environment = {**os.environ, **places, "DRAGOMAN_LISTEN": f"127.0.0.1:{port}"}
    with subprocess.Popen(["haproxy", "-db", "-f", str(BALANCER)], env=environment) as process:
        try:
            eventually(lambda: answers(port))
            yield port
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        return get(port, "/health")[0] == 200
    except OSError:
        return False


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_of_two_gateways_behind_a_balancer_one_dies_in_mid_utterance_and_the_other_finishes_it(
    tmp_path: Path, audio: PulseAudio, broker: Broker, speech: Path
) -> None:
    with (
        gateway_in(tmp_path / "one") as one,
        gateway_in(tmp_path / "two") as two,
        balancer([one, two]) as port,
    ):
        sections = {
            "mqtt": mqtt(broker),
            "languages": {"speak": ""},
            "engine": {"order": ["home"]},
            "engine.home": {"address": f"ws://127.0.0.1:{port}"},
        }
        with (
            Subscriber(broker.port, "dragoman/#") as subscriber,
            DaemonProcess(tmp_path / "daemon", sections, env=audio.env) as daemon,
        ):
            daemon.wait_until_said("READY=1")
            subscriber.wait_for_topic("state", engine_is_ready)
            speaking = threading.Thread(target=audio.microphone.play, args=(speech,), name="somebody speaks")
            speaking.start()
            eventually(lambda: busy(one) or busy(two))
            (one if busy(one) else two).signal(signal.SIGKILL)
            speaking.join()
            final = subscriber.wait_for_topic("final", final_with(SPANISH)).json
            assert daemon.stop() == 0
        finals = subscriber.of("final")
    assert final["engine"] == "home"
    assert len(finals) == 1


def busy(gateway: GatewayProcess) -> bool:
    return figure(gateway.port, "engines_busy") == 1
