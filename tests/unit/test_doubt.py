"""What may be wrong is said where a person reads: on the display, and by the commands on a terminal only."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.batch.results import Destination, Results
from daemon.board import Board
from daemon.doubt import in_doubt, unsure
from daemon.events import Final, Interim, StableText, Translation, TranslationError, Word
from daemon.outputs.story import Story
from hw.text import clean

ROOT = Path(__file__).resolve().parents[2]
HEARD = (("Go", 0.9), ("forward", 0.31), ("ten", 0.2), ("meters.", 0.8))


def final(words=HEARD, **translations):
    text = " ".join(word for word, _ in words)
    told = tuple(Word(word, 0.0, 1.0, confidence) for word, confidence in words)
    return Final(1, "en-US", text, translations, 1.0, 0.0, 1.0, "device", None, 0, 0, words=told)


def caption(event):
    story = Story(Board("en-US", ("es",)).snapshot(), "pocket-1a2b")
    story.tell(event)
    return story.caption()


@pytest.mark.parametrize(
    ("confidence", "doubted"), [(None, False), (0.0, True), (0.59, True), (0.6, False), (1, False)]
)
def test_a_translation_below_six_tenths_is_in_doubt_and_one_that_nobody_judges_is_not(confidence, doubted):
    assert in_doubt(confidence) is doubted


def test_unsure_words_side_by_side_are_one_stretch():
    assert unsure("Go forward ten meters.", HEARD) == ((3, 14),)
    assert unsure("a b c", [("a", 0.1), ("b", 0.9), ("c", 0.1)]) == ((0, 1), (4, 5))


@pytest.mark.parametrize("text", ["", "Go forward ten meters", "Go ahead ten meters."])
def test_words_of_another_text_mark_nothing(text):
    assert unsure(text, HEARD) == ()


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(0, 1))))
def test_what_is_marked_are_the_words_in_doubt(words):
    text = clean(" ".join(word for word, _ in words))
    marked = " ".join(text[first:last] for first, last in unsure(text, words))
    assert marked in ("", " ".join(clean(word) for word, sure in words if in_doubt(sure, 0.5)))


def test_the_display_is_told_which_words_are_unsure():
    source = caption(final(es=Translation("Avance diez metros."))).source
    assert [source.text[first:last] for first, last in source.unsure] == ["forward ten"]
    assert source.stable == len(source.text)


def test_unsure_words_are_found_in_a_text_that_has_to_be_cleaned():
    source = caption(final([("cafe\u0301", 0.9), ("o\u200ble\u0301", 0.1), ("si", 0.9)])).source
    assert [source.text[first:last] for first, last in source.unsure] == ["olé"]


@pytest.mark.parametrize(
    ("translation", "doubtful"),
    [
        (Translation("No hay.", confidence=0.2), True),
        (Translation("No hay.", confidence=0.9), False),
        (Translation("No hay."), False),
        (Translation(error=TranslationError("translator_failed", "it ended")), False),
    ],
)
def test_the_display_is_told_which_translation_is_in_doubt(translation, doubtful):
    (line,) = caption(final(es=translation)).translations
    assert line.doubtful is doubtful


def test_an_interim_marks_nothing():
    shown = caption(Interim(1, 1, "en-US", StableText("go for", 3), {"es": StableText("va", 0)}))
    assert shown.source.unsure == ()
    assert not shown.translations[0].doubtful


# ---------------------------------------------------------------- the commands


DOUBTED = final(es=Translation("No hay.", confidence=0.2), ca=Translation("Bé.", confidence=0.8))


@pytest.mark.parametrize(
    ("targets", "doubts", "expected"),
    [
        (("es",), True, "? No hay.\n"),
        (("es",), False, "No hay.\n"),
        (("es", "ca"), True, "es: ? No hay.\nca: Bé.\n"),
    ],
)
def test_a_doubtful_translation_has_its_sign_where_it_is_wanted(capsys, targets, doubts, expected):
    results = Results("text", targets, doubts=doubts)
    with results.of("talk.wav", Destination()):
        results.take(DOUBTED)
    assert capsys.readouterr().out == expected


WORK = """
import sys
from daemon.batch.progress import progress
from tests.unit.test_doubt import DOUBTED
with progress(visible=True, doubts=len(sys.argv) > 1) as shown:
    shown.start("talk.wav", 3.0)
    shown.take(DOUBTED)
    print("No hay.", flush=True)
"""


def on_a_terminal(*words, stdout=None):
    """Run the work above with a terminal for its errors; return what it wrote there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-c", WORK, *words]
    environment = os.environ | {"TERM": "xterm", "PYTHONPATH": str(ROOT)}
    ran = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout or slave, stderr=slave)
    os.close(slave)
    written = io.BytesIO()
    try:
        while data := os.read(master, 4_096):
            written.write(data)
    except OSError:  # how a terminal's end looks on Linux
        pass
    os.close(master)
    assert ran.wait(60) == 0
    return written.getvalue().decode()


def test_unsure_words_of_what_was_heard_are_in_reverse_on_a_terminal():
    shown = on_a_terminal("doubts")
    assert re.search(r"\x1b\[[0-9;]*7mforward ten\x1b\[0m", shown)
    assert "heard: " in shown
    assert shown.index("heard: ") < shown.index("No hay.")
    assert "heard: " not in on_a_terminal()


def test_results_go_to_their_file_though_progress_is_shown_on_a_terminal(tmp_path):
    with (tmp_path / "talk.txt").open("wb") as file:
        shown = on_a_terminal(stdout=file)
    assert (tmp_path / "talk.txt").read_text() == "No hay.\n"
    assert "No hay." not in shown
