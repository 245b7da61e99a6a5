"""The daemon's own sections of the settings.

Drivers declare theirs beside their code; `daemon.config` collects both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from daemon.settings_keys import ACTIONS, HOST, HOST_WORDS, PAIR, PAIR_WORDS
from hw.options import option

#: A language tag as BCP-47 writes it: ``en``, ``en-US``, ``zh-Hant-TW``.
LANGUAGE_TAG = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
#: How MQTT travels over a network.
TRANSPORTS = ("tcp", "websockets")
_TAG_WORDS = 'a language tag such as "en" or "en-US"'


def _language(default: Any, doc: str, *, empty: bool = False) -> Any:
    """Return the option of a language that is spoken or translated into, or of several; `empty`: of one or none."""
    pattern, words = (f"|{LANGUAGE_TAG}", f'{_TAG_WORDS}; or ""') if empty else (LANGUAGE_TAG, _TAG_WORDS)
    return option(default, doc, pattern=pattern, words=words, live=True, remote=True)


def _engine(default: Any, doc: str) -> Any:
    """Return the option of an engine or of several, never of none; which there are, `daemon.settings_checks` knows."""
    return option(default, doc, pattern=".+", words='an engine in quotes such as "device"')


@dataclass(frozen=True, slots=True)
class DeviceSection:
    """Who this device is."""

    id: str = option(
        "",
        "Device id, 3 to 32 of a-z 0-9 -; empty: host name and four hex digits.",
        pattern=r"|[a-z0-9-]{3,32}",
        words='3 to 32 of a-z 0-9 -; or ""',
    )
    groups: tuple[str, ...] = option(
        (),
        "Groups whose settings over MQTT this device follows (dragoman/group/NAME/config).",
        pattern="[a-z0-9-]{1,32}",
        words="1 to 32 of a-z 0-9 -",
    )


@dataclass(frozen=True, slots=True)
class LanguagesSection:
    """What is spoken and into what it is translated."""

    source: str = _language("en-US", "Language that is spoken.")
    targets: tuple[str, ...] = _language(("es",), "Languages to translate into, in the order of the display.")
    speak: str = _language("es", "Which target is spoken aloud; empty: none.", empty=True)
    conversation: tuple[str, ...] = _language(
        (),
        "Two languages that are spoken by turns: whichever is heard is translated into the other; none: only source.",
    )
    phrases: tuple[str, ...] = option(
        (),
        "Names, places, dishes that are likely to be said: written as they are here, never translated; at most 200.",
        live=True,
        remote=True,
    )


@dataclass(frozen=True, slots=True)
class MicrophoneSection:
    """Where sound comes from."""

    device: str = option("default", "Microphone by name, as `dragoman devices` lists it.")
    channel: str = option(
        "mix",
        'Which channel is heard: "1" the first (left), "2" the second, …; "mix": the mean of all.',
        pattern=r"mix|[1-9][0-9]?",
        words='"mix", or a number in quotes such as "1"',
    )
    gain_db: float = option(0.0, "Fixed gain before the step to 16 bits, dB.", minimum=-20, maximum=60)


@dataclass(frozen=True, slots=True)
class GateSection:
    """Which sound is speech."""

    mode: str = option(
        "open",
        "open: whatever is speech; push_to_talk: only while a button or key is held whose action is talk.",
        choices=("open", "push_to_talk"),
    )
    sensitivity: float = option(
        0.5, "0 hears only clear speech, 1 hears whispers and noise.", minimum=0, maximum=1, live=True, remote=True
    )
    confirm: str = option(
        "",
        "Second opinion on what is speech, asked before an engine is: a module of daemon/gate/confirmers; empty: none.",
    )
    pre_roll_s: float = option(0.6, "Sound kept before the first voiced frame, seconds.", minimum=0.6, maximum=3)
    hangover_s: float = option(
        0.6, "Silence that ends an utterance, seconds.", minimum=0.2, maximum=5, live=True, remote=True
    )
    minimum_s: float = option(0.25, "Shorter voiced stretches are no speech, seconds.", minimum=0.06, maximum=2)
    maximum_s: float = option(
        20.0, "Longer utterances are cut at the least voiced frame, seconds.", minimum=5, maximum=29
    )


@dataclass(frozen=True, slots=True)
class EngineSection:
    """The ladder of engines, the best first."""

    order: tuple[str, ...] = _engine(("device",), "Engines to try, the best first.")
    first_result_ms: int = option(
        4_000, "An engine without a first result after so long is followed by the next, milliseconds.", minimum=200
    )
    final_ms: int = option(
        8_000, "An engine without a final so long after the speech is followed by the next, milliseconds.", minimum=200
    )
    keep_loaded: bool = option(
        default=True, doc="Keep the lower engines loaded; false saves their memory, and costs the time to load them."
    )


@dataclass(frozen=True, slots=True)
class SpeakerSection:
    """Where speech goes."""

    device: str = option("default", "Speaker by name, as `dragoman devices` lists it; empty: none.")
    volume: float = option(0.8, "0 silent to 1 full.", minimum=0, maximum=1, live=True, remote=True)
    max_wait_s: float = option(
        10.0,
        "Speech waits so long for a pause of the person speaking, seconds.",
        minimum=0,
        maximum=60,
        live=True,
        remote=True,
    )
    tail_s: float = option(0.3, "The gate stays deaf so long after speech has ended, seconds.", minimum=0, maximum=3)
    echo_cancelled: bool = option(
        default=False,
        doc="Microphone and speaker are those of an echo canceller: the gate stays open while the device speaks.",
    )
    barge_in: bool = option(
        default=False,
        doc="A person who begins to speak cuts the device short; needs echo_cancelled.",
        live=True,
        remote=True,
    )


@dataclass(frozen=True, slots=True)
class DisplaySection:
    """The serial display."""

    driver: str = option("", "Panel: a module of hw/displays; empty: no display.")
    port: str = option("", "Serial port by stable name, as `dragoman devices` lists it.")
    baud: int = option(115_200, "Bits a second of the port.", minimum=1_200, maximum=4_000_000)
    brightness: int = option(
        100, "Backlight, percent, where the panel has one.", minimum=0, maximum=100, live=True, remote=True
    )
    page_s: float = option(
        4.0, "A page of a final that is longer than the screen stays so long, seconds.", minimum=1, maximum=60
    )
    keys: tuple[str, ...] = option(
        (),
        "What keys and touches do, KEY=ACTION each (left=swap, 0.3=talk); any other does what the button does.",
        pattern=PAIR,
        words=PAIR_WORDS,
    )


@dataclass(frozen=True, slots=True)
class ButtonSection:
    """A button on the pins of a Raspberry Pi, and what pressing it or a key of the display does."""

    pin: int = option(-1, "GPIO number of the button's pin; -1: no button.", minimum=-1, maximum=53)
    pull_up: bool = option(default=True, doc="The button connects the pin to ground; false: to 3.3 V.")
    tap: str = option("mute", "What a short press does.", choices=ACTIONS[:2] + ACTIONS[3:])
    hold: str = option("talk", "What holding does; talk: in gate.mode push_to_talk only.", choices=ACTIONS)
    long_press: str = option(
        "swap", "What a long press does, where holding does not talk.", choices=ACTIONS[:2] + ACTIONS[3:]
    )
    hold_s: float = option(0.3, "A press so long is a hold, seconds.", minimum=0.1, maximum=2)
    long_press_s: float = option(1.5, "A press so long is a long one, seconds.", minimum=0.5, maximum=10)


@dataclass(frozen=True, slots=True)
class LightSection:
    """A light on the pins of a Raspberry Pi that says what the device does."""

    pins: tuple[int, ...] = option(
        (), "GPIO numbers: one, or three for red, green and blue; none: no light.", minimum=0, maximum=53
    )
    active_high: bool = option(default=True, doc="It shines when its pin is high; false: when it is low.")
    brightness: float = option(0.5, "0 dark to 1 full.", minimum=0, maximum=1)


@dataclass(frozen=True, slots=True)
class MqttSection:
    """The broker."""

    host: str = option(
        "", "Broker's host name or address, or its Unix socket, /…; empty: no MQTT.", pattern=HOST, words=HOST_WORDS
    )
    port: int = option(1883, "Broker's port.", minimum=1, maximum=65_535)
    transport: str = option(
        "tcp", "What carries MQTT over the network; a Unix socket carries no WebSockets.", choices=TRANSPORTS
    )
    path: str = option(
        "/mqtt",
        "Path of MQTT over WebSockets on the broker.",
        pattern=r"/[!-~]*",
        words='a path such as "/mqtt", of ASCII without blanks',
    )
    username: str = option("", "User name; empty: the device id if there is a password, else none.")
    password_file: str = option(
        "", "File that holds the password; empty: the systemd credential mqtt-password, if there is one."
    )
    ca_file: str = option("", "Certificates of the authority that signed the broker's; naming one turns TLS on.")
    tls: bool = option(default=False, doc="Encrypt, trusting the system's authorities where ca_file is empty.")
    certificate_file: str = option(
        "", "Client certificate, with the chain, for brokers that ask for one; naming one turns TLS on."
    )
    key_file: str = option("", "Private key of the client certificate, needed beside it; both may be one file.")
    allow_plaintext: bool = option(default=False, doc="Send the password to a broker elsewhere without TLS.")


@dataclass(frozen=True, slots=True)
class GatewaySection:
    """The engine of this machine for other devices, and for any program of the Speech service: `dragoman serve`."""

    listen: str = option(
        "127.0.0.1:8443",
        "Address and port, [IPv6]:port too; beyond this machine only with TLS, and a token or client certificates.",
        pattern=r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}",
        words='ADDRESS:PORT such as "127.0.0.1:8443" or "[::1]:8443"',
    )
    engine: str = _engine("device", "Engine that serves: a module of daemon/engines.")
    workers: int = option(
        0,
        "Engines side by side, each a process; 0: two a core, if half of the memory holds them.",
        minimum=0,
        maximum=64,
    )
    sessions: int = option(
        0, "Sessions side by side, others are answered 429; 0: two an engine.", minimum=0, maximum=4_096
    )
    wait_s: float = option(
        8.0, "An utterance that waits so long for those of others is refused, seconds.", minimum=1, maximum=60
    )
    turn_s: float = option(
        600.0, "A turn with more sound is ended, and clients begin the next, seconds.", minimum=10, maximum=86_400
    )
    idle_s: float = option(
        600.0, "A client that said nothing for so long is disconnected, seconds.", minimum=5, maximum=86_400
    )
    drain_s: float = option(
        10.0, "At the end, utterances that are open may take so long, seconds.", minimum=0, maximum=60
    )
    token_file: str = option(
        "", "File that holds the clients' token or key; empty: the systemd credential gateway-token, if there is one."
    )
    certificate_file: str = option(
        "", "Certificate, with the chain; turns TLS on. Empty: the systemd credential gateway-certificate."
    )
    certificate_key_file: str = option("", "Its private key; empty: the systemd credential gateway-certificate-key.")
    client_ca_file: str = option("", "Authority of client certificates; naming one makes clients need one.")
    announce: bool = option(default=False, doc="Tell the local network about the gateway (mDNS; needs zeroconf).")


@dataclass(frozen=True, slots=True)
class PrivacySection:
    """What may be known and done from elsewhere."""

    retain_last: bool = option(default=False, doc="Keep the text of the last final on the broker.")
    keep_finals_h: float = option(
        24.0, "Finals are kept on the device so long, hours; 0: not at all.", minimum=0, maximum=8_760
    )
    remote_replay: bool = option(default=True, doc="Answer requests for earlier finals over MQTT.")
    remote_unmute: bool = option(default=False, doc="Let somebody on the network unmute the microphone.")


#: Section name → class, in the order of the settings file.
SECTIONS: dict[str, type] = {
    "device": DeviceSection,
    "languages": LanguagesSection,
    "microphone": MicrophoneSection,
    "gate": GateSection,
    "engine": EngineSection,
    "speaker": SpeakerSection,
    "display": DisplaySection,
    "button": ButtonSection,
    "light": LightSection,
    "mqtt": MqttSection,
    "gateway": GatewaySection,
    "privacy": PrivacySection,
}
