"""Shipped stand-ins for the things that can be touched: same contract, no hardware.

`FileMicrophone` is the microphone of ``--simulate``; `RecordingSpeaker` is the speaker where there is none. The
scripted ones play the world: they overflow, get lost, hang and are busy when they are told to be.
"""

from hw.fake.clock import Clock, ManualClock, MonotonicClock
from hw.fake.link import RecordingLink
from hw.fake.microphone import SILENCE, FileMicrophone, Overflow, Pause, ScriptedMicrophone, Step
from hw.fake.speaker import RecordingSpeaker

__all__ = [
    "SILENCE",
    "Clock",
    "FileMicrophone",
    "ManualClock",
    "MonotonicClock",
    "Overflow",
    "Pause",
    "RecordingLink",
    "RecordingSpeaker",
    "ScriptedMicrophone",
    "Step",
]
