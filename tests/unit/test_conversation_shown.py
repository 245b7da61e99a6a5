"""Two languages by turns: what is shown while it is not clear who speaks, and of a side that is not heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Board
from daemon.engine_report import EngineReport
from daemon.engines.base import EngineFinal, EngineHypothesis, EngineReady
from daemon.events import Final, Interim, StableText
from daemon.outputs.story import Story
from daemon.settings import LanguagesSection
from tests.support.properties import PROPERTY
from tests.support.stages import TALK
from tests.support.streaming import Bench


class Outputs:
    """The streaming client between an engine that a test speaks for and what is shown."""

    def __init__(self) -> None:
        self.bench = Bench(languages=LanguagesSection(targets=TALK.targets, conversation=TALK.conversation))
        self.bench.begin()

    def hypothesis(self, language: str, text: str, *, sure: bool = False) -> list[Interim]:
        """Have the engine say one, a while after the last; return the interims so far."""
        translations = {target: f"{target}: {text}" for target in TALK.heard(language).targets}
        self.bench.client.hear_engine(EngineHypothesis(1, language, text, translations, 1.0, sure))
        self.bench.wait(1.0)
        return self.bench.of(Interim)


def test_nothing_is_promised_until_it_is_certain_who_speaks():
    outputs = Outputs()
    for _ in range(4):
        *_, interim = outputs.hypothesis("en-US", "I scream")
    assert [interim.source.stable, *(text.stable for text in interim.translations.values())] == [0, 0, 0]
    *_, interim = outputs.hypothesis("en-US", "I scream", sure=True)
    assert [interim.source.stable, *(text.stable for text in interim.translations.values())] == [8, 12, 12]


def test_the_other_sides_words_take_the_place_of_all_that_was_shown():
    outputs = Outputs()
    for _ in range(3):
        outputs.hypothesis("en-US", "I scream")
    *_, interim = outputs.hypothesis("es-ES", "ay es crema", sure=True)
    assert (interim.revision, interim.source_lang, interim.source) == (4, "es-ES", StableText("ay es crema"))
    assert {lang: text.text for lang, text in interim.translations.items()} == {
        "en-US": "en-US: ay es crema",
        "ca": "ca: ay es crema",
    }
    story = Story(outputs.bench.board.snapshot())
    for shown in outputs.bench.of(Interim):
        story.tell(shown)
    caption = story.caption()
    assert caption.source is not None
    assert (caption.source.lang, caption.source.stable) == ("es-ES", 0)
    assert [line.lang for line in caption.translations] == ["en-US", "ca"]


def test_what_was_promised_in_one_language_is_not_followed_by_another():
    outputs = Outputs()
    for _ in range(2):
        before = outputs.hypothesis("en-US", "I scream", sure=True)
    assert outputs.hypothesis("es-ES", "ay es crema", sure=True) == before
    *_, interim = outputs.hypothesis("en-US", "I scream for")
    assert (interim.source.text, interim.revision) == ("I scream for", 3)


def test_words_that_were_shown_in_the_wrong_language_count_as_taken_back():
    outputs = Outputs()
    outputs.hypothesis("en-US", "I scream")
    outputs.hypothesis("es-ES", "ay es crema")
    outputs.bench.client.hear_engine(EngineFinal(1, "es-ES", "ay es crema", {}, 1))
    (final,) = outputs.bench.settle().of(Final)
    assert (final.erasure_interim, final.erasure_final) == (0.667, 0.0)


WORDS = st.lists(st.sampled_from(["a", "la", "no"]), min_size=1, max_size=4).map(" ".join)


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(TALK.conversation), WORDS, st.booleans()), max_size=12))
def test_no_change_of_language_takes_back_what_was_promised(said):
    promises: dict[str, str] = {}
    outputs = Outputs()
    for language, text, sure in said:
        outputs.hypothesis(language, text, sure=sure)
    for interim in outputs.bench.of(Interim):
        shown = {"source": interim.source, **interim.translations}
        for name, promise in promises.items():
            assert shown[name].text.startswith(promise)
        promises |= {name: text.text[: text.stable] for name, text in shown.items() if text.stable}


def test_the_status_on_the_display_names_both_sides():
    board = Board("en-US", ("es",))
    EngineReport(board).serves("device", LanguagesSection(conversation=("en-US", "es-ES")), None)
    assert Story(board.snapshot(), "pocket").caption().status == "starting · en-US ←→ es-ES · pocket"


def test_state_says_which_side_is_not_heard():
    board = Board("en-US", ("es",))
    report = EngineReport(board)
    languages = LanguagesSection(conversation=("en-US", "es-ES"))
    report.serves("device", languages, EngineReady("device", unheard={"es-ES": "no model"}))
    assert [(problem.code, problem.detail) for problem in board.snapshot().problems] == [("no_recognizer", "no model")]
    report.serves("device", LanguagesSection(), EngineReady("device", unheard={"es-ES": "no model"}))
    assert board.snapshot().problems == ()
