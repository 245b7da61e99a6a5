"""Every panel has a caption within 300 milliseconds, at 9600 baud."""

import pytest

from hw.api import Caption, CaptionLine
from tests.support import panels
from tests.support.panel_kinds import bring, make


def full(word, *, final):
    """Return a caption that fills any of the screens here, with a translation of words like this one."""
    source = " ".join(f"{'said' if final else 'says'}{number:02}" for number in range(60))
    text = " ".join(f"{word}{number:02}" for number in range(60))
    status = "listening" if final else "hearing"
    return Caption(CaptionLine("en", source, 0), (CaptionLine("es", text, 0),), final=final, status=status)


def translation(screen):
    """Return what the screen shows of a translation of `nuevo00 nuevo01 …`, with its renditions."""
    if isinstance(screen, panels.Nextion):
        return screen.state["t1"]
    return [row for row, text in zip(screen.state, screen.text.split("\n"), strict=True) if "nuevo" in text]


def seconds_at_9600_baud(panel, screen, caption, wanted):
    """Show a caption as the captions output does; return after how long its translation is as `wanted`."""
    frame_s, bytes_per_s = 0.05, 960
    needed_s = frame_s  # the piece that is on its way when the event comes
    while translation(screen) != wanted and (data := panel.show(caption, limit=48)):
        panel.hear(screen.feed(data))
        needed_s += max(frame_s, len(data) / bytes_per_s)
    assert translation(screen) == wanted
    return needed_s


def begun(kind, caption):
    """Return a panel with a caption, and its screen."""
    name, chosen, decoder = kind
    panel, screen = make(name, **chosen), decoder()
    screen.feed(panel.reset())
    bring(panel, screen, caption)
    return panel, screen


def wanted(kind, caption):
    """Return how the caption's translation is to look."""
    return translation(begun(kind, caption)[1])


FULL = [
    (full("viejo", final=False), full("nuevo", final=False)),
    (full("viejo", final=True), full("nuevo", final=False)),
    (full("viejo", final=False), full("nuevo", final=True)),
    (full("nuevo", final=False), full("nuevo", final=True)),
]


@pytest.mark.parametrize(("before", "after"), FULL)
def test_at_9600_baud_the_translation_of_a_full_screen_is_there_within_300_milliseconds(kind, before, after):
    panel, screen = begun(kind, before)
    assert seconds_at_9600_baud(panel, screen, after, wanted(kind, after)) <= 0.3


@pytest.mark.parametrize("sent_again", range(12))
def test_at_9600_baud_a_new_translation_is_as_quick_while_everything_is_sent_again(kind, sent_again):
    before, after = full("viejo", final=True), full("nuevo", final=False)
    panel, screen = begun(kind, before)
    panel.refresh()
    for _ in range(sent_again):
        screen.feed(panel.show(before, limit=48))
    assert seconds_at_9600_baud(panel, screen, after, wanted(kind, after)) <= 0.3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("buenos días a todos", "buenos días a todos ustedes"),
        ("buenos días a todos ustedes en esta", "Buenas noches, y hasta la mañana."),
        ("", "¿Dónde está la estación de tren, por favor?"),
    ],
)
def test_at_9600_baud_a_caption_is_there_within_300_milliseconds(panel, before, after):
    frame_s, bytes_per_s = 0.05, 960  # as the captions output paces them
    panel.reset()
    english = "good morning to all of you"
    panel.show(Caption(CaptionLine("en", english, 5), (CaptionLine("es", before, 5),), final=False, status="hearing"))
    wanted = Caption(CaptionLine("en", f"{english} here", 5), (CaptionLine("es", after, 5),), status="listening")
    needed_s = frame_s  # the piece that is on its way when the event comes
    while data := panel.show(wanted, limit=48):
        needed_s += max(frame_s, len(data) / bytes_per_s)
    assert needed_s <= 0.3
