"""One connection to the broker, MQTT 5: the only importer of paho.

Every connection is a fresh client, so that nothing of an earlier one is sent again behind our back: what must not get
lost is kept by who sent it. One thread uses a link; paho's own threads and reconnection are not used, because its
network thread dies of an exception in a callback while ``is_connected()`` stays true, and its back-off has no jitter.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
from collections.abc import Callable
from typing import Any

from daemon.mqtt import payloads, topics
from daemon.mqtt.access import AccessError, access, is_unix
from daemon.mqtt.caller import Caller
from daemon.mqtt.dialling import dial, web_host
from daemon.mqtt.messages import (
    Acknowledged,
    Connected,
    LinkEvent,
    Publication,
    Received,
    Refused,
    Timing,
    Unheard,
)
from daemon.mqtt.trouble import clash, explain, refusal, tls_failure, unreachable
from daemon.settings import MqttSection

_LOG = logging.getLogger(__name__)

#: What the broker may send before we have answered (receive maximum), and its largest packet: room to refuse politely
#: what is over our own limit, no room to fill the memory.
_RECEIVE_MAXIMUM, _RECEIVE_BYTES = 16, 65_536
#: QoS 1 messages that may be on their way, if the broker does not want fewer. The sender keeps to it, so that paho has
#: nothing to queue; its own limits are only a fence.
_IN_FLIGHT, _QUEUE = 20, 64
#: MQTT 5 reason codes from here on are failures (MQTT 5.0, 2.4).
_FAILURE = 0x80
_SESSION_TAKEN_OVER = 0x8E
_POLL_S = 1.0


class Link:
    """One connection, from `open` to its end. `notify` gets its events; what it raises is caught and counted."""

    def __init__(
        self, settings: MqttSection, caller: Caller, timing: Timing, number: int, notify: Callable[[LinkEvent], None]
    ) -> None:
        self.connected = False
        #: Why it ended.
        self.trouble = unreachable(settings, "it closed the connection")
        #: Exceptions caught at the edge of a callback.
        self.callback_errors = 0
        self._settings = settings
        self._caller = caller
        self._timing = timing
        self._number = number
        self._notify = notify
        self._subscriptions: tuple[str, ...] = ()
        self._client: Any = None
        #: What is below paho's WebSocket, with TLS where that is on.
        self._socket: socket.socket | None = None
        self._waiting: dict[int, Publication] = {}

    def open(self, subscriptions: tuple[str, ...]) -> bool:
        """Connect, at most `connect_s` and the keepalive long; False, with `trouble` set, if that fails."""
        self._subscriptions = subscriptions
        try:
            self._client = self._new_client()
            self._client.connect(
                self._settings.host,
                self._settings.port,
                self._timing.keepalive_s,
                clean_start=False,
                properties=_properties(
                    "CONNECT",
                    SessionExpiryInterval=self._timing.session_s,
                    ReceiveMaximum=_RECEIVE_MAXIMUM,
                    MaximumPacketSize=_RECEIVE_BYTES,
                ),
            )
        except (OSError, AccessError, ValueError, IndexError) as error:
            self.trouble = explain(error, self._settings)
            return False
        return True

    def turn(self, waker: socket.socket) -> bool:
        """Read and write what there is, waiting for it or for `waker` a second at most; False when it is over."""
        client = self._client
        connection = client.socket()
        if connection is None:
            return False
        poll = select.poll()
        poll.register(connection, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        poll.register(waker, select.POLLIN)
        ready = dict(poll.poll(_POLL_S * 1000))
        happened = ready.get(connection.fileno(), 0)
        if happened & ~select.POLLOUT:
            self._read()
        if happened & select.POLLOUT:
            client.loop_write()
        if waker.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                waker.recv(4096)
        client.loop_misc()
        return client.socket() is not None

    def _read(self) -> None:
        """Read until nothing is left, also of what TLS has decrypted already and no poll would tell of.

        paho's WebSocket keeps nothing back: of a frame it takes from the socket only what is asked for.
        """
        self._client.loop_read()
        below = self._socket
        while self._client.socket() is not None and isinstance(below, ssl.SSLSocket) and below.pending():
            self._client.loop_read()

    def publish(self, publication: Publication) -> bool:
        """Send a message; False if it is one of QoS 0 and earlier ones still wait for the network: it is dropped."""
        if publication.rule.qos == 0 and self._client.want_write():
            return False
        more: dict[str, Any] = {"PayloadFormatIndicator": 1}
        if publication.correlation is not None:
            more["CorrelationData"] = publication.correlation
        if publication.rule.expires_s is not None:
            more["MessageExpiryInterval"] = publication.rule.expires_s
        sent = self._client.publish(
            publication.topic,
            publication.payload,
            publication.rule.qos,
            publication.rule.retained,
            properties=_properties("PUBLISH", **more),
        )
        if publication.rule.qos:
            self._waiting[sent.mid] = publication
        return True

    def say_goodbye(self) -> None:
        """End the session: the broker forgets us and does not publish the will."""
        self._client.disconnect(properties=_properties("DISCONNECT", SessionExpiryInterval=0))

    def close(self) -> None:
        """Give the socket back, whatever state it is in."""
        if self._socket is not None:
            self._socket.close()
        self._client = None
        self.connected = False

    # -------------------------------------------------------------- paho's side

    def _new_client(self) -> Any:
        from paho.mqtt import client as paho  # noqa: PLC0415 -- the library is only wanted where there is a broker
        from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

        key = access(self._settings, self._caller.account)
        transport: Any = "unix" if is_unix(self._settings) else self._settings.transport
        client: Any = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._caller.id,
            protocol=paho.MQTTv5,
            transport=transport,
        )
        client.ws_set_options(self._settings.path, {"Host": web_host(self._settings)})
        client.connect_timeout = self._timing.connect_s
        self._keep_socket(client)
        client.max_inflight_messages_set(_IN_FLIGHT)
        client.max_queued_messages_set(_QUEUE)
        client.username_pw_set(key.username, key.password)
        if key.tls is not None:
            client.tls_set_context(key.tls)
        if self._caller.will is not None:
            client.will_set(
                self._caller.will,
                payloads.OFFLINE,
                qos=1,
                retain=True,
                properties=_properties("WILLMESSAGE", WillDelayInterval=self._timing.will_delay_s),
            )
        client.on_connect = self._guarded(self._on_connect)
        client.on_disconnect = self._guarded(self._on_disconnect)
        client.on_subscribe = self._guarded(self._on_subscribe)
        client.on_publish = self._guarded(self._on_publish)
        client.on_message = self._guarded(self._on_message)
        return client

    def _keep_socket(self, client: Any) -> None:
        """Let paho use sockets that we know: it loses one that fails while a WebSocket or a Unix socket is opened."""
        encrypt = client._ssl_wrap_socket  # noqa: SLF001 -- paho has no public way to do this

        def plain() -> socket.socket:
            self._socket = dial(self._settings, self._timing.connect_s)
            return self._socket

        def encrypted(below: socket.socket) -> socket.socket:
            self._socket = encrypt(below)
            return self._socket

        client._create_socket_connection = client._create_unix_socket_connection = plain  # noqa: SLF001 -- as above
        client._ssl_wrap_socket = encrypted  # noqa: SLF001 -- as above

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        """Let no exception reach paho: it would end the loop that called it."""

        def guarded(_client: Any, _userdata: Any, *arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception:  # noqa: BLE001 -- whatever it is, it is logged and counted
                self.callback_errors += 1
                _LOG.exception("%s failed", callback.__name__)

        return guarded

    def _on_connect(self, flags: Any, reason: Any, properties: Any) -> None:
        if reason.value >= _FAILURE:
            self.trouble = refusal(self._settings, reason)
            return
        if self._subscriptions:
            self._client.subscribe([(topic, _subscription(self._caller, topic)) for topic in self._subscriptions])
        self.connected = True
        window = min(_IN_FLIGHT, getattr(properties, "ReceiveMaximum", _IN_FLIGHT))
        maximum = getattr(properties, "MaximumPacketSize", None)
        self._notify(Connected(self._number, flags.session_present, window, maximum))

    def _on_subscribe(self, _mid: int, reasons: Any, _more: Any) -> None:
        """Tell of what is refused: there is one subscription a connection, with an answer for each of its topics."""
        for topic, reason in zip(self._subscriptions, reasons, strict=False):
            if reason.value >= _FAILURE:
                self._notify(Unheard(topic, str(reason)))

    def _on_disconnect(self, flags: Any, reason: Any, _more: Any) -> None:
        if reason.value == _SESSION_TAKEN_OVER:
            self.trouble = clash(self._caller.id)
        elif fault := getattr(self._socket, "fault", ""):
            self.trouble = tls_failure(self._settings, fault)
        elif self.connected:
            said = f"it said {str(reason)!r}" if flags.is_disconnect_packet_from_server else "the connection broke"
            self.trouble = unreachable(self._settings, said)
        elif reason.value < _FAILURE or self.trouble.code == "mqtt_unreachable":
            self.trouble = unreachable(self._settings, "it does not answer as a broker")

    def _on_publish(self, mid: int, reason: Any, _more: Any) -> None:
        publication = self._waiting.pop(mid, None)
        if publication is None:
            return
        if reason.value >= _FAILURE:
            self._notify(Refused(publication.token, publication.topic, str(reason)))
        else:
            self._notify(Acknowledged(publication.token, publication.topic))

    def _on_message(self, message: Any) -> None:
        response_topic = getattr(message.properties, "ResponseTopic", None)
        correlation = getattr(message.properties, "CorrelationData", None)
        # One byte too many shows that it is too large; the rest of it need not wait in memory.
        payload = message.payload[: self._caller.most_bytes + 1]
        self._notify(Received(message.topic, payload, message.retain, response_topic, correlation))


def _properties(packet: str, **values: Any) -> Any:
    from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415 -- as above
    from paho.mqtt.properties import Properties  # noqa: PLC0415

    properties: Any = Properties(getattr(PacketTypes, packet))  # type: ignore[no-untyped-call] # paho has no types here
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def _subscription(caller: Caller, topic: str) -> Any:
    """QoS 1, not what we publish ourselves; stored messages anew on each connect, or never.

    Who takes commands must know one that was published as retained, though it comes live. What a group says is stored.
    """
    from paho.mqtt.subscribeoptions import SubscribeOptions  # noqa: PLC0415 -- as above

    stored = caller.stored or topic.startswith(topics.GROUPS)
    return SubscribeOptions(qos=1, noLocal=True, retainAsPublished=not caller.stored, retainHandling=0 if stored else 2)
