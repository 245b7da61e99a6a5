"""Language tags (BCP-47): ``en-US`` and ``en-GB`` are one language to whoever knows no regions."""

from __future__ import annotations


def base(tag: str) -> str:
    """Return the language of a BCP-47 tag without script and region."""
    return tag.partition("-")[0].lower()
