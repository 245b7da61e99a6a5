"""Settings that are changed remotely: kept over a restart, all or nothing, and what becomes of a damaged file."""

import json
import stat

import pytest

from daemon import remote_settings
from daemon.config import ConfigError, load, set_remote
from tests.support.settings import SCRIPTED, with_state, written


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


def test_a_conflict_with_the_file_leaves_out_nothing_else(tmp_path):
    kept = {"speaker.volume": 0.2, "gate.sensitivity": 0.7, "languages.phrases": ("Rosa",)}
    remote_settings.write(tmp_path, 1, {**kept, "languages.speak": "es"})
    file = written(tmp_path, '[languages]\ntargets = ["fr", "de"]\n')
    settings = load(file, environment=with_state(tmp_path))
    assert settings.remote == kept
    assert [problem.path for problem in settings.problems] == ["languages.speak"]
    set_remote(settings, {"gate.hangover_s": 1.0}, tmp_path)
    assert load(file, environment=with_state(tmp_path)).remote == {**kept, "gate.hangover_s": 1.0}


def test_what_the_file_names_stays_and_what_was_set_against_it_is_left_out(tmp_path):
    kept = {"speaker.volume": 0.2, "languages.phrases": ("Rosa",)}
    remote_settings.write(tmp_path, 1, {**kept, "languages.targets": ["ca"]})
    settings = load(written(tmp_path, '[languages]\nspeak = "es"\n'), environment=with_state(tmp_path))
    assert (settings.remote, settings.languages.speak) == (kept, "es")
    (problem,) = settings.problems
    assert problem.path == "languages.targets"
    assert 'languages.speak is "es"' in problem.message


def test_what_was_left_out_holds_again_while_nothing_was_changed_since(tmp_path):
    remote_settings.write(tmp_path, 1, {"languages.speak": "es"})
    load(written(tmp_path, '[languages]\ntargets = ["fr"]\n'), environment=with_state(tmp_path))
    settings = load(written(tmp_path, '[languages]\ntargets = ["ca", "es"]\n'), environment=with_state(tmp_path))
    assert (settings.languages.speak, settings.problems) == ("es", ())


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
