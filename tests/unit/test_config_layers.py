"""Which setting holds: built-in, of the file, of the environment, of the command line; and how all are shown."""

import json
import pickle
from pathlib import Path

import pytest

from daemon.config import ConfigError, Settings, load, set_remote, state_directory
from daemon.schema import MASK, Key, Rejected
from daemon.settings import SECTIONS
from hw.options import Option
from tests.support.settings import SCRIPTED, with_state, written


def test_the_built_in_settings_hold(tmp_path):
    settings = load(written(tmp_path, ""), environment={})
    assert settings.languages.targets == ("es",)
    assert settings.origin("languages.targets") == "built-in"


def test_each_layer_wins_over_the_one_below(tmp_path):
    file = written(tmp_path, "[speaker]\nvolume = 0.1\nmax_wait_s = 1\ntail_s = 0.1\n")
    set_remote(load(file, environment=SCRIPTED), {"speaker.max_wait_s": 3}, tmp_path)
    environment = {**with_state(tmp_path), "DRAGOMAN_SPEAKER__MAX_WAIT_S": "2", "DRAGOMAN_SPEAKER__TAIL_S": "0.2"}
    settings = load(file, environment=environment, overrides={"display": {"baud": 9600}})
    assert (settings.speaker.volume, settings.origin("speaker.volume")) == (0.1, str(file))
    assert (settings.speaker.tail_s, settings.origin("speaker.tail_s")) == (0.2, "DRAGOMAN_SPEAKER__TAIL_S")
    assert (settings.speaker.max_wait_s, settings.origin("speaker.max_wait_s")) == (3.0, "remote")
    assert (settings.display.baud, settings.origin("display.baud")) == (9600, "command line")
    assert settings.place("speaker.volume") == f"{file}:2"


def test_settings_have_an_attribute_for_each_section():
    assert [name for name in Settings.__dataclass_fields__ if name in SECTIONS] == list(SECTIONS)


def test_a_driver_section_is_found_by_its_name(tmp_path):
    settings = load(written(tmp_path, ""), environment=SCRIPTED)
    assert settings.section("display.vt100") == settings.schema.sections["display.vt100"]()
    assert settings.section("speaker") is not None
    with pytest.raises(KeyError):
        settings.section("display.no_such_panel")


def test_settings_travel_to_another_process(tmp_path):
    settings = load(written(tmp_path, ""), environment=SCRIPTED)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 -- our own


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    file = written(tmp_path, "\ufeff[speaker]\nvolume = 0.5\n")
    assert load(file, environment=SCRIPTED).speaker.volume == 0.5


@pytest.mark.parametrize(
    ("variable", "text", "path", "value"),
    [
        ("DRAGOMAN_SPEAKER__VOLUME", "0.25", "speaker.volume", 0.25),
        ("DRAGOMAN_MQTT__PORT", "8883", "mqtt.port", 8883),
        ("DRAGOMAN_MQTT__TLS", "TRUE", "mqtt.tls", True),
        ("DRAGOMAN_MQTT__HOST", "true", "mqtt.host", "true"),
        ("DRAGOMAN_LANGUAGES__TARGETS", "es, ca", "languages.targets", ("es", "ca")),
        ("DRAGOMAN_LANGUAGES__TARGETS", '["es", "ca"]', "languages.targets", ("es", "ca")),
        ("DRAGOMAN_LANGUAGES__SPEAK", "", "languages.speak", ""),
    ],
)
def test_the_environment_is_read_by_the_key_s_type(tmp_path, variable, text, path, value):
    settings = load(written(tmp_path, ""), environment={**SCRIPTED, variable: text})
    assert settings.flat()[path] == value
    assert settings.origin(path) == variable


def test_variables_without_a_section_are_not_settings(tmp_path):
    load(written(tmp_path, ""), environment={**SCRIPTED, "DRAGOMAN_MODELS": "/m", "DRAGOMAN_RECORDINGS": "/r"})


@pytest.mark.parametrize("speak", ["", "es", "es-MX", "pt-BR"])
def test_what_is_spoken_may_be_a_regional_form_of_a_target(tmp_path, speak):
    file = written(tmp_path, f'[languages]\ntargets = ["es", "pt-BR"]\nspeak = "{speak}"')
    assert load(file, environment=SCRIPTED).languages.speak == speak


def test_the_settings_are_shown_nested_with_lists(tmp_path):
    tree = load(written(tmp_path, ""), environment=SCRIPTED).as_dict()
    assert tree["languages"]["targets"] == ["es"]
    assert "vt100" in tree["display"]
    json.dumps(tree)


def test_a_secret_is_masked_wherever_it_is_shown():
    key = Key("x.token", str, "", Option("A secret.", pattern="[a-z]+", secret=True))
    assert key.shown("hidden") == MASK
    with pytest.raises(Rejected) as refused:
        key.convert("HIDDEN")
    assert "HIDDEN" not in str(refused.value)


def test_the_state_directory_is_the_first_that_is_named():
    assert state_directory({"STATE_DIRECTORY": "/a:/b"}) == Path("/a")
    assert state_directory({}) is None


@pytest.mark.parametrize(("targets", "spoken"), [('["ca"]', "ca"), ('["ca", "es"]', "ca"), ('["es", "ca"]', "es")])
def test_the_first_target_is_spoken_where_nobody_said_which(tmp_path, targets, spoken):
    file = tmp_path / "dragoman.toml"
    file.write_text(f"[languages]\ntargets = {targets}\n")
    assert load(file, environment={}).languages.speak == spoken


def test_speech_follows_targets_of_the_environment_and_the_command_line():
    variables = {"DRAGOMAN_LANGUAGES__TARGETS": "ca"}
    assert load(None, environment=variables).languages.speak == "ca"
    assert load(None, environment={}, overrides={"languages.targets": ["gl"]}).languages.speak == "gl"


@pytest.mark.parametrize("said", ["es", ""])
def test_what_was_said_of_speech_holds_whatever_the_targets(said):
    overrides = {"languages.targets": ["ca", "es"], "languages.speak": said}
    assert load(None, environment={}, overrides=overrides).languages.speak == said


def test_speech_that_was_set_to_no_target_is_refused():
    with pytest.raises(ConfigError):
        load(None, environment={}, overrides={"languages.targets": ["ca"], "languages.speak": "es"})
