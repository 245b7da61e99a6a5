"""A room: the microphone hears the speaker, and whoever speaks in it. One PulseAudio, so that it can cancel the echo.

Devices as in `tests.support.pulse`; with `cancelled` there are two more, ``mic_ec`` and ``spk_ec``, the microphone and
the speaker of PulseAudio's own echo canceller (module-echo-cancel), as people would set it up.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.pulse import SPEECH, Server

#: From the speaker to the microphone, milliseconds.
_ECHO_MS = 40


class Room:
    """Running inside the `with` block: `server.play` is somebody who speaks, `server.listen` hears the microphone."""

    def __init__(self, *, cancelled: bool = False) -> None:
        # Not pytest's tmp_path: the address of a Unix socket has room for 107 characters.
        self._folder = tempfile.TemporaryDirectory(prefix="room-")
        folder = Path(self._folder.name)
        modules = [
            f"module-null-sink sink_name=spk {SPEECH.module} norewinds=1",
            f"module-remap-source source_name=mic master=micfeed.monitor {SPEECH.module} remix=no",
            f"module-loopback source=spk.monitor sink=micfeed latency_msec={_ECHO_MS} {SPEECH.module}",
        ]
        names = ["mic", "spk"]
        if cancelled:
            modules.append(
                "module-echo-cancel source_name=mic_ec source_master=mic sink_name=spk_ec sink_master=spk "
                'use_master_format=1 aec_method=webrtc aec_args="analog_gain_control=0 digital_gain_control=0"'
            )
            names += ["mic_ec", "spk_ec"]
        self.server = Server("room", "micfeed", tuple(modules), folder)
        self._alsa = folder / "asound.conf"
        self._alsa.write_text(
            "".join(f'pcm.{name} {{ type pulse server "{self.server.address}" device "{name}" }}\n' for name in names)
            # PortAudio fails without a default one.
            + 'pcm.!default { type asym playback.pcm "spk" capture.pcm "mic" }\n'
        )

    @property
    def env(self) -> dict[str, str]:
        """What a process must have in its environment to use the devices."""
        return {"ALSA_CONFIG_PATH": str(self._alsa)}

    def __enter__(self) -> Self:
        try:
            self.server.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.server.kill()
        self._folder.cleanup()
