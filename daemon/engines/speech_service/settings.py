"""Settings that all engines of this protocol have. Zero and empty mean that the service's own default holds."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.settings import LANGUAGE_TAG
from hw.options import option


@dataclass(frozen=True)
class ServiceSettings:
    """Who we are there, what is asked of each utterance, and how it is spoken."""

    key_file: str = option("", "File that holds the key; empty: the systemd credential ENGINE-key, if there is one.")
    token_file: str = option(
        "", "File that holds a token, read for each connection; empty: the systemd credential ENGINE-token."
    )
    ca_file: str = option("", "Certificate authority of the service; empty: the system's.")
    certificate_file: str = option("", "Our own certificate, where the service wants one.")
    certificate_key_file: str = option("", "Its private key.")
    proxy: str = option("", "HTTP or SOCKS proxy, as http://user:password@host:port; empty: none.", secret=True)
    allow_plaintext: bool = option(default=False, doc="Send speech to another machine without TLS (ws://).")
    voices: tuple[str, ...] = option(
        (), "Voices, one a language: es-ES-ElviraNeural. The first of the spoken language speaks translations at once."
    )
    profanity: str = option("", "What becomes of profanity.", choices=("", "raw", "masked", "removed"))
    phrases: tuple[str, ...] = option((), "Names and terms that are likely to be said.")
    phrase_weight: float = option(0.0, "Weight of these phrases; 0: the service's own.", minimum=0, maximum=2)
    candidates: tuple[str, ...] = option(
        (),
        "Languages among which the spoken one is looked for; empty: languages.source it is.",
        pattern=LANGUAGE_TAG,
        words='a language tag such as "en" or "en-US"',
    )
    language_changes: bool = option(default=False, doc="The language may change within an utterance.")
    segmentation: str = option("", "Where phrases end.", choices=("", "time", "semantic"))
    segmentation_silence_ms: int = option(
        0, "Silence that ends a phrase, milliseconds; 0: the service's own.", minimum=0, maximum=5_000
    )
    segmentation_maximum_ms: int = option(
        0, "Longest phrase, milliseconds; 0: the service's own.", minimum=0, maximum=70_000
    )
    initial_silence_ms: int = option(
        0, "Silence at the start after which nothing is recognized, milliseconds.", minimum=0, maximum=60_000
    )
    end_silence_ms: int = option(0, "Silence that ends recognition, milliseconds.", minimum=0, maximum=60_000)
    stable_partials: int = option(0, "An interim word is shown after so many confirmations.", minimum=0, maximum=20)
    category: str = option("", "Id of a custom translation category.")
    replay_speed: float = option(
        2.0, "Sound that was kept is sent at most so many times faster than it was spoken.", minimum=1, maximum=20
    )


@dataclass(frozen=True)
class AzureAddress:
    """Where the cloud's service is."""

    region: str = option(
        "",
        "Region of the Speech resource, such as westeurope.",
        pattern=r"|[a-z0-9]+",
        words='small letters and digits such as "westeurope"; or ""',
    )
    endpoint: str = option("", "Address in the place of a region, such as wss://NAME.cognitiveservices.azure.com.")
    model: str = option("", "Deployment id of a custom speech model.")


@dataclass(frozen=True)
class HomeAddress:
    """Where the gateway at home is."""

    address: str = option("", "Address of the gateway, such as wss://HOST:8443.")
