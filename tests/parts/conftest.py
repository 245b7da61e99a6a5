"""What several of the tests with real parts need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.broker import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder for what the daemon keeps."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder
