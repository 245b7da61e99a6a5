"""Two languages by turns: who is heard decides what becomes of it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.board import Board
from daemon.changes import unserved
from daemon.config import ConfigError, load
from daemon.drivers import DriverMissing
from daemon.engine_report import EngineReport
from daemon.engines.base import EngineFinal, EngineHypothesis, EngineReady, Pair, Task
from daemon.engines.on_device.both_sides import BothSides
from daemon.engines.on_device.engine import OnDeviceEngine
from daemon.events import Final, Interim, StableText
from daemon.outputs.story import Story
from daemon.recognizers.base import Recognition
from daemon.settings import LanguagesSection
from daemon.tasks import spoken, task_of
from hw.api import SPEECH_FORMAT
from tests.support.engines import Listener
from tests.support.properties import PROPERTY
from tests.support.stages import WORD_BYTES, ScriptedStages
from tests.support.streaming import Bench

SECOND = bytes(SPEECH_FORMAT.bytes_per_second)
TALK = Task("en-US", ("es", "ca"), conversation=("en-US", "es-ES"), phrases=("Sintra",))


class Side:
    """A recognizer whose words fit as the test says."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.fits = -math.inf
        self.final = Recognition()
        self.fed = self.begun = self.closed = self.ahead = 0

    def begin(self) -> None:
        self.fed, self.begun = 0, self.begun + 1

    def feed(self, pcm: bytes) -> None:
        self.fed += len(pcm)

    def partial(self) -> str:
        return f"in {self.language}"

    def score(self) -> float:
        return self.fits

    def anticipate(self) -> bool:
        self.ahead += 1
        return self.language == "en-US"

    def resume(self) -> None:
        pass

    def finish(self, *, second_pass: bool = True) -> Recognition:
        del second_pass
        return self.final

    def expect(self, phrases) -> None:
        pass

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def sides():
    return Side("en-US"), Side("es-ES")


@pytest.fixture
def both(sides):
    return BothSides({side.language: side for side in sides})


def hear(both, sides, english: float, spanish: float) -> str:
    sides[0].fits, sides[1].fits = english, spanish
    both.feed(bytes(2))
    return both.partial()


def test_nothing_is_shown_until_it_is_clear_who_speaks(both, sides):
    both.begin()
    assert hear(both, sides, -math.inf, -math.inf) == ""
    assert hear(both, sides, -0.5, -math.inf) == ""  # the other has no words yet
    assert hear(both, sides, -0.6, -0.5) == ""
    assert hear(both, sides, -1.0, -0.8) == "in es-ES"
    assert both.language == "es-ES"


def test_who_was_shown_too_soon_is_put_right(both, sides):
    both.begin()
    assert hear(both, sides, -1.0, -0.8) == "in es-ES"
    assert not both.sure
    assert hear(both, sides, -1.0, -1.1) == "in es-ES"  # not clear enough
    assert hear(both, sides, -1.0, -1.2) == "in en-US"
    assert (both.language, both.sure) == ("en-US", False)


def test_who_speaks_beyond_doubt_stays_until_the_next_utterance(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.65)
    assert not both.sure
    hear(both, sides, -1.0, -0.5)
    assert both.sure
    assert hear(both, sides, -1.0, -1.9) == "in es-ES"
    both.begin()
    assert not both.sure
    assert hear(both, sides, -1.0, -1.9) == "in en-US"


def test_words_of_one_side_alone_make_nobody_sure(both, sides):
    both.begin()
    assert hear(both, sides, -0.1, -math.inf) == ""
    assert not both.sure


def test_who_cannot_be_meant_rests_until_the_next_utterance(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.5)
    hear(both, sides, -1.0, -0.5)
    assert (sides[0].fed, sides[1].fed) == (2, 4)
    both.begin()
    hear(both, sides, -1.0, -1.0)
    assert (sides[0].fed, sides[1].fed) == (2, 2)


def test_one_side_alone_is_shown_at_once(sides):
    alone = BothSides({"es-ES": sides[1]})
    alone.begin()
    alone.feed(bytes(2))
    assert (alone.partial(), alone.language, alone.sure) == ("in es-ES", "es-ES", True)


def test_the_last_word_is_judged_anew(both, sides):
    both.begin()
    hear(both, sides, -1.0, -0.8)
    sides[0].final, sides[1].final = Recognition("hello", score=-1.0), Recognition("jaló", score=-1.1)
    assert both.finish().text == "hello"
    assert both.language == "en-US"


@pytest.mark.parametrize(("english", "spanish", "language"), [("", "hola", "es-ES"), ("", "", "en-US")])
def test_who_heard_no_words_is_not_meant(both, sides, english, spanish, language):
    both.begin()
    sides[0].final, sides[1].final = Recognition(english, score=-0.1), Recognition(spanish, score=-2.0)
    assert both.finish().text == english or spanish
    assert both.language == language


def test_a_pause_is_charged_to_both_sides_alike(both, sides):
    both.begin()
    hear(both, sides, -1.0, -1.0)
    assert both.anticipate()
    assert [side.ahead for side in sides] == [1, 1]


@pytest.mark.parametrize(("chosen", "heard"), [("es", "es-ES"), ("en-GB", "en-US"), ("fr", "en-US")])
def test_where_the_sound_does_not_tell_the_side_that_was_chosen_last_is_meant(both, chosen, heard):
    both.prefer(chosen)
    both.begin()
    both.finish()
    assert both.language == heard


def test_both_are_closed(both, sides):
    both.close()
    assert [side.closed for side in sides] == [1, 1]


# ------------------------------------------------------------ what a task becomes


def test_the_other_way_is_named_as_the_settings_name_it_and_further_targets_stay():
    assert TALK.heard("es-ES") == Task("es-ES", ("en-US", "ca"), phrases=("Sintra",))
    assert TALK.heard("en-US") == Task("en-US", ("es", "ca"), phrases=("Sintra",))
    assert Task("en-US", ("fr",), conversation=("de-DE", "it-IT")).heard("it-IT").targets == ("de-DE", "fr")
    assert TALK.heard("fr-FR") is TALK
    assert TALK.ways == (TALK.heard("en-US"), TALK.heard("es-ES"))
    assert Task("en", ("es",)).ways == (Task("en", ("es",)),)


def test_the_translation_is_spoken_to_the_other_side():
    languages = LanguagesSection(conversation=("en-US", "es-ES"))
    assert spoken(languages, "en-US") == "es"
    assert spoken(languages, "es-ES") == "en-US"
    assert spoken(LanguagesSection(speak="", conversation=("en-US", "es-ES")), "es-ES") == ""
    assert spoken(LanguagesSection(), "es-ES") == "es"


def test_a_task_is_what_the_settings_say_in_the_manner_of_another():
    languages = LanguagesSection(targets=("es", "fr"), conversation=("en-US", "fr-FR"), phrases=("Sintra",))
    made = task_of(languages, Task("", (), interims=False))
    assert made == Task("en-US", ("es", "fr"), interims=False, conversation=("en-US", "fr-FR"), phrases=("Sintra",))


# ------------------------------------------------------------ in the engine


@pytest.fixture
def stages():
    made = ScriptedStages()
    made.fits = {"en-US": -1.0, "es-ES": -1.0}
    return made


@pytest.fixture
def started(stages):
    engine, listener = OnDeviceEngine(stages, TALK), Listener()
    engine.open(listener)
    yield engine, listener
    engine.close()


def test_what_is_heard_in_either_language_goes_the_other_way(started, stages):
    engine, listener = started
    listener.ready()
    for number, (language, text) in enumerate([("en-US", "One two again."), ("es-ES", "Uno dos again.")], 1):
        stages.fits = {lang: -0.1 if lang == language else -9.0 for lang in stages.fits}
        engine.begin(number, TALK)
        engine.feed(number, bytes(2 * WORD_BYTES))
        engine.finish(number)
        final = listener.final(number)
        assert (final.source_lang, final.source) == (language, text)
        assert list(final.translations) == list(TALK.heard(language).targets)


def test_the_side_that_a_person_chooses_is_meant_where_the_sound_does_not_tell(started, stages):
    engine, listener = started
    listener.ready()
    stages.fits = {"en-US": -1.0, "es-ES": -1.0}
    for number, source in enumerate(["en-US", "es-ES"], 1):
        engine.begin(number, replace(TALK, source=source))
        engine.feed(number, bytes(2 * WORD_BYTES))
        engine.finish(number)
        assert listener.final(number).source_lang == source
    assert stages.recognizers_opened == 2


def test_a_translator_does_not_see_a_stop_that_is_only_a_guess(started, stages):
    engine, listener = started
    listener.ready()
    stages.fits = {"en-US": -9.0, "es-ES": -0.1}
    engine.begin(1, TALK)
    engine.feed(1, bytes(2 * WORD_BYTES))
    engine.finish(1)
    final = listener.final(1)
    assert final.source == "Uno dos again."
    assert stages.asked == ["Uno dos again"]
    assert final.translations["ca"].text == "ca: Uno dos again."


def test_interims_say_who_speaks_once_it_is_clear(started, stages):
    engine, listener = started
    listener.ready()
    stages.fits = {"en-US": -2.0, "es-ES": -1.9}  # clear after a second and a half
    engine.begin(1, TALK)
    engine.feed(1, 2 * SECOND)
    stages.wait_for(lambda: stages.heard >= 2 * len(SECOND))
    engine.finish(1)
    listener.final(1)
    interims = [event for event in listener.events if isinstance(event, EngineHypothesis)]
    assert {event.source_lang for event in interims} <= {"es-ES"}
    assert all(event.audio_s >= 1.5 and not event.sure_of_language for event in interims)


def test_an_interim_of_the_wrong_side_is_followed_by_those_of_the_right_one(started, stages):
    engine, listener = started
    listener.ready()
    stages.fits = {"en-US": -2.0, "es-ES": -1.8}
    engine.begin(1, TALK)
    engine.feed(1, SECOND)
    early = listener.wait_for(EngineHypothesis)
    stages.fits = {"en-US": -1.0, "es-ES": -1.2}  # beyond doubt after two and a half
    engine.feed(1, 3 * SECOND)
    late = listener.wait_for(EngineHypothesis, lambda event: event.sure_of_language)
    assert (early.source_lang, early.sure_of_language, list(early.translations)) == ("es-ES", False, ["ca"])
    assert (late.source_lang, late.source.split()[0], list(late.translations)) == ("en-US", "One", ["es", "ca"])
    engine.finish(1)
    assert listener.final(1).source_lang == "en-US"


# ------------------------------------------------------------ as it is shown


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


def test_with_one_side_that_can_be_heard_it_is_and_the_other_is_told(stages):
    stages.fits = {"en-US": -1.0}
    engine, listener = OnDeviceEngine(stages, TALK), Listener()
    engine.open(listener)
    ready = listener.ready()
    assert ready.unheard == {"es-ES": "no model for es-ES"}
    engine.begin(1, TALK)
    engine.feed(1, SECOND)
    engine.finish(1)
    assert listener.final(1).source_lang == "en-US"
    engine.close()


def test_a_side_whose_model_is_damaged_is_told_as_one_that_has_none(stages, monkeypatch):
    whole = stages.recognizer

    def recognizer(language, *rest):
        if language == "es-ES":
            raise DriverMissing("es.lm.bin cannot be loaded")
        return whole(language, *rest)

    monkeypatch.setattr(stages, "recognizer", recognizer)
    engine, listener = OnDeviceEngine(stages, TALK), Listener()
    engine.open(listener)
    ready = listener.ready()
    assert ready.recognizes == ("en-US",)
    assert ready.unheard == {"es-ES": "es.lm.bin cannot be loaded"}
    engine.close()


def test_the_recognizer_is_opened_anew_for_other_phrases_and_expects_them(started, stages):
    engine, listener = started
    listener.ready()
    assert (stages.expected, stages.recognizers_opened) == (("Sintra",), 2)
    for number, phrases in enumerate([("Sintra",), ("Alfama", "Sintra")], 1):
        engine.begin(number, Task("en-US", ("es",), phrases=phrases))
        engine.feed(number, SECOND)
        engine.finish(number)
        listener.final(number)
        assert stages.expected == phrases
    assert stages.recognizers_opened == 4


@pytest.mark.parametrize(("phrases", "opened"), [(("Sintra",), 2), ((), 1)])
def test_the_recognizer_is_opened_anew_for_other_targets_where_phrases_may_sound_as_in_these(phrases, opened):
    stages = ScriptedStages()
    one, several = Task("en-US", ("es",), phrases=phrases), Task("en-US", ("es", "ca"), phrases=phrases)
    engine, listener = OnDeviceEngine(stages, one), Listener()
    engine.open(listener)
    listener.ready()
    for number, task in enumerate([one, several, replace(several, targets=("ca", "es-ES"))], 1):
        engine.begin(number, task)
        engine.feed(number, SECOND)
        engine.finish(number)
        listener.final(number)
    engine.close()
    assert stages.recognizers_opened == opened


def test_swapping_the_sides_of_a_conversation_opens_nothing_anew(started, stages):
    engine, listener = started
    listener.ready()
    for number, task in enumerate([TALK, replace(TALK, source="es-ES", targets=("en-US", "ca"))], 1):
        engine.begin(number, task)
        engine.feed(number, SECOND)
        engine.finish(number)
        listener.final(number)
    assert stages.recognizers_opened == 2


# ------------------------------------------------------------ in the settings


def errors(tmp_path, languages: str) -> list[str]:
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[languages]\n{languages}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load(file, environment={})
    assert {error.path.partition(".")[0] for error in refused.value.errors} == {"languages"}
    return [error.message for error in refused.value.errors]


@pytest.mark.parametrize("sides", ['["en-US"]', '["en-US", "en-GB"]', '["en", "es", "fr"]'])
def test_a_conversation_has_two_languages(tmp_path, sides):
    (told,) = errors(tmp_path, f"conversation = {sides}")
    assert "two different languages" in told


def test_each_phrase_that_is_wrong_is_named(tmp_path):
    said = errors(tmp_path, 'phrases = ["Sintra", "42", "a  b", "Sintra"]')
    assert ["number 2" in said[0], "number 3" in said[1], "more than once" in said[2]] == [True] * 3


def test_there_are_so_many_phrases_and_no_more(tmp_path):
    (told,) = errors(tmp_path, f"phrases = {[f'name {number}' for number in range(201)]}")
    assert "201 phrases; at most 200" in told


READY = EngineReady("device", ("en-US", "es"), (Pair("en", "es", "x"), Pair("es", "en", "x"), Pair("en", "fr", "x")))


@pytest.mark.parametrize(
    ("languages", "code"),
    [
        (LanguagesSection(conversation=("en-US", "es-ES")), None),
        (LanguagesSection(conversation=("en-US", "fr-FR")), "no_recognizer"),
        (LanguagesSection(targets=("es", "fr"), conversation=("en-US", "es-ES")), "no_translator"),
        (LanguagesSection(source="de", phrases=("Sintra",)), None),
    ],
)
def test_a_conversation_that_nothing_serves_is_refused_and_phrases_are_taken(languages, code):
    before = LanguagesSection(source=languages.source)
    assert [error.code for error in unserved(before, languages, READY)] == [code] * (code is not None)


WITHOUT_FRENCH = LanguagesSection(targets=("es", "fr"), speak="es", conversation=("en-US", "fr-FR"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"speak": ""}, []),
        ({"targets": ("es",)}, []),
        ({"conversation": ()}, []),
        ({"source": "fr"}, [("languages.source", "no_recognizer")]),
        ({"targets": ("es", "ca")}, [("languages.targets", "no_translator")]),
    ],
)
def test_what_was_lacking_before_is_no_reason_to_refuse_a_change(change, told):
    errors = unserved(WITHOUT_FRENCH, replace(WITHOUT_FRENCH, **change), READY)
    assert [(error.path, error.code) for error in errors] == told


def test_a_change_that_leaves_only_what_was_lacking_is_refused():
    before = LanguagesSection(targets=("es", "sv"))
    assert unserved(before, replace(before, targets=("fr", "sv")), READY) == []
    (error,) = unserved(before, replace(before, targets=("sv",)), READY)
    assert (error.code, error.message) == ("no_translator", "nothing here translates en-US into sv")


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
