import math

import pytest

from scripts.lib.bench.as_heard import as_heard
from scripts.lib.bench.figures import Table, percentile, words
from scripts.lib.bench.processes import parse_cpu_s, parse_pss

ROLLUP = """\
55d0c8a00000-7ffd5a5f9000 ---p 00000000 00:00 0                          [rollup]
Rss:               10240 kB
Pss:                6144 kB
Pss_Anon:           4096 kB
"""


def test_a_percentile_lies_between_its_neighbours():
    assert percentile([4, 1, 3, 2], 50) == 2.5
    assert percentile([1, 2, 3, 4, 5], 95) == pytest.approx(4.8)
    assert percentile([7], 99.9) == 7
    assert math.isnan(percentile([], 50))


def test_words_are_compared_without_case_and_punctuation():
    assert (
        words("\N{LEFT DOUBLE QUOTATION MARK}Don\N{RIGHT SINGLE QUOTATION MARK}t, 'em!\N{RIGHT DOUBLE QUOTATION MARK}")
        == "don't em"
    )
    assert words("whole-number  ratio") == "whole number ratio"


@pytest.mark.parametrize(
    ("sentence", "language", "heard"),
    [
        ("The 25 trains left in 2003, at 7:30 p.m.", "en", "The 25 trains left in 2003 at 7:30 p.m."),
        ("I have 3 cats; it's 3.5% or $5.", "en", "I have three cats it's 3.5% or $5."),
        ("Is it 12 o'clock?", "en", "Is it 12 o'clock?"),
        ("Agent 007 lives at B12.", "en", "Agent 007 lives at b12."),
        ("¿Tienes 21 años?", "es", "Tienes 21 años"),
        ("¿Qué edad tienes?", "es", "¿Qué edad tienes?"),
    ],
)
def test_sentences_with_figures_are_heard_too(sentence, language, heard):
    assert as_heard(sentence, language) == heard


def test_the_share_of_memory_is_the_line_named_pss():
    assert parse_pss(ROLLUP) == 6144 * 1024


def test_no_share_of_memory_is_no_zero():
    with pytest.raises(ValueError, match="Pss"):
        parse_pss("Rss: 1 kB\n")


def test_processor_time_is_found_behind_a_name_with_blanks_and_brackets():
    fields = " ".join(["S", *["0"] * 10, "150", "50", *["0"] * 30])
    assert parse_cpu_s(f"17 (a (b) c) {fields}") == 2.0


def test_a_table_says_which_bar_was_missed():
    table = Table("speed")
    table.add("fast", "1 ms", "<= 2", met=True)
    table.add("slow", "3 ms", "<= 2", met=False)
    lines = str(table).splitlines()
    assert [line.split()[-1] for line in lines if line.startswith(("fast", "slow"))] == ["met", "MISSED"]
