"""What the settings say of things to press and to look at."""

import pytest

from daemon import build
from daemon.config import load
from daemon.config_error import ConfigError
from daemon.schema import collect

SCHEMA = collect()


def settings(tmp_path, text):
    file = tmp_path / "dragoman.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment={})


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[light]\npins = [16, 20]", "light.pins"),
        ("[light]\npins = [16, 16, 21]", "light.pins"),
        ("[button]\npin = 18\n[light]\npins = [18]", "light.pins"),
        ("[light]\npins = [99]", "light.pins"),
        ('[button]\ntap = "talk"', "button.tap"),
        ('[display]\nkeys = ["left:swap"]', "display.keys"),
        ('[display]\nkeys = ["left=explode"]', "display.keys"),
        ('[gate]\nmode = "shut"', "gate.mode"),
        ('[display]\ndriver = "nextion"\nkeys = ["t0=talk"]', "display.keys"),
        ('[display]\ndriver = "crystalfontz"\nkeys = ["ok=talk"]', "display.keys"),
        ('[gate]\nmode = "push_to_talk"', "gate.mode"),
        ('[gate]\nmode = "push_to_talk"\n[display]\ndriver = "vt100"', "gate.mode"),
        ('[gate]\nmode = "push_to_talk"\n[button]\npin = 17\nhold = "stop_speaking"', "gate.mode"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, text, path):
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, text)
    assert {error.path for error in caught.value.errors} == {path}


@pytest.mark.parametrize(
    "talks",
    ["[button]\npin = 17", '[display]\ndriver = "nextion"\nkeys = ["0.3=talk"]\n[button]\nhold = "none"'],
)
def test_push_to_talk_needs_something_to_push(tmp_path, talks):
    assert settings(tmp_path, f'[gate]\nmode = "push_to_talk"\n{talks}').gate.mode == "push_to_talk"


def test_there_is_neither_button_nor_light_unless_pins_are_named(tmp_path):
    without = settings(tmp_path, "")
    assert build.button(without) is None
    assert build.light(without) is None
    built = settings(tmp_path, '[button]\npin = 17\n[light]\npins = [16, 20, 21]\n[display]\nkeys = ["0.3=talk"]')
    assert build.button(built).name == "GPIO17"
    assert build.light(built).name == "GPIO16, GPIO20, GPIO21"


@pytest.mark.parametrize(
    "path", [path for path in SCHEMA.keys if path.startswith(("button.", "light."))] + ["gate.mode"]
)
def test_nobody_on_the_network_changes_pins_gestures_or_when_the_microphone_listens(path):
    assert not SCHEMA.keys[path].remote


def test_the_backlight_can_be_set_from_elsewhere_at_once():
    key = SCHEMA.keys["display.brightness"]
    assert key.remote
    assert key.option.live
