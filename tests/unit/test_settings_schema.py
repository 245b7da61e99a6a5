"""The one schema of all settings: each key is explained, none that could do harm is remote, its documents are true."""

import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from daemon.config import load
from daemon.schema import Key, collect
from daemon.schema_documents import example, json_schema, unit
from hw.options import Option
from tests.support.settings import SCRIPTED, written

PROJECT = Path(__file__).parents[2]


SCHEMA = collect()
EVERY_KEY = pytest.mark.parametrize("key", SCHEMA.keys.values(), ids=SCHEMA.keys)


@EVERY_KEY
def test_every_key_is_explained_and_its_default_is_allowed(key):
    assert key.option.doc.endswith(".")
    assert "\n" not in key.option.doc
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", key.path)
    assert "__" not in key.path
    assert key.item in (str, int, float, bool)
    assert key.convert(key.default) == key.default


@EVERY_KEY
def test_nobody_is_told_a_regular_expression(key):
    assert key.option.pattern is None or key.option.pattern not in key.allowed


DANGEROUS = frozenset(
    """host port url address endpoint region file path dir directory device driver id command program user username
    password key token secret credential certificate model allow""".split()  # noqa: SIM905 -- a list of words to read
)


@EVERY_KEY
def test_no_key_that_could_redirect_or_open_anything_is_remote(key):
    dangerous = DANGEROUS & set(re.split("[._]", key.path))
    never = key.path.split(".")[0] in ("privacy", "engine", "gateway", "mqtt")
    assert not (key.remote and (dangerous or never or key.option.secret))


def test_a_driver_cannot_declare_a_forbidden_section_remote():
    assert not Key("engine.azure.region", str, "", Option("Region.", remote=True)).remote


def test_every_module_with_settings_is_a_driver_and_has_a_section():
    assert "vt100" in SCHEMA.drivers("display")
    assert "scripted" in SCHEMA.drivers("engine")
    assert "base" not in SCHEMA.drivers("engine")


def test_the_json_schema_is_one_and_takes_the_settings_it_describes(tmp_path):
    document = json_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(document)
    jsonschema.validate(load(written(tmp_path, ""), environment=SCRIPTED).as_dict(), document)
    for wrong in ({"speaker": {"volume": 2}}, {"speaker": {"x": 1}}, {"device": {"id": "A"}}, {"x": {}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, document)


@EVERY_KEY
def test_the_json_schema_describes_every_key(key):
    node = json_schema(SCHEMA)
    for part in key.path.split("."):
        node = node["properties"][part]
    assert node["description"] == key.option.doc
    assert node["x-remote"] == key.remote
    assert node["x-live"] == key.option.live
    assert node.get("unit") == unit(key)


def test_the_example_changes_nothing_as_it_is_and_states_the_defaults(tmp_path):
    text = example(SCHEMA)
    assert load(written(tmp_path, text), environment={}).flat() == load(written(tmp_path, ""), environment={}).flat()
    uncommented = tomllib.loads(re.sub(r"^#(?=\w+ =)", "", text, flags=re.MULTILINE))
    file = written(tmp_path, re.sub(r"^#(?=\w+ =)", "", text, flags=re.MULTILINE))
    assert load(file, environment={}).flat() == {key.path: key.default for key in SCHEMA.keys.values()}
    assert set(uncommented) == {name.partition(".")[0] for name in SCHEMA.sections}


def test_the_example_in_the_documentation_is_up_to_date():
    shipped = (PROJECT / "docs" / "dragoman.toml").read_text(encoding="utf-8")
    assert shipped == example(SCHEMA), "run: dragoman config schema --toml > docs/dragoman.toml"
