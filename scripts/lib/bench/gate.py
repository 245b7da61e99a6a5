"""The gate beside bare webrtcvad and Silero: speech that was cut, noise that was let through, delays, cost.

Every other recording was used for tuning; the bars are held to both halves, which are shown apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import webrtcvad

from daemon.drivers import DriverMissing
from daemon.gate.confirmers import silero as silero_confirmer
from daemon.gate.gate import Gate
from daemon.settings import GateSection

from .figures import Table, median_and_p95, percentile
from .gate_listeners import Heard, Listener, bare, frames, hear, silero, the_gate
from .gate_scores import Score, score
from .gate_sound import Clip, as_pcm, at_level, labelled, mixed, noises, sentences

_RATIOS_DB = (20, 10, 5, 0)
#: What Silero by itself, forty times as slow, hears of them.
_SLOW_SETS = ("noise", "clean", "10 dB", "5 dB")
_MOST_LOST_PERCENT = 1.0
_OF_BARE, _OF_BARE_CONFIRMED = 1 / 4, 1 / 10
_LEVELS_DBFS = (-20.0, -50.0)
#: Decisions are compared in steps of a frame, in recordings no longer than this.
_STEP_S, _LONGEST_S = 0.02, 30.0
_SILENCE_S = 120
_MOST_OF_BARE = 2.0

Scores = dict[str, dict[str, Score]]


@dataclass(slots=True)
class Grid:
    """Listeners, a row each, and what they did, printed with `str`."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [["", *self.columns], *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
        shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join(["", self.title, "", *(line.rstrip() for line in shown)])


def measure() -> list[Table | Grid]:
    """Return what everybody did, and whether the gate meets its bars."""
    clean = [*labelled(), *sentences()]
    sets = {"noise": noises(), "clean": clean} | {f"{ratio} dB": mixed(clean, ratio) for ratio in _RATIOS_DB}
    listeners = _listeners()
    scores = {listener.name: _scores(listener, sets) for listener in listeners}
    halves = {name: _scores(listeners[0], _half(sets, tuned=tuned)) for name, tuned in _HALVES.items()}
    return [
        _grid("Onsets cut, of all (speech and labelled clips)", scores, lambda s: f"{len(s.onset_cuts)}/{s.onsets}"),
        _grid("Ends cut, of all", scores, lambda s: f"{len(s.end_cuts)}/{s.onsets}"),
        _grid("Speech time lost, %", scores, lambda s: f"{s.lost_percent:.2f}"),
        _grid("Onset until the gate opened, ms, median / p95", scores, lambda s: _milliseconds(s.onset_delays)),
        _grid("End until the gate closed, ms, median / p95", scores, lambda s: _milliseconds(s.end_delays)),
        _grid("Utterances split in more than one, of all", scores, lambda s: f"{s.splits}/{s.utterances}"),
        _grid("Processor seconds an hour of sound", scores, lambda s: f"{s.hourly(s.cpu_s):.1f}"),
        _noise_grid(scores),
        _grid("The gate by halves: speech time lost, %", halves, lambda s: f"{s.lost_percent:.2f}"),
        _grid("The gate by halves: onsets cut", halves, lambda s: f"{len(s.onset_cuts)}/{s.onsets}"),
        _noise_grid(halves),
        _bars(scores, sentences()),
    ]


_HALVES = {"gate, tuned with": True, "gate, held out": False}


def _listeners() -> list[Listener]:
    others = [bare(mode) for mode in range(4)]
    alone = silero()
    try:
        confirmer = silero_confirmer.open(silero_confirmer.SETTINGS())
    except DriverMissing:
        return [the_gate(GateSection()), *others]
    confirmed = the_gate(GateSection(), confirmer)
    return [the_gate(GateSection()), confirmed, *others, *([alone] if alone else [])]


def _half(sets: dict[str, list[Clip]], *, tuned: bool) -> dict[str, list[Clip]]:
    return {name: [clip for clip in clips if clip.tuned == tuned] for name, clips in sets.items()}


def _scores(listener: Listener, sets: dict[str, list[Clip]]) -> dict[str, Score]:
    heard = {name: clips for name, clips in sets.items() if not listener.slow or name in _SLOW_SETS}
    return {name: score((clip, hear(listener, clip.sound)) for clip in clips) for name, clips in heard.items()}


def _grid(title: str, scores: Scores, show: Callable[[Score], str]) -> Grid:
    columns = ["clean", *(f"{ratio} dB" for ratio in _RATIOS_DB)]
    rows = [[name, *(show(found[c]) if c in found else "-" for c in columns)] for name, found in scores.items()]
    return Grid(title, columns, rows)


def _noise_grid(scores: Scores) -> Grid:
    grid = Grid("Noise", ["seconds", "let through", "an hour of noise", "triggers an hour", "processor s an hour"])
    for name, found in scores.items():
        one = found["noise"]
        hourly = (one.hourly(one.passed_s), one.hourly(one.triggers), one.hourly(one.cpu_s))
        grid.rows.append([name, f"{one.seconds:.0f}", f"{one.passed_s:.1f}", *(f"{each:.1f}" for each in hourly)])
    return grid


def _milliseconds(delays: list[float]) -> str:
    return median_and_p95([delay * 1000 for delay in delays]).partition(" (")[0]


def _bars(scores: Scores, speech: list[Clip]) -> Table:
    table = Table("gate: its bars, over both halves")
    gate, bare_s = scores["gate"], scores["webrtcvad 3"]["noise"].passed_s
    for name in ("clean", "20 dB", "10 dB"):
        cut = len(gate[name].onset_cuts)
        table.add(f"onsets cut, {name}", f"{cut} of {gate[name].onsets}", "0", cut == 0)
        if cut:
            table.notes.append(f"{name}: {', '.join(gate[name].cut_in)}")
    lost = gate["5 dB"].lost_percent
    table.add("speech time lost, 5 dB", f"{lost:.2f} %", f"<= {_MOST_LOST_PERCENT} %", lost <= _MOST_LOST_PERCENT)
    for name, most in (("gate", _OF_BARE), ("gate + silero", _OF_BARE_CONFIRMED)):
        if name in scores:
            passed = scores[name]["noise"].passed_s
            share = passed / bare_s
            bar = f"<= {most:.2f} x webrtcvad 3"
            table.add(f"noise let through, {name}", f"{passed:.1f} s = {share:.2f} x", bar, share <= most)
    _add_levels(table, speech)
    _add_cost(table)
    return table


def _add_levels(table: Table, speech: list[Clip]) -> None:
    gate = the_gate(GateSection())
    pairs = [[hear(gate, at_level(clip, level).sound).heard for level in _LEVELS_DBFS] for clip in speech]
    same = sum(len(loud) == len(quiet) for loud, quiet in pairs)
    apart = sum(int(np.sum(_passed(loud) != _passed(quiet))) for loud, quiet in pairs)
    percent = 100 * apart * _STEP_S / sum(clip.seconds for clip in speech)
    table.add("as many utterances at -50 as at -20 dBFS", f"{same} of {len(pairs)}", "all", same == len(pairs))
    table.add("time decided otherwise at -50 than at -20 dBFS", f"{percent:.1f} %", "0 but for rounding and clipping")


def _passed(heard: list[Heard]) -> np.ndarray:
    steps = np.zeros(round(_LONGEST_S / _STEP_S), bool)
    for one in heard:
        steps[round(one.start_s / _STEP_S) : round(one.end_s / _STEP_S)] = True
    return steps


def _add_cost(table: Table) -> None:
    silence = np.random.default_rng(1).standard_normal(_SILENCE_S * 16_000) * 10 ** (-60 / 20)
    sound = frames(as_pcm(silence))
    gate, vad = Gate(GateSection()), webrtcvad.Vad(3)
    ours = _per_frame_us(lambda frame: list(gate.hear(frame)), sound)
    theirs = _per_frame_us(lambda frame: vad.is_speech(frame.pcm, 16_000), sound)
    ratio = ours / theirs
    shown = f"{ours:.1f} us = {ratio:.1f} x {theirs:.1f} us"
    table.add("a frame of silence, gate / webrtcvad", shown, f"<= {_MOST_OF_BARE} x", ratio <= _MOST_OF_BARE)
    try:
        confirmed = Gate(GateSection(), silero_confirmer.open(silero_confirmer.SETTINGS()))
    except DriverMissing:
        return
    spent = []
    for clip in sentences()[:20]:
        for frame in frames(as_pcm(clip.sound)):
            began = time.thread_time()
            list(confirmed.hear(frame))
            spent.append((time.thread_time() - began) * 1000)
    table.add("a frame of speech with silero, p99.9", f"{percentile(spent, 99.9):.1f} ms", "<= 20 ms")


def _per_frame_us(judge: Callable[..., object], sound: list) -> float:
    began = time.process_time()
    for frame in sound:
        judge(frame)
    return (time.process_time() - began) * 1_000_000 / len(sound)
