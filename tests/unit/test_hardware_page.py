"""What the page about hardware tells people to write is understood."""

import re
from pathlib import Path

import pytest

from daemon import build
from daemon.config import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hardware.md"
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_there_are_settings_on_the_page():
    assert len(BLOCKS) > 3


@pytest.mark.parametrize("block", BLOCKS)
def test_its_settings_hold(block, tmp_path):
    file = tmp_path / "dragoman.toml"
    file.write_text(block, encoding="utf-8")
    settings = load(file, environment={})
    panel = build.panel(settings)
    assert (panel is None) == ("[display]" not in block)


def test_the_pins_of_its_settings_are_those_of_its_table():
    table = PAGE.read_text(encoding="utf-8")
    named = [re.search(rf"\| {color}, by 330 Ω \| GPIO(\d+) \|", table)[1] for color in ("red", "green", "blue")]
    assert f"pins = [{', '.join(named)}]" in BLOCKS[0]
    assert re.search(r"\| one side \| GPIO17 \|", table)
    assert "pin = 17" in BLOCKS[0]


def test_no_pin_of_its_table_is_used_twice_but_by_the_sound_that_shares_a_clock():
    pins = re.findall(r"GPIO(\d+)[^|]*\| \d+ \|", PAGE.read_text(encoding="utf-8"))
    assert sorted(pin for pin in set(pins) if pins.count(pin) > 1) == ["18", "19"]
