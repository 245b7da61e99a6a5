"""Entry of the child processes of `hw.audio_process`: capture, playback, or a list of the devices.

A child is small, because a device has little memory: it loads what its work needs and nothing else.
"""

from __future__ import annotations

import os
import signal
import sys

from hw import portaudio

#: What is said of a card that PortAudio does not list.
_IN_USE = "in use, by the daemon or another program, or not permitted"


def main(words: list[str]) -> int:
    """Run ``capture FD DEVICE GAIN_DB CHANNEL``, ``playback CONTROL_FD DATA_FD DEVICE``, or ``list``."""
    # The parent decides when a child ends: not Ctrl-C, nor a stop of the whole unit, which may still have to speak.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _silence_libraries()
    if words[0] == "capture":
        from hw.capture_child import capture  # noqa: PLC0415 -- each child loads its own part

        return capture(int(words[1]), words[2], float(words[3]), int(words[4]) if words[4] else None)
    if words[0] == "playback":
        from hw.playback_child import PlaybackLoop  # noqa: PLC0415 -- as above

        return PlaybackLoop(int(words[1]), int(words[2]), words[3]).run()
    return list_devices()


def list_devices() -> int:
    """Print a JSON list of [kind, name, description, aliases]."""
    import json  # noqa: PLC0415 -- only here

    audio = portaudio.PortAudio()
    found: list[tuple[str, str, str, tuple[str, ...]]] = []
    for kind, output in (("microphone", False), ("speaker", True)):
        devices = audio.devices(output=output)
        found += [(kind, one.name, one.description, one.aliases) for one in devices if not one.is_plugin]
        found += [(kind, name, _IN_USE, also) for name, also in portaudio.unlisted(devices, output=output)]
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    return 0


def _silence_libraries() -> None:
    """Keep what ALSA, JACK and PortAudio print off the terminal; Python's own last words still reach it."""
    words = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = os.fdopen(words, "w", buffering=1)


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stderr.flush()
    # No tidying up: terminating PortAudio hangs after a stream that hung.
    os._exit(status)
