"""What the recognizer makes of a person's phrases, and of two languages that are spoken by turns."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon.drivers import DriverMissing
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.pronunciation import pronounced
from daemon.recognizers import pocketsphinx
from daemon.recognizers._passes import SecondPass
from daemon.recognizers.base import Recognizer

from .corpus import ROOT, Recording, recordings, samples
from .figures import Table, median, word_error_rate, words
from .world import BenchError

_RATE_HZ = 16_000
_BLOCK = _RATE_HZ // 10
_LONGEST_S = 8.0
#: Of a recording that is listened to in a conversation: more is no harder.
_HEARD_S = 6.0
_NAMES = Path(__file__).with_name("names.txt")
_FEW, _MANY = 20, 200


def phrases() -> Table:
    """Return word errors and names heard, with none, some and as many phrases as are taken."""
    said, others = _names()
    known = list(_with_names(said))
    table = Table(f"phrases: {len(known)} English recordings, {len(said)} names in them")
    for names in ([], (said + others)[:_FEW], (said + others)[:_MANY], others):
        began = time.process_time()
        heard = _heard(names, known)
        cpu_s = time.process_time() - began
        label = f"{len(names)} phrases" + ("" if set(said) & set(names) or not names else ", none of them said")
        found, uttered, wrong = _score(said, names, list(zip(known, heard, strict=True)))
        errors = word_error_rate(
            (_written(each.transcript), _written(text)) for each, text in zip(known, heard, strict=True)
        )
        table.add(f"{label}: WER", f"{errors:.1f} %")
        table.add("  names heard, phrases heard that were not said", f"{found} of {uttered}, {wrong}")
        table.add("  processor, teaching included", f"{cpu_s:.0f} s")
    return table


def conversation() -> Table:
    """Return how often the right side was heard, how soon, and what two decoders cost."""
    before = _memory_mb()
    both, english_mb = _both()
    spoken = [each for each in recordings()[::2] if each.kind in ("read", "command")] + recordings("es")
    known = [each for each in spoken if each.kind in ("read", "command") and each.seconds < _LONGEST_S * 2]
    chosen, clear_s, wrong_first = [], [], 0
    began = time.process_time()
    for each in known:
        first, shown_s, language = _listened(both, each)
        chosen.append(language.startswith(each.language))
        clear_s += [shown_s] if first else []
        wrong_first += bool(first) and not first.startswith(each.language)
    heard_s = sum(min(each.seconds, _HEARD_S) for each in known)
    spanish = sum(each.language == "es" for each in known)
    table = Table(
        f"conversation: {len(known) - spanish} English, {spanish} Spanish recordings, {_HEARD_S:.0f} s of each at most"
    )
    table.add("right in the final", f"{sum(chosen)} of {len(chosen)}")
    table.add("clear before the end, wrongly", f"{len(clear_s)}, {wrong_first}")
    table.add("clear after, median", f"{median(clear_s):.1f} s")
    table.add(
        "processor for a second of sound, both passes of both", f"{(time.process_time() - began) / heard_s:.2f} s"
    )
    table.add("memory: English alone, both", f"{english_mb - before:.0f} MB, {_memory_mb() - before:.0f} MB")
    return table


def _both() -> tuple[BothSides, float]:
    """Return both sides, and the memory after the first of them was loaded."""
    folder = Path(os.environ.get("DRAGOMAN_TEST_MODELS", ROOT.parent / "shared" / "models")) / "es-pocketsphinx"
    settings = pocketsphinx.Settings(model_dir=str(folder))
    try:
        english = pocketsphinx.open("en-US", settings)
        english_mb = _memory_mb()
        spanish = pocketsphinx.open("es", settings)
    except DriverMissing as error:
        raise BenchError(f"{error}; DRAGOMAN_TEST_MODELS is where es-pocketsphinx lies") from error
    sides: dict[str, Recognizer] = {"en-US": english, "es-ES": spanish}
    return BothSides(sides), english_mb


def _listened(both: BothSides, recording: Recording) -> tuple[str, float, str]:
    """Return who was shown first and after how many seconds, and who it was in the final."""
    sound = samples(recording)[: round(_HEARD_S * _RATE_HZ)]
    first, shown_s = "", 0.0
    both.begin()
    for at in range(0, len(sound), _BLOCK):
        both.feed(sound[at : at + _BLOCK].tobytes())
        if not first and both.partial():
            first, shown_s = both.language, (at + _BLOCK) / _RATE_HZ
    both.finish()
    return first, shown_s, both.language


def _names() -> tuple[list[str], list[str]]:
    said, others = _NAMES.read_text(encoding="utf-8").split("\n#\n")
    return said.splitlines()[1:], others.splitlines()


def _with_names(said: Sequence[str]) -> Iterator[Recording]:
    """Yield every second short recording, and all in which a name is said."""
    read = [each for each in recordings() if each.kind in ("read", "command", "far-field")]
    named = [any(_is_in(name, each.transcript) for name in said) for each in read]
    short = [each.id for each in read if each.seconds < _LONGEST_S][::2]
    yield from (
        each
        for each, has in zip(read, named, strict=True)
        if (has and each.seconds < _LONGEST_S * 2) or each.id in short
    )


def _heard(names: Sequence[str], known: Sequence[Recording]) -> list[str]:
    recognizer = pocketsphinx.open("en-US", pocketsphinx.Settings())
    if names:
        recognizer.expect(pronounced(names, ("en-US", "es")))
    texts = []
    for each in known:  # the second pass alone: it gives the final
        found = SecondPass(recognizer._ready(), bytearray(samples(each).tobytes())).finish()  # noqa: SLF001
        texts.append(" ".join(word.text for word in recognizer._vocabulary.words(found)))  # noqa: SLF001
    recognizer.close()
    return texts


def _score(said: Sequence[str], names: Sequence[str], heard: Sequence[tuple[Recording, str]]) -> tuple[int, int, int]:
    """Return names heard, names said, and phrases that were heard and not said."""
    uttered = [(name, text) for each, text in heard for name in said if _is_in(name, each.transcript)]
    found = sum(_is_in(name, text) for name, text in uttered)
    wrong = sum(_is_in(name, text) and not _is_in(name, each.transcript) for each, text in heard for name in names)
    return found, len(uttered), wrong


def _is_in(name: str, text: str) -> bool:
    return f" {words(_written(name))} " in f" {words(_written(text))} "


def _written(text: str) -> str:
    return text.replace("Mr.", "mister")


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
