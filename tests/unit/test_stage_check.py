"""The advice of `dragoman doctor` about models that cannot be read, whichever driver's they are."""

import pytest

from daemon.cli.checkup import Finding, Health
from daemon.cli.stage_check import faulty
from daemon.config import load
from daemon.engines.base import TRANSLATOR_FAULTY
from daemon.recognizers.base import RECOGNIZER_FAULTY

SETTINGS = load(
    environment={
        "DRAGOMAN_TRANSLATOR__CTRANSLATE2__MODELS": "/models/en-it,/models/en-ca/",
        "DRAGOMAN_RECOGNIZER__POCKETSPHINX__MODEL_DIR": "/voices/en",
    }
)


def advised(code, text):
    ((finding),) = faulty(SETTINGS, {code: text})
    assert (finding.health, finding.found) == (Health.WARN, text)
    return finding.advice


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("/models/en-it lacks config.json", "correct translator.ctranslate2.models"),
        ("/models/en-ca/model.bin is cut", "correct translator.ctranslate2.models"),
        ("/usr/share/apertium/modes: no mode", "correct translator.apertium.modes_dir"),
        ("/opt/marian/en-es.npz is not there", "correct what the message names"),
        ("/models/en-italian is not there", "correct what the message names"),
        ("/voices/en is not there", "correct what the message names"),  # a recognizer's
        ("the model of marian is cut", "correct what the message names"),
    ],
)
def test_the_setting_is_named_that_names_what_is_faulty(text, advice):
    assert advised(TRANSLATOR_FAULTY, text) == advice


def test_each_stage_has_its_own_finding_and_what_is_well_has_none():
    told = {RECOGNIZER_FAULTY: "/voices/en is empty", TRANSLATOR_FAULTY: "", "engine_slow": "2 s behind"}
    expected = Finding("recognizer", Health.WARN, "/voices/en is empty", "correct recognizer.pocketsphinx.model_dir")
    assert list(faulty(SETTINGS, told)) == [expected]
