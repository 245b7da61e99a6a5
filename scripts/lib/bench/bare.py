"""The bare parts, each alone in a process: what they cost without a daemon around them.

``python -m scripts.lib.bench.bare PART`` takes JSON on standard input and prints JSON.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

_FRAME = 320
_RATE_HZ = 16_000


def ask(part: str, question: Any) -> Any:
    """Run a part in a process of its own; return what it measured."""
    command = [sys.executable, "-m", "scripts.lib.bench.bare", part]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the bare {part} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def vad(paths: list[str]) -> dict[str, float]:
    """Judge every frame; return the processor's milliseconds a second of sound."""
    import webrtcvad  # noqa: PLC0415 -- each part loads its own library

    detector = webrtcvad.Vad(2)
    frames = [sound[at : at + _FRAME] for sound in map(_sound, paths) for at in range(0, sound.size - _FRAME, _FRAME)]
    before = time.process_time()
    for frame in frames:
        detector.is_speech(frame.tobytes(), _RATE_HZ)
    return {"cpu_ms_per_s": (time.process_time() - before) * 1000 / (len(frames) * _FRAME / _RATE_HZ)}


def pocketsphinx(paths: list[str]) -> dict[str, Any]:
    """Recognize whole files; return the words of each, and the seconds that each took."""
    from pocketsphinx import Decoder  # noqa: PLC0415

    decoder = Decoder(maxhmmpf=3000, loglevel="FATAL")
    texts, took, sound_s = [], [], 0.0
    for path in paths:
        sound = _sound(path)
        before = time.monotonic()
        decoder.start_utt()
        decoder.process_raw(sound.tobytes(), no_search=False, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        took.append(time.monotonic() - before)
        texts.append(_clean(found.hypstr if found else ""))
        sound_s += sound.size / _RATE_HZ
    return {"texts": texts, "took_s": took, "sound_s": sound_s}


def apertium(sentences: list[str]) -> dict[str, Any]:
    """Translate sentences into Spanish; return the milliseconds that each took, the first left out."""
    from daemon.translators import apertium as driver  # noqa: PLC0415

    translator = driver.open("en", "es", driver.Settings())
    try:
        translator.translate("The first one waits for the pipeline.")
        took = [_timed(lambda sentence=sentence: translator.translate(sentence)) for sentence in sentences]
    finally:
        translator.close()
    return {"took_ms": took}


def ctranslate2(sentences: list[str]) -> dict[str, Any]:
    """Translate sentences into Spanish with the neural translator; return what that took, and what opening it took."""
    memory_before, began = _resident_bytes(), time.monotonic()
    import ctranslate2 as library  # noqa: PLC0415 -- timed
    import sentencepiece  # noqa: PLC0415 -- likewise

    imported = time.monotonic()
    from daemon.translators import ctranslate2 as driver  # noqa: PLC0415

    translator = driver.open("en", "es", driver.Settings())
    loaded = time.monotonic()
    took = [_timed(lambda sentence=sentence: translator.translate(sentence)) for sentence in sentences]
    memory_bytes = _resident_bytes() - memory_before
    return {
        "took_ms": took, "import_s": imported - began, "load_s": loaded - imported, "memory_bytes": memory_bytes,
        "versions": [library.__version__, sentencepiece.__version__],
    }  # fmt: skip


def espeak(sentences: list[str]) -> dict[str, Any]:
    """Speak sentences; return the milliseconds until the first block of each, the first left out."""
    from daemon.synthesizers import espeak as driver  # noqa: PLC0415

    synthesizer = driver.open(driver.Settings())

    def first(sentence: str) -> float:
        return _timed(lambda: synthesizer.speak("es", sentence, lambda _pcm: False))

    try:
        first("Uno")
        return {"first_block_ms": [first(sentence) for sentence in sentences]}
    finally:
        synthesizer.close()


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _timed(work: Any) -> float:
    before = time.monotonic()
    work()
    return (time.monotonic() - before) * 1000


def _sound(path: str) -> np.ndarray:
    return soundfile.read(path, dtype="int16")[0]


def _clean(hypothesis: str) -> str:
    """Return the words alone, without fillers and numbers of pronunciations: its own, to be bare of the driver's."""
    words = (re.sub(r"\(\d+\)$", "", word) for word in hypothesis.split())
    return " ".join(word for word in words if word[0] not in "<[+")


_PARTS = {part.__name__: part for part in (vad, pocketsphinx, apertium, ctranslate2, espeak)}

if __name__ == "__main__":
    print(json.dumps(_PARTS[sys.argv[1]](json.load(sys.stdin))))
