"""How a driver declares its settings: a frozen dataclass whose fields are made by `option`.

The daemon's one schema collects these classes; nothing here knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

#: Key of `Option` in a dataclass field's metadata.
OPTION = "option"
#: What does not fit the other settings of a driver: the key's name, a code for programs, what is wrong with it.
Conflict = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Option:
    """What the schema knows of one key besides its type and default."""

    #: One line for a person; the unit is in it where the key's name does not say it.
    doc: str
    minimum: float | None = None
    maximum: float | None = None
    #: Allowed values of a text, empty for any.
    choices: tuple[str, ...] = ()
    #: Regular expression that a text (or each text of a list) matches whole.
    pattern: str | None = None
    #: What the pattern matches, in words, whole: it is what people are told.
    words: str = ""
    #: Applied while the daemon runs; otherwise at the next start.
    live: bool = False
    #: May be set over MQTT. Never for hosts, files, devices, commands, credentials.
    remote: bool = False
    #: Masked wherever settings are shown.
    secret: bool = False


def option(  # noqa: PLR0913 -- one argument a property of a key; all but two are keywords
    default: Any,
    doc: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    pattern: str | None = None,
    words: str = "",
    live: bool = False,
    remote: bool = False,
    secret: bool = False,
) -> Any:
    """Return the dataclass field of one setting. Lists are tuples, so that a settings object is a value."""
    known = Option(doc, minimum, maximum, choices, pattern, words, live, remote, secret)
    return field(default=default, metadata={OPTION: known})


@runtime_checkable
class Checked(Protocol):
    """A driver's settings of which some must fit others."""

    def conflicts(self) -> Iterator[Conflict]:
        """Yield what does not fit."""
