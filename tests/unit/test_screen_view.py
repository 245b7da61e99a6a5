import xml.etree.ElementTree as ET

from scripts.lib.screen_view import framed, svg
from tests.support.screen import blank_terminal


def screen():
    screen, stream = blank_terminal(8, 2)
    stream.feed("\x1b[1;1Hun \x1b[0;1;4mseñor\x1b[2;1H\x1b[0;7m日本    ".encode())
    return screen


def test_a_screen_is_framed_with_its_renditions():
    assert framed(screen()) == (
        "┏━━━━━━━━━━┓\n┃ un \x1b[1;4mseñor\x1b[0m ┃\n┃ \x1b[7m日本    \x1b[0m ┃\n┗━━━━━━━━━━┛\n"
    )


def test_an_svg_shows_the_text():
    root = ET.fromstring(svg(screen(), "serial display"))  # noqa: S314 -- our own
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"serial\xa0display", "un\xa0", "señor"} <= texts
