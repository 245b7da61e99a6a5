"""Placeholders, and words that a model knows, for tests of what is hidden from it."""

from __future__ import annotations

from hypothesis import strategies as st

from daemon.translators._lexicon import Lexicon

PLACES = ("⟪1⟫", "⟪2⟫", "⟪3⟫", "⟪4⟫", "⟪5⟫", "⟪6⟫")
_TAUGHT = ["i", "need", "a", "for", "under", "name", "my", "flight", "leaves", "from", "gate", "and", "is"]
_TRACES = {"not": "no", "room": "habitación sala", "spain": "españa", "carmen": "carmen", "no": "no"}
KNOWN = Lexicon(
    {word: _TRACES.get(word, "") for word in [*_TAUGHT, *_TRACES]},
    frozenset(["no", "habitación", "sala", "españa", "necesito", "una", "un", "para"]),
)
NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda each: f"{each[0]}:{each[1]:02d}"),
    st.tuples(st.integers(0, 999), st.integers(0, 99)).map(lambda each: f"{each[0]}.{each[1]:02d}"),
    st.tuples(st.integers(0, 99), st.integers(2, 99)).map(lambda each: f"{each[0]}/{each[1]}"),
)
NAMES = (
    st.text("bcdfgklmnoprstuvw", min_size=3, max_size=9).map(str.capitalize).filter(lambda name: not KNOWN.knows(name))
)
