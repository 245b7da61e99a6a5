"""espeak-ng's real library."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from daemon.drivers import DriverMissing
from daemon.figures.spoken import spoken
from daemon.synthesizers import espeak
from daemon.synthesizers.base import SynthesisFailed
from daemon.synthesizers.espeak import EspeakSynthesizer, Settings

pytestmark = pytest.mark.parts

LONG = "Esta es una frase que no se acaba. " * 50


@pytest.fixture
def synthesizer() -> Iterator[EspeakSynthesizer]:
    try:
        opened = espeak.open(Settings())
    except DriverMissing as error:
        pytest.skip(str(error))
    yield opened
    opened.close()


def seconds(synthesizer: EspeakSynthesizer, lang: str, text: str) -> float:
    blocks: list[bytes] = []
    synthesizer.speak(lang, text, lambda pcm: blocks.append(pcm) is None)
    return len(b"".join(blocks)) / 2 / synthesizer.rate_hz


def test_the_first_block_is_heard_before_the_last_is_made(synthesizer):
    heard, first = [], threading.Event()
    rest_allowed = threading.Event()

    def take(pcm: bytes) -> bool:
        heard.append(len(pcm))
        first.set()
        return rest_allowed.wait(10.0)

    speaking = threading.Thread(target=synthesizer.speak, args=("es", LONG, take))
    speaking.start()
    assert first.wait(10.0)
    assert speaking.is_alive()
    assert len(heard) == 1
    rest_allowed.set()
    speaking.join(30.0)
    assert len(heard) > 100


def test_blocks_are_short(synthesizer):
    blocks: list[bytes] = []
    synthesizer.speak("es", LONG, lambda pcm: blocks.append(pcm) is None)
    assert max(map(len, blocks)) / 2 / synthesizer.rate_hz <= 0.15


def test_stopping_stops_the_making(synthesizer):
    blocks: list[bytes] = []
    synthesizer.speak("es", LONG, lambda pcm: blocks.append(pcm) or len(blocks) < 3)
    assert len(blocks) == 3


def test_spanish_and_catalan_say_the_same_text_differently(synthesizer):
    spoken = {}
    for lang in ("es", "ca"):
        blocks: list[bytes] = []
        synthesizer.speak(lang, "La casa es gran", lambda pcm, heard=blocks: heard.append(pcm) is None)
        spoken[lang] = np.frombuffer(b"".join(blocks), "<i2")
    assert spoken["es"].std() > 300
    assert spoken["ca"].std() > 300
    assert not np.array_equal(spoken["es"], spoken["ca"])


def test_the_region_is_used_where_there_is_a_voice_for_it(synthesizer):
    assert synthesizer._voice_for("es-419") != synthesizer._voice_for("es-ES") == synthesizer._voice_for("es")
    assert {"es", "ca", "eo", "en-US"} <= set(synthesizer.languages)


def test_galician_has_no_voice_and_is_refused(synthesizer):
    assert "gl" not in synthesizer.languages
    with pytest.raises(SynthesisFailed, match="gl"):
        seconds(synthesizer, "gl", "ola")


def test_commands_in_the_text_are_no_commands(synthesizer):
    sound = seconds(synthesizer, "es", "hola amigo mio")
    assert seconds(synthesizer, "es", "hola \x01400S amigo mio") > sound * 0.8  # \x01400S: 400 words a minute
    # Tags and phonemes are read out, and take their time.
    assert seconds(synthesizer, "es", '<prosody rate="x-fast">hola amigo mio</prosody>') > sound * 1.5
    assert seconds(synthesizer, "es", "[[h'ola]] hola amigo mio") > sound


def test_the_rate_is_the_settings(synthesizer):
    slow = seconds(synthesizer, "es", LONG[:200])
    synthesizer.close()
    fast = espeak.open(Settings(rate_wpm=320))
    try:
        assert seconds(fast, "es", LONG[:200]) < slow * 0.75
    finally:
        fast.close()


def test_a_second_owner_is_refused_until_the_first_has_closed(synthesizer):
    with pytest.raises(DriverMissing, match="in use"):
        espeak.open(Settings())
    synthesizer.close()
    espeak.open(Settings()).close()


def test_opening_many_times_leaves_no_threads_behind():
    program = (
        "import os; from daemon.synthesizers import espeak\n"
        "def once(): s = espeak.open(espeak.Settings()); s.speak('es', 'hola', lambda pcm: True); s.close()\n"
        "once(); before = len(os.listdir('/proc/self/task'))\n"
        "for _ in range(20): once()\n"
        "print(len(os.listdir('/proc/self/task')) - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    if "DriverMissing" in done.stderr:
        pytest.skip("espeak-ng is not installed")
    assert done.stdout.strip() == "0", done.stderr


def test_without_the_library_it_is_missing_and_the_package_named(monkeypatch):
    monkeypatch.setattr(espeak, "_LIBRARY", "libnothing-of-that-name.so")
    espeak._load.cache_clear()
    try:
        with pytest.raises(DriverMissing, match="libespeak-ng1"):
            espeak.open(Settings())
        with pytest.raises(DriverMissing, match="libespeak-ng1"):  # and not "in use"
            espeak.open(Settings())
    finally:
        espeak._load.cache_clear()


@pytest.mark.parametrize(
    ("lang", "written", "said"),
    [
        ("en", "7:30", "seven thirty"),
        ("en", "It's 7:05.", "It's seven oh five."),
        ("en", "555 1234", "five five five, one two three four"),
        ("en", "$20", "twenty dollars"),
        ("en", "-5 degrees", "minus five degrees"),
        ("es", "a las 7:30", "a las siete treinta"),
        ("es", "a las 15:00", "a las quince en punto"),
        ("es", "a la 1:30", "a la una treinta"),
        ("es", "250 euros", "doscientos cincuenta euros"),
        ("es", "250 libras", "doscientas cincuenta libras"),
        ("es", "3,50 €", "tres coma cincuenta euros"),
        ("es", "10.000", "diez mil"),
        ("es", "612 34 56 78", "seis uno dos, tres cuatro, cinco seis, siete ocho"),
        ("es", "-5 grados", "menos cinco grados"),
        ("de", "am 23. Mai", "am dreiundzwanzigsten Mai"),
        ("de", "um 19:30 Uhr", "um neunzehn Uhr dreißig"),
        ("fr", "19:00", "dix-neuf heures"),
        ("fr", "-5", "moins cinq"),
        ("fr", "10\u202f000", "dix mille"),
    ],
)
def test_figures_are_read_as_they_are_said(synthesizer, lang, written, said):
    length = seconds(synthesizer, lang, spoken(written, lang))
    # Not to the sample: numbers that the library makes words of are stressed a little differently.
    assert length == pytest.approx(seconds(synthesizer, lang, said), rel=0.07)
