"""What the callbacks of the sound processes are given, as PortAudio would, and what they send."""

from __future__ import annotations

import socket

import numpy as np

from hw import audio_wire as wire

NO_TIMES = {"input_buffer_adc_time": 0.0, "current_time": 0.0, "output_buffer_dac_time": 0.0}


def tone(rate_hz: int, samples: int) -> np.ndarray:
    """Return a tone of 300 Hz at half of full scale, which is 1."""
    return 0.5 * np.sin(2 * np.pi * 300 * np.arange(samples) / rate_hz)


def received(ours: socket.socket) -> list[tuple[bytes, int, int, bytes]]:
    """Return the messages that have come: kind, two numbers, sound."""
    messages = []
    while True:
        try:
            message = ours.recv(wire.MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return messages
        messages.append((*wire.EVENT.unpack_from(message), message[wire.EVENT.size :]))
