"""Settings that are refused, and how that is told: the place, what was found, what is allowed, what is nearest."""

import pytest
from hypothesis import given, strategies

from daemon.config import ConfigError, load
from daemon.schema import Rejected, collect
from tests.support.properties import examples
from tests.support.settings import SCRIPTED, written


def errors_of(file=None, **options):
    options.setdefault("environment", SCRIPTED)
    with pytest.raises(ConfigError) as caught:
        load(file, **options)
    return {error.path: error for error in caught.value.errors}


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
        (
            '[languages]\ntargets = [\n  "es",  # not english\n  "english",\n]\nspeak = "es"',
            ':4: languages.targets has "english"; allowed: a list, each a language tag',
        ),
        ("[light]\npins = [\n  3,\n  9,\n  99]", ":5: light.pins has 99; allowed: a list, each a whole number"),
        ("[[light]]\npins = [3]", ":1: light is a section: write [light] and its keys below"),
        ("[light]\npins = [3, 99]", ":2: light.pins has 99; allowed: a list, each a whole number from 0 to 53"),
        ("[light]\npins = 3", ":2: light.pins is 3; allowed: a list, each a whole number from 0 to 53"),
    ],
)
def test_what_is_wrong_is_told_in_words_and_of_a_list_the_one(tmp_path, text, message):
    file = written(tmp_path, text)
    (error,) = errors_of(file, environment={}).values()
    assert error.message.startswith(f"{file}{message}")


@pytest.mark.parametrize(
    "host", ["mqtt://broker:1883", "broker:1883", " broker", "broker ", "my broker", "[::1]", "u@broker", "a/b", "é:1"]
)
def test_an_address_that_no_broker_can_have_is_refused_with_what_is_one(tmp_path, host):
    (error,) = errors_of(written(tmp_path, f'[mqtt]\nhost = "{host}"\n')).values()
    assert error.message.startswith(f'{tmp_path}/dragoman.toml:2: mqtt.host is "{host}"; allowed: a host name or')
    assert "without :PORT (that is mqtt.port)" in error.message


@pytest.mark.parametrize(
    "host",
    [
        "",
        "broker",
        "broker.local",
        "my_broker.",
        "küche.local",
        "192.168.1.5",
        "127.1",
        "::1",
        "2001:db8::7",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "/run/mosquitto/mosquitto.sock",
    ],
)
def test_what_a_broker_may_be_called_is_taken(tmp_path, host):
    assert load(written(tmp_path, f'[mqtt]\nhost = "{host}"\n'), environment=SCRIPTED).mqtt.host == host


@pytest.mark.parametrize(("section", "key"), [("home", "address"), ("azure", "endpoint")])
def test_an_address_of_an_engine_that_can_never_work_is_refused(tmp_path, section, key):
    path = f"engine.{section}.{key}"
    file = written(tmp_path, f'[engine.{section}]\n{key} = "server:8443"\n')
    (error,) = errors_of(file).values()
    assert (error.path, error.code) == (path, "not_allowed")
    assert error.message == f"{file}:2: {path} is 'server:8443'; allowed: wss://HOST[:PORT][/PATH]"
    written(tmp_path, f'[engine.{section}]\n{key} = "wss://server:8443"\n')
    assert load(file, environment=SCRIPTED).flat()[path] == "wss://server:8443"


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
    assert errors_of(latin)[""].message == f"{latin}:2: not UTF-8 text (byte 15): save the file as UTF-8"
    latin.write_text("[mqtt]\n", encoding="utf-16")
    assert errors_of(latin)[""].message == f"{latin}:1: not UTF-8 text (byte 0): save the file as UTF-8"


def test_a_wrong_variable_is_named(tmp_path):
    errors = errors_of(written(tmp_path, ""), environment={**SCRIPTED, "DRAGOMAN_SPEAKER__VOLUME": "loud"})
    assert errors["speaker.volume"].message.startswith('DRAGOMAN_SPEAKER__VOLUME: speaker.volume is "loud"')


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
