"""What the protocol's parsers raise."""

from __future__ import annotations


class WireError(Exception):
    """A message, header or address is not what the protocol allows.

    `code` is for programs: ``not_text``, ``no_path``, ``bad_header``, ``too_long``, ``not_json``, ``wrong_type``,
    ``unknown_value``, ``bad_audio_header``, ``bad_address``. The text says what was found where.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
