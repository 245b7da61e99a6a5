"""MQTT over WebSockets, a Unix socket and TLS with client certificates, against a real mosquitto."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import socket
import ssl
import threading

import pytest

from daemon.cli.checkup import Health
from daemon.cli.main import main
from daemon.mqtt.access import AccessError, access
from daemon.mqtt.caller import device
from daemon.mqtt.link import Link
from daemon.mqtt.messages import Connected
from daemon.mqtt.probe import NotLetIn, knock
from daemon.settings import MqttSection
from tests.parts.test_mqtt_settings import steered
from tests.support.authority import Authority
from tests.support.broker import DEADLINE_S, Broker, Subscriber, free_port, until, with_passwords
from tests.support.doctor import look
from tests.support.mqtt_device import BASE, DEVICE, EVERYTHING, QUICK, ScriptedControls, final, running

pytestmark = pytest.mark.parts
FUTURE = "20980101000000Z"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def of_the_broker(authority):
    return authority.issue("broker")


@pytest.fixture(scope="module")
def of_the_device(authority):
    return authority.issue(DEVICE)


class Listening:
    """A broker with a second listener, told by `lines`; `port` is that one's, `plain` the ordinary one's."""

    def __init__(self, folder, *lines):
        self.port = free_port()
        self.broker = Broker(folder, f"listener {self.port} 127.0.0.1", *lines)
        self.plain = self.broker.port
        self.log = folder / "mosquitto.log"

    def __enter__(self):
        self.broker.start()
        until(self._listens, f"mosquitto listens on {self.port} too")
        return self

    def __exit__(self, *_error):
        self.broker.kill()

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def tls_lines(certificate, key, authority=None):
    """Return lines for a listener with TLS; with an authority, it asks for a client certificate of that."""
    lines = [f"certfile {certificate}", f"keyfile {key}"]
    return [*lines, f"cafile {authority.file}", "require_certificate true"] if authority else lines


def knocks(**settings):
    knock(MqttSection(**({"host": "127.0.0.1"} | settings)), DEVICE, {}, 5)


def says_a_final(device, seen, utterance=1):
    device.output.offer(final(utterance))
    seen.wait_for_topic("final", lambda f: f["utterance"] == utterance)
    assert device.board.snapshot().problems == ()


def trouble(device, code):
    """Return what is said of it; there must be no other trouble."""
    told = until(lambda: device.problem(code), f"{code} is reported")
    assert [problem.code for problem in device.board.snapshot().problems] == [code]
    return told


# ---- WebSockets ----


def test_over_websockets_finals_arrive_and_all_commands_are_taken(tmp_path, state):
    controls = ScriptedControls()
    with (
        Listening(tmp_path, "protocol websockets") as there,
        Subscriber(there.plain, EVERYTHING) as seen,
        running(there.port, state, transport="websockets", controls=controls) as device,
    ):
        seen.wait_for_topic("availability", lambda payload: payload == "online")
        says_a_final(device, seen)
        device.output.offer(final(2, "lengthy " * 5_000))  # a frame of the longer form, sent in pieces
        assert len(seen.wait_for_topic("final", lambda f: f["utterance"] == 2).json["source"]["text"]) == 40_000
        seen.publish(f"{BASE}/cmd/swap", {"v": 1})
        until(lambda: "swap" in controls.done, "the command is taken")
        knocks(port=there.port, transport="websockets")


def test_over_websockets_with_tls_finals_arrive_and_all_commands_are_taken(tmp_path, state, authority, of_the_broker):
    controls = ScriptedControls()
    with (
        Listening(tmp_path, "protocol websockets", *tls_lines(*of_the_broker)) as there,
        Subscriber(there.plain, EVERYTHING) as seen,
        running(
            there.port, state, transport="websockets", ca_file=str(authority.file), controls=controls, path="/any"
        ) as device,
    ):
        seen.wait_for_topic("availability", lambda payload: payload == "online")
        says_a_final(device, seen)
        for number in range(40):
            seen.publish(f"{BASE}/cmd/speak", {"v": 1, "text": f"t{number} {'x' * 300}", "lang": "es"})
        until(lambda: len([done for done in controls.done if done.startswith("speak")]) == 40, "all are taken")
        knocks(port=there.port, transport="websockets", ca_file=str(authority.file))


def _answers_in_one_record(listener, context, packets):
    """Accept one client, agree to a WebSocket, and answer its CONNECT with all those packets in one frame."""
    plain, _ = listener.accept()
    plain.settimeout(10)
    with context.wrap_socket(plain, server_side=True) as client:
        request = b""
        while not request.endswith(b"\r\n\r\n") and (more := client.recv(4096)):
            request += more
        key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
        guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key + guid).digest())  # noqa: S324 -- RFC 6455
        client.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        client.recv(4096)
        client.sendall(bytes([0x82, len(packets)]) + packets)
        with contextlib.suppress(OSError):
            client.recv(4096)


def test_what_came_in_one_tls_record_is_read_at_once(authority, of_the_broker):
    """poll tells nothing of what TLS below the WebSocket has decrypted already."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*of_the_broker)
    packets = b"\x20\x03\x00\x00\x00" + b"".join(b"\x30\x05\x00\x01t\x00" + digit for digit in (b"1", b"2", b"3"))
    events = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        server = threading.Thread(target=_answers_in_one_record, args=(listener, context, packets))
        server.start()
        settings = MqttSection("127.0.0.1", listener.getsockname()[1], "websockets", ca_file=str(authority.file))
        link = Link(settings, device(DEVICE), QUICK, 1, events.append)
        waker, woken = socket.socketpair()
        with waker, woken, contextlib.closing(link):
            assert link.open(())
            until(lambda: link.turn(woken) and events, "the broker's answer is read")
        server.join()
    assert isinstance(events[0], Connected)
    assert [event.payload for event in events[1:]] == [b"1", b"2", b"3"]


def test_the_websocket_s_connection_is_made_anew_when_the_broker_comes_back(tmp_path, state):
    there = Listening(tmp_path, "protocol websockets")
    with running(there.port, state, transport="websockets") as device:
        assert f"127.0.0.1:{there.port}/mqtt" in trouble(device, "mqtt_unreachable")
        for utterance in (1, 2):
            with there, Subscriber(there.plain, EVERYTHING) as seen:
                until(lambda: not device.problem("mqtt_unreachable"), "the connection is back")
                says_a_final(device, seen, utterance)
            until(lambda: device.problem("mqtt_unreachable"), "the loss is reported")


def test_a_broker_without_websockets_is_a_problem_that_names_the_setting(tmp_path, state):
    with Broker(tmp_path) as broker, running(broker.port, state, transport="websockets") as device:
        assert "mqtt.transport" in trouble(device, "mqtt_unreachable")
        with pytest.raises(ConnectionError):
            knocks(port=broker.port, transport="websockets")


class _NoUpgrade(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_arguments):
        pass


class _OddUpgrade(_NoUpgrade):
    def do_GET(self):
        self.wfile.write(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nsec-websocket-accept:x\r\n\r\n")


@pytest.mark.parametrize("answers", [_NoUpgrade, _OddUpgrade])
def test_a_web_server_that_is_no_broker_is_unreachable(answers, state):
    with http.server.HTTPServer(("127.0.0.1", 0), answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            with running(server.server_port, state, transport="websockets") as device:
                assert "WebSocket" in trouble(device, "mqtt_unreachable")
            with pytest.raises(ConnectionError, match=r"mqtt\.path|our key"):
                knocks(port=server.server_port, transport="websockets")
        finally:
            server.shutdown()
            thread.join()


def test_over_websockets_the_password_is_checked_too(tmp_path, state):
    (tmp_path / "right").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    with Listening(tmp_path, "protocol websockets", *with_passwords(tmp_path, {DEVICE: "secret"})) as there:
        over = {"transport": "websockets", "password_file": str(tmp_path / "wrong")}
        with running(there.port, state, **over) as device:
            assert "mqtt.password_file" in trouble(device, "mqtt_refused")
        with pytest.raises(NotLetIn):
            knocks(port=there.port, **over)
        knocks(port=there.port, **(over | {"password_file": str(tmp_path / "right")}))


def test_a_setting_of_a_device_elsewhere_is_asked_for_over_websockets(tmp_path, state, capsys, monkeypatch):
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    settings = tmp_path / "here.toml"
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with Listening(tmp_path, "protocol websockets") as there, steered(there.broker, state) as (bench, _device):
        settings.write_text(f'[mqtt]\nhost = "127.0.0.1"\nport = {there.port}\ntransport = "websockets"\n')
        assert main(["config", "set", "speaker.volume", "0.5", "--device", DEVICE, "--config", str(settings)]) == 0
        assert bench.steering.settings.speaker.volume == 0.5
    assert capsys.readouterr().out == f"{DEVICE}: speaker.volume is changed\n"


# ---- a Unix socket ----


def test_over_a_unix_socket_finals_arrive(tmp_path, state):
    path = tmp_path / "broker.sock"
    with (
        Broker(tmp_path, f"listener 0 {path}") as broker,
        Subscriber(broker.port, EVERYTHING) as seen,
        running(1, state, host=str(path)) as device,
    ):
        says_a_final(device, seen)
        (finding,) = look("broker", MQTT__HOST=str(path))
        assert (finding.health, finding.found) == (Health.OK, f"{path}: lets us in")


def test_a_unix_socket_that_is_not_there_is_named_and_found_later(tmp_path, state):
    path = tmp_path / "broker.sock"
    broker = Broker(tmp_path, f"listener 0 {path}")
    with running(1, state, host=str(path)) as device:
        assert str(path) in trouble(device, "mqtt_unreachable")
        with pytest.raises(FileNotFoundError):
            knocks(host=str(path))
        with broker, Subscriber(broker.port, EVERYTHING) as seen:
            until(lambda: not device.problem("mqtt_unreachable"), "the connection is there")
            says_a_final(device, seen)


def test_a_unix_socket_on_which_nobody_accepts_holds_up_no_stop(tmp_path, state):
    path = str(tmp_path / "full.sock")
    with socket.socket(socket.AF_UNIX) as server, contextlib.ExitStack() as clients:
        server.bind(path)
        server.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                client = clients.enter_context(socket.socket(socket.AF_UNIX))
                client.settimeout(0)
                client.connect(path)
        with running(1, state, host=path) as device:
            assert path in trouble(device, "mqtt_unreachable")


@pytest.mark.parametrize("settings", [{"transport": "websockets"}, {"tls": True}, {"certificate_file": "/x"}])
def test_what_a_unix_socket_cannot_carry_is_said(settings, tmp_path, state):
    path = str(tmp_path / "broker.sock")
    with running(1, state, host=path, **settings) as device:
        assert "Unix socket" in trouble(device, "mqtt_refused")
    with pytest.raises(AccessError, match="Unix socket"):
        knocks(host=path, **settings)


# ---- client certificates ----


@pytest.fixture(params=["tcp", "websockets"])
def demanding(request, tmp_path, authority, of_the_broker):
    """A broker that wants client certificates, and settings for a client without one."""
    lines = ["protocol websockets"] if request.param == "websockets" else []
    with Listening(tmp_path, *lines, *tls_lines(*of_the_broker, authority)) as there:
        yield there, {"transport": request.param, "ca_file": str(authority.file)}


def test_with_a_client_certificate_we_are_let_in(demanding, state, of_the_device):
    there, settings = demanding
    certificate, key = map(str, of_the_device)
    settings |= {"certificate_file": certificate, "key_file": key}
    with Subscriber(there.plain, EVERYTHING) as seen, running(there.port, state, **settings) as device:
        says_a_final(device, seen)
        knocks(port=there.port, **settings)


def test_without_a_client_certificate_the_problem_says_what_to_set(demanding, state):
    there, settings = demanding
    with running(there.port, state, **settings) as device:
        told = trouble(device, "mqtt_refused")
        assert "mqtt.certificate_file" in told
        assert "asks for a client certificate" in told
    with pytest.raises(OSError, match=r"(?i)certificate"):
        knocks(port=there.port, **settings)


def test_what_the_broker_said_before_it_hung_up_is_not_lost_when_sending_fails(demanding):
    there, settings = demanding
    section = MqttSection("127.0.0.1", there.port, **settings)
    with (
        socket.create_connection(("127.0.0.1", there.port), 5) as plain,
        access(section, DEVICE, {}).tls.wrap_socket(plain, server_hostname="127.0.0.1") as encrypted,
    ):

        def hung_up():
            try:
                encrypted.sendall(bytes(100))
            except OSError:
                return True
            return False

        until(hung_up, "sending fails")
        assert "CERTIFICATE_REQUIRED" in encrypted.fault


def test_a_client_certificate_of_another_authority_is_named(demanding, state, stranger):
    there, settings = demanding
    certificate, key = map(str, stranger.issue("intruder"))
    with running(there.port, state, **settings, certificate_file=certificate, key_file=key) as device:
        assert certificate in trouble(device, "mqtt_refused")


# ---- the broker's certificate, also over WebSockets ----


def test_over_websockets_a_certificate_not_yet_valid_is_not_accepted(tmp_path, state, authority):
    lines = ["protocol websockets", *tls_lines(*authority.issue("future", not_before=FUTURE))]
    settings = {"transport": "websockets", "ca_file": str(authority.file)}
    with Listening(tmp_path, *lines) as there:
        with running(there.port, state, **settings) as device:
            assert "clock" in trouble(device, "clock_unsynced")
        assert BASE not in there.log.read_text(errors="replace")


def test_a_device_whose_clock_is_set_later_connects_by_itself(tmp_path, state, authority, of_the_broker):
    future = authority.issue("future-then-now", not_before=FUTURE)
    now = of_the_broker
    there = Listening(tmp_path, *tls_lines(*future))
    with running(there.port, state, ca_file=str(authority.file)) as device:
        with there:
            trouble(device, "clock_unsynced")
        for stale, fresh in zip(future, now, strict=True):
            stale.write_bytes(fresh.read_bytes())
        with there, Subscriber(there.plain, EVERYTHING) as seen:
            until(lambda: not device.board.snapshot().problems, "the connection is there")
            says_a_final(device, seen)


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_a_broker_of_another_authority_or_name_is_not_spoken_to(
    tmp_path, state, authority, stranger, transport, of_the_broker
):
    over = ["protocol websockets"] if transport == "websockets" else []
    misnamed = authority.issue(f"misnamed-{transport}", address="127.0.0.2")
    wrong = ((stranger, of_the_broker, "mqtt.ca_file"), (authority, misnamed, "mqtt.host"))
    for trusted, certificate, key in wrong:
        with Listening(tmp_path, *over, *tls_lines(*certificate)) as there:
            with running(there.port, state, transport=transport, ca_file=str(trusted.file)) as device:
                assert f"check {key}" in trouble(device, "mqtt_unreachable")
            assert BASE not in there.log.read_text(errors="replace")
