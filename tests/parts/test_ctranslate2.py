"""The neural translator with CTranslate2 and SentencePiece themselves, on models that are found or are not."""

from __future__ import annotations

import math
import re
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.drivers import DriverMissing
from daemon.engines.on_device.stages import InstalledStages
from daemon.translators import ctranslate2 as driver
from daemon.translators._agreement import agreement
from daemon.translators._loaded_model import Row
from daemon.translators._model_folder import read
from daemon.translators.base import TranslatorFailed

pytest.importorskip("ctranslate2", reason="pip install ctranslate2")
pytest.importorskip("sentencepiece", reason="pip install sentencepiece")

from tests.support.translation_models import PLACES, card, make

pytestmark = pytest.mark.parts


def opened(folder, source="en", target="es"):
    return driver.open(source, target, driver.Settings(models=(str(folder),)))


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = make(tmp_path_factory.mktemp("own") / "model", tokens=(">>es<<", *PLACES))
    return card(folder, words=("my\nhouse\tcasa\nis\nbig\nwhere\nstation\nthe\n", "mi casa es grande"))


def test_a_folder_named_after_its_languages_is_enough(tmp_path):
    folder = make(tmp_path / "opus-mt-en-it")
    assert ("en", "it") in driver.pairs(driver.Settings(models=(str(folder),)))
    made = opened(folder, "en", "it").translate("My house is big.")
    assert made.text
    assert 0 <= made.confidence <= 1


def test_a_model_that_lies_where_models_are_looked_for_needs_no_setting(tmp_path, monkeypatch):
    make(tmp_path / "models" / "opus-mt-en-it")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert ("en", "it") in driver.pairs(driver.Settings())
    monkeypatch.delenv("STATE_DIRECTORY")
    assert ("en", "it") not in driver.pairs(driver.Settings())


def test_a_model_of_several_targets_tells_them_by_its_tokens(tmp_path):
    folder = make(tmp_path / "opus-mt-en-roa", tokens=(">>spa<<", ">>fra<<"))
    assert set(read(folder).directions) == {("en", "es"), ("en", "fr")}
    assert opened(folder, "en", "fr").translate("My house is big.").text


def test_a_many_to_many_model_tells_its_languages_by_its_tokens(tmp_path):
    folder = make(tmp_path / "nllb", tokens=("eng_Latn", "spa_Latn", "deu_Latn"), pieces="sentencepiece.bpe.model")
    assert len(read(folder).directions) == 6
    made = opened(folder, "de", "es").translate("My house.")
    assert "Latn" not in made.text


def test_a_direction_of_one_model_shares_it_with_the_others(tmp_path):
    folder = make(tmp_path / "nllb", tokens=("eng_Latn", "spa_Latn"), pieces="sentencepiece.bpe.model")
    assert opened(folder)._model is opened(folder, "es", "en")._model


def test_several_targets_at_once_say_what_each_says_alone(tmp_path):
    folder = make(tmp_path / "nllb", tokens=("eng_Latn", "spa_Latn", "deu_Latn"), pieces="sentencepiece.bpe.model")
    translators = [opened(folder, source, target) for source, target in (("en", "de"), ("en", "es"), ("es", "de"))]
    alone = [each.translate("My house is big.") for each in translators]
    with ThreadPoolExecutor(len(translators)) as threads:
        for _ in range(20):
            assert list(threads.map(lambda each: each.translate("My house is big."), translators)) == alone


def test_a_model_leaves_memory_with_the_last_translator_that_used_it(tmp_path):
    folder = make(tmp_path / "opus-mt-en-it")
    translator = opened(folder, "en", "it")
    model = weakref.ref(translator._model)
    del translator
    assert model() is None


def test_a_model_named_in_the_settings_comes_before_those_that_ship(own):
    assert opened(own)._folder.path == own


def test_confidence_falls_with_each_word_that_was_not_taught(own):
    translator = opened(own)
    translator._decoded = lambda hidden: [[("mi casa es grande", -0.1)]] * len(hidden)
    sure = translator.translate("My house is big.").confidence
    assert sure == pytest.approx(math.exp(-0.1))
    assert translator.translate("My frobnicator is big.").confidence == pytest.approx(0.8 * sure)


def test_of_several_translations_the_one_without_invented_words_is_taken(own):
    translator = opened(own)
    translator._decoded = lambda _hidden: [[("mi csaa es grande", -0.1), ("mi casa es grande", -0.3)]]
    made = translator.translate("My house is big.")
    invented = 0.8 * 0.5 * math.exp(-0.1)  # and of the house there is no trace
    agreed = agreement("mi casa es grande", [("mi csaa es grande", invented), ("mi casa es grande", math.exp(-0.3))])
    assert (made.text, made.confidence) == ("mi casa es grande", pytest.approx(agreed * math.exp(-0.3)))


def test_a_translation_that_lost_a_word_is_less_sure(own):
    translator = opened(own)
    translator._decoded = lambda _hidden: [[("mi es grande", -0.1)]]
    assert translator.translate("My house is big.").confidence == pytest.approx(0.8 * math.exp(-0.1))


def test_a_translation_that_loses_a_number_is_doubtful(own):
    made = opened(own).translate("My house is 250.")  # random weights carry nothing
    assert made.confidence <= 0.05


def test_a_word_that_was_not_taught_is_carried_over_where_its_translation_is_none(own):
    translator = opened(own)

    def decoded(hidden):
        _open, carried = hidden
        assert carried.originals[0][1] == "frobnicator"
        return [[("mi frobnicacóin es grande", -0.1)], [(f"mi {carried.originals[0][0]} es grande", -0.1)]]

    translator._decoded = decoded
    made = translator.translate("My frobnicator is big.")
    assert made.text == "mi frobnicator es grande"
    carried, invented = 0.5 * math.exp(-0.1), 0.8 * 0.5 * math.exp(-0.1)
    ways = [("mi frobnicacóin es grande", invented), ("mi frobnicator es grande", carried)]
    agreed = agreement("mi frobnicator es grande", ways)
    assert made.confidence == pytest.approx(0.5 * agreed * math.exp(-0.1))


def test_a_translation_is_as_sure_as_the_others_agree_with_it(own):
    translator = opened(own)
    translator._decoded = lambda _hidden: [[("mi casa es grande", -0.1), ("mi casa es muy grande", -0.2)]]
    alike = translator.translate("My house is big.")
    translator._decoded = lambda _hidden: [[("mi casa es grande", -0.1), ("no hay habitación", -0.2)]]
    apart = translator.translate("My house is big.")
    assert alike.text == apart.text == "mi casa es grande"
    assert apart.confidence < alike.confidence


def test_a_model_that_nobody_counted_is_as_sure_as_its_tokens_are(tmp_path):
    translator = opened(make(tmp_path / "opus-mt-en-it"), "en", "it")
    translator._decoded = lambda _hidden: [[("la mia casa è grande", -0.1), ("nessuna stanza", -0.2)]]
    assert translator.translate("My house is big.").confidence == pytest.approx(math.exp(-0.1))


def test_a_sentence_that_fails_goes_clause_by_clause(own):
    translator = opened(own)
    asked = []

    def decoded(hidden):
        asked.append([each.text for each in hidden])
        return [[("", -0.1)] if len(each.text) > 30 else [("mi casa es grande", -0.1)] for each in hidden]

    translator._decoded = decoded
    made = translator.translate("My house is big, and where is the station?")
    assert asked[-1] == ["My house is big,", "and where is the station?"]
    assert made.text == "mi casa es grande mi casa es grande"


def test_a_model_that_says_what_words_lead_to_chooses_among_that(tmp_path):
    folder = make(tmp_path / "en-es")
    (folder / "vmap.txt").write_text("\t▁casa </s>\n▁my\t▁mi\n", encoding="utf-8")
    assert set(opened(folder).translate("my house").text.split()) <= {"mi", "casa"}


@pytest.mark.parametrize(
    "damaged", [b"", b"\t\n", b"\x93\xff\x00\t\xfe\n", b"a house\n", b"\t\xe2\x96\x81casa\na\t\xe2"]
)
def test_a_list_of_what_words_lead_to_that_is_none_is_named(tmp_path, damaged):
    folder = make(tmp_path / "en-es")
    (folder / "vmap.txt").write_bytes(damaged)
    with pytest.raises(DriverMissing, match=r"vmap\.txt does not say"):
        read(folder)


def test_a_folder_of_which_a_file_is_cut_or_missing_is_named_with_what_it_should_have(tmp_path):
    folder = make(tmp_path / "model", tokens=(">>es<<", *PLACES))
    (folder / "vmap.txt").write_text("\t▁casa </s>\n▁my\t▁mi\n", encoding="utf-8")
    size = (folder / "vmap.txt").stat().st_size
    read(card(folder, more=f'[bytes]\n"vmap.txt" = {size}\n'))
    (folder / "vmap.txt").write_text("\t▁casa </s>\n", encoding="utf-8")
    with pytest.raises(DriverMissing, match=rf"vmap\.txt has 14 bytes, and {size} are needed"):
        read(folder)
    (folder / "vmap.txt").unlink()
    with pytest.raises(DriverMissing, match=rf"vmap\.txt has 0 bytes, and {size} are needed"):
        read(folder)


def test_a_model_that_finds_no_end_stays_within_its_positions(tmp_path):
    folder = make(tmp_path / "model", tokens=(">>es<<", *PLACES), ends=False)
    translator = opened(card(folder, longest_words=1000))
    made = translator.translate("my house is big and " * 100)
    assert 0 < made.confidence <= 0.05


def test_a_sentence_that_had_to_be_cut_is_half_as_sure(own):
    translator = opened(own)
    translator._decoded = lambda hidden: [[("mi casa es grande", -0.1)]] * len(hidden)
    short = translator.translate("My house is big. My house is big. My house is big.").confidence
    long = translator.translate("My house is big, my house is big, my house is big.").confidence
    assert (short, long) == (pytest.approx(math.exp(-0.1)), pytest.approx(0.5 * math.exp(-0.1)))


def test_a_text_without_a_word_stays_as_it_is(own):
    made = opened(own).translate("...  ?! 🍎")
    assert (made.text, made.confidence) == ("... ?! 🍎", 1.0)


def test_a_model_that_does_not_load_is_passed_over_and_told(own, tmp_path):
    broken = make(tmp_path / "opus-mt-en-es")
    model = (broken / "model.bin").read_bytes()
    (broken / "model.bin").write_bytes(model[: len(model) // 2])
    translator = driver.open("en", "es", driver.Settings(models=(str(broken), str(own))))
    assert translator.translate("My house is big.").text
    assert [str(broken) in fault for fault in translator.faults] == [True]


@pytest.mark.parametrize("removed", ["model.bin", "config.json", "source.spm", "shared_vocabulary.json"])
def test_a_folder_that_lacks_a_file_is_named_with_what_it_lacks(tmp_path, removed):
    folder = make(tmp_path / "opus-mt-en-it")
    (folder / removed).unlink()
    with pytest.raises(DriverMissing, match=r"opus-mt-en-it.*(model.bin|config.json|source.spm|vocabulary)"):
        read(folder)
    settings = driver.Settings(models=(str(folder),))
    assert ("en", "it") not in driver.pairs(settings)
    [fault] = driver.faults(settings)
    assert str(folder) in fault


def test_a_truncated_model_is_missing_and_says_so(tmp_path):
    folder = make(tmp_path / "opus-mt-en-it")
    model = folder / "model.bin"
    model.write_bytes(model.read_bytes()[:2_000])
    with pytest.raises(DriverMissing, match="opus-mt-en-it does not load"):
        opened(folder, "en", "it")


def test_a_model_of_another_version_says_which(tmp_path):
    folder = make(tmp_path / "opus-mt-en-it")
    model = folder / "model.bin"
    model.write_bytes((99).to_bytes(4, "little") + model.read_bytes()[4:])
    with pytest.raises(DriverMissing, match=r"does not load.*version"):
        opened(folder, "en", "it")


def test_pieces_that_are_none_are_missing(tmp_path):
    folder = make(tmp_path / "opus-mt-en-it")
    (folder / "source.spm").write_bytes(b"no model")
    with pytest.raises(DriverMissing, match="does not load"):
        opened(folder, "en", "it")


def test_a_card_of_another_layout_says_which_is_read(tmp_path):
    folder = make(tmp_path / "model", tokens=(">>es<<", *PLACES))
    with pytest.raises(DriverMissing, match=r"layout 2.*reads layout 1"):
        read(card(folder, layout=2))


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ("longest_words = 8", "longest_words = 0", "longest_words = 0, and at least 1"),
        (r"longest_tokens = \d+", "longest_tokens = -1", "longest_tokens = -1, and at least 16"),
        (">>es<<", ">>it<<", ">>it<<, which the vocabulary lacks"),
        ("longest_words = 8", "", "cannot be read: KeyError: 'longest_words'"),
    ],
)
def test_a_card_that_no_model_can_have_is_told(tmp_path, written, instead, told):
    folder = card(make(tmp_path / "model", tokens=(">>es<<", *PLACES)))
    text = (folder / "model.toml").read_text(encoding="utf-8")
    (folder / "model.toml").write_text(re.sub(written, instead, text), encoding="utf-8")
    with pytest.raises(DriverMissing, match=told):
        read(folder)


def test_a_card_beside_the_files_of_another_model_is_told(tmp_path):
    folder = card(make(tmp_path / "model", tokens=(">>fr<<", *PLACES)))
    with pytest.raises(DriverMissing, match="the files are not of one model"):
        read(folder)


def test_a_folder_that_does_not_tell_its_languages_says_how_to(tmp_path):
    folder = make(tmp_path / "mymodel")
    with pytest.raises(DriverMissing, match="let its name end in them"):
        read(folder)


def test_a_path_that_is_no_folder_is_named(tmp_path):
    with pytest.raises(DriverMissing, match="is no folder"):
        read(tmp_path / "nothing")


def test_a_folder_that_cannot_be_looked_at_is_told(tmp_path):
    with pytest.raises(DriverMissing, match="cannot be read: File name too long"):
        read(tmp_path / ("x" * 300))


def test_a_placeholder_that_stands_for_nothing_is_never_shown(own):
    translator = opened(own)
    translator._decoded = lambda _hidden: [[(f"mi casa {PLACES[0]}", -0.1), ("mi casa es grande", -0.3)]]
    assert translator.translate("My house is big.").text == "mi casa es grande"
    translator._decoded = lambda _hidden: [[(f"mi casa {PLACES[0]} es {PLACES[1]}", -0.1)]]
    made = translator.translate("My house is big.")
    assert (made.text, made.confidence) == ("mi casa es", 0.05)


def test_a_folder_that_is_named_and_is_for_other_languages_is_told(tmp_path):
    folders = [make(tmp_path / name) for name in ("opus-mt-nl-it", "opus-mt-en-it")]
    settings = driver.Settings(models=tuple(map(str, folders)))
    assert driver.faults(settings, {"en", "it"}) == [f"{folders[0]} translates nl to it, and wanted are en, it"]
    assert driver.faults(settings, {"en", "it", "nl"}) == []
    assert driver.faults(settings) == []


def test_a_folder_that_is_named_from_where_one_is_and_is_for_other_languages_is_told(tmp_path, monkeypatch):
    folder = make(tmp_path / "opus-mt-nl-it")
    monkeypatch.chdir(tmp_path)
    settings = driver.Settings(models=("opus-mt-nl-it",))
    assert driver.faults(settings, {"en", "it"}) == [f"{folder} translates nl to it, and wanted are en, it"]


def test_the_languages_of_the_settings_are_those_that_are_wanted(tmp_path):
    folder = make(tmp_path / "opus-mt-nl-it")
    wanted = {"source": "en-US", "targets": ["es-ES"]}
    stages = InstalledStages({"languages": wanted, "translator.ctranslate2": {"models": [str(folder)]}})
    chain = stages.translator("en", "es")
    chain.close()
    assert chain.faults == [f"{folder} translates nl to it, and wanted are en, es"]


def test_a_text_that_takes_too_long_fails_and_the_next_is_translated(own, monkeypatch):
    translator = opened(own)
    monkeypatch.setattr(driver, "_DEADLINE_S", 0.0)
    with pytest.raises(TranslatorFailed, match=r"8 of 200 sentences are all that can be done in 0 s"):
        translator.translate("My house is big. " * 200)
    assert translator.translate("My house is big.").text


def test_what_fails_is_tried_in_pieces_for_so_long_only(own, monkeypatch):
    translator = opened(own)
    asked = []

    def decoded(hidden):
        asked.append(len(hidden))
        return [[("", -0.1)]] * len(hidden)

    translator._decoded = decoded
    text = "My house is big, and where is it? " * 8
    translator.translate(text)
    assert asked == [8, *[2] * 8]
    asked.clear()
    monkeypatch.setattr(driver, "_MENDING_S", 0.0)
    translator.translate(text)
    assert asked == [8]


def test_what_finds_no_end_costs_little_where_little_was_said(tmp_path):
    translator = opened(make(tmp_path / "opus-mt-en-it", ends=False), "en", "it")
    little, much = (translator._model.translate([Row(["▁a"] * count, ())])[0][0][0] for count in (1, 100))
    assert len(much) > 5 * len(little) > 0
