import json
import os
import subprocess
import sys
import wave

import pytest

import daemon
from daemon.cli import main as cli
from daemon.cli.output import print_table
from daemon.config_error import ConfigError, SettingError
from hw.api import DeviceNotFound
from tests.support.recordings import recording

COMMAND = [sys.executable, "-m", "daemon.cli.main"]


def test_help_names_every_command_and_what_it_is_for(capsys):
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in cli.commands())
    assert {"config", "devices", "doctor", "engines"} <= set(cli.commands())


@pytest.mark.parametrize("name", cli.commands())
def test_every_command_has_help(capsys, name):
    assert cli.main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"usage: dragoman {name}")


def test_the_version_is_the_package_s(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"dragoman {daemon.__version__}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "usage: dragoman COMMAND"),
        (["confg"], "there is no command 'confg'; did you mean config?"),
        (["arguments"], "there is no command 'arguments'"),
        (["--versoin"], "unknown option --versoin; did you mean --version?"),
        (["config"], "required"),
        (["config", "shw"], "there is no 'shw'; did you mean show?"),
        (["config", "show", "--jsn"], "unknown option --jsn; did you mean --json?"),
        (["config", "show", "--toml"], "unknown option --toml (dragoman config --help"),
        (["config", "show", "extra"], "unknown argument extra"),
        (["config", "show", "--conf", "x"], "unknown option --conf; did you mean --config?"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_nearest_name(capsys, words, expected):
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("speed", ["nan", "inf", "0", "-1"])
def test_a_simulation_of_no_speed_is_refused(capsys, speed):
    assert cli.main(["run", "--simulate", "x.wav", f"--simulate-speed={speed}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "expected"), [(None, "no such file"), (b"", "is empty"), (b"# words\n", "no audio file")]
)
def test_a_simulation_of_what_is_no_sound_is_one_line(tmp_path, content, expected):
    file = tmp_path / "sound.wav"
    if content is not None:
        file.write_bytes(content)
    settings = tmp_path / "dragoman.toml"
    settings.write_text('[languages]\nspeak = ""\n[engine]\norder = ["scripted"]\n')
    words = ["run", "--config", str(settings), "--simulate", str(file)]
    ended = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(f"dragoman: {file}")
    assert expected in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (
            ConfigError([SettingError("a", "b", "one"), SettingError("a", "b", "two")]),
            78,
            "dragoman: one\ndragoman: two\n",
        ),
        (DeviceNotFound("no microphone 'x'"), 1, "dragoman: no microphone 'x'\n"),
        (FileNotFoundError(2, "No such file or directory", "/x"), 1, "dragoman: /x: No such file or directory\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_expected_error_is_a_line_and_a_status(capsys, monkeypatch, error, status, line):
    def fail(_arguments):
        raise error

    monkeypatch.setattr("daemon.cli.config.run", fail)
    assert cli.main(["config", "show"]) == status
    assert capsys.readouterr().err == line


def test_a_daemon_without_the_library_of_any_of_its_engines_is_not_started_again_and_again(tmp_path):
    settings = tmp_path / "dragoman.toml"
    settings.write_text('[engine]\norder = ["azure"]\n[engine.azure]\nregion = "westeurope"\n')
    lacking = "sys.modules['daemon.engines.speech_service.engine'] = None"  # as where websockets is missing
    code = f"import sys; {lacking}; from daemon.cli.main import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-c", code, "run", "--config", str(settings)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 78
    assert ended.stderr.splitlines()[-1].startswith("dragoman: engine azure needs websockets: pip install")


def test_the_process_ends_with_the_command_s_status(tmp_path):
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[speaker]\nvolume = 3\n")
    ended = subprocess.run(
        [*COMMAND, "config", "check", "--config", str(wrong)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"dragoman: {wrong}:2: speaker.volume is 3")
    assert "Traceback" not in ended.stderr


def test_a_reader_that_goes_away_ends_the_command_quietly():
    with subprocess.Popen(
        [*COMMAND, "config", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_command_whose_output_is_closed_does_its_work_and_says_nothing():
    words = [*COMMAND, "config", "schema"]
    closed = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *words], capture_output=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, b"")


def scripted(*words, given, **environment):
    """Run a translation by the engine that only plays a part, with bytes on standard input."""
    return subprocess.Popen(
        [*COMMAND, "translate", "--engine", "scripted", *words],
        stdin=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )


def test_a_reader_of_translations_that_goes_away_ends_them_quietly(tmp_path):
    (tmp_path / "said.raw").write_bytes(recording("goforward") + bytes(32_000))
    with (tmp_path / "said.raw").open("rb") as given, scripted("-", given=given) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_what_comes_by_a_pipe_is_never_done_already(tmp_path):
    (tmp_path / "said.raw").write_bytes(recording("goforward") + bytes(32_000))
    (tmp_path / "said.txt").write_text("what came before\n")
    with (
        (tmp_path / "said.raw").open("rb") as given,
        scripted("-", "--output", tmp_path / "said.txt", given=given) as run,
    ):
        told, wrong = run.communicate()
    assert (run.returncode, told, wrong) == (0, b"", b"")
    assert (tmp_path / "said.txt").read_text() == "es: utterance 1\n"


def test_an_utterance_that_the_engine_refuses_is_a_failure_and_its_file_is_not_done(tmp_path):
    (tmp_path / "said.raw").write_bytes(recording("goforward") + bytes(32_000))
    (tmp_path / "script.json").write_text(json.dumps([{"failure": "bad_request", "cure": "configure"}]))
    with (
        (tmp_path / "said.raw").open("rb") as given,
        scripted(
            *("-", "--output", tmp_path / "said.txt"),
            given=given,
            DRAGOMAN_ENGINE__SCRIPTED__SCRIPT=str(tmp_path / "script.json"),
        ) as run,
    ):
        _told, wrong = run.communicate()
    assert run.returncode == 1
    assert wrong.decode().splitlines()[-1].startswith("dragoman: -: utterances without a result: 1 ")
    assert (tmp_path / "said.txt.partial").exists()
    assert not (tmp_path / "said.txt").exists()


@pytest.fixture
def recorded(tmp_path):
    """A recording in which an utterance is, and one in which none is."""
    for name, sound in (("talk", recording("goforward") + bytes(32_000)), ("still", bytes(64_000))):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
            file.writeframes(sound)
    return tmp_path


def ended(*words):
    """Run a translation; return its exit status, its output and what it complained of."""
    with scripted(*words, given=subprocess.DEVNULL) as process:
        told, wrong = process.communicate()
    return process.returncode, told.decode(), wrong.decode()


def test_a_named_output_is_written_anew_and_a_folder_is_gone_on_with(recorded):
    out = recorded / "talk.txt"
    out.write_text("of another recording\n")
    assert ended("--output", out, recorded / "talk.wav") == (0, "", "")
    assert out.read_text() == "es: utterance 1\n"

    out.write_text("kept\n")
    status, _told, wrong = ended("--output", f"{recorded}/", recorded / "talk.wav")
    words = f"{out} is there already, {recorded / 'talk.wav'} is left alone: delete it to have it done again"
    assert (status, wrong, out.read_text()) == (0, f"dragoman: {words}\n", "kept\n")


def test_where_nothing_is_heard_a_line_says_so(recorded):
    said = recorded / "said.wav"
    status, told, wrong = ended("--speech", said, recorded / "still.wav")
    assert (status, told) == (0, "")
    assert wrong.splitlines() == [
        f"dragoman: {recorded / 'still.wav'}: no speech was heard",
        f"dragoman: nothing was said, {said} was not written",
    ]
    assert not said.exists()
    assert ended(recorded / "talk.wav") == (0, "es: utterance 1\n", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--interim"], "--interim is for --format json"),
        (["--interim", "--format", "srt"], "--interim is for --format json"),
        (["--output", ""], "--output has an empty name"),
        (["--output", "/proc/talk.txt"], "no file can be made in /proc"),
        (["--output", "/" + "a" * 300], "File name too long"),
        (["--speech", "/proc/said.wav"], "no file can be made in /proc"),
        (["--speech", "/proc"], "/proc is a folder"),
        (["--output", "/dev/null"], "/dev/null is a device"),
        (["--format", "vtt", "other.wav"], "of several files needs --output FOLDER"),
    ],
)
def test_what_cannot_be_written_is_refused_before_any_work(recorded, words, expected):
    status, told, wrong = ended(*words, recorded / "talk.wav")
    assert (status, told, len(wrong.splitlines())) == (2, "", 1)
    assert expected in wrong


def test_a_recording_is_never_its_own_output(recorded):
    talk = recorded / "talk.wav"
    before = talk.read_bytes()
    for option in ("--output", "--speech"):
        status, _told, wrong = ended(option, talk, talk)
        assert (status, talk.read_bytes()) == (2, before)
        assert "own results" in wrong


def test_typed_text_in_another_encoding_is_taken_but_for_its_odd_characters(tmp_path):
    (tmp_path / "typed.txt").write_bytes("Wo ist das Caf\u00e9?\nGood morning.\n".encode("latin-1"))
    with (
        (tmp_path / "typed.txt").open("rb") as given,
        scripted("--text", given=given, PYTHONIOENCODING="utf-8:strict") as process,
    ):
        told, wrong = process.communicate()
    assert (process.returncode, wrong) == (0, b"")
    assert told.decode().splitlines() == ["es: Wo ist das Caf\ufffd?", "es: Good morning."]


def test_once_ends_typed_text_after_its_first_line(tmp_path):
    (tmp_path / "typed.txt").write_text("Good morning.\nGood night.\n")
    with (tmp_path / "typed.txt").open("rb") as given, scripted("--text", "--once", given=given) as process:
        told, wrong = process.communicate()
    assert (process.returncode, told, wrong) == (0, b"es: Good morning.\n", b"")


def test_help_loads_no_library_of_a_driver():
    code = "import sys; from daemon.cli.main import main; main(['--help']); print('\\n', *sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = shown.splitlines()[-1].split()
    assert "daemon.cli.main" in loaded
    assert not {"pyaudio", "serial", "paho", "pocketsphinx", "webrtcvad", "soundfile", "rich"} & set(loaded)


def test_columns_are_as_wide_as_the_widest_cell_on_a_terminal(capsys):
    print_table([("a", "1"), ("日本", "2"), ("abcde", "")], ("N", "V"))
    assert capsys.readouterr().out == "N      V\na      1\n日本   2\nabcde\n"
