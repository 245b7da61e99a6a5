"""Payloads that somebody might try on a device."""

from __future__ import annotations

import json
import random


def hostile(source: random.Random) -> bytes:
    """Return a payload that somebody might try."""
    made = source.choice(
        [
            lambda: source.randbytes(source.randrange(64)),
            lambda: b'{"transaction": "\\ud800", "text": "x"}',
            lambda: b'{"limit": NaN}',
            lambda: b'{"from_seq": 1e999}',
            lambda: b"[" * source.randrange(4_000),
            lambda: b'{"a":' * source.randrange(700),
            lambda: b'{"from_seq": ' + b"9" * source.randrange(1, 4_000) + b"}",
            lambda: b'{"transaction": "a", "transaction": "b"}',
            lambda: json.dumps({"text": "\x1b[2J\u202e", "lang": "es"}).encode(),
            lambda: b"{" + b" " * source.randrange(4_096, 6_000) + b"}",
            lambda: b'{"text": "\xed\xa0\x80", "lang": "es"}',
            lambda: json.dumps(
                {source.choice(["muted", "text", "values"]): source.choice([None, 7, "x", [1]])}
            ).encode(),
            lambda: json.dumps({"transaction": {"deep": [[[]]]}}).encode(),
            lambda: json.dumps({source.choice(["host", "path", "command"]): "x"}).encode(),
        ]
    )
    return made()
