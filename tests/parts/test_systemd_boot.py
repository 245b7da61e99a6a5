"""The unit as `scripts/install` puts it on a machine with nothing on it, started by a systemd that has booted there."""

from __future__ import annotations

import pytest

from tests.support import machine

RECORDINGS = machine.ROOT / "tests" / "recordings"
#: Everything that happens on the other machine, in one boot: sections of KEY=VALUE lines.
PROBE = r"""
section() { echo "[$1]"; }
show() { systemctl show dragoman --property=ActiveState,Result,NRestarts,ExecMainStatus,StatusText,MainPID; }
# until_true SECONDS COMMAND…
until_true() {
    local end=$((SECONDS + $1)); shift
    until "$@"; do ((SECONDS < end)) || return 1; sleep 0.1; done
}
has() { [[ $(systemctl show dragoman --value --property="$1") == "$2" ]]; }
drop_in() {
    mkdir -p /run/systemd/system/dragoman.service.d
    printf '%s\n' '[Service]' "$@" >/run/systemd/system/dragoman.service.d/probe.conf
    systemctl daemon-reload
    systemctl reset-failed dragoman
}
section ready
until_true 30 has ActiveState active
show
pid=$(systemctl show dragoman --value --property=MainPID)
echo "user=$(stat --format=%U /proc/$pid)"
echo "credential=$(cat /run/credentials/dragoman.service/mqtt-password)"

section stop
begin=$(date +%s%3N)
systemctl stop dragoman
echo "took_ms=$(($(date +%s%3N) - begin))"
show

section restart
systemctl start dragoman
kill -TERM "$(systemctl show dragoman --value --property=MainPID)" # it ends as it does when it is asked to restart
until_true 40 has NRestarts 1 && until_true 30 has ActiveState active
show
systemctl stop dragoman

section watchdog
drop_in WatchdogSec=2
systemctl start dragoman
pid=$(systemctl show dragoman --value --property=MainPID)
((pid)) && kill -STOP "$pid"
until_true 40 has NRestarts 1 && until_true 30 has ActiveState active
show
echo "timeouts=$(journalctl --unit=dragoman --output=cat | grep --count 'Watchdog timeout')"
systemctl stop dragoman

section configuration
drop_in Environment=DRAGOMAN_LANGUAGES__SOURSE=en
systemctl start dragoman
sleep 4 # twice RestartSec: by then it would have been started again
show

section translation
drop_in Environment=DRAGOMAN_SPEAKER__DEVICE=file:/var/lib/dragoman/speech.wav Restart=no ExecStart= \
    "ExecStart=/opt/dragoman/bin/dragoman run --simulate $(ls /recordings/*.flac | head -1)"
systemctl start dragoman
until_true 90 has ActiveState inactive
show
echo "speech_bytes=$(stat --format=%s /var/lib/dragoman/speech.wav)"

section journal
journalctl --unit=dragoman --output=cat
"""

pytestmark = [
    pytest.mark.parts,
    pytest.mark.long,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(bool(machine.missing()), reason=machine.missing()),
]


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    other = machine.Machine(tmp_path_factory.mktemp("machine") / "root")
    other.run("/src/scripts/install")
    password = other.folder / "etc/credstore/dragoman.mqtt-password"
    password.parent.mkdir(exist_ok=True)
    password.write_text("secret", encoding="utf-8")
    password.chmod(0o600)
    return other.boot(PROBE, f"{RECORDINGS}:/recordings", limit_s=300)


@pytest.fixture(scope="module")
def told(log):
    """Section → key → value, all texts."""
    sections: dict[str, dict[str, str]] = {}
    for line in log.partition("[journal]")[0].splitlines():
        if line.startswith("["):
            sections[line.strip("[]")] = current = {}
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key] = value
    return sections


def test_it_is_ready_after_the_boot(told, log):
    ready = told["ready"]
    assert (ready["ActiveState"], ready["NRestarts"]) == ("active", "0"), log
    assert ready["StatusText"]


def test_it_runs_as_its_own_user_with_the_brokers_password(told):
    assert told["ready"]["user"] == "dragoman"
    assert told["ready"]["credential"] == "secret"


def test_it_stops_cleanly_within_five_seconds(told, log):
    stop = told["stop"]
    assert (stop["ActiveState"], stop["Result"], stop["ExecMainStatus"]) == ("inactive", "success", "0"), log
    assert int(stop["took_ms"]) < 5_000


def test_it_is_started_again_when_it_ended_because_it_was_asked_to(told, log):
    restart = told["restart"]
    assert (restart["ActiveState"], restart["NRestarts"]) == ("active", "1"), log


def test_it_is_started_again_when_it_makes_no_progress(told, log):
    watchdog = told["watchdog"]
    assert (watchdog["ActiveState"], watchdog["NRestarts"]) == ("active", "1"), log
    assert watchdog["timeouts"] == "1"


def test_wrong_settings_are_not_tried_again(told, log):
    refused = told["configuration"]
    assert (refused["ActiveState"], refused["ExecMainStatus"], refused["NRestarts"]) == ("failed", "78", "0"), log


def test_the_engine_works_within_the_units_limits(told, log):
    translation = told["translation"]
    assert (translation["Result"], translation["ExecMainStatus"]) == ("success", "0"), log
    a_second = 32_000
    assert int(translation["speech_bytes"]) > a_second
