from __future__ import annotations

import pytest

from daemon.echo_guard import EchoGuard

SECOND_NS = 1_000_000_000
SPOKEN = "Avance diez metros y espere en la puerta."


class Bench:
    """A guard that was told of one speech, from 10 s to 13 s."""

    def __init__(self, text: str = SPOKEN) -> None:
        self.now_ns = 0
        self.guard = EchoGuard(lambda: self.now_ns)
        self.guard.asked("u1", text)
        self.now_ns = 10 * SECOND_NS
        self.guard.began("u1")
        self.now_ns = 13 * SECOND_NS
        self.guard.ended("u1")

    def heard(self, text: str, at_s: float = 11.0) -> bool:
        return self.guard.is_echo(text, round(at_s * SECOND_NS))


@pytest.mark.parametrize(
    "heard",
    [
        SPOKEN,
        "avance diez metros",
        "DIEZ METROS Y ESPERE",
        "espere en la puerta",
        "avance tres metros y espera en la puerta",
        "Ávance diéz metros",
    ],
)
def test_what_the_device_says_is_its_echo_whole_in_part_or_misheard(heard):
    bench = Bench()
    assert bench.heard(heard)
    assert bench.guard.dropped == 1


@pytest.mark.parametrize("heard", ["¿Dónde está la estación?", "go forward ten meters", "no", "", "¿?"])
def test_what_a_person_says_meanwhile_is_none(heard):
    bench = Bench()
    assert not bench.heard(heard)
    assert bench.guard.dropped == 0


@pytest.mark.parametrize(
    ("spoken", "answer", "echo"),
    [
        ("Buenos días, ¿tiene una mesa?", "No.", False),
        ("Tengo una habitación.", "Ten.", False),
        ("¿Puede repetir? No le oigo.", "No.", True),
        ("はい、そうです", "はい", True),
        ("It doesn\u2019t work.", "doesn't", True),
    ],
)
def test_a_short_answer_is_an_echo_only_of_the_same_word(spoken, answer, echo):
    assert Bench(spoken).heard(answer, at_s=13.5) is echo


def test_a_speech_has_its_echo_however_many_wait_behind_it():
    bench = Bench()
    for number in range(2, 8):
        bench.guard.asked(f"u{number}", "otra cosa bien distinta")
    assert bench.heard(SPOKEN)


@pytest.mark.parametrize(("at_s", "echo"), [(9.9, False), (10.0, True), (13.9, True), (14.1, False)])
def test_people_may_repeat_what_the_device_said_once_it_has_ended(at_s, echo):
    assert Bench().heard(SPOKEN, at_s) is echo


def test_while_it_is_still_speaking_the_end_is_open():
    bench = Bench()
    bench.guard.asked("u2", "otra cosa bien distinta")
    bench.guard.began("u2")
    assert bench.heard("otra cosa", at_s=30.0)


def test_a_text_that_was_never_played_has_no_echo():
    bench = Bench()
    bench.guard.asked("u2", "otra cosa bien distinta")
    assert not bench.heard("otra cosa", at_s=13.5)


def test_a_late_echo_is_of_the_end_of_what_was_spoken_however_long_that_is():
    end = "Al final encontramos la estación detrás de la iglesia."
    bench = Bench(" ".join(f"Palabra {number} de muchas otras." for number in range(40)) + " " + end)
    assert bench.heard(end, at_s=13.5)


def test_a_text_of_nothing_but_signs_has_no_echo():
    assert not Bench("…!").heard("hola")


def test_other_scripts_are_compared_too():
    bench = Bench("前へ十メートル進んでください")
    assert bench.heard("前へ十メートル進んで")
    assert not bench.heard("ここで待ってください、すぐに戻ります")
