# ruff: noqa: RUF001 -- letters of the International Phonetic Alphabet are what is meant
"""How phrases sound, by the real voices of eSpeak NG, in their own process."""

from __future__ import annotations

import sys

import pytest

from daemon.engines.on_device import pronunciation
from daemon.engines.on_device.pronunciation import pronounced
from daemon.recognizers.base import Phrase

pytestmark = pytest.mark.parts


def test_each_word_sounds_as_in_each_language_that_has_a_voice():
    (carmen, water) = pronounced(["Doña Carmen", "water"], ["en-US", "qaa", "es-ES"])
    assert carmen.text == "Doña Carmen"
    assert carmen.sounds == (("d_ˈoʊ_n_j_ə", "d_ˈo_ɲ_a"), ("k_ˈɑːɹ_m_ɛ_n", "k_ˈa_ɾ_m_e_n"))
    assert "t" in water.sounds[0][0]  # and not the r that a flap is elsewhere
    assert "ɾ" not in water.sounds[0][0]


def test_what_begins_with_a_hyphen_or_holds_markup_is_but_a_word():
    assert all(sound for phrase in pronounced(["-x B&B"], ["en-US"]) for word in phrase.sounds for sound in word)


def test_without_a_voice_phrases_have_no_sounds():
    assert pronounced(["Sintra"], ["qaa"]) == [Phrase("Sintra", ((),))]


def test_a_process_that_fails_costs_the_sounds_alone(monkeypatch):
    command = [sys.executable, "-c", "raise SystemExit(1)"]
    monkeypatch.setattr(pronunciation.python_module, "command", lambda _module: command)
    assert pronounced(["Sintra"], ["en-US"]) == [Phrase("Sintra", ((),))]
