"""A real microphone and a real speaker on a machine without any: PulseAudio null sinks behind ALSA.

Each device has a PulseAudio of its own, so that one can be unplugged (its server killed) or wedged (its source or sink
suspended) without the other::

    with PulseAudio() as audio:
        subprocess.Popen(["dragoman", "run", …], env={**os.environ, **audio.env})
        audio.microphone.play("speech.wav")          # somebody speaks
        with audio.speaker.listen() as heard: …      # what comes out of the speaker: heard.pcm()

The microphone is called ``mic``, the speaker ``spk``; both are the default. 16 kHz, mono, 16 bit, unless told
otherwise: ``PulseAudio(Sound("s32le", 48_000, 2), strict=folder)`` is a sound card that knows this format and no other.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

TOOLS = ("pulseaudio", "paplay", "parec", "pactl")
#: Debian packages of `TOOLS` and of ALSA's PulseAudio plug-in.
PACKAGES = "pulseaudio pulseaudio-utils libasound2-plugins"
#: How long a server may take to start, seconds.
START_S = 15.0
#: PulseAudio's name of a sample format → ALSA's.
ALSA_FORMATS = {"s16le": "S16_LE", "s24le": "S24_3LE", "s24-32le": "S24_LE", "s32le": "S32_LE", "float32le": "FLOAT_LE"}
#: Where ALSA's channels are, in their order. One or two need no names.
PLACES = ("front-left", "front-right", "rear-left", "rear-right", "front-center", "lfe", "side-left", "side-right")
MAPPED = 2


@dataclass(frozen=True, slots=True)
class Sound:
    """A format of sound, in PulseAudio's words."""

    format: str = "s16le"
    rate_hz: int = 16_000
    channels: int = 1

    @property
    def module(self) -> str:
        """Words for a module."""
        return f"format={self.format} rate={self.rate_hz} channels={self.channels}{self._map(' channel_map=')}"

    @property
    def raw(self) -> tuple[str, ...]:
        """Options of pacat and parec."""
        raw = ("--raw", f"--format={self.format}", f"--rate={self.rate_hz}", f"--channels={self.channels}")
        return (*raw, self._map("--channel-map=")) if self.channels > MAPPED else raw

    def _map(self, key: str) -> str:
        """Name the channels in ALSA's order: PulseAudio mixes those of unlike names."""
        return key + ",".join(PLACES[: self.channels]) if self.channels > MAPPED else ""

    @property
    def alsa(self) -> str:
        """Keys of an ALSA device."""
        return f"format {ALSA_FORMATS[self.format]} rate {self.rate_hz} channels {self.channels}"


SPEECH = Sound()
RAW = SPEECH.raw


def missing() -> str:
    """Return why there can be no PulseAudio here, empty if there can."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"{', '.join(lacking)} missing: apt install {PACKAGES}" if lacking else ""


def wait_until(condition: Callable[[], bool], what: str, within_s: float = START_S) -> None:
    """Wait for something that cannot be waited on otherwise; TimeoutError says what did not happen."""
    ends = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError(f"{what}: not within {within_s} s")
        time.sleep(0.01)


class Server:
    """One PulseAudio with one null sink."""

    def __init__(self, name: str, sink: str, modules: tuple[str, ...], folder: Path, sound: Sound = SPEECH) -> None:
        self.sink = sink
        self.sound = sound
        self._name = name
        self._folder = folder
        self._socket = folder / f"{name}.sock"
        self._modules = (
            f"module-null-sink sink_name={sink} {sound.module} norewinds=1",
            *modules,
            # The last, so that whoever sees the socket finds everything else.
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:{self._socket}"

    def start(self) -> None:
        """Plug it in."""
        environment = {**os.environ, **self._own_folders()}
        options = ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no"]
        loads = [word for module in self._modules for word in ("-L", module)]
        with (self._folder / f"{self._name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["pulseaudio", *options, "--high-priority=no", *loads], env=environment, stdout=log, stderr=log
            )
        wait_until(self._ready, f"PulseAudio {self._name} starts (see {log.name})")

    def kill(self) -> None:
        """Unplug it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        self._socket.unlink(missing_ok=True)

    def restart(self) -> None:
        """Unplug it and plug it in again."""
        self.kill()
        self.start()

    def suspend(self) -> None:
        """Wedge it: it stays there, but nothing moves."""
        self._suspend("1")

    def resume(self) -> None:
        """End `suspend`."""
        self._suspend("0")

    def play(self, path: str | Path) -> None:
        """Play a sound file (whatever libsndfile reads) on the sink, and wait until it is over."""
        subprocess.run(["paplay", "-s", self.address, f"--device={self.sink}", str(path)], check=True)

    def play_raw(self, pcm: bytes) -> None:
        """Play sound of the sink's own format on it, and wait until it is over."""
        command = ["pacat", "-s", self.address, f"--device={self.sink}", *self.sound.raw]
        subprocess.run(command, input=pcm, check=True)

    @contextlib.contextmanager
    def listen(self) -> Iterator[Hearing]:
        """Hear what the sink plays, from now on until the end of the block."""
        command = ["parec", "-s", self.address, f"--device={self.sink}.monitor", "--latency-msec=20", *RAW]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            hearing = Hearing(process.stdout)
            try:
                # A null sink plays silence all the time: the first of it says that nothing will be missed.
                hearing.wait_for(1)
                yield hearing
            finally:
                process.terminate()
                hearing.join()

    def _ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"PulseAudio {self._name} ended: {(self._folder / f'{self._name}.log').read_text()}")
        return self._socket.exists()

    def _suspend(self, state: str) -> None:
        subprocess.run(["pactl", "-s", self.address, "suspend-sink", self.sink, state], check=True)

    def _own_folders(self) -> dict[str, str]:
        run = self._folder / f"run-{self._name}"
        run.mkdir(mode=0o700, exist_ok=True)
        return {"HOME": str(self._folder), "XDG_RUNTIME_DIR": str(run)}


class Microphone(Server):
    """What is played on its sink is what the microphone ``mic`` hears."""

    def _suspend(self, state: str) -> None:
        subprocess.run(["pactl", "-s", self.address, "suspend-source", "mic", state], check=True)


class Hearing:
    """What is heard so far, collected by a thread of its own."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._pcm = bytearray()
        self._grown = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._collect, name="hearing")
        self._thread.start()

    def pcm(self) -> bytes:
        """Return everything heard, 16 kHz mono 16-bit."""
        with self._grown:
            return bytes(self._pcm)

    def wait_for(self, size: int, within_s: float = START_S) -> bytes:
        """Wait until so many bytes have been heard; return everything heard."""
        return self.wait_until(lambda pcm: len(pcm) >= size, f"{size} bytes are heard", within_s)

    def wait_until(self, condition: Callable[[bytes], bool], what: str, within_s: float = START_S) -> bytes:
        """Wait until what has been heard fulfils a condition; return it."""
        with self._grown:
            if not self._grown.wait_for(lambda: self._ended or condition(bytes(self._pcm)), within_s):
                raise TimeoutError(f"{what}: not within {within_s} s")
            return bytes(self._pcm)

    def join(self) -> None:
        self._thread.join()

    def _collect(self) -> None:
        while chunk := os.read(self._source.fileno(), 65_536):
            with self._grown:
                self._pcm += chunk
                self._grown.notify_all()
        with self._grown:
            self._ended = True
            self._grown.notify_all()


class PulseAudio:
    """A microphone and a speaker, running inside the `with` block.

    `sound` is what both have. With a `strict` folder, where the plug-in is built, they refuse every other format.
    """

    def __init__(self, sound: Sound = SPEECH, *, strict: Path | None = None) -> None:
        # Not pytest's tmp_path: the address of a Unix socket has room for 107 characters.
        self._folder = tempfile.TemporaryDirectory(prefix="pulse-")
        folder = Path(self._folder.name)
        remap = f"module-remap-source source_name=mic master=micfeed.monitor {sound.module} remix=no"
        self.microphone = Microphone("mic", "micfeed", (remap,), folder, sound)
        self.speaker = Server("spk", "spk", (), folder, sound)
        self._alsa = folder / "asound.conf"
        self._alsa.write_text(self._devices() + (_strict_devices(strict, sound) if strict else ""))

    def _devices(self) -> str:
        return (
            f'pcm.mic {{ type pulse server "{self.microphone.address}" device "mic" }}\n'
            f'pcm.spk {{ type pulse server "{self.speaker.address}" device "spk" }}\n'
            'pcm.!default { type asym playback.pcm "spk" capture.pcm "mic" }\n'
        )

    @property
    def env(self) -> dict[str, str]:
        """What a process must have in its environment to use both devices."""
        return {"ALSA_CONFIG_PATH": str(self._alsa)}

    def __enter__(self) -> Self:
        try:
            self.microphone.start()
            self.speaker.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.microphone.kill()
        self.speaker.kill()
        self._folder.cleanup()


def strict_missing() -> str:
    """Return why no plug-in can be built here, empty if it can."""
    there = shutil.which("gcc") is not None and Path("/usr/include/alsa/pcm_ioplug.h").exists()
    return "" if there else "gcc or ALSA's headers missing: apt install gcc libc6-dev libasound2-dev"


def _strict_devices(folder: Path, sound: Sound) -> str:
    """Build the plug-in; return the devices ``card_mic`` and ``card_spk``, which know one format."""
    library = folder / "libasound_module_pcm_strict.so"
    if not library.exists():
        source = Path(__file__).with_name("strict_pcm.c")
        command = ["gcc", "-Wall", "-Werror", "-shared", "-fPIC", "-DPIC", "-o", str(library), str(source), "-lasound"]
        subprocess.run(command, check=True)
    return f'pcm_type.strict {{ lib "{library}" }}\n' + "".join(
        f'pcm.card_{name} {{ type strict slave "{name}" {sound.alsa} }}\n' for name in ("mic", "spk")
    )
