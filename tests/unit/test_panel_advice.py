"""What people are advised of about a display names settings that its driver has, and no others."""

import re
import threading

import pytest

import hw.displays
from daemon import drivers
from daemon.board import PartState
from daemon.config import load
from daemon.outputs.panel_advice import PanelAdvice
from daemon.schema import collect
from hw.displays import crystalfontz, hd44780, nextion
from hw.fake import RecordingLink
from tests.support.captions import DEADLINE_S, World
from tests.support.clock import HandClock

KINDS = ("letters", "room", "refusals", "silence")


def advice(driver):
    return PanelAdvice.of(load(environment={"DRAGOMAN_DISPLAY__DRIVER": driver}))


def told(of):
    return {kind: getattr(of, kind) for kind in KINDS}


@pytest.mark.parametrize("driver", drivers.names(hw.displays))
def test_every_setting_that_is_named_is_there_and_the_drivers_own(driver):
    named = re.findall(r"display\.\w+\.\w+", " ".join(told(advice(driver)).values()))
    assert [path for path in named if path not in collect().keys] == []
    assert {path.split(".")[1] for path in named} <= {driver}


@pytest.mark.parametrize(
    ("driver", "named"),
    [
        ("nextion", {"letters": "encoding", "room": "targets", "refusals": "targets", "silence": "answers"}),
        ("crystalfontz", {"refusals": "model", "silence": "answers"}),
        ("hd44780", {"letters": "characters"}),
        ("vt100", {}),
    ],
)
def test_what_a_driver_lets_be_chosen_is_named_and_else_nothing_of_it(driver, named):
    for kind, text in told(advice(driver)).items():
        assert (f"display.{driver}.{named.get(kind, '')}" in text) is (kind in named)


def test_a_panel_of_which_no_setting_is_known_is_advised_of_all_the_same():
    texts = told(PanelAdvice("display.adm3a", ["columns", "rows"]))
    assert all(texts.values())
    assert "adm3a" not in " ".join(texts.values())
    assert "answers" not in texts["silence"]


def problems(board, panel, driver, **more):
    """Return what the board says of a panel that shows Russian and a target too many."""
    board.serving(source="en-US", targets=("ru", *(["es"] * panel.places)), engine="device")
    world = World(board, RecordingLink(), panel=panel, advice=advice(driver), **more)
    world.start()
    world.display.wait_for(PartState.OK)
    world.stop()
    return {problem.code: problem.detail for problem in board.snapshot().problems}


@pytest.mark.parametrize(
    ("driver", "panel", "letters", "room"),
    [
        ("crystalfontz", crystalfontz.open(crystalfontz.SETTINGS()), "", ""),
        ("hd44780", hd44780.open(hd44780.SETTINGS()), "display.hd44780.characters", ""),
        ("nextion", nextion.open(nextion.SETTINGS()), "display.nextion.encoding", "display.nextion.targets"),
    ],
)
def test_state_names_no_setting_of_another_display(board, driver, panel, letters, room):
    found = problems(board, panel, driver)
    for code, named in (("display_charset", letters), ("display_room", room)):
        assert re.findall(r"display\.\w+\.\w+", found[code]) == ([named] if named else [])


def test_state_tells_how_to_do_without_answers_where_the_driver_can(board):
    clock, link, silent = HandClock(), RecordingLink(), threading.Event()
    world = World(
        board, link, panel=crystalfontz.open(crystalfontz.SETTINGS()), advice=advice("crystalfontz"), clock=clock
    )
    texts = []

    def look(snapshot):
        texts.extend(problem.detail for problem in snapshot.problems if problem.code == "display_silent")
        if texts:
            silent.set()

    board.listen(look)
    world.start()
    world.display.wait_for(PartState.OK)
    for _ in range(40):
        clock.now_s += 1.0
        if silent.wait(DEADLINE_S / 40):
            break
    world.stop()
    assert re.findall(r"display\.\w+\.\w+", texts[0]) == ["display.crystalfontz.answers"]
    assert "115200 baud" in texts[0]
