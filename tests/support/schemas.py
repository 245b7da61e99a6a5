"""The published schemas of the MQTT payloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"


def valid(name: str, payload: bytes) -> Any:
    """Return a payload's JSON; fail if it is not what the schema of that name says."""
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    decoded = json.loads(payload.decode("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(decoded)
    return decoded
