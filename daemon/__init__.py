"""Speech in, translations out. Knows nothing of PortAudio or serial ports."""

__version__ = "0.1.0"
