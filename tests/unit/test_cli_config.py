import json
import os
import stat
import tomllib

import jsonschema
import pytest

from daemon import remote_settings
from daemon.cli.main import main
from daemon.remote_settings import Trial
from daemon.schema import collect
from daemon.schema_documents import example


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("DRAGOMAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "dragoman.toml"


def config(*words):
    return main(["config", *map(str, words)])


def test_show_says_where_each_setting_came_from(file, capsys, monkeypatch):
    file.write_text("[speaker]\nvolume = 0.3\n")
    monkeypatch.setenv("DRAGOMAN_MQTT__HOST", "broker")
    assert config("show", "--config", file) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["speaker.volume"] == ["0.3", str(file)]
    assert rows["mqtt.host"] == ['"broker"', "DRAGOMAN_MQTT__HOST"]
    assert rows["gate.hangover_s"] == ["0.6", "built-in"]


def test_show_for_programs_is_valid_by_the_schema(file, capsys):
    file.write_text("[speaker]\nvolume = 0.3\n")
    assert config("show", "--json", "--config", file) == 0
    shown = json.loads(capsys.readouterr().out)
    assert config("schema") == 0
    jsonschema.validate(shown["settings"], json.loads(capsys.readouterr().out))
    assert shown["origins"]["speaker.volume"] == str(file)


def test_show_names_remote_settings_that_were_left_out(file, capsys, monkeypatch, tmp_path):
    file.write_text("")
    (tmp_path / "settings.json").write_text('{"v": 1, "rev": 1, "values": {"mqtt.host": "evil"}}')
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    assert config("show", "--config", file) == 0
    assert "mqtt.host cannot be set remotely" in capsys.readouterr().err


def test_a_person_beside_the_service_is_shown_what_was_set_over_mqtt_there(file, capsys, monkeypatch, tmp_path):
    (tmp_path / "settings.json").write_text('{"v": 1, "rev": 1, "values": {"speaker.volume": 0.4}}')
    monkeypatch.setattr("daemon.cli.as_service.UNIT_STATE", tmp_path)
    assert config("show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["origins"]["speaker.volume"] == "remote"
    file.write_text("[speaker]\nvolume = 0.3\n")
    assert config("show", "--json", "--config", file) == 0  # a file of one's own is not the service's
    assert json.loads(capsys.readouterr().out)["settings"]["speaker"]["volume"] == 0.3


@pytest.fixture
def remote(monkeypatch, tmp_path):
    """The file of a service that keeps what it is told in the state directory, with two languages of a swap in it."""
    languages = {"languages.source": "es", "languages.targets": ["en-US"], "languages.speak": "en-US"}
    remote_settings.write(tmp_path, 1, {**languages, "speaker.volume": 0.4})
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    return tmp_path / remote_settings.NAME


@pytest.mark.usefixtures("remote")
def test_check_says_what_wins_over_the_file_and_how_to_give_it_back(file, capsys):
    file.write_text('[engine]\norder = ["scripted"]\n')
    assert config("check", "--config", file) == 0
    told = capsys.readouterr().out
    assert "over the file: languages.source, languages.targets, languages.speak, speaker.volume; " in told
    assert "`dragoman config set KEY null`" in told
    assert config("set", "--config", file, "languages.targets", "es,ca") == 0
    told = capsys.readouterr().err
    assert 'languages.targets stays ["en-US"]; `dragoman config set languages.targets null` gives it back' in told


def test_null_gives_what_was_set_over_mqtt_back_to_the_file_which_stays_as_it_is(file, capsys, remote):
    file.write_text('[languages]\ntargets = ["ca"]\n')
    assert config("set", "--config", file, "languages.targets", "null") == 0
    assert f'is given back; ["ca"] holds ({file}) (from the next start)' in capsys.readouterr().out
    kept = remote_settings.read(remote.parent)
    assert (kept.rev, kept.values) == (2, {"languages.source": "es", "speaker.volume": 0.4})  # speak has followed
    assert file.read_text() == '[languages]\ntargets = ["ca"]\n'
    assert config("set", "--config", file, "languages.targets", "null") == 0
    assert file.read_text() == "[languages]\n"


def test_null_gives_all_of_a_section_back(file, capsys, remote):
    file.write_text("")
    assert config("set", "--config", file, "languages", "null") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert remote_settings.read(remote.parent).values == {"speaker.volume": 0.4}
    assert config("set", "--config", file, "languages", "null") == 2
    assert "languages is a section" in capsys.readouterr().err
    assert config("set", "--config", file, "speaker", "null", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(remote), "key": "speaker", "value": None}


def test_null_gives_back_what_was_left_out_because_it_may_not_be_set_over_mqtt_any_more(file, remote):
    file.write_text('[mqtt]\nhost = "broker"\n')
    remote_settings.write(remote.parent, 1, {"mqtt.host": "evil", "speaker.volume": 0.4})
    assert config("set", "--config", file, "mqtt.host", "null") == 0
    assert remote_settings.read(remote.parent).values == {"speaker.volume": 0.4}
    assert file.read_text() == '[mqtt]\nhost = "broker"\n'


def test_null_leaves_a_change_on_trial_that_is_on_trial(file, remote):
    file.write_text("")
    remote_settings.mark(remote.parent, Trial.STOPPED)
    assert config("set", "--config", file, "speaker.volume", "null") == 0
    assert remote_settings.read(remote.parent).trial is Trial.STOPPED


def test_check_of_a_right_file_says_so(file, capsys):
    file.write_text('[engine]\norder = ["scripted"]\n[speaker]\nvolume = 0.3\n')
    assert config("check", "--config", file) == 0
    assert capsys.readouterr().out.startswith(f"{file}: OK, 2 of ")


def test_check_names_every_error_and_ends_with_78(file, capsys):
    file.write_text("[speaker]\nvolume = 3\nvolum = 1\n")
    assert config("check", "--config", file) == 78
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert config("check", "--json", "--config", file) == 78
    checked = json.loads(capsys.readouterr().out)
    assert [error["path"] for error in checked["errors"]] == ["speaker.volume", "speaker.volum"]


def test_check_refuses_what_run_would_refuse_with_the_same_line(file, capsys):
    file.write_text('[languages]\ntargets = ["tlh"]\n')
    assert config("check", "--config", file) == 78
    line = capsys.readouterr().err
    assert main(["run", "--config", str(file)]) == 78
    assert capsys.readouterr().err == line
    assert config("check", "--json", "--config", file) == 78
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert [error["code"] for error in errors] == ["unserved"]
    assert line == f"dragoman: {errors[0]['message']}\n"
    assert line.startswith(f"dragoman: {file}:2: languages.targets: no engine of device translates en-US into tlh")


def test_schema_can_be_a_documented_file(capsys):
    assert config("schema", "--toml") == 0
    assert capsys.readouterr().out == example(collect())


def test_schema_is_json_for_programs_that_ask_for_it(capsys):
    assert config("schema") == 0
    by_itself = capsys.readouterr().out
    assert config("schema", "--json") == 0
    assert capsys.readouterr().out == by_itself
    assert config("schema", "--json", "--toml") == 2


def test_set_keeps_comments_order_mode_and_everything_else(file, capsys):
    file.write_text('# mine\n[speaker]  # loud\nvolume = 0.3 # low\ntail_s = 0.1\n\n[mqtt]\nhost = "a"\n')
    file.chmod(0o600)
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    assert file.read_text() == '# mine\n[speaker]  # loud\nvolume = 0.5 # low\ntail_s = 0.1\n\n[mqtt]\nhost = "a"\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert capsys.readouterr().out == f"{file}: speaker.volume = 0.5 (from the next start)\n"


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("fr", '[languages]\ntargets = ["fr"] # all\nspeak = "fr" # loud\n'),
        ("fr,es", '[languages]\ntargets = ["fr", "es"] # all\nspeak = "es" # loud\n'),
        ("null", '[languages]\nspeak = "es" # loud\n'),
    ],
)
def test_what_is_spoken_follows_the_targets_in_the_file(file, targets, expected):
    file.write_text('[languages]\ntargets = ["es", "ca"] # all\nspeak = "es" # loud\n')
    assert config("set", "languages.targets", targets, "--config", file) == 0
    assert file.read_text() == expected


def test_it_is_told_that_what_is_spoken_has_followed(file, capsys):
    file.write_text('[languages]\ntargets = ["ca"]\nspeak = "ca"\n')
    assert config("set", "languages.targets", "fr", "--config", file) == 0
    assert f'{file}: languages.speak = "fr" follows it (from the next start)\n' in capsys.readouterr().out
    assert config("set", "languages.targets", "null", "--config", file, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(file), "key": "languages.targets", "value": None, "also": {"languages.speak": "es"}}


def test_set_keeps_line_ends_and_the_mark_of_an_editor_on_windows(file):
    file.write_bytes(b"\xef\xbb\xbf[speaker]\r\nvolume = 0.3\r\n# mine\r\n")
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    assert file.read_bytes() == b"\xef\xbb\xbf[speaker]\r\nvolume = 0.5\r\n# mine\r\n"
    assert config("set", "speaker.volume", "null", "--config", file) == 0
    assert file.read_bytes() == b"\xef\xbb\xbf[speaker]\r\n# mine\r\n"


def test_set_makes_the_file_and_its_sections(file):
    assert config("set", "languages.targets", "es,ca", "--config", file) == 0
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    assert tomllib.loads(file.read_text()) == {"languages": {"targets": ["es", "ca"]}, "speaker": {"volume": 0.5}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o644  # root makes it, and the daemon's user reads it


def test_set_puts_a_key_below_its_own_comment(file):
    file.write_text(example(collect()))
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    lines = file.read_text().splitlines()
    added = lines.index("volume = 0.5")
    assert lines[added - 1] == "#volume = 0.8"
    del lines[added]
    assert "\n".join(lines) + "\n" == example(collect())


def test_set_takes_nothing_in_a_comment_for_the_end_of_its_line(file):
    before = "# loud\u2028as the hall wants it\x85\n[speaker]\n#volume = 0.8\n"
    file.write_text(before)
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    assert file.read_text() == f"{before}volume = 0.5\n"


def test_set_follows_a_link(file, tmp_path):
    link = tmp_path / "link.toml"
    file.write_text("")
    link.symlink_to(file)
    assert config("set", "speaker.volume", "0.5", "--config", link) == 0
    assert link.is_symlink()
    assert tomllib.loads(file.read_text()) == {"speaker": {"volume": 0.5}}


@pytest.mark.parametrize("key", list(collect().keys))
@pytest.mark.parametrize("start", ["", "example"])
def test_every_key_can_be_set_to_its_default(file, key, start):
    schema = collect()
    file.write_text(example(schema) if start else "")
    default = schema.keys[key].default
    text = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    assert config("set", key, text, "--config", file) == 0
    tree = tomllib.loads(file.read_text())
    for part in key.split("."):
        tree = tree[part]
    assert (tuple(tree) if isinstance(tree, list) else tree) == default


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        (("speaker.volum", "1"), 2, "did you mean speaker.volume?"),
        (("speaker", "1"), 2, "speaker is a section: its keys are device, volume,"),
        (("recognizer", "1"), 2, "recognizer is a section: its keys are pocketsphinx"),
        (("speaker.volume", "3"), 2, "allowed: a number from 0 to 1"),
        (("speaker.volume", "0.5", "--host", "broker"), 2, "--device ID"),
        (("display.driver", "vt10"), 78, "did you mean 'vt100'?"),
        (("languages.speak", "fr"), 78, "allowed: one of the targets"),
    ],
)
def test_set_refuses_what_does_not_hold_and_changes_nothing(file, capsys, words, status, expected):
    file.write_text("# mine\n")
    assert config("set", *words, "--config", file) == status
    assert expected in capsys.readouterr().err
    assert file.read_text() == "# mine\n"


@pytest.mark.parametrize("text", ["[speaker", "speaker = 1\n", "[speaker]\nvolum = 1\n"])
def test_set_leaves_a_wrong_file_alone(file, text):
    file.write_text(text)
    assert config("set", "speaker.volume", "0.5", "--config", file) == 78
    assert file.read_text() == text


def test_set_says_when_something_else_wins(file, capsys, monkeypatch):
    monkeypatch.setenv("DRAGOMAN_SPEAKER__VOLUME", "0.9")
    assert config("set", "speaker.volume", "0.5", "--config", file) == 0
    assert "DRAGOMAN_SPEAKER__VOLUME wins: speaker.volume stays 0.9" in capsys.readouterr().err


def test_set_in_a_directory_that_is_not_there_is_one_line(tmp_path, capsys):
    assert config("set", "speaker.volume", "0.5", "--config", tmp_path / "a" / "b" / "c.toml") == 1
    assert "No such file or directory" in capsys.readouterr().err


def test_null_takes_a_key_out_of_the_file_and_nothing_else(file, capsys):
    file.write_text('# mine\n[speaker]\nvolume = 0.3  # loud\ntail_s = 0.5\n[mqtt]\nhost = "broker"\n')
    assert config("set", "--config", file, "speaker.volume", "null") == 0
    assert file.read_text() == '# mine\n[speaker]\ntail_s = 0.5\n[mqtt]\nhost = "broker"\n'
    assert (
        capsys.readouterr().out
        == f"{file}: speaker.volume is not set there; 0.8 holds (built-in) (from the next start)\n"
    )
    assert config("set", "--config", file, "mqtt.host", "null", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "key": "mqtt.host", "value": None}
    assert "broker" not in file.read_text()


def test_null_says_what_holds_where_another_layer_sets_the_key(file, capsys, monkeypatch):
    file.write_text("[speaker]\nvolume = 0.3\n")
    monkeypatch.setenv("DRAGOMAN_SPEAKER__VOLUME", "0.5")
    assert config("set", "--config", file, "speaker.volume", "null") == 0
    assert "0.5 holds (DRAGOMAN_SPEAKER__VOLUME)" in capsys.readouterr().out


def test_null_of_what_is_not_set_changes_nothing_and_makes_no_file(file):
    assert config("set", "--config", file, "speaker.volume", "null") == 0
    assert not file.exists()
    file.write_text("# nothing\n")
    assert config("set", "--config", file, "speaker.volume", "null") == 0
    assert file.read_text() == "# nothing\n"


def test_null_is_refused_where_the_rest_would_not_hold_or_the_file_is_none(file, capsys):
    file.write_text('[mqtt]\ncertificate_file = "/c"\nkey_file = "/k"\n')
    assert config("set", "--config", file, "mqtt.certificate_file", "null") == 78
    assert "mqtt.key_file" in capsys.readouterr().err
    file.write_text("[speaker\n")
    assert config("set", "--config", file, "speaker.volume", "null") == 78
    assert file.read_text() == "[speaker\n"
