"""What `dragoman doctor` says of models that cannot be read while the engine works."""

from __future__ import annotations

import pytest

from daemon.cli.checks import part_checks
from daemon.cli.checkup import Health, examine
from daemon.config import load
from daemon.engines import device
from tests.support.engines import skip_unless_installed
from tests.support.translation_models import make

pytestmark = pytest.mark.parts


def test_each_faulty_model_is_a_warning_that_names_the_folder_and_the_setting(tmp_path):
    english, italian = tmp_path / "en", make(tmp_path / "opus-mt-en-it")
    english.mkdir()
    (italian / "config.json").unlink()
    settings = load(
        environment={
            "DRAGOMAN_RECOGNIZER__POCKETSPHINX__MODEL_DIR": str(english),
            "DRAGOMAN_TRANSLATOR__CTRANSLATE2__MODELS": str(italian),
        }
    )
    skip_unless_installed(device.capabilities(settings.plain()), speech=False)
    (check,) = (check for check in part_checks(settings) if check.part == "engine device")
    found = [finding for finding in examine(check) if finding.health is Health.WARN]
    assert [finding.part for finding in found][:2] == ["recognizer", "translator"]
    for finding, folder, setting in zip(found, (english, italian), ("model_dir", "models"), strict=False):
        assert str(folder) in finding.found
        assert finding.advice.endswith(setting)
