"""What is said of a settings file that is no TOML: the line, and what helps."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import check_text
from daemon.schema import MASK, collect
from daemon.schema_documents import example
from daemon.toml_lines import lines_of
from tests.support.properties import examples

FILE = Path("d.toml")


def said(text):
    (error,) = check_text(text, FILE)
    assert (error.path, error.code) == ("", "syntax")
    return error.message


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("hold_s = 0,5", "numbers have a point, not a comma: 0.5"),
        ("hold_s = -1,25   # a while", "numbers have a point, not a comma: -1.25"),
        ("pull_up = True", "true and false are written in lower case: true"),
        ("pull_up=FALSE", "true and false are written in lower case: false"),
        ("pull_up = yes", "write true"),
        ("pull_up = Off  # for now", "write false"),
        ("pull_up = maybe", "Invalid value (column 11); allowed: true or false"),
        ("hold_s = .5", "numbers have digits on both sides of the point: 0.5"),
        ("hold_s = -1.", "numbers have digits on both sides of the point: -1.0"),
        ('tap = "mute', "the text has no closing quote"),
        ("tap = 'mute", "the text has no closing quote"),
        ('keys = ["left=swap" "up=mute"]', "a comma is missing between the values"),
        ("pins = [3 4]", "a comma is missing between the values"),
        ('keys = ["left=swap, "up=mute"]', "a comma or a quote is missing"),
        ("pin = GPIO17", "Invalid value (column 7); allowed: a whole number from -1 to 53"),
        ("hold_s = 0.5 s", "Expected newline or end of document after a statement (column 14); allowed: a number from"),
        ("hold = talk", 'text stands in straight quotes: "talk"'),
        ("port = /dev/serial0  # the pins", 'text stands in straight quotes: "/dev/serial0"'),
        ("port = “/dev/serial0”", 'text stands in straight quotes: "/dev/serial0"'),
        ('port = "/dev/serial0”', 'text stands in straight quotes: "/dev/serial0"'),
        ("display.port = 192.168.1.5", "Expected newline or end of document after a statement (column 23)"),
        ("hold = 3rd", 'text stands in straight quotes: "3rd"'),
        ("hold = = 1", "Invalid value (column 8)"),
        ("hold =", "Invalid value"),
        ("hold: 1", "write key = value"),
        ("hold 1", "write key = value"),
        ("hold", "write key = value"),
        ("speaker:", "write [speaker] for the section"),
        ("[light", "Expected ']' at the end of a table declaration"),
        ("keys = [enter, exit]", 'text stands in straight quotes: "enter"'),
    ],
)
def test_the_line_is_shown_with_what_helps(line, hint):
    assert said(f"[button]\r\ntap = 'none'\r\n{line}\r\n[mqtt]\r\n").startswith(f"d.toml:3: not TOML: «{line}»: {hint}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[button]\npin = 1\n[light]\n[button]\n",
            "d.toml:4: not TOML: «[button]»: [button] stands in line 1 already: put its keys together there",
        ),
        (
            "[display.vt100]\n[display]\n[mqtt]\n[display]  # too\n",
            "d.toml:4: not TOML: «[display]  # too»: [display] stands in line 2 already: put its keys together there",
        ),
        (
            "[display]\nbaud = 1\n\nbaud = 2\n",
            "d.toml:4: not TOML: «baud = 2»: display.baud stands in line 2 already: take one of them away",
        ),
        (
            '[display]\nkeys = [\n"left=swap",\n]\nkeys = [\n"left=mute",\n]\n',
            "d.toml:5: not TOML: «keys = [»: display.keys stands in line 2 already: take one of them away",
        ),
        (
            "display.baud = 1\n[display]\n",
            "d.toml:2: not TOML: «[display]»: display.baud in line 1 has begun it already: put that below it, as baud",
        ),
    ],
)
def test_what_stands_there_twice_is_named_with_its_first_line(text, message):
    assert said(text) == message


@pytest.mark.parametrize("below", ['speak = "es"', "[mqtt]"])
@pytest.mark.parametrize("above", ['targets = ["es",', 'targets = ["es"'])
def test_a_list_without_an_end_is_not_taken_for_a_wrong_line(above, below):
    assert said(f"[languages]\n{above}\n{below}\n").endswith(
        f":3: not TOML: «{below}»: a list above has no ] at its end"
    )


def test_an_item_of_a_list_over_several_lines_is_a_text_of_that_list():
    assert said("[languages]\ntargets = [\n  es,\n]\n").endswith(
        ':3: not TOML: «es,»: text stands in straight quotes: "es"'
    )
    assert "allowed: a list, each a whole number" in said("[light]\npins = [\n  GPIO3,\n]\n")


def test_the_last_line_is_told_of_a_text_that_has_no_end():
    assert said('[mqtt]\nhost = "broker').endswith(':2: not TOML: «host = "broker»: the text has no closing quote')


def test_where_the_file_ends_too_soon_the_last_key_is_shown():
    text = "[speaker]\nvolume =\n\n"
    assert said(text[:-2]) == (
        "d.toml:2: not TOML: «volume =»: Invalid value at the end of the file; allowed: a number from 0 to 1"
    )
    assert said('"') == "d.toml: not TOML: Unterminated string (at end of document)"


@pytest.mark.parametrize(
    "line", ["proxy = http://u:hush@h", "proxy = “hush”", "proxy http://hush", 'proxy = "hush', "proxi = 1; proxy=hush"]
)
@pytest.mark.parametrize("section", ["engine.home", "engine.hom"])
def test_a_secret_is_not_shown(section, line):
    message = said(f"[{section}]\n{line}\n")
    assert "hush" not in message
    assert message.startswith(f"d.toml:2: not TOML: «proxy = {MASK}»: ")


def test_a_long_line_is_cut_and_control_characters_are_not_sent_to_a_terminal():
    message = said(f"[mqtt]\nhost = \x1b[2J{'x' * 5_000}\n")
    assert "\x1b" not in message
    assert "\N{REPLACEMENT CHARACTER}" in message
    assert len(message) < 250


def test_lines_are_counted_as_the_parser_counts_them():
    text = '[display] # \u2028 \x0b\n"port" = "x"\nkeys = [\n  "left=swap",\n]\nvt100.rows = 9\n'
    assert lines_of(text) == {
        "display": 1,
        "display.port": 2,
        "display.keys": 3,
        "display.vt100": 6,
        "display.vt100.rows": 6,
    }


PIECES = st.sampled_from(
    ["[", "]", '"', "'", "=", ",", ".", "\n", " ", "#", "1", "True", "proxy", "hold_s", "display", "“"]
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=60))
@examples(300)
def test_whatever_stands_there_is_told_of(text):
    for error in check_text(text, FILE):
        assert error.message.startswith("d.toml:")


@given(st.integers(0, 20_000), PIECES)
@examples(100)
def test_a_slip_of_the_keyboard_is_told_of(at, piece):
    text = example(collect()).replace("\n#", "\n")
    slip = text[:at] + piece + text[at:]
    for error in check_text(slip, FILE):
        assert error.message.startswith("d.toml:")
