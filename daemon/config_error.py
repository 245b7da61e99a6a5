"""What is said when settings are wrong. Apart from the schema, so that a command can name these without loading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingError:
    """One thing that is wrong. `path` is the dotted key, empty where a whole file is meant."""

    path: str
    code: str
    #: Whole: where, what was found, what is allowed.
    message: str


class ConfigError(Exception):
    """The settings are wrong; every error is in `errors`, and the text has one line for each."""

    def __init__(self, errors: Sequence[SettingError]) -> None:
        super().__init__("\n".join(error.message for error in errors))
        self.errors = tuple(errors)
