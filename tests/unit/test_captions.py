import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Activity, Board, PartState
from daemon.events import (
    DropReason,
    Final,
    Interim,
    Notice,
    StableText,
    Translation,
    TranslationError,
    UtteranceDropped,
)
from daemon.outputs.captions import CaptionsOutput, Pacer, Story
from daemon.supervisor import Supervisor
from hw.api import Caption, CaptionLine, DeviceBusy, DeviceHung, DeviceLost, DeviceNotFound
from hw.displays import vt100
from hw.fake import RecordingLink
from tests.support.board_watch import PartWatch
from tests.support.screen import blank_terminal

COLUMNS, ROWS = 40, 8
DEADLINE_S = 20.0


def interim(utterance, text, es="", revision=1):
    return Interim(utterance, revision, "en-US", StableText(text, 0), {"es": StableText(es, 0)})


def final(utterance, text, es=""):
    translations = {"es": Translation(es)}
    return Final(utterance, "en-US", text, translations, 1.0, 0.0, 1.0, "device", None, 0, 0)


def dropped(utterance):
    return UtteranceDropped(utterance, DropReason.NO_SPEECH)


@pytest.fixture
def board():
    board = Board("en-US", ("es",))
    for part in ("microphone", "engine"):
        board.part(part, PartState.OK)
    board.doing(Activity.LISTENING)
    return board


# ---------------------------------------------------------------- what is to be shown


def told(board, *events):
    story = Story(board.snapshot(), "pocket-1a2b")
    for event in events:
        story.tell(event)
    return story.caption()


def test_before_anything_was_said_there_is_the_status(board):
    assert told(board) == Caption(
        None, (CaptionLine("es", "", 0),), final=True, status="listening · en-US → es · pocket-1a2b"
    )


def test_an_interim_is_shown_with_what_is_stable_in_it(board):
    event = Interim(1, 1, "en-US", StableText("good mor", 5), {"es": StableText("buenos", 3)})
    caption = told(board, event)
    assert caption.source == CaptionLine("en-US", "good mor", 5)
    assert caption.translations == (CaptionLine("es", "buenos", 3),)
    assert not caption.final


def test_a_final_stays_until_the_next_utterance_begins(board):
    assert told(board, interim(1, "one"), final(1, "One.")).source.text == "One."
    assert told(board, final(1, "One."), interim(2, "two")).source.text == "two"


def test_a_dropped_utterance_leaves_and_the_last_final_is_back(board):
    assert told(board, final(1, "One."), interim(2, "two"), dropped(2)).source.text == "One."
    assert told(board, interim(1, "one"), dropped(1)).source is None


def test_another_utterance_that_is_dropped_changes_nothing(board):
    assert told(board, interim(2, "two"), dropped(1)).source.text == "two"


def test_an_interim_overtaken_by_its_final_is_ignored(board):
    assert told(board, final(1, "One."), interim(1, "on")).source.text == "One."


def test_a_final_does_not_push_a_later_utterance_away(board):
    assert told(board, interim(2, "two"), final(1, "One.")).source.text == "two"
    assert told(board, interim(2, "two"), final(1, "One."), dropped(2)).source.text == "One."


def test_why_there_is_no_translation_is_said(board):
    event = final(1, "One.")
    event.translations["es"] = Translation(error=TranslationError("translator_failed", "apertium is gone"))
    assert told(board, event).translations[0].text == "[apertium is gone]"


def test_translations_come_in_the_settings_order_and_keep_their_places(board):
    board.serving(source="en-US", targets=("ca", "es"), engine="device")
    caption = told(board, interim(1, "one", "uno"))
    assert [(line.lang, line.text) for line in caption.translations] == [("ca", ""), ("es", "uno")]


def test_other_events_are_of_no_concern(board):
    assert told(board, Notice("engine_changed")) == told(board)


def test_the_status_says_what_is_wrong(board):
    board.problem("mqtt_away", "broker.local does not answer")
    assert told(board).status == "listening: broker.local does not answer · pocket-1a2b"


# ---------------------------------------------------------------- how fast


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def test_frames_are_fifty_milliseconds_apart():
    pacer = Pacer(115_200, Clock())
    pacer.sent(10)
    assert pacer.wait_s() == pytest.approx(0.05)


@given(st.integers(1_200, 115_200), st.integers(1, 5_000), st.floats(0, 10))
def test_the_line_has_carried_one_frame_before_the_next_goes(baud, count, passed_s):
    clock = Clock()
    pacer = Pacer(baud, clock)
    pacer.sent(count)
    needed_s = max(0.05, count * 10 / baud)
    assert pacer.wait_s() == pytest.approx(needed_s)
    clock.now_s += passed_s
    assert pacer.wait_s() == pytest.approx(max(0, needed_s - passed_s))


# ---------------------------------------------------------------- the worker


class World:
    """A captions worker on a recording link."""

    def __init__(self, board, link, baud=115_200):
        self.board = board
        self.link = link
        self.output = CaptionsOutput(
            vt100.open(vt100.SETTINGS(columns=COLUMNS, rows=ROWS)), link, board, baud, device="pocket"
        )
        self.deaths = []
        self.supervisor = Supervisor(lambda name, error: self.deaths.append((name, error)))
        self.display = PartWatch(board, "display")

    def start(self):
        self.supervisor.start("captions", self.output.run, wake=self.output.wake)

    def stop(self):
        assert self.supervisor.stop(DEADLINE_S) == []
        assert self.deaths == []

    def screen(self):
        screen, stream = blank_terminal(COLUMNS, ROWS)
        stream.feed(bytes(self.link.written))
        return [line.rstrip() for line in screen.display]


def test_what_waits_at_the_stop_is_still_shown(board):
    world = World(board, RecordingLink(), baud=1_200)  # the first frame alone takes more than a second
    world.start()
    world.display.wait_for(PartState.OK)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    world.stop()
    assert world.screen() == ["Good morning.", "", "", "Buenos días.", "", "", "", " listening · en-US → es · pocket"]
    assert not world.link.is_open


def test_frames_go_no_faster_than_the_line_carries_them(board):
    sent = []
    enough = threading.Event()

    def answer(data):
        sent.append((time.monotonic(), len(data)))
        number = len(sent)
        world.output.offer(interim(1, f"{number} " * number, revision=number))  # the next one waits at once
        if number == 6:
            enough.set()
        return b""

    link = RecordingLink()
    link.answer = answer
    world = World(board, link, baud=9_600)
    world.start()
    assert enough.wait(DEADLINE_S)
    world.stop()
    for (earlier, count), (later, _) in itertools.pairwise(sent[:6]):
        assert later - earlier >= max(0.05, count / 960)


def test_offers_never_wait_and_only_the_newest_is_kept(board):
    world = World(board, RecordingLink())
    for number in range(1, 1_000):
        world.output.offer(interim(1, f"word {number}", revision=number))
    assert len(world.output.waiting) == 1
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "word 999"
    assert b"word 998" not in world.link.written


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (DeviceNotFound("no serial port panel: plug it in"), PartState.ABSENT),
        (DeviceBusy("panel is in use by another program: end it"), PartState.BUSY),
    ],
)
def test_a_display_that_cannot_be_opened_is_reported_and_tried_again(board, error, state):
    world = World(board, RecordingLink(at_open=[error]))
    world.start()
    snapshot = world.display.wait_for(state)
    assert [problem.detail for problem in snapshot.problems] == [f"display: {error}"]
    world.display.wait_for(PartState.OK)
    world.stop()
    assert board.snapshot().problems == ()


@pytest.mark.parametrize("error", [DeviceLost("unplugged"), DeviceHung("nobody reads")])
def test_a_display_that_fails_is_lost_and_drawn_whole_when_it_is_back(board, error):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(error)
    world.output.offer(final(1, "Good morning.", "Buenos días."))
    snapshot = world.display.wait_for(PartState.LOST)
    assert [problem.code for problem in snapshot.problems] == ["display_lost"]
    world.link.written.clear()
    world.display.wait_for(PartState.OK)
    world.stop()
    assert world.screen()[0] == "Good morning."
    assert world.screen()[3] == "Buenos días."


def test_a_port_that_was_there_is_lost_not_absent(board):
    world = World(board, RecordingLink(at_open=[None, DeviceNotFound("no serial port panel")]))
    world.start()
    world.display.wait_for(PartState.OK)
    world.link.fail_next(DeviceLost("unplugged"))
    world.output.offer(final(1, "Good morning."))
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: unplugged"
    assert world.display.wait_for(PartState.LOST).problems[0].detail == "display: no serial port panel"
    world.display.wait_for(PartState.OK)
    world.stop()


def test_the_status_line_follows_the_board(board):
    world = World(board, RecordingLink())
    world.start()
    world.display.wait_for(PartState.OK)
    board.mute(muted=True)
    world.stop()
    assert world.screen()[-1].startswith(" muted")
