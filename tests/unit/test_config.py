"""The layers of the settings: what holds, what is refused and how that is told, and what is changed remotely."""

import json
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given, strategies

from daemon import remote_settings
from daemon.config import ConfigError, Settings, load, set_remote, state_directory
from daemon.schema import MASK, Key, Rejected, collect
from daemon.settings import SECTIONS
from hw.options import Option
from tests.support.properties import examples
from tests.support.settings import SCRIPTED, written


def errors_of(file=None, **options):
    options.setdefault("environment", SCRIPTED)
    with pytest.raises(ConfigError) as caught:
        load(file, **options)
    return {error.path: error for error in caught.value.errors}


def with_state(directory):
    return {**SCRIPTED, "STATE_DIRECTORY": str(directory)}


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


def test_every_error_is_reported_at_once(tmp_path):
    file = written(
        tmp_path,
        '[speaker]\nvolume = 3\nvolum = 1\n[spaeker]\nx = 1\n[languages]\ntargets = []\nsource = "english"\n'
        '[display]\ndriver = "vt10"\n[mqtt]\nport = true\n',
    )
    errors = errors_of(file, environment={**SCRIPTED, "DRAGOMAN_MQTT__PROT": "1"}, overrides={"gate.hangover_s": 99})
    assert {path: error.code for path, error in errors.items()} == {
        "speaker.volume": "out_of_range",
        "speaker.volum": "unknown_key",
        "spaeker": "unknown_key",
        "languages.targets": "not_allowed",
        "languages.source": "not_allowed",
        "display.driver": "unknown_driver",
        "mqtt.port": "wrong_type",
        "mqtt.prot": "unknown_key",
        "gate.hangover_s": "out_of_range",
    }


def test_a_message_names_place_finding_allowed_and_nearest(tmp_path):
    file = written(tmp_path, '[speaker]\n\nvolume = 3\n[display]\ndriver = "vt10"\n[mqtt]\nprot = 1\n')
    errors = errors_of(file)
    assert errors["speaker.volume"].message == f"{file}:3: speaker.volume is 3; allowed: a number from 0 to 1"
    assert errors["mqtt.prot"].message == f"{file}:7: unknown key mqtt.prot; did you mean mqtt.port?"
    assert errors["display.driver"].message.startswith(f"{file}:5: display.driver: there is no display")
    assert "did you mean 'vt100'?" in errors["display.driver"].message


def test_a_key_in_the_wrong_section_is_pointed_to_the_right_one(tmp_path):
    assert "did you mean speaker.volume?" in errors_of(written(tmp_path, "[mqtt]\nvolume = 1\n"))["mqtt.volume"].message


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("speaker.port", "did you mean display.port?"),  # the header [display] is lacking
        ("speaker.driver", "did you mean display.driver?"),
        ("spaeker.volume", "did you mean speaker.volume?"),
        ("display.vt10.columns", "did you mean display.vt100.columns?"),
        ("display.vt10.x", "did you mean display.vt100?"),
        ("display.drivr", "did you mean display.driver?"),
        ("spaeker", "did you mean speaker?"),
        ("speaker.vol", "did you mean speaker.volume?"),
        ("speaker.xyz", "known in speaker: device, volume,"),
        ("display.xyz", "known in display: driver, port,"),
    ],
)
def test_the_nearest_is_never_the_section_that_the_key_stands_in(path, told):
    assert told in SCHEMA.unknown(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[microphone]\nchannel = 1",
            ':2: microphone.channel is 1; allowed: "mix", or a number in quotes such as "1"',
        ),
        (
            '[languages]\nspeak = "spanish"',
            ':2: languages.speak is "spanish"; allowed: a language tag such as "en" or "en-US"; or ""',
        ),
        (
            '[languages]\ntargets = ["es", 3]',
            ':2: languages.targets has 3; allowed: a list, each a language tag such as "en" or "en-US"',
        ),
        (
            '[engine]\norder = ["device", ""]',
            ':2: engine.order has ""; allowed: a list, each an engine in quotes such as',
        ),
        (
            '[display]\nkeys = ["up=none", "left:swap"]',
            ':2: display.keys has "left:swap"; allowed: a list, each KEY=ACTION',
        ),
        ("[light]\npins = [3, 99]", ":2: light.pins has 99; allowed: a list, each a whole number from 0 to 53"),
        ("[light]\npins = 3", ":2: light.pins is 3; allowed: a list, each a whole number from 0 to 53"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_of_a_list_the_one(tmp_path, text, message):
    file = written(tmp_path, text)
    (error,) = errors_of(file, environment={}).values()
    assert error.message.startswith(f"{file}{message}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[display]\ndriver = "Nextion"', "display.driver: there is no display \"Nextion\"; did you mean 'nextion'?"),
        ('[gate]\nconfirm = "SILERO"', "gate.confirm: there is no confirmer \"SILERO\"; did you mean 'silero'?"),
        ('[engine]\norder = ["Device"]', "engine.order: there is no engine \"Device\"; did you mean 'device'?"),
        ('[gateway]\nengine = "no/such"', 'gateway.engine: there is no engine "no/such"'),
    ],
)
def test_a_driver_is_known_by_its_name_also_where_it_begins_with_a_capital(tmp_path, text, told):
    (error,) = errors_of(written(tmp_path, text), environment={}).values()
    assert error.code == "unknown_driver"
    assert told in error.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[speaker\nvolume = 1", "syntax"),
        ("a = [" * 5000, "syntax"),
        (f"a = {'9' * 5000}", "syntax"),
        ("speaker = 3", "wrong_type"),
        ("[[speaker]]\nvolume = 1", "wrong_type"),
        ("[speaker.volume]\nx = 1", "wrong_type"),
        ("[speaker]\nvolume = nan", "out_of_range"),
        ("[speaker]\nvolume = 1979-05-27", "wrong_type"),
        ('[mqtt]\nhost = "a\\nb"', "not_allowed"),
        (f'[mqtt]\nhost = "{"x" * 5000}"', "not_allowed"),
        ('[languages]\ntargets = ["es", "es"]', "duplicate"),
        (f"[languages]\nspeak = ''\ntargets = {[f'x{letter}' for letter in 'abcdefghijklmnopq']}", "too_many"),
        ('[languages]\ntargets = "es"', "wrong_type"),
        ('[languages]\nsource = "en\\n"', "not_allowed"),
        ('[device]\nid = "group"', "reserved"),
        ('[device]\nid = "Ab"', "not_allowed"),
        ('[mqtt]\nkey_file = "/k"', "conflict"),
        ("[speaker]\nbarge_in = true", "conflict"),
        ("[display]\nvt10.x = 1", "unknown_key"),
    ],
)
def test_a_wrong_file_is_refused_with_a_code(tmp_path, text, code):
    errors = errors_of(written(tmp_path, text)).values()
    assert [error.code for error in errors] == [code]
    assert all(str(tmp_path) in error.message for error in errors)


def test_a_syntax_error_names_line_and_column(tmp_path):
    file = written(tmp_path, "[speaker]\nvolume = = 1\n")
    assert errors_of(file)[""].message == (
        f"{file}:2: not TOML: «volume = = 1»: Invalid value (column 10); allowed: a number from 0 to 1"
    )


def test_what_is_no_file_or_no_text_is_refused(tmp_path):
    assert errors_of(tmp_path / "none.toml")[""].message == f"{tmp_path}/none.toml: no such file"
    assert errors_of(tmp_path)[""].code == "unreadable"
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[mqtt]\nhost = "é"'.encode("latin-1"))
    assert "UTF-8" in errors_of(latin)[""].message


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


def test_a_wrong_variable_is_named(tmp_path):
    errors = errors_of(written(tmp_path, ""), environment={**SCRIPTED, "DRAGOMAN_SPEAKER__VOLUME": "loud"})
    assert errors["speaker.volume"].message.startswith('DRAGOMAN_SPEAKER__VOLUME: speaker.volume is "loud"')


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


# ---- remote settings ----


def test_a_remote_change_is_kept_over_a_restart(tmp_path):
    file = written(tmp_path, "")
    changed = set_remote(
        load(file, environment=with_state(tmp_path)), {"languages": {"targets": ["es", "ca"]}}, tmp_path
    )
    again = load(file, environment=with_state(tmp_path))
    assert again.languages.targets == changed.languages.targets == ("es", "ca")
    assert (again.rev, again.remote) == (1, {"languages.targets": ("es", "ca")})


def test_null_gives_a_key_back_to_the_layer_below(tmp_path):
    file = written(tmp_path, "[speaker]\nvolume = 0.3\n")
    settings = set_remote(load(file, environment=SCRIPTED), {"speaker.volume": 0.9}, tmp_path)
    settings = set_remote(settings, {"speaker.volume": None}, tmp_path)
    assert (settings.speaker.volume, settings.origin("speaker.volume")) == (0.3, str(file))
    assert load(file, environment=with_state(tmp_path)).remote == {}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"mqtt.host": "evil"}, "not_remote"),
        ({"microphone": {"device": "x"}}, "not_remote"),
        ({"privacy.remote_unmute": True}, "not_remote"),
        ({"privacy.remote_unmute": None}, "not_remote"),
        ({"speaker.volum": 1}, "unknown_key"),
        ({"speaker.volum": None}, "unknown_key"),
        ({"speaker": 1}, "wrong_type"),
        ({"speaker.volume": "1"}, "wrong_type"),
        ({"speaker.volume": {"a": 1}}, "wrong_type"),
        ({"languages.speak": "fr"}, "conflict"),
    ],
)
def test_a_remote_change_is_all_or_nothing(tmp_path, values, code):
    settings = load(written(tmp_path, ""), environment=SCRIPTED)
    with pytest.raises(ConfigError) as refused:
        set_remote(settings, {"gate.hangover_s": 1.0, **values}, tmp_path)
    assert [error.code for error in refused.value.errors] == [code]
    assert not (tmp_path / remote_settings.NAME).exists()


def test_remote_settings_that_no_longer_hold_are_left_out_and_named(tmp_path):
    remote_settings.write(
        tmp_path, 7, {"speaker.volume": 0.5, "mqtt.host": "evil", "gone.key": 1, "gate.hangover_s": 99}
    )
    settings = load(written(tmp_path, ""), environment=with_state(tmp_path))
    assert settings.remote == {"speaker.volume": 0.5}
    assert {problem.path for problem in settings.problems} == {"mqtt.host", "gone.key", "gate.hangover_s"}
    assert (settings.rev, settings.mqtt.host) == (7, "")


def test_remote_settings_that_contradict_a_new_file_are_left_out(tmp_path):
    remote_settings.write(tmp_path, 1, {"languages.speak": "es"})
    file = written(tmp_path, '[languages]\ntargets = ["ca"]\nspeak = "ca"')
    settings = load(file, environment=with_state(tmp_path))
    assert settings.languages.speak == "ca"
    assert [problem.code for problem in settings.problems] == ["conflict"]


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b'{"v": 1', b'{"v": 9, "rev": 1, "values": {}}', b"[]"])
def test_a_damaged_file_gives_the_last_good_one(tmp_path, damage):
    remote_settings.write(tmp_path, 1, {"speaker.volume": 0.1})
    remote_settings.write(tmp_path, 2, {"speaker.volume": 0.2})
    (tmp_path / remote_settings.NAME).write_bytes(damage)
    settings = load(written(tmp_path, ""), environment=with_state(tmp_path))
    assert settings.speaker.volume == 0.1
    assert remote_settings.NAME in settings.problems[0].message


def test_a_damaged_file_never_becomes_the_last_good_one(tmp_path):
    remote_settings.write(tmp_path, 1, {"speaker.volume": 0.1})
    remote_settings.write(tmp_path, 2, {"speaker.volume": 0.2})
    (tmp_path / remote_settings.NAME).write_bytes(b"{")
    remote_settings.write(tmp_path, 3, {"speaker.volume": 0.3})
    assert json.loads((tmp_path / remote_settings.LAST_GOOD).read_bytes())["rev"] == 1


def test_nothing_but_the_two_files_is_left_behind_and_none_is_for_everybody(tmp_path):
    for rev in (1, 2):
        remote_settings.write(tmp_path, rev, {})
    assert {file.name for file in tmp_path.iterdir()} == {remote_settings.NAME, remote_settings.LAST_GOOD}
    assert all(not stat.S_IMODE(file.stat().st_mode) & 0o007 for file in tmp_path.iterdir())


def test_a_change_says_which_keys_it_changed(tmp_path):
    before = load(written(tmp_path, ""), environment=SCRIPTED)
    after = set_remote(before, {"speaker.volume": 0.2, "gate.hangover_s": 0.6}, tmp_path)
    assert [key.path for key in after.changed(before)] == ["speaker.volume"]


def test_the_state_directory_is_the_first_that_is_named():
    assert state_directory({"STATE_DIRECTORY": "/a:/b"}) == Path("/a")
    assert state_directory({}) is None


# ---- any value ----

SCHEMA = collect()


VALUES = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3),
    max_leaves=5,
)


@given(path=strategies.sampled_from(list(SCHEMA.keys)), value=VALUES)
@examples(300)
def test_any_value_is_taken_or_refused_and_what_is_taken_is_taken_again(path, value):
    key = SCHEMA.keys[path]
    try:
        taken = key.convert(value)
    except Rejected as refusal:
        assert path in str(refusal)  # noqa: PT017 -- either outcome is right
    else:
        assert key.convert(taken) == taken


@given(path=strategies.sampled_from(list(SCHEMA.keys)), text=strategies.text())
@examples(300)
def test_any_text_is_taken_or_refused(path, text):
    key = SCHEMA.keys[path]
    try:
        taken = key.from_text(text)
    except Rejected as refusal:
        assert path in str(refusal)  # noqa: PT017
    else:
        assert key.convert(taken) == taken


def test_a_list_of_nothing_but_brackets_is_a_wrong_value_and_no_crash():
    with pytest.raises(Rejected):
        collect().keys["languages.targets"].from_text("[" * 5_000)


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
