"""Processes that do nothing but the least: what the daemon's own are compared with.

``python -m scripts.lib.bench.bare_processes ROLE`` runs one until its standard input ends:

- ``loop``: the bare loop, capture by a callback of 20 ms with webrtcvad in it;
- ``inside``, ``beside``: capture of ``card_mic`` as the daemon has it, converted and read frame by frame, with the
  callback in this process or in one of its own;
- ``main``, ``capture``, ``playback``: imports the mandatory libraries and opens PyAudio as the daemon's process of
  that name does; with ``-lean`` behind the name it imports only those that this process needs.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

_MANDATORY = ("pyaudio", "webrtcvad", "numpy", "paho.mqtt.client", "systemd.daemon", "systemd.journal", "serial")
_LEAN = {
    "main": ("webrtcvad", "numpy", "paho.mqtt.client", "systemd.daemon", "serial"),
    "capture": ("pyaudio",),
    "playback": ("pyaudio",),
}
_RATE_HZ = 16_000
_FRAME = 320


@contextlib.contextmanager
def running(role: str, environment: dict[str, str]) -> Iterator[int]:
    """Run one; give its process id as soon as it is set up."""
    command = [sys.executable, "-m", "scripts.lib.bench.bare_processes", role]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env={**os.environ, **environment}, **pipes) as process:
        if process.stdout is None or process.stdin is None or not process.stdout.readline():
            raise RuntimeError(f"the bare process {role} did not start")
        try:
            yield process.pid
        finally:
            process.stdin.close()


def _main(role: str) -> None:
    name, _, lean = role.partition("-")
    kept: list[Any] = []
    if name == "loop":
        kept.append(_listen_and_judge())
    elif name in _READERS:
        threading.Thread(target=_READERS[name](), name="reader", daemon=True).start()
    else:
        for module in _LEAN[name] if lean else _MANDATORY:
            import_module(module)
        if name in ("capture", "playback"):
            kept.append(_open(output=name == "playback", callback=None))
    print("ready", flush=True)
    sys.stdin.read()
    os._exit(0)


def _listen_and_judge() -> Any:
    import webrtcvad  # noqa: PLC0415 -- a process loads what its role needs

    detector = webrtcvad.Vad(2)

    def take(data: bytes, _count: int, _times: Any, _status: int) -> tuple[None, int]:
        detector.is_speech(data, _RATE_HZ)
        return None, 0

    return _open(output=False, callback=take)


def _inside() -> Callable[[], None]:
    from hw import portaudio  # noqa: PLC0415 -- as above
    from hw.capture_child import conversion  # noqa: PLC0415 -- as above

    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def make(rate_hz: int, channels: int, is_float: bool) -> portaudio.StreamCallback:  # noqa: FBT001 -- as `MakeCallback` says
        convert = conversion(rate_hz, channels, 0.0, None) if is_float else None

        def take(data: bytes, _count: int, _times: Any, _status: int) -> tuple[None, int]:
            frames = [data[:640], data[640:]] if convert is None else [frame for frame, _age in convert(data)[0]]
            for frame in frames:
                heard.put(frame)
            return None, portaudio.CONTINUE

        return take

    audio = portaudio.PortAudio()
    stream = audio.open_input("card_mic", make, floats=False)

    def read() -> None:
        while stream.is_active():
            heard.get()

    return read


def _beside() -> Callable[[], None]:
    from hw.audio_process import CaptureProcess  # noqa: PLC0415 -- as above

    microphone = CaptureProcess("card_mic")
    microphone.open()

    def read() -> None:
        while True:
            microphone.read(1.0)

    return read


_READERS = {"inside": _inside, "beside": _beside}


def _open(*, output: bool, callback: Any) -> Any:
    import pyaudio  # noqa: PLC0415 -- as above

    audio = pyaudio.PyAudio()
    wanted = "spk" if output else "mic"
    channels = "maxOutputChannels" if output else "maxInputChannels"
    devices = (audio.get_device_info_by_index(at) for at in range(audio.get_device_count()))
    index = next(found["index"] for found in devices if found["name"] == wanted and found[channels])
    side = {"output": True, "output_device_index": index} if output else {"input": True, "input_device_index": index}
    options = {"rate": _RATE_HZ, "channels": 1, "format": pyaudio.paInt16, "frames_per_buffer": _FRAME}
    return audio, audio.open(**options, **side, stream_callback=callback)


if __name__ == "__main__":
    _main(sys.argv[1])
