"""Runs the real daemon on a recording and shows what comes out of it: MQTT messages, the serial display, speech.

``scripts/demo`` calls it, after it has installed what is missing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from demo_parts import Broker, DemoError, SerialScreen, Subscriber, end, start, tail
from demo_show import Show, delays, translations
from screen_view import framed, svg

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "tests" / "recordings"
DRAGOMAN = Path(sys.executable).with_name("dragoman")
DEVICE = "demo"
COLUMNS, ROWS = 40, 8
TITLE = "the serial display"
#: The daemon says something every 60 s at least, its metrics; after so long it never will again.
SILENCE_S = 150
#: A clean stop takes five.
STOP_S = 8

SETTINGS = """\
[device]
id = "{device}"
[mqtt]
host = "127.0.0.1"
port = {broker}
[display]
driver = "vt100"
port = "{serial}"
[display.vt100]
columns = {columns}
rows = {rows}
[speaker]
device = "{speaker}"
"""

Events = queue.SimpleQueue[tuple[str, dict[str, Any]]]


def main() -> int:
    """Run the demo; return its exit status."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        _demo(arguments.audio or _shipped_recording(), arguments.speech, arguments.picture)
    except DemoError as error:
        print(f"scripts/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description="See Dragoman translate a recording.")
    parser.add_argument("audio", nargs="?", type=Path, metavar="WAV", help="recording; without it one that ships here")
    parser.add_argument("--speech", type=Path, metavar="OUT.wav", help="write the speech there instead of playing it")
    parser.add_argument("--picture", type=Path, metavar="OUT.svg", help="keep a picture of the display as it ends")
    arguments = parser.parse_args()
    if arguments.audio and not arguments.audio.is_file():
        parser.error(f"there is no file {arguments.audio}")
    return arguments


def _interrupt(*_signal: object) -> NoReturn:
    raise KeyboardInterrupt


def _shipped_recording() -> Path:
    found = sorted(RECORDINGS.glob("demo.*")) or sorted(RECORDINGS.glob("*.flac"))
    if not found:
        raise DemoError(f"no recording in {RECORDINGS}: name one, scripts/demo WAV")
    return found[0]


def _demo(audio: Path, speech: Path | None, picture: Path | None) -> None:
    """Put the world together, let the daemon live in it, tell how it was."""
    events: Events = queue.SimpleQueue()
    with contextlib.ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="dragoman-demo-")))
        broker = Broker(folder)
        cleanup.callback(broker.close)
        broker.wait()
        screen = SerialScreen(COLUMNS, ROWS, lambda: events.put(("screen", {})))
        cleanup.callback(screen.close)
        subscriber = Subscriber(broker.port, DEVICE, lambda topic, payload: events.put((topic, payload)))
        cleanup.callback(subscriber.close)
        speaker, where = _speaker(speech)
        _write_settings(folder, broker, screen, speaker)
        print(f"Recording: {audio}\nSpeech:    {where}\n")
        show = Show(lambda: screen.look(lambda now: framed(now, TITLE)))
        log = folder / "daemon.log"
        process = _start_daemon(folder, audio, log)
        cleanup.callback(end, process, STOP_S)
        _follow(process, events, show)
        subscriber.catch_up()
        show.all_of(_waiting(events))
        show.finish()
        if picture:
            picture.write_text(screen.look(lambda now: svg(now, "Dragoman")), encoding="utf-8")
        _tell(show, process.wait(), log, where)


def _speaker(speech: Path | None) -> tuple[str, str]:
    """Return the setting, and what a person is told."""
    if speech is None and _has_speaker():
        return "default", "on the default speaker"
    if speech is None:
        speech = Path(tempfile.mkdtemp(prefix="dragoman-speech-")) / "speech.wav"
        return f"file:{speech}", f"into {speech}, as there is no speaker here"
    return f"file:{speech.absolute()}", f"into {speech}"


def _has_speaker() -> bool:
    """Whether the daemon would find a speaker. What keeps `devices` from telling is its own affair, not the demo's."""
    listing = subprocess.run([DRAGOMAN, "devices", "--json"], capture_output=True, text=True, check=False)
    try:
        return any(device["kind"] == "speaker" for device in _devices(json.loads(listing.stdout)))
    except ValueError:
        return False


def _devices(listing: Any) -> list[dict[str, Any]]:
    return listing["devices"] if isinstance(listing, dict) else listing


def _write_settings(folder: Path, broker: Broker, screen: SerialScreen, speaker: str) -> None:
    text = SETTINGS.format(
        device=DEVICE, broker=broker.port, serial=screen.port, speaker=speaker, columns=COLUMNS, rows=ROWS
    )
    (folder / "dragoman.toml").write_text(text, encoding="utf-8")


def _start_daemon(folder: Path, audio: Path, log: Path) -> subprocess.Popen[bytes]:
    state, run = folder / "state", folder / "run"
    state.mkdir()
    run.mkdir()
    command = [str(DRAGOMAN), "run", "--config", str(folder / "dragoman.toml"), "--simulate", str(audio)]
    return start(command, log, STATE_DIRECTORY=str(state), RUNTIME_DIRECTORY=str(run))


def _follow(process: subprocess.Popen[bytes], events: Events, show: Show) -> None:
    """Show what comes until the daemon has ended. Raises `DemoError` if it never will."""
    quiet_s = 0.0
    while process.poll() is None:
        try:
            topic, payload = events.get(timeout=show.PAUSE_S)
        except queue.Empty:
            quiet_s += show.PAUSE_S
            show.pause()
            if quiet_s > SILENCE_S:
                raise DemoError(f"the daemon has said nothing for {SILENCE_S} s: it hangs") from None
            continue
        quiet_s = 0.0
        show.event(topic, payload)


def _waiting(events: Events) -> Iterator[tuple[str, dict[str, Any]]]:
    with contextlib.suppress(queue.Empty):
        while True:
            yield events.get_nowait()


def _tell(show: Show, status: int, log: Path, where: str) -> None:
    """Print the outcome. Raises `DemoError` if it is none."""
    if status != 0:
        raise DemoError(f"the daemon ended with exit status {status}:\n{tail(log)}")
    if not show.finals:
        raise DemoError("no translation came: is there speech in the recording?\n" + (show.trouble or tail(log)))
    print("\n" + translations(show.finals))
    print("\n" + delays(show.finals, show.first_audio_ms))
    print(f"\nSpeech: {where}.")


if __name__ == "__main__":
    sys.exit(main())
