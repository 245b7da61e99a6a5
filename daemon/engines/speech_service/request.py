"""From settings and a task to what is asked of the service: addresses and ``speech.context``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from daemon import __version__
from daemon.engines.base import Cure, Task
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.settings import ServiceSettings
from daemon.language_tags import base
from daemon.wire.context import LanguageIdMode, Segmentation, SpeechContext
from daemon.wire.upgrade import (
    HOST_SYNTHESIS_PATH,
    REGION_UNIVERSAL_PATH,
    SHORT_AUDIO_PATH,
    SPEECH_PATH,
    SYNTHESIS_PATH,
    UNIVERSAL_PATH,
    VOICES_PATH,
    Service,
    Upgrade,
    v1_query,
)

USER_AGENT = f"Dragoman/{__version__}"
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}
#: Beginning of a region's name → domain of that cloud.
_CLOUDS = {"china": "azure.cn", "usgov": "azure.us"}
#: Setting → what is asked.
_SEGMENTATIONS = {"": Segmentation.USUAL, "time": Segmentation.TIME, "semantic": Segmentation.SEMANTIC}
#: Speaks many languages; for those that no voice of the settings speaks.
_ANY_VOICE = "en-US-AvaMultilingualNeural"
#: Speech on request comes in this format, so that its first bytes tell the rate.
SPEECH_FORMAT_NAME = "riff-24khz-16bit-mono-pcm"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of the two services, without query."""

    recognition: str
    synthesis: str


def region_addresses(region: str) -> Addresses:
    """Return where a region's services are."""
    domain = next((cloud for start, cloud in _CLOUDS.items() if region.startswith(start)), "microsoft.com")
    hosts = [f"wss://{region}.{service}.speech.{domain}" for service in ("stt", "tts")]
    return Addresses(hosts[0] + REGION_UNIVERSAL_PATH, hosts[1] + SYNTHESIS_PATH)


def host_addresses(key: str, address: str) -> Addresses:
    """Return where the services of one host are; a path is taken as it is. Raises `ServiceFault`, naming the key."""
    try:
        parts = urlsplit(address)
        scheme, host, _port = _SCHEMES.get(parts.scheme, ""), parts.hostname, parts.port
    except ValueError:
        scheme, host = "", None
    if not scheme or not host or parts.query or parts.fragment:
        text = f"{key} is {address!r}; allowed: wss://HOST[:PORT][/PATH]"
        raise ServiceFault("bad_address", text, Cure.CONFIGURE)
    root = f"{scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    return Addresses(root + (path or UNIVERSAL_PATH), root + HOST_SYNTHESIS_PATH)


@dataclass(frozen=True, slots=True)
class RestAddresses:
    """Where the same services answer without a WebSocket, spelt as WebSockets are: ``wss:`` stands for ``https:``."""

    short_audio: str
    speech: str
    voices: str
    #: Of a gateway alone.
    health: str


def rest_addresses(known: Addresses) -> RestAddresses:
    """Return them: what stands before the paths, ``/stt`` and ``/tts`` or a proxy's, stays."""
    recognition, synthesis = urlsplit(known.recognition), urlsplit(known.synthesis)
    heard = f"{recognition.scheme}://{recognition.netloc}{recognition.path.rpartition('/speech/')[0]}"
    spoken = f"{synthesis.scheme}://{synthesis.netloc}{synthesis.path.removesuffix(SYNTHESIS_PATH)}"
    health = f"{recognition.scheme}://{recognition.netloc}/health"
    return RestAddresses(heard + SHORT_AUDIO_PATH, spoken + SPEECH_PATH, spoken + VOICES_PATH, health)


@dataclass(frozen=True, slots=True)
class Requests:
    """What is asked, always by the same settings. `speak`: the target that is spoken aloud; empty: none is."""

    addresses: Addresses
    settings: ServiceSettings
    speak: str = ""
    model: str = ""

    def url(self, task: Task) -> str:
        """Return the address for an utterance. On v1 it names the languages: others need a new connection."""
        address = self.addresses.recognition
        query = v1_query(self.context(task)) if self.is_v1 else ()
        if self.model:
            query = (*query, ("cid", self.model))
        return f"{address}?{urlencode(query)}" if query else address

    @property
    def is_v1(self) -> bool:
        """Whether the address is one that reads its languages from the query."""
        return Upgrade(urlsplit(self.addresses.recognition).path).service is Service.TRANSLATION

    def context(self, task: Task) -> SpeechContext:
        """Return what is asked of the turn."""
        known = self.settings
        return SpeechContext(
            language=task.source,
            targets=_targets(task),
            interims=task.interims,
            voices=self._voices(task),
            candidates=task.conversation or known.candidates,
            language_id=LanguageIdMode.CONTINUOUS if known.language_changes else LanguageIdMode.AT_START,
            phrases=tuple(dict.fromkeys((*known.phrases, *task.phrases))),
            phrase_weight=known.phrase_weight or None,
            profanity=known.profanity,
            stable_threshold=known.stable_partials or None,
            initial_silence_ms=known.initial_silence_ms or None,
            trailing_silence_ms=known.end_silence_ms or None,
            segmentation_silence_ms=known.segmentation_silence_ms or None,
            segmentation_maximum_ms=known.segmentation_maximum_ms or None,
            segmentation=_SEGMENTATIONS[known.segmentation],
            category=known.category,
        )

    def spoken(self, task: Task) -> str:
        """Return the target whose speech comes with the utterance; empty: none."""
        return next((lang for lang, _voice in self._voices(task)), "")

    def voice(self, lang: str) -> str:
        """Return the voice of the settings that speaks a language, or one that speaks many."""
        return self._own_voice(lang) or _ANY_VOICE

    def ssml(self, lang: str, text: str) -> str:
        """Return a text as SSML."""
        said = escape("".join(char if char.isprintable() else " " for char in text))
        tag = quoteattr(lang)
        return (
            f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang={tag}>'
            f"<voice name={quoteattr(self.voice(lang))}><lang xml:lang={tag}>{said}</lang></voice></speak>"
        )

    def _voices(self, task: Task) -> tuple[tuple[str, str], ...]:
        if task.conversation:
            return ()  # which voice it is to be is known with the final, which is spoken on request
        voice = self._own_voice(self.speak)
        spoken = next((target for target in task.targets if base(target) == base(self.speak)), "")
        return ((spoken, voice),) if spoken and voice else ()

    def _own_voice(self, lang: str) -> str:
        voices = self.settings.voices
        exact = (voice for voice in voices if lang and voice.lower().startswith(f"{lang.lower()}-"))
        return next(exact, "") or next((voice for voice in voices if lang and base(voice) == base(lang)), "")


def _targets(task: Task) -> tuple[str, ...]:
    """Return what the sound is translated into: in a conversation both ways, since nobody knows yet who speaks."""
    ways = [target for way in task.ways for target in way.targets]
    return tuple(dict.fromkeys(target if target in task.targets else base(target) for target in ways))
