"""What the contract tests can be run with: a test of a driver for which nothing is installed is skipped, with why."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.drivers import DriverMissing
from daemon.language_tags import base
from daemon.recognizers.base import Recognizer


def languages(driver: Any) -> list[str]:
    """Return what a recognizer's driver hears; nothing where its library is missing."""
    try:
        return list(driver.languages(driver.SETTINGS()))
    except DriverMissing:
        return []


def english_recognizer(driver: Any) -> Recognizer:
    """Return a driver's recognizer of English, which the recordings are in.

    Where it hears nothing, it is asked for it all the same, so that it says what it lacks.
    """
    heard = languages(driver)
    english = next((lang for lang in heard if base(lang) == "en"), "" if heard else "en-US")
    if not english:
        pytest.skip(f"{driver.__name__} hears no English, only {', '.join(heard)}")
    try:
        opened: Recognizer = driver.open(english, driver.SETTINGS())
    except DriverMissing as error:
        pytest.skip(str(error))
    return opened


def require_pair(driver: Any, source: str, target: str) -> None:
    """Skip unless a translator's driver serves these languages, and say what would have to be installed."""
    if (source, target) not in driver.pairs(driver.SETTINGS()):
        package = driver.package(source, target)
        pytest.skip(f"install {package}" if package else f"{driver.__name__} serves no {source}-{target}")
