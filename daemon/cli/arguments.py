"""What the commands' arguments have in common, and how a wrong one is refused: one line, the nearest known name."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

#: Exit statuses.
DONE, FAILED, USAGE, CONFIGURATION = 0, 1, 2, 78


class CommandError(Exception):
    """Something expected went wrong. The text is the whole message; `status` is the exit status."""

    def __init__(self, text: str, status: int = FAILED) -> None:
        super().__init__(text)
        self.status = status


class Parser(argparse.ArgumentParser):
    """Refuses in one line, with the nearest option or choice; abbreviations of options are not taken."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "allow_abbrev": False})

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse; what is left over is refused."""
        parsed, left = self.parse_known_args(args, namespace)
        if left:
            kind = "option" if left[0].startswith("-") else "argument"
            self.error(f"unknown {kind} {left[0]}{did_you_mean(left[0].partition('=')[0], _options(self))}")
        return parsed

    def error(self, message: str) -> NoReturn:
        """Say what is wrong on stderr and end with the status of a usage error."""
        self.exit(USAGE, f"{self.prog}: {message} ({self.prog} --help lists what there is)\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [str(choice) for choice in action.choices or ()]
        if choices and str(value) not in choices:
            hint = did_you_mean(str(value), choices)
            raise argparse.ArgumentError(action, f"there is no {value!r}{hint} (known: {', '.join(choices)})")


def add_config(parser: argparse.ArgumentParser) -> None:
    """Let another settings file be named."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="settings file (default /etc/dragoman/dragoman.toml)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Let a program read the answer."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def told(error: OSError) -> str:
    """Return what a person is told of a file or a stream that cannot be read or written."""
    words = error.strerror or str(error)
    return f"{error.filename}: {words}" if error.filename else words


def did_you_mean(wrong: str, known: Sequence[str]) -> str:
    """Return what to add about a wrong word, if a known one is near."""
    if wrong in known:  # right elsewhere: an option of another part of the command
        return ""
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return list(_option_strings(parser))


def _option_strings(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the options of a parser and of the parsers below it."""
    for action in parser._actions:  # noqa: SLF001 -- argparse offers no other way to what it knows
        yield from action.option_strings
        if isinstance(action.choices, Mapping):
            for below in action.choices.values():
                yield from _option_strings(below)
