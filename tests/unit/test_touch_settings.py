"""What the settings say of things to press and to look at."""

import pytest

from daemon import build
from daemon.config import load
from daemon.config_error import ConfigError
from daemon.schema import collect

SCHEMA = collect()
EVERY_KEY_MUTES = [f"{key}=mute" for key in ("up", "down", "left", "right", "enter", "exit")]


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
        ('[display]\ndriver = "crystalfontz"\nkeys = ["up=swap", "up=mute"]', "display.keys"),
        ('[display]\ndriver = "nextion"\nkeys = ["0.3=talk", "0.3=talk"]', "display.keys"),
        ('[display]\nkeys = ["0.3=talk", "0.3=mute"]', "display.keys"),
        ('[display]\ndriver = "hd44780"\nkeys = ["enter=talk"]', "display.keys"),
        ('[display]\ndriver = "vt100"\nkeys = ["enter=talk", "exit=mute"]', "display.keys"),
        (f'[gate]\nmode = "push_to_talk"\n[display]\ndriver = "crystalfontz"\nkeys = {EVERY_KEY_MUTES}', "gate.mode"),
        ('[display.nextion]\ntargets = ["t1", "t3", "t1"]', "display.nextion.targets"),
        ('[display.nextion]\nsource = "t1"', "display.nextion.targets"),
        ('[display.nextion]\nstatus = "t0"', "display.nextion.status"),
        ('[display.hd44780]\nprotocol = "serlcd"\ncolumns = 40', "display.hd44780.columns"),
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


@pytest.mark.parametrize(
    "display",
    [
        'driver = "crystalfontz"',
        'driver = "nextion"\nkeys = ["0.3=mute"]',
        f'driver = "crystalfontz"\nkeys = {EVERY_KEY_MUTES[1:]}',
        f'driver = "crystalfontz"\nkeys = {["up=talk", *EVERY_KEY_MUTES[1:]]}',
    ],
)
def test_a_key_talks_by_its_own_action_or_because_it_has_none(tmp_path, display):
    assert settings(tmp_path, f'[gate]\nmode = "push_to_talk"\n[display]\n{display}').gate.mode == "push_to_talk"


def test_of_a_key_that_is_named_twice_neither_action_is_taken_for_granted(tmp_path):
    text = '[display]\ndriver = "crystalfontz"\nkeys = ["enter=talk", "enter=mute"]\n[button]\nhold = "none"\n'
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, f'{text}[gate]\nmode = "push_to_talk"')
    assert {error.path for error in caught.value.errors} == {"display.keys", "gate.mode"}
    assert 'display.keys has "enter" more than once' in str(caught.value)


def test_a_display_without_keys_says_so_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, f'[display]\ndriver = "hd44780"\nkeys = {EVERY_KEY_MUTES}')
    (error,) = caught.value.errors
    assert error.message.endswith(':3: display.keys has "up=mute", but a hd44780 has no keys')


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
