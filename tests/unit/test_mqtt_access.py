from __future__ import annotations

import socket
import ssl

import pytest

from daemon.mqtt.access import AccessError, access, is_exposed, is_loopback
from daemon.mqtt.trouble import explain
from daemon.settings import MqttSection


@pytest.fixture
def credentials(tmp_path):
    (tmp_path / "mqtt-password").write_text("secret\n")
    return {"CREDENTIALS_DIRECTORY": str(tmp_path)}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1", "/run/mosquitto.sock"])
def test_these_hosts_are_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["broker.local", "192.168.1.2", "localhost.example", "127.0.0.1.example", "fe80::1"])
def test_these_hosts_are_elsewhere(host):
    assert not is_loopback(host)
    assert is_exposed(MqttSection(host=host))
    assert not is_exposed(MqttSection(host=host, tls=True))


def test_no_password_is_sent_to_a_host_elsewhere_without_tls(credentials):
    key = access(MqttSection(host="broker.local", username="u"), "dev", credentials)
    assert (key.username, key.password) == ("u", None)


@pytest.mark.parametrize(
    "settings",
    [
        MqttSection(host="broker.local", allow_plaintext=True),
        MqttSection(host="broker.local", tls=True),
        MqttSection(host="127.0.0.1"),
    ],
)
def test_the_password_is_sent_where_that_is_safe_or_allowed_under_the_name_of_the_device(settings, credentials):
    key = access(settings, "dev", credentials)
    assert (key.username, key.password) == ("dev", "secret")


def test_without_a_password_there_is_no_user_name_unless_one_is_set():
    assert access(MqttSection(host="localhost"), "dev", {}).username is None
    assert access(MqttSection(host="localhost", username="u"), "dev", {}).username == "u"


def test_a_password_file_goes_before_the_credential_and_its_absence_is_explained(tmp_path, credentials):
    file = tmp_path / "file"
    file.write_text("other")
    assert (
        access(MqttSection(host="localhost", password_file=str(file)), "dev", credentials).password == file.read_text()
    )
    file.unlink()
    with pytest.raises(AccessError, match=r"mqtt\.password_file"):
        access(MqttSection(host="localhost", password_file=str(file)), "dev", credentials)


def test_tls_is_never_older_than_1_2_and_always_verifies():
    context = access(MqttSection(host="broker.local", tls=True), "dev", {}).tls
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_that_cannot_be_used_is_named(tmp_path):
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(AccessError, match=r"ca\.pem"):
        access(MqttSection(host="broker.local", ca_file=missing), "dev", {})


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "mqtt_unreachable", "Connection refused"),
        (TimeoutError("timed out"), "mqtt_unreachable", "timed out"),
        (socket.gaierror(-2, "Name or service not known"), "mqtt_unreachable", "no such host"),
        (ssl.SSLError(1, "wrong version number"), "mqtt_unreachable", "TLS failed"),
        (AccessError("no password"), "mqtt_refused", "no password"),
    ],
)
def test_every_fault_names_the_broker_or_the_file_and_a_remedy(error, code, words):
    told = explain(error, MqttSection(host="broker.local", port=8883))
    assert told.code == code
    assert words in told.detail
    assert "broker.local:8883" in told.detail or isinstance(error, AccessError)
