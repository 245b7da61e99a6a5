"""eSpeak NG by its C library: small, quick, robotic, and it speaks more than a hundred languages.

``espeak-ng/speak_lib.h`` is the source of the numbers below. The library is made for one user a process and is not
thread-safe: one synthesizer is open at a time, and one thread uses it.
"""

from __future__ import annotations

import ctypes
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

from daemon.drivers import DriverMissing
from daemon.synthesizers.base import SynthesisFailed
from hw.options import option

_LIBRARY = "libespeak-ng.so.1"
#: espeak_AUDIO_OUTPUT: `espeak_Synth` returns when all sound has gone through the callback.
_SYNCHRONOUS = 2
#: Length of a block, milliseconds.
_BLOCK_MS = 100
#: espeakINITIALIZE_DONT_EXIT: return an error instead of ending the process.
_DONT_EXIT = 0x8000
#: espeakCHARS_UTF8, and neither espeakSSML nor espeakPHONEMES: the text is nothing but text.
_PLAIN_UTF8 = 1
_POS_CHARACTER = 1
#: Of espeak_TextToPhonemes: the International Phonetic Alphabet; from bit 8 on the sign between two sounds.
_IPA = 0x02 | ord("_") << 8
#: espeak_PARAMETER.
_RATE, _PITCH = 1, 3
_OK = 0
#: What the callback answers.
_CONTINUE, _ABORT = 0, 1
_SAMPLE_BYTES = 2
#: A language subtag of two letters after the first is a region, of four a script.
_REGION, _SCRIPT = 2, 4

#: Held by the synthesizer that is open.
_in_use = threading.Lock()


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the synthesizer."""

    rate_wpm: int = option(160, "Words a minute.", minimum=80, maximum=450)
    pitch: int = option(50, "0 low to 100 high.", minimum=0, maximum=100)


SETTINGS = Settings


class _Voice(ctypes.Structure):
    """espeak_VOICE, the part that is read here; the library only hands out pointers to it."""

    _fields_: ClassVar = [
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _Spoken(NamedTuple):
    """A language of a voice; the lower the priority, the better the voice speaks it."""

    tag: str
    priority: int
    identifier: bytes


def open(settings: Settings) -> EspeakSynthesizer:  # noqa: A001 -- every driver module has an `open`
    """Load the library and its voices (20 MB). Raises `DriverMissing`, also while another one is open here."""
    if not _in_use.acquire(blocking=False):
        raise DriverMissing("espeak-ng is in use in this process already, and its library serves one user")
    try:
        return EspeakSynthesizer(settings)
    except DriverMissing:
        _in_use.release()
        raise


class EspeakSynthesizer:
    """See `daemon.synthesizers.base.Synthesizer`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        library, self.rate_hz = _load()
        self._library: ctypes.CDLL | None = library
        # Kept here: the library knows only its address.
        self._callback = _Callback(self._take)
        library.espeak_SetSynthCallback(self._callback)
        self._voices = _best_voices(_spoken(library))
        self.languages = tuple(sorted(_canonical(tag) for tag in self._voices))
        self._on_block: Callable[[bytes], bool] = lambda _pcm: False
        self._raised: BaseException | None = None

    def speak(self, lang: str, text: str, on_block: Callable[[bytes], bool]) -> None:
        """See `Synthesizer`. An error of `on_block` ends the speech and is raised here."""
        library = self._ready()
        self._choose(library, lang)
        spoken = _plain(text).encode()
        if not spoken:
            return
        self._on_block, self._raised = on_block, None
        status = library.espeak_Synth(spoken, len(spoken) + 1, 0, _POS_CHARACTER, 0, _PLAIN_UTF8, None, None)
        raised, self._raised = self._raised, None
        if raised is not None:
            raise raised
        if status != _OK:
            raise SynthesisFailed(f"espeak-ng cannot speak {len(text)} characters of {lang}: error {status}")

    def sounds(self, lang: str, word: str) -> str:
        """Return how the voice of a language says a word, as the International Phonetic Alphabet writes it.

        Between two sounds is a ``_``. Raises `SynthesisFailed`.
        """
        library = self._ready()
        self._choose(library, lang)
        text = ctypes.c_char_p(_plain(word).encode())
        parts = []
        while text.value is not None:  # a clause at a time: the library moves the pointer on
            parts.append(library.espeak_TextToPhonemes(ctypes.byref(text), _PLAIN_UTF8, _IPA))
        return b"".join(parts).decode("utf-8", errors="replace")

    def close(self) -> None:
        """See `Synthesizer`.

        The library stays initialized for the next one of this process, see `_load`.
        """
        library, self._library = self._library, None
        if library is not None:
            library.espeak_SetSynthCallback(_Callback())
            _in_use.release()

    def _take(self, samples: int | None, count: int, _events: int | None) -> int:
        """Be called by the library with each block; without samples at the end."""
        if not samples or count <= 0:
            return _CONTINUE
        try:
            return _CONTINUE if self._on_block(ctypes.string_at(samples, count * _SAMPLE_BYTES)) else _ABORT
        except BaseException as error:  # noqa: BLE001 -- nothing may be raised into C; `speak` raises it
            self._raised = error
            return _ABORT

    def _choose(self, library: ctypes.CDLL, lang: str) -> None:
        voice = self._voice_for(lang)
        if voice is None:
            raise SynthesisFailed(f"espeak-ng has no voice for {lang}")
        status = library.espeak_SetVoiceByName(voice)
        if status != _OK:
            raise SynthesisFailed(f"espeak-ng cannot load its voice {voice.decode()} for {lang}: error {status}")
        library.espeak_SetParameter(_RATE, self._settings.rate_wpm, 0)
        library.espeak_SetParameter(_PITCH, self._settings.pitch, 0)

    def _voice_for(self, lang: str) -> bytes | None:
        """Return the voice of the tag, or of the nearest tag that is a beginning of it: ``es-MX``, else ``es``."""
        tag = lang.lower()
        while tag and tag not in self._voices:
            tag = tag.rpartition("-")[0]
        return self._voices.get(tag)

    def _ready(self) -> ctypes.CDLL:
        if self._library is None:
            raise SynthesisFailed("the synthesizer is closed")
        return self._library


@cache
def _load() -> tuple[ctypes.CDLL, int]:
    """Initialize the library, once a process; return it and its sample rate. Raises `DriverMissing`.

    Once, because in 1.51 each `espeak_Initialize` starts a thread that only `espeak_Terminate` ends, and the second
    `espeak_Terminate` of a process never returns.
    """
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise DriverMissing(f"no {_LIBRARY}: install libespeak-ng1") from error
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    library.espeak_ListVoices.argtypes = [ctypes.c_void_p]
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_SetSynthCallback.argtypes = [_Callback]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
        *(ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    rate_hz: int = library.espeak_Initialize(_SYNCHRONOUS, _BLOCK_MS, None, _DONT_EXIT)
    if rate_hz <= 0:
        raise DriverMissing("espeak-ng finds no voices: install espeak-ng-data")
    return library, rate_hz


def _spoken(library: ctypes.CDLL) -> Iterator[_Spoken]:
    """Yield every language of every voice."""
    voices = library.espeak_ListVoices(None)
    at = 0
    while voices[at]:
        voice = voices[at].contents
        for tag, priority in _tags(voice.languages):
            yield _Spoken(tag, priority, voice.identifier)
        at += 1


def _tags(address: int) -> Iterator[tuple[str, int]]:
    """Read a voice's languages: each a byte of priority and a NUL-ended tag; a zero byte ends them."""
    while priority := ctypes.string_at(address, 1)[0]:
        tag = ctypes.string_at(address + 1)
        yield tag.decode("utf-8", errors="replace").lower(), priority
        address += len(tag) + 2


def _best_voices(spoken: Iterator[_Spoken]) -> dict[str, bytes]:
    best: dict[str, _Spoken] = {}
    for each in spoken:
        if each.tag not in best or each.priority < best[each.tag].priority:
            best[each.tag] = each
    return {tag: each.identifier for tag, each in best.items()}


def _canonical(tag: str) -> str:
    """Return the tag as BCP-47 writes it: ``en-GB``, ``fa-Latn``."""
    first, *rest = tag.split("-")
    forms = {_REGION: str.upper, _SCRIPT: str.title}
    return "-".join([first, *(forms.get(len(part), str.lower)(part) for part in rest)])


def _plain(text: str) -> str:
    """Return the text on one line; control characters, which the library takes for commands, are blanks."""
    return " ".join("".join(" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in text).split())
