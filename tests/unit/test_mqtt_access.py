from __future__ import annotations

import socket
import ssl
import subprocess

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from daemon.config import load
from daemon.config_error import ConfigError
from daemon.mqtt.access import AccessError, access, is_exposed, is_loopback
from daemon.mqtt.dialling import web_host
from daemon.mqtt.trouble import explain, refusal, tls_failure
from daemon.schema import collect
from daemon.settings import TRANSPORTS, MqttSection
from tests.support.authority import Authority


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
    assert is_exposed(MqttSection(host=host, transport="websockets"))
    assert not is_exposed(MqttSection(host=host, tls=True))
    assert not is_exposed(MqttSection(host=host, tls=True, transport="websockets"))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_no_password_is_sent_to_a_host_elsewhere_without_tls(credentials, transport):
    key = access(MqttSection(host="broker.local", username="u", transport=transport), "dev", credentials)
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


@pytest.mark.parametrize(
    ("settings", "withheld"),
    [
        (MqttSection(host="broker.local"), True),
        (MqttSection(host="broker.local", allow_plaintext=True), False),
        (MqttSection(host="broker.local", tls=True), False),
        (MqttSection(host="localhost"), False),
    ],
)
def test_a_broker_that_was_sent_no_password_does_not_make_people_check_it(settings, withheld, credentials, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", credentials["CREDENTIALS_DIRECTORY"])
    told = refusal(settings, ReasonCode(PacketTypes.CONNACK, "Not authorized")).detail
    assert ("no password was sent" in told) == ("mqtt.allow_plaintext = true" in told) == withheld
    assert ("check mqtt.username, mqtt.password_file" in told) != withheld


def test_where_no_password_is_set_none_is_missed(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    told = refusal(MqttSection(host="broker.local"), ReasonCode(PacketTypes.CONNACK, "Not authorized")).detail
    assert "check mqtt.username, mqtt.password_file" in told


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


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_tls_is_never_older_than_1_2_and_always_verifies(transport):
    context = access(MqttSection(host="broker.local", tls=True, transport=transport), "dev", {}).tls
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_that_cannot_be_used_is_named(tmp_path):
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(AccessError, match=r"ca\.pem"):
        access(MqttSection(host="broker.local", ca_file=missing), "dev", {})


def test_a_client_certificate_turns_tls_on(tmp_path):
    certificate, key = map(str, Authority(tmp_path / "ca").issue("device"))
    settings = MqttSection(host="broker.local", certificate_file=certificate, key_file=key)
    assert not is_exposed(settings)
    assert access(settings, "dev", {}).tls is not None


def test_an_encrypted_key_is_an_error_and_nobody_is_asked_at_the_terminal(tmp_path):
    certificate, key = Authority(tmp_path / "ca").issue("device")
    locked = tmp_path / "locked.key"
    command = ["openssl", "pkey", "-in", str(key), "-aes256", "-passout", "pass:secret", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    settings = MqttSection(host="broker.local", certificate_file=str(certificate), key_file=str(locked))
    with pytest.raises(AccessError, match=r"locked\.key"):
        access(settings, "dev", {})


@pytest.mark.parametrize(
    ("reason", "certificate", "code", "words"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "", "mqtt_refused", "set mqtt.certificate_file"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "", "mqtt_unreachable", "mqtt.certificate_file"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", "/etc/own.pem", "mqtt_refused", "/etc/own.pem"),
        ("TLSV1_ALERT_UNKNOWN_CA", "/etc/own.pem", "mqtt_refused", "/etc/own.pem"),
        ("WRONG_VERSION_NUMBER", "", "mqtt_unreachable", "TLS failed"),
    ],
)
def test_what_a_broker_says_of_client_certificates_is_put_in_words(reason, certificate, code, words):
    told = tls_failure(MqttSection(host="broker.local", certificate_file=certificate), reason)
    assert told.code == code
    assert words in told.detail


def test_no_setting_of_the_broker_can_be_set_remotely():
    keys = {path: key for path, key in collect().keys.items() if path.startswith("mqtt.")}
    assert {"mqtt.transport", "mqtt.path", "mqtt.certificate_file", "mqtt.key_file"} <= keys.keys()
    assert not any(key.option.remote for key in keys.values())


@pytest.mark.parametrize("path", ["mqtt", "/a b", "/a\r\nX: y", ""])
def test_a_path_that_would_break_the_request_is_refused(path):
    with pytest.raises(ConfigError, match=r"mqtt\.path"):
        load(environment={}, overrides={"mqtt.path": path})


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        (MqttSection(host="::1", port=9001), "[::1]:9001"),
        (MqttSection(host="broker.local", port=80), "broker.local"),
        (MqttSection(host="broker.local", port=443, tls=True), "broker.local"),
        (MqttSection(host="broker.local", port=443), "broker.local:443"),
    ],
)
def test_a_web_server_is_told_the_host_as_a_url_has_it(settings, host):
    assert web_host(settings) == host


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
