"""What a person sees of the demo: messages that scroll by, and below them the display's screen."""

from __future__ import annotations

import re
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable
from typing import Any

#: Control Sequences that colour and weigh text (ECMA-48, SGR).
_RENDITIONS = re.compile(r"\x1b\[[0-9;]*m")
_ERASE_BELOW = "\x1b[J"
_NAME_WIDTH = 8
#: What every event has.
_ENVELOPE = {"v", "at", "event_type"}


class Show:
    """Prints events as they come. On a terminal the screen stays at the bottom and is redrawn in place.

    Elsewhere, in a file or a log, it is printed once a final is on it: that is, in the pause after one.
    """

    #: The screen is taken for complete when it has not changed for so long, seconds.
    PAUSE_S = 0.2

    def __init__(self, picture: Callable[[], str]) -> None:
        #: Payloads of ``final``, in their order.
        self.finals: list[dict[str, Any]] = []
        #: Name of a speech → milliseconds from its final to its first sample.
        self.first_audio_ms: dict[str, int] = {}
        #: What the daemon said last of its problems.
        self.trouble = ""
        self._picture = picture
        self._terminal = sys.stdout.isatty()
        self._drawn_lines = 0
        self._final_is_new = False
        self._last_state = ""

    def event(self, topic: str, payload: dict[str, Any]) -> None:
        """Show a message, or (topic ``screen``) that the display has changed."""
        if topic == "screen":
            self._redraw()
        elif topic == "interim":
            self._message("interim", _texts(payload))
        elif topic == "final":
            self.finals.append(payload)
            self._final_is_new = True
            self._message("final", _texts(payload))
        elif topic == "state":
            self._state(payload)
        elif topic == "event":
            self._event(payload)

    def all_of(self, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Show several."""
        for topic, payload in events:
            self.event(topic, payload)

    def pause(self) -> None:
        """Nothing has happened for `PAUSE_S`."""
        if self._final_is_new and not self._terminal:
            print(_RENDITIONS.sub("", self._picture()), end="", flush=True)
            self._final_is_new = False

    def finish(self) -> None:
        """Show the screen as it was at the end, and leave it."""
        self._redraw()
        self.pause()

    def _state(self, payload: dict[str, Any]) -> None:
        problems = [f"{problem['code']} ({problem['detail']})" for problem in payload["problems"]]
        self.trouble = "; ".join(problems)
        words = " — ".join([payload["state"], *problems])
        if words != self._last_state:
            self._last_state = words
            self._message("state", words)

    def _event(self, payload: dict[str, Any]) -> None:
        if payload["event_type"] == "speech_finished" and isinstance(payload.get("first_audio_ms"), int):
            self.first_audio_ms[payload["id"]] = payload["first_audio_ms"]
        words = " ".join(f"{key}={value}" for key, value in payload.items() if key not in _ENVELOPE and value != "")
        self._message("event", f"{payload['event_type']} {words}")

    def _message(self, name: str, words: str) -> None:
        self._erase()
        line = f"{name:<{_NAME_WIDTH}} {words}"
        if self._terminal and name != "final":
            width = shutil.get_terminal_size().columns - 1
            line = line if len(line) <= width else line[: width - 1] + "…"
        print(line, flush=True)
        self._redraw()

    def _redraw(self) -> None:
        if not self._terminal:
            return
        self._erase()
        picture = self._picture()
        self._drawn_lines = picture.count("\n")
        print(picture, end="", flush=True)

    def _erase(self) -> None:
        if self._drawn_lines:
            print(f"\x1b[{self._drawn_lines}A\r{_ERASE_BELOW}", end="")
            self._drawn_lines = 0


def _texts(payload: dict[str, Any]) -> str:
    """Return the source and its translations in one line, what may still change behind a bar."""
    parts = [("", payload["source"]), *payload["translations"].items()]
    return "  ".join(f"[{lang or words['lang']}] {_text(words)}" for lang, words in parts)


def _text(words: dict[str, Any]) -> str:
    if "error" in words:
        return f"({words['error']['text']})"
    stable = words.get("stable", len(words["text"]))
    return words["text"][:stable] + ("|" if stable < len(words["text"]) else "") + words["text"][stable:]


def translations(finals: list[dict[str, Any]]) -> str:
    """Return what was said and what it was translated into."""
    lines = ["Translations"]
    for number, final in enumerate(finals, 1):
        lines.append(f"{number:>3}. {final['source']['lang']:<6} {final['source']['text']}")
        lines += [f"     {lang:<6} {_text(words)}" for lang, words in final["translations"].items()]
    return "\n".join(lines)


def delays(finals: list[dict[str, Any]], first_audio_ms: dict[str, int]) -> str:
    """Return the measured delays as a table, with the medians where there are several utterances."""
    rows = [(str(number), *_delays(final, first_audio_ms)) for number, final in enumerate(finals, 1)]
    if len(rows) > 1:
        rows.append(("median", *(_median(row[column] for row in rows) for column in (1, 2, 3))))
    head = "Delays, ms   begin of speech → first interim   end of speech → final   final → spoken"
    lines = (
        f"{name:>10} {_ms(interim):>33} {_ms(final):>23} {_ms(speech):>16}" for name, interim, final, speech in rows
    )
    return "\n".join([head, *lines])


def _delays(final: dict[str, Any], first_audio_ms: dict[str, int]) -> tuple[int | None, ...]:
    # What is said of a final is named after it; what somebody asked for by MQTT has a name of its own.
    spoken = first_audio_ms.get(final["id"])
    return final["latency_ms"]["first_interim"], final["latency_ms"]["final"], spoken


def _median(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known)) if known else None


def _ms(value: int | None) -> str:
    return "-" if value is None else str(value)
