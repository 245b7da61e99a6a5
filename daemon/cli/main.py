"""The command ``dragoman``: finds the subcommand's module, and turns every expected error into one line and a status.

A subcommand is a module of this package that offers ``HELP`` (one line), ``configure(parser)`` and
``run(arguments) -> exit status``; what has no ``HELP`` is no command. Only the one that is asked for is imported.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import daemon.cli
from daemon import __version__, drivers
from daemon.cli.arguments import CONFIGURATION, DONE, FAILED, USAGE, CommandError, Parser, did_you_mean, told
from daemon.config_error import ConfigError
from hw.api import DeviceError

_HELP = re.compile(r'^HELP = "(.+)"$', re.MULTILINE)
_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    _have_streams()
    _accept_any_text()
    try:
        status = _dispatch(list(sys.argv[1:] if words is None else words))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # who read the output has gone; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except SystemExit as end:  # argparse, after it has said what is wrong, or helped
        return end.code if isinstance(end.code, int) else DONE
    return status


def commands() -> dict[str, str]:
    """Return each subcommand's name and help, read from its module's text: importing them all would take a second."""
    modules = sorted(path for folder in daemon.cli.__path__ for path in Path(folder).glob("[a-z]*.py"))
    found = ((path.stem, _HELP.search(path.read_text(encoding="utf-8"))) for path in modules)
    return {name: help_line[1] for name, help_line in found if help_line}


def _dispatch(words: list[str]) -> int:
    if not words or words[0].startswith("-"):
        return _without_command(words)
    name, known = words[0], list(commands())
    if name not in known:
        return _complain(f"there is no command {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})", USAGE)
    module = import_module(f"daemon.cli.{name}")
    parser = Parser(prog=f"dragoman {name}", description=module.HELP)
    module.configure(parser)
    return _run(module, parser, words[1:])


def _run(module: ModuleType, parser: Parser, words: list[str]) -> int:
    arguments = parser.parse_args(words)
    try:
        return int(module.run(arguments))
    except ConfigError as error:
        return _complain(str(error), CONFIGURATION)
    except CommandError as error:
        return _complain(str(error), error.status)
    except BrokenPipeError:
        raise
    except OSError as error:
        return _complain(told(error), FAILED)
    except (DeviceError, drivers.DriverMissing) as error:
        return _complain(str(error), FAILED)


def _without_command(words: list[str]) -> int:
    parser = Parser(
        prog="dragoman",
        usage="dragoman COMMAND [ARGUMENT …]",
        description="Speech in, translations out.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dragoman {__version__}")
    if words[:1] != ["--version"]:
        parser.epilog = _summaries()
    parser.parse_args(words)
    parser.print_help(sys.stderr)
    return USAGE


def _summaries() -> str:
    lines = (f"  {name:<10} {words}" for name, words in commands().items())
    return "\n".join(["commands:", *lines, "", "dragoman COMMAND --help tells more."])


def _complain(text: str, status: int) -> int:
    for line in text.splitlines():
        print(f"dragoman: {line}", file=sys.stderr)
    return status


def _have_streams() -> None:
    """Let what a caller closed (``>&-``) be a stream to nowhere, where Python has none at all."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8", closefd=False))


def _accept_any_text() -> None:
    """Let a character that a terminal lacks, or that input has in another encoding, be a question mark, not the end."""
    for stream in (sys.stdin, sys.stdout):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
