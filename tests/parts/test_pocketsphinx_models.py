"""Folders of models: which languages they are of, and what is told of those that are damaged or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from daemon.drivers import DriverMissing
from daemon.recognizers import _model, pocketsphinx
from daemon.recognizers.pocketsphinx import Settings
from tests.support.decoding import recognize
from tests.support.recordings import recording, shipped, spanish_model

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("lacking", ["", "am/mdef", "x.dict", "x.lm.bin"])
def test_a_model_folder_that_is_none_is_missing(tmp_path, lacking):
    (tmp_path / "am").mkdir()
    for name in {"am/mdef", "x.dict", "x.lm.bin"} - {lacking}:
        (tmp_path / name).write_text("yes Y EH S\nno N OW\n")
    with pytest.raises(DriverMissing, match=str(tmp_path)):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path), model_language="es"))


def test_a_folder_that_names_no_language_is_not_taken_and_english_is_heard_all_the_same():
    settings = Settings(model_dir="/nowhere")
    assert pocketsphinx.languages(settings) == ["en-US"]
    with pytest.raises(DriverMissing, match="model_language"):
        pocketsphinx.open("es", settings)


@pytest.mark.parametrize(
    ("name", "language"),
    [("es", "es"), ("es-ES", "es-ES"), ("pt_BR-small", "pt-BR"), ("de-voxforge", "de"), ("estonian", ""), ("x", "")],
)
def test_the_language_is_the_one_that_the_folder_is_named_after(tmp_path, name, language):
    assert _model.language_of(tmp_path / name) == language


DAMAGED = ["am/mdef", "am/transition_matrices", "am/sendump"]


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("left", [0, 1_000])
def test_a_damaged_file_over_which_the_library_would_end_the_process_is_told(tmp_path, name, left):
    folder = copy_of_the_spanish_model(tmp_path / "es-damaged")
    (folder / name).write_bytes((folder / name).read_bytes()[:left] if name != "am/sendump" else b"\xff" * left)
    with pytest.raises(DriverMissing, match=name) as told:
        pocketsphinx.open("es", Settings(model_dir=str(folder)))
    assert "\n" not in str(told.value)
    assert pocketsphinx.languages(Settings(model_dir=str(folder))) == ["en-US"]


def copy_of_the_spanish_model(folder: Path) -> Path:
    shutil.copytree(spanish_model(), folder)
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o755)
    return folder


@pytest.mark.parametrize("share", [0.1, 0.5, 0.999_999])
def test_a_part_of_the_weights_is_told_and_not_heard_with(tmp_path, share):
    weights = copy_of_the_spanish_model(tmp_path / "es") / "am" / "sendump"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: round(share * len(whole))])
    with pytest.raises(DriverMissing, match="am/sendump is no sendump of an acoustic model, or only a part of one"):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path / "es")))


@pytest.mark.parametrize("name", ["means", "variances", "transition_matrices"])
def test_a_page_in_place_of_a_model_file_is_told(tmp_path, name):
    file = copy_of_the_spanish_model(tmp_path / "es") / "am" / name
    file.write_text("<html><body>Not found</body></html>\n" * 40)
    with pytest.raises(DriverMissing, match=f"am/{name} is no {name}"):
        pocketsphinx.open("es", Settings(model_dir=str(tmp_path / "es")))


@pytest.mark.parametrize("rate", ["8000", "8000.0", "11025"])
def test_a_model_of_another_sampling_rate_is_told_and_english_is_heard_all_the_same(tmp_path, rate):
    features = copy_of_the_spanish_model(tmp_path / "es") / "am" / "feat.params"
    features.write_text(features.read_text().replace("6800", "3500") + f"-samprate {rate}\n")
    settings = Settings(model_dir=str(tmp_path / "es"))
    with pytest.raises(DriverMissing, match=f"of {rate} Hz .feat.params., one of 16000 Hz is needed"):
        pocketsphinx.open("es", settings)
    assert pocketsphinx.languages(settings) == ["en-US"]


@pytest.mark.parametrize("told", ["-samprate 16000\n", "-samprate 16000.0\n"])
def test_a_model_that_says_its_sampling_rate_is_taken(tmp_path, told):
    features = copy_of_the_spanish_model(tmp_path / "es") / "am" / "feat.params"
    features.write_text(features.read_text() + told)
    assert pocketsphinx.languages(Settings(model_dir=str(tmp_path / "es"))) == ["en-US", "es"]


@pytest.mark.parametrize(
    ("name", "language", "told"), [("en", "", True), ("mine", "en-US", True), ("mine", "", True), ("es", "", False)]
)
def test_a_folder_of_ones_own_english_that_holds_no_model_is_told_and_english_is_heard(tmp_path, name, language, told):
    folder = tmp_path / name
    folder.mkdir()
    opened = pocketsphinx.open("en-US", Settings(model_dir=str(folder), model_language=language))
    assert [str(folder) in fault for fault in opened.faults] == [True] * told
    assert recognize(opened, shipped("goforward")) == "go forward ten meters"
    opened.close()


def test_a_missing_file_is_told_with_what_is_needed(tmp_path):
    folder = copy_of_the_spanish_model(tmp_path / "es")
    (folder / "am" / "means").unlink()
    with pytest.raises(DriverMissing, match="has no means"):
        pocketsphinx.open("es", Settings(model_dir=str(folder)))


def test_a_further_language_is_a_folder_beside_english(spanish):
    settings = Settings(model_dir=str(spanish_model()))
    assert pocketsphinx.languages(settings) == ["en-US", "es"]
    assert spanish.language == "es"
    heard = recognize(spanish, recording("voxforge-es-0032"))
    assert "líneas negras" in heard


def test_a_folder_of_such_folders_will_do(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "es").symlink_to(spanish_model())
    assert pocketsphinx.languages(Settings(model_dir=str(tmp_path / "models"))) == ["en-US", "es"]


def test_a_language_where_models_are_looked_for_needs_no_setting_and_a_setting_goes_before_it(tmp_path, monkeypatch):
    for name in ("found", "named"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "es").symlink_to(spanish_model())
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path / "found"))
    assert pocketsphinx.languages(Settings()) == ["en-US", "es"]
    known, _faults = pocketsphinx._models(Settings(model_dir=str(tmp_path / "named")))
    assert known["es"].dictionary == tmp_path / "named" / "es" / "es.dict"
