"""The schema as others read it: a JSON Schema for programs, a settings file with every key explained for people."""

from __future__ import annotations

from typing import Any

import msgspec

from daemon.schema import Key, Schema, literal

#: Last part of a key's name → unit.
_UNITS = {"s": "s", "ms": "ms", "h": "h", "db": "dB", "hz": "Hz", "mib": "MiB", "kib": "KiB", "baud": "Bd"}

_PREFACE = """\
# Settings of Dragoman: /etc/dragoman/dragoman.toml
#
# Every key is here with its built-in value. Take away the # to change one, then `dragoman config check`.
# A variable DRAGOMAN_SECTION__KEY (DRAGOMAN_SPEAKER__VOLUME) wins over this file, what was set over MQTT over both.
# A change of this file holds from the next start. "at once": one over MQTT, where it may be made, holds at once.
"""


def json_schema(schema: Schema) -> dict[str, Any]:
    """Return the schema as JSON Schema 2020-12, nested as the settings file is.

    Of our own: ``unit``, ``x-live`` (applied at once), ``x-remote`` (may be set over MQTT), ``x-secret`` (masked).
    """
    root = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of Dragoman", **_object("")}
    for path, section in schema.sections.items():
        branch = _branch(root, path)
        branch["description"] = _words(section)
        branch["properties"].update({key.name: _property(key) for key in schema.of_section(path)})
    return root


def example(schema: Schema) -> str:
    """Return a settings file in which every key stands as a comment, with its default and one line of explanation."""
    parts = [_PREFACE]
    for path, section in schema.sections.items():
        lines = [f"# {_words(section)}", f"[{path}]"]
        for key in schema.of_section(path):
            lines += [f"# {key.option.doc}{_notes(key)}", f"#{key.name} = {literal(key.default)}"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def unit(key: Key) -> str | None:
    """Return the unit that a key's name ends in."""
    return _UNITS.get(key.name.rpartition("_")[2])


def _object(words: str) -> dict[str, Any]:
    described = {"description": words} if words else {}
    return {**described, "type": "object", "additionalProperties": False, "properties": {}}


def _branch(root: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the object of a section, made where it is not there yet."""
    branch = root
    for name in path.split("."):
        branch = branch["properties"].setdefault(name, _object(""))
    return branch


def _property(key: Key) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.schema(key.typed("$"))
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    known = {"description": key.option.doc, "default": default}
    if unit(key):
        known["unit"] = unit(key)
    flags = {"x-live": key.option.live, "x-remote": key.remote, "x-secret": key.option.secret}
    return {**plain, **known, **flags}


def _notes(key: Key) -> str:
    """Return limits and manner of a key, in brackets."""
    notes: list[str] = []
    if key.option.choices:
        notes.append(" or ".join(literal(choice) for choice in key.option.choices))
    elif key.option.minimum is not None or key.option.maximum is not None:
        notes.append(key.range_words)
    if key.option.live:
        notes.append("at once")
    if key.remote:
        notes.append("over MQTT too")
    return f" ({', '.join(notes)})" if notes else ""


def _words(section: type) -> str:
    """Return the first line of a section's docstring."""
    return (section.__doc__ or section.__name__).strip().splitlines()[0]
