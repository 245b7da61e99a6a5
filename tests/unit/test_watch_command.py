"""What ``dragoman watch`` is told to follow, and the command lines that it refuses."""

import pytest

from daemon.cli import main as cli
from tests.support.watching import World, final


def test_only_the_named_devices_are_followed():
    world = World("pocket")
    world.hear("final", final(1), device="pocket")
    world.hear("final", final(2))
    assert [device.name for device in world.watch.devices] == ["pocket"]
    assert all(topic.startswith("dragoman/pocket/") for topic in world.watch.subscriptions)


@pytest.mark.parametrize(
    ("words", "status", "expected"),
    [
        ([], 2, "--host"),
        (["--host", "h", "Kitchen!"], 2, "'Kitchen!' is no device id"),
        (["--host", "h", "--lang", "Spanish"], 2, "is no language"),
        (["--host", "h", "--port", "0"], 2, "--port 0"),
        (["--host", "h", "--last", "9999"], 2, "--last 9999"),
        (["--hots", "h"], 2, "did you mean --host?"),
    ],
)
def test_a_wrong_command_line_is_refused(tmp_path, capsys, words, status, expected):
    settings = tmp_path / "dragoman.toml"
    settings.write_text("")
    assert cli.main(["watch", "--config", str(settings), *words]) == status
    assert expected in capsys.readouterr().err
