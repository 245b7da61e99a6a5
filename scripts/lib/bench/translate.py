"""Word errors and speed of `dragoman translate` on files, beside the recognizer alone on the whole of each file."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from .bare import ask
from .corpus import Recording, join, recordings
from .figures import Table, heard, word_error_rate
from .processes import MIB, PeakMemory
from .world import DRAGOMAN, BenchError

#: Second pass on whole files, as it was measured when the recognizer was chosen, percent.
_BAR_PERCENT = 31.3
#: Differences that say nothing.
_NOISE_PERCENT = 1.5
_SHORT_S = 8.0
_LONG_S = 300.0


def measure() -> Table:
    """Return word error rates of both, and what a long file takes."""
    known = recordings()
    texts, took_s = _translated([each.path for each in known])
    bare = ask("pocketsphinx", [str(each.path) for each in known])
    table = Table(f"translate: {len(known)} English recordings, {sum(each.seconds for each in known):.0f} s")
    daemons = [texts[str(each.path)] for each in known]
    prepared = [each for each in known if each.kind != "spontaneous"]
    for name, chosen in (("all", known), ("not spontaneous", prepared), (f"{_SHORT_S:.0f} s at most", _short(known))):
        _compare(table, name, chosen, dict(zip(known, zip(daemons, bare["texts"], strict=True), strict=True)))
    table.add("translate: seconds for a second of sound", f"{took_s / bare['sound_s']:.2f}")
    table.add("pocketsphinx alone, the same", f"{sum(bare['took_s']) / bare['sound_s']:.2f}")
    _long_file(table, known)
    return table


def _short(known: list[Recording]) -> list[Recording]:
    return [each for each in known if each.seconds <= _SHORT_S]


def _compare(table: Table, name: str, chosen: list[Recording], heard: dict[Recording, tuple[str, str]]) -> None:
    ours = word_error_rate((each.transcript, heard[each][0]) for each in chosen)
    bare = word_error_rate((each.transcript, heard[each][1]) for each in chosen)
    count = sum(len(each.transcript.split()) for each in chosen)
    # The figure from before was measured on short recordings; with longer ones only the same run tells.
    most = _BAR_PERCENT if chosen == _short(chosen) else bare + _NOISE_PERCENT
    label = f"WER, {name} ({len(chosen)}, {count} words), dragoman"
    table.add(label, f"{ours:.1f} %", f"<= {most:.1f} %", ours <= most)
    table.add("  pocketsphinx alone, the whole of each file", f"{bare:.1f} %")


def _translated(paths: list[Path]) -> tuple[dict[str, str], float]:
    """Return the text of each file, and the seconds that all took, start of the engine included."""
    command = [str(DRAGOMAN), "translate", "--to", "es", "--format", "json", *map(str, paths)]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    took_s = time.monotonic() - began
    if done.returncode != 0:
        raise BenchError(f"dragoman translate ended with {done.returncode}:\n{done.stderr[-2000:]}")
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for line in done.stdout.splitlines():
        result = json.loads(line)
        texts[result["file"]].append(heard(result["source"]))
    return defaultdict(str, {file: " ".join(parts) for file, parts in texts.items()}), took_s


def _long_file(table: Table, known: list[Recording]) -> None:
    with tempfile.TemporaryDirectory(prefix="dragoman-bench-") as folder:
        path = Path(folder) / "long.wav"
        seconds = join(_short(known), 0.8, _LONG_S, path)
        began = time.monotonic()
        command = [str(DRAGOMAN), "translate", "--to", "es", "--format", "json", str(path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            with PeakMemory(process.pid) as peak:
                process.communicate()
            took_s = time.monotonic() - began
    table.add(f"a file of {seconds:.0f} s: seconds for a second", f"{took_s / seconds:.2f}")
    table.add("the same: peak PSS, all processes", f"{peak.bytes / MIB:.0f} MB")
