"""Real recordings through the whole daemon, from microphone to MQTT, display and speaker; beside it the bare parts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sacrebleu

from tests.support.pulse import PulseAudio

from .bare import ask
from .corpus import Recording, short
from .figures import Table, heard, median, median_and_p95, percentile, word_error_rate
from .processes import cpu_by_part
from .world import Outside, World

_COUNT = 20
#: The gate's, as in the built-in settings, milliseconds.
_HANGOVER_MS = 600
_OWN_MS = 50
_SPEECH_MS = 150
_SHORT_S, _SHORT_MS = 4.0, 150
_INTERIMS_PER_S = 2.0
#: After a recording: the last utterance has ended, and after it nothing more comes.
_ENDED_S = 1.0
_NOTHING_S = 10.0
_SETTLED_S = 0.7
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class _Take:
    """What came of one recording."""

    recording: Recording
    finals: list[dict[str, Any]]
    interims: list[dict[str, Any]]
    #: Milliseconds from each final to the first sample of its speech.
    first_audio_ms: list[float]
    #: From the time in each final to its arrival at a subscriber, milliseconds.
    delivery_ms: list[float]
    #: A translation was spoken, and the gate deaf, before the recording was over.
    interrupted: bool

    @property
    def source(self) -> str:
        return " ".join(heard(final["source"]) for final in self.finals)

    @property
    def spanish(self) -> str:
        return " ".join(final["translations"]["es"].get("text", "") for final in self.finals)


def measure(count: int = _COUNT, *, details: bool = False) -> list[Table]:
    """Return the daemon's table and that of the bare parts; with `details` also what was heard in each recording."""
    chosen = short(count)
    with PulseAudio() as pulse, World(Outside(), pulse) as world:
        world.wait_ready()
        world.listen(2.0)
        before, began = cpu_by_part(world.pid), time.monotonic()
        takes = [_play(world, pulse, recording) for recording in chosen]
        spent, took_s = cpu_by_part(world.pid), time.monotonic() - began
    spent.subtract(before)
    alone = ask("pocketsphinx", [str(recording.path) for recording in chosen])
    costs = ", ".join(f"{part} {seconds:.1f}" for part, seconds in spent.most_common())
    whole = _whole(takes, spent["engine"] + spent["translators"], spent["main"] + spent["capture"] + spent["playback"])
    _words(whole, takes, alone["texts"])
    whole.notes.append(f"processor seconds in {took_s:.0f} s: {costs}")
    if details:
        whole.notes += [line for take, text in zip(takes, alone["texts"], strict=True) for line in _details(take, text)]
    return [whole, _bare(chosen, takes, alone)]


def _play(world: World, pulse: PulseAudio, recording: Recording) -> _Take:
    first = len(world.heard)
    pulse.microphone.play(recording.path)
    ended = time.monotonic()
    world.listen(_ENDED_S)
    if not world.listen(_NOTHING_S, lambda: bool(_payloads(world, first, "final"))):
        return _take(world, recording, first, ended)
    world.listen(_PATIENCE_S, lambda: _is_settled(world, first))
    return _take(world, recording, first, ended)


def _is_settled(world: World, first: int) -> bool:
    """Tell whether every utterance has ended, each translation been spoken, and nothing come since for a moment."""
    finals = {final["utterance"]: final["id"] for final in _payloads(world, first, "final")}
    events = _payloads(world, first, "event")
    dropped = {event["utterance"] for event in events if event["event_type"] == "utterance_dropped"}
    spoken = {event["id"] for event in events if event["event_type"] == "speech_finished"}
    shown = {interim["utterance"] for interim in _payloads(world, first, "interim")}
    complete = shown <= finals.keys() | dropped and set(finals.values()) <= spoken
    return complete and time.monotonic() - world.heard[-1].at >= _SETTLED_S


def _payloads(world: World, first: int, topic: str) -> list[dict[str, Any]]:
    return [message.payload for message in world.heard[first:] if message.topic == topic]


def _take(world: World, recording: Recording, first: int, ended: float) -> _Take:
    heard = world.heard[first:]
    finals = [message for message in heard if message.topic == "final"]
    events = [message.payload for message in heard if message.topic == "event"]
    speech = [event["first_audio_ms"] for event in events if event["event_type"] == "speech_finished"]
    speaks = [m.at for m in heard if m.topic == "state" and m.payload["state"] == "speaking"]
    return _Take(
        recording,
        [message.payload for message in finals],
        _payloads(world, first, "interim"),
        [each for each in speech if each is not None],
        [(message.wall - _seconds(message.payload["at"])) * 1000 for message in finals],
        interrupted=any(at < ended - 0.2 for at in speaks),
    )


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _whole(takes: list[_Take], engine_s: float, own_s: float) -> Table:
    finals = [final for take in takes for final in take.finals]
    sound_s = sum(take.recording.seconds for take in takes)
    table = Table(f"whole: {len(takes)} recordings, {sound_s:.0f} s, {len(finals)} utterances; median / p95")
    _delays(table, takes, finals)
    rates = [rate for take in takes for rate in _interim_rates(take)]
    rate = median(rates)
    table.add("interims a second of speech", median_and_p95(rates, 1), f">= {_INTERIMS_PER_S}", rate >= _INTERIMS_PER_S)
    table.add("  p5", f"{percentile(rates, 5):.1f}")
    table.add("real-time factor, engine with translators", f"{engine_s / sound_s:.2f}")
    table.add("real-time factor, daemon without the engine", f"{own_s / sound_s:.3f}")
    for kind in ("interim", "final"):
        erased = [final["erasure"][kind] for final in finals]
        table.add(f"normalised erasure, {kind}", median_and_p95(erased, 2))
    return table


def _delays(table: Table, takes: list[_Take], finals: list[dict[str, Any]]) -> None:
    latencies = [final["latency_ms"] for final in finals]
    firsts = [each["first_interim"] for each in latencies if each["first_interim"] is not None]
    table.add("first voiced frame to first interim, ms", median_and_p95(firsts))
    table.add("last voiced frame to final, ms", median_and_p95([each["final"] for each in latencies]))
    table.add("  less the hangover", median_and_p95([each["final"] - _HANGOVER_MS for each in latencies]))
    _of_short_ones(table, finals)
    table.add("  of it the engine's own time", median_and_p95([each["engine"] for each in latencies]))
    own = [each["final"] - _HANGOVER_MS - each["engine"] for each in latencies]
    table.add("  less both: the daemon's own", median_and_p95(own), f"<= {_OWN_MS}", median(own) <= _OWN_MS)
    speech = [ms for take in takes for ms in take.first_audio_ms]
    fine = median(speech) <= _SPEECH_MS
    table.add("final to first sample of speech, ms", median_and_p95(speech), f"<= {_SPEECH_MS}", fine)
    table.add("final to a subscriber, ms", median_and_p95([ms for take in takes for ms in take.delivery_ms]))


def _of_short_ones(table: Table, finals: list[dict[str, Any]]) -> None:
    """Add what a person waits for after the hangover where little was said: the second pass ran ahead in it."""
    delays = [final["latency_ms"]["final"] - _HANGOVER_MS for final in finals if _voiced_s(final) <= _SHORT_S]
    name = f"  less the hangover, utterances up to {_SHORT_S:g} s"
    table.add(name, median_and_p95(delays), f"<= {_SHORT_MS}", median(delays) <= _SHORT_MS)


def _voiced_s(final: dict[str, Any]) -> float:
    return float(final["end_s"]) - float(final["start_s"])


def _interim_rates(take: _Take) -> list[float]:
    """Return interims a second of each utterance's voice."""
    counts = {final["utterance"]: 0 for final in take.finals}
    for interim in take.interims:
        if interim["utterance"] in counts:
            counts[interim["utterance"]] += 1
    lengths = {final["utterance"]: _voiced_s(final) for final in take.finals}
    return [counts[number] / length for number, length in lengths.items() if length > 0]


def _words(table: Table, takes: list[_Take], alone: list[str]) -> None:
    heard = list(zip(takes, alone, strict=True))
    undisturbed = [(take, text) for take, text in heard if not take.interrupted]
    for name, chosen in (("all", heard), ("not spoken into by the device", undisturbed)):
        ours = word_error_rate((take.recording.transcript, take.source) for take, _ in chosen)
        theirs = word_error_rate((take.recording.transcript, text) for take, text in chosen)
        table.add(f"WER, {name} ({len(chosen)}); pocketsphinx alone", f"{ours:.1f} %; {theirs:.1f} %")
    translated = [take for take in takes if take.recording.spanish]
    if translated:
        chrf = sacrebleu.corpus_chrf([take.spanish for take in translated], [[t.recording.spanish for t in translated]])
        table.add(f"chrF of the Spanish ({len(translated)})", f"{chrf.score:.1f}")
    missed = [take.recording.id for take in takes if not take.finals]
    if missed:
        table.notes.append(f"nothing was heard in: {', '.join(missed)}")
    for take in takes:
        if take.interrupted:
            table.notes.append(f"the device spoke into {take.recording.id} (a pause longer than the hangover)")


def _details(take: _Take, alone: str) -> list[str]:
    delays = [final["latency_ms"] | {"gap": final["gap_ms"]} for final in take.finals]
    return [
        f"{take.recording.id}: {delays}, first audio {take.first_audio_ms}",
        f"  said:  {take.recording.transcript}",
        f"  heard: {take.source}",
        f"  alone: {alone}",
    ]


def _bare(chosen: list[Recording], takes: list[_Take], alone: dict[str, Any]) -> Table:
    table = Table("the bare parts, in the same run")
    spent = ask("vad", [str(recording.path) for recording in chosen])["cpu_ms_per_s"]
    table.add("webrtcvad alone: processor ms a second of sound", f"{spent:.2f}")
    table.add("pocketsphinx alone, whole file: real-time factor", f"{sum(alone['took_s']) / alone['sound_s']:.2f}")
    sentences = [final["source"]["text"] for take in takes for final in take.finals]
    table.add("apertium alone: ms a sentence", median_and_p95(ask("apertium", sentences)["took_ms"], 1))
    spanish = [final["translations"]["es"].get("text", "") for take in takes for final in take.finals]
    table.add("espeak-ng alone: ms to the first block", median_and_p95(ask("espeak", spanish)["first_block_ms"], 1))
    return table
