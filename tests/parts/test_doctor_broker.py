"""What `dragoman doctor` says of the MQTT broker, a real mosquitto and what is none."""

from __future__ import annotations

import socket
import threading

import pytest

from daemon.cli.checkup import Health
from daemon.mqtt.probe import connect_packet
from tests.support.broker import Broker, free_port, with_passwords
from tests.support.doctor import look

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """The port of a broker that lets in `device` with the password `right`."""
    folder = tmp_path_factory.mktemp("broker")
    with Broker(folder, *with_passwords(folder, {"device": "right"})) as running:
        yield running.port


@pytest.mark.parametrize(
    ("password", "username", "health"),
    [("right\n", "device", "OK"), ("wrong", "device", "fail"), ("right", "other", "fail"), (None, "device", "fail")],
)
def test_the_broker_s_answer_to_the_password_is_told(broker, tmp_path, password, username, health):
    environment = {"MQTT__HOST": "127.0.0.1", "MQTT__PORT": str(broker), "MQTT__USERNAME": username}
    if password is not None:
        (tmp_path / "password").write_text(password)
        environment["MQTT__PASSWORD_FILE"] = str(tmp_path / "password")
    (finding,) = look("broker", **environment)
    assert finding.health == health
    if health == "fail":
        assert "mqtt.password_file" in finding.advice


def test_a_password_that_was_not_sent_is_not_called_wrong(broker, tmp_path):
    (tmp_path / "password").write_text("right")
    elsewhere = {"MQTT__HOST": "127.1", "MQTT__PORT": str(broker)}  # this machine, but by no name that says so
    (finding,) = look("broker", **elsewhere, MQTT__USERNAME="device", MQTT__PASSWORD_FILE=str(tmp_path / "password"))
    assert finding.health is Health.FAIL
    assert finding.advice.startswith("no password was sent to 127.1")
    assert "mqtt.allow_plaintext = true" in finding.advice


def test_the_daemon_s_own_connection_survives_the_doctor(broker, tmp_path):
    (tmp_path / "password").write_text("right")
    with socket.create_connection(("127.0.0.1", broker), 5) as own:
        own.sendall(connect_packet("device", "right"))
        assert own.recv(64)[0] == 0x20
        look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(broker), DEVICE__ID="device")
        own.sendall(b"\xc0\x00")  # PINGREQ
        assert own.recv(64) == b"\xd0\x00"


def test_a_broker_that_does_not_run_fails_with_what_to_do():
    port = free_port()
    (finding,) = look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(port))
    assert finding.health is Health.FAIL
    assert f"127.0.0.1:{port}" in finding.found
    assert finding.advice


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"\x20", b"\x20\x03\x00", b""])
def test_something_that_is_no_broker_fails(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        (finding,) = look("broker", MQTT__HOST="127.0.0.1", MQTT__PORT=str(server.getsockname()[1]))
        thread.join()
    assert finding.health is Health.FAIL
    assert "does not answer as a broker" in finding.found


def test_a_missing_password_file_is_named():
    environment = {"MQTT__HOST": "127.0.0.1", "MQTT__PASSWORD_FILE": "/no/such/file"}
    (finding,) = look("broker", **environment)
    assert finding.health is Health.FAIL
    assert "/no/such/file" in finding.found
