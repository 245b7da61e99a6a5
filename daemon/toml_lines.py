"""A TOML file line by line, by its looks: where each key stands, and what is wrong where the parser gives up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from daemon.schema import MASK, Key, Schema, literal

_PART = r"(?:[\w-]+|\"[^\"]*\"|'[^']*')"
_DOTTED = rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*"
_HEADER = re.compile(rf"\s*\[\[?{_DOTTED}\]\]?\s*(?:#.*)?")
_ASSIGNMENT = re.compile(rf"{_DOTTED}=(.*)")
_COMMENT = re.compile(r"\s#.*")
#: What the parser says, and where.
_SAID = re.compile(r"(.*) \((?:at line (\d+), column (\d+)|at end of document)\)")
_INVALID, _OPEN, _GOES_ON, _TWICE = "Invalid value", "Unclosed array", "Expected newline", "Cannot"
_NO_EQUALS = "Expected '=' after a key"
#: A line break within a text, or the end of the file.
_NO_SINGLE_QUOTE = 'Expected "\'"'
_NO_QUOTE = (_NO_SINGLE_QUOTE, "Illegal character '\\n'", "Unterminated string", "Found invalid character '\\n'")
#: What people write for a yes or a no.
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
#: Quotes of typesetters, and the marks of which some editors make them.
_CURLY = "“”„‟‘’‚‛«»`´"  # noqa: RUF001 -- they are what is looked for
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the parser gave up."""

    said: str
    number: int
    line: str
    #: What stands in the line from there on.
    rest: str
    #: The key or section of the line, or of the nearest above, and where that is.
    path: str
    at: int
    #: The line above in which it stands, or else in which a key of it does, and what stands there.
    earlier: tuple[int, str] | None
    schema: Schema
    #: The name of what is masked elsewhere, where the line may hold it.
    secret: str

    @property
    def key(self) -> Key | None:
        """The key, as far as it is known."""
        return self.schema.keys.get(self.path)

    @property
    def begins(self) -> bool:
        """Whether the parser gave up at the beginning of a key or section."""
        return self.at == self.number and "=" not in self.line.removesuffix(self.rest)

    @property
    def value(self) -> str:
        """The value that is wrong, as it is written; of a list the one. Masked where it may be secret."""
        if self.secret:
            return MASK
        assigned = _ASSIGNMENT.fullmatch(self.line)
        whole = _COMMENT.sub("", assigned[2]).strip() if assigned else ""
        return whole if whole and whole[0] not in "[{" else re.split(r"[\s,\]}]", self.rest, maxsplit=1)[0]


def lines_of(text: str) -> dict[str, int]:
    """Return in which line of a TOML file each key and section stands first, as far as a look at each line tells."""
    found: dict[str, int] = {}
    for number, path in _paths(text):
        parts = path.split(".")
        for depth in range(len(parts)):
            found.setdefault(".".join(parts[: depth + 1]), number)
    return found


def line_of_item(text: str, first: int, item: Any) -> int:
    """Return the line of an item of the list that begins in the line `first`, or that one where it is not seen."""
    rows = _rows(text)
    last = next((number - 1 for number, _ in _paths(text) if number > first), len(rows))
    either = "|".join(re.escape(written) for written in (literal(item), f"'{item}'"))
    seen = re.compile(rf"(?<![\w.+-])(?:{either})(?![\w.])")
    return next((number for number in range(first, last + 1) if seen.search(rows[number - 1])), first)


def why_not_utf8(error: UnicodeDecodeError) -> str:
    """Return what follows the name of a file that is no UTF-8."""
    number = error.object.count(b"\n", 0, error.start) + 1
    return f":{number}: not UTF-8 text (byte {error.start}): save the file as UTF-8"


def why_not_toml(error: Exception, text: str, schema: Schema) -> str:
    """Return what follows the name of a file that is no TOML: the line, what it says, and what helps."""
    said = _SAID.fullmatch(str(error))
    spot = _spot(said, text, schema) if said else None
    if spot is None:
        return f": not TOML: {error}"
    hint = next((hint for look in _LOOKS if (hint := look(spot))), None)
    return f":{spot.number}: not TOML: «{_shown(spot)}»: {hint or _plain(spot)}"


def _rows(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def _paths(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that begins a section or a key, with its dotted path."""
    section = ""
    for number, line in enumerate(_rows(text), start=1):
        if header := _HEADER.fullmatch(line):
            section = _plain_path(header[1])
            yield number, section
        elif assignment := _ASSIGNMENT.fullmatch(line):
            yield number, ".".join(filter(None, (section, _plain_path(assignment[1]))))


def _plain_path(dotted: str) -> str:
    return ".".join(part.strip(" \t\"'") for part in dotted.split("."))


def _spot(said: re.Match[str], text: str, schema: Schema) -> _Spot | None:
    """Return where that is; at the end of the file it is what began last. None if nothing did."""
    paths = list(_paths(text))
    number = int(said[2] or _at_the_end(said[1], text, paths))
    at, path = next(((at, path) for at, path in reversed(paths) if at <= number), (0, ""))
    if said[1].startswith(_TWICE):
        number = at  # the parser tells of it at the value's end
    if not number:
        return None
    line = _rows(text)[number - 1]
    words = said[1] if said[2] else f"{said[1]} at the end of the file"
    rest = line[int(said[3]) - 1 :] if said[2] == str(number) else ""
    secrets = {key.name for key in schema.keys.values() if key.option.secret}
    secret = secrets.intersection((*re.findall(r"\w+", line), path.rpartition(".")[2]))
    return _Spot(words, number, line, rest, path, at, _earlier(paths, path, at), schema, "".join(secret))


def _at_the_end(said: str, text: str, paths: list[tuple[int, str]]) -> int:
    """Return the line in which began what the end of the file has cut short; 0 if nothing did."""
    if said == _NO_SINGLE_QUOTE:  # there is none behind the one that opens the text
        return next(number for number, row in reversed(list(enumerate(_rows(text), 1))) if "'" in row)
    return paths[-1][0] if paths else 0


def _earlier(paths: list[tuple[int, str]], path: str, at: int) -> tuple[int, str] | None:
    """Return where a key or section stands above a line; else the first key of that section there, if there is one."""
    above = [(number, known) for number, known in paths if number < at]
    same = [one for one in above if one[1] == path]
    return next(iter([*same, *(one for one in above if one[1].startswith(f"{path}."))]), None)


def _shown(spot: _Spot) -> str:
    """Return the line, without what may be secret."""
    if spot.secret:
        return f"{spot.secret} = {MASK}"
    return _short(spot.line.strip())


def _short(text: str) -> str:
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _plain(spot: _Spot) -> str:
    """Return the parser's words, and what the key allows."""
    where = f" (column {len(spot.line) - len(spot.rest) + 1})" if spot.rest else ""
    known = spot.key is not None and spot.said.startswith((_INVALID, _GOES_ON))
    return f"{spot.said}{where}{f'; allowed: {spot.key.allowed}' if spot.key and known else ''}"


def _twice(spot: _Spot) -> str | None:
    if not spot.said.startswith(_TWICE) or spot.earlier is None:
        return None
    number, known = spot.earlier
    if not _HEADER.fullmatch(spot.line):
        return f"{spot.path} stands in line {number} already: take one of them away"
    if known == spot.path:
        return f"[{spot.path}] stands in line {number} already: put its keys together there"
    return f"{known} in line {number} has begun it already: put that below it, as {known.removeprefix(f'{spot.path}.')}"


def _open_list(spot: _Spot) -> str | None:
    return "a list above has no ] at its end" if spot.said in (_INVALID, _OPEN) and spot.begins else None


def _comma_missing(spot: _Spot) -> str | None:
    if spot.said != _OPEN or not spot.rest:
        return None
    whole = spot.rest[0] in "\"'[+-" or spot.rest[0].isdigit()
    return "a comma is missing between the values" if whole else "a comma or a quote is missing"


def _no_equals(spot: _Spot) -> str | None:
    if not spot.said.startswith(_NO_EQUALS):
        return None
    name = spot.line.strip().rstrip(": ")
    return f"write [{name}] for the section" if spot.schema.is_section(name) else "write key = value"


def _number(spot: _Spot) -> str | None:
    if re.fullmatch(r"[+-]?\d+,\d+", spot.value):
        return f"numbers have a point, not a comma: {spot.value.replace(',', '.')}"
    if half := re.fullmatch(r"([+-]?)(?:(\d+)\.|\.(\d+))", spot.value):
        return f"numbers have digits on both sides of the point: {half[1]}{half[2] or 0}.{half[3] or 0}"
    return None


def _truth(spot: _Spot) -> str | None:
    if spot.said != _INVALID:
        return None
    if word := re.match(r"(?:true|false)\b", spot.rest, re.IGNORECASE):
        return f"true and false are written in lower case: {word[0].lower()}"
    meant = _TRUTHS.get(spot.value.lower()) if spot.key is not None and spot.key.item is bool else None
    return meant and f"write {meant}"


def _unquoted(spot: _Spot) -> str | None:
    """Text without quotes, or with others: it is no value, goes on behind one, or has no end."""
    text = spot.value.strip(f"{_CURLY}\"'")
    if not text or (spot.key is not None and spot.key.item is not str):
        return None
    bare = spot.said == _INVALID and spot.rest[:1] not in "=,]}#"
    goes_on = spot.said.startswith(_GOES_ON) and spot.key is not None and spot.value[0] not in "\"'"
    curly_end = spot.said.startswith("Illegal") and spot.value[-1] in _CURLY
    return f"text stands in straight quotes: {literal(_short(text))}" if bare or goes_on or curly_end else None


def _no_quote(spot: _Spot) -> str | None:
    return "the text has no closing quote" if spot.said.startswith(_NO_QUOTE) else None


_LOOKS: tuple[Callable[[_Spot], str | None], ...] = (
    _twice,
    _open_list,
    _comma_missing,
    _no_equals,
    _number,
    _truth,
    _unquoted,
    _no_quote,
)
