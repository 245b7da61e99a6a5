"""How long a frame of MP3 is, by its header (ISO/IEC 11172-3, 2.4.1.3, and 13818-3 for half the rates)."""

from __future__ import annotations

HEADER_BYTES = 4
#: Kilobits a second of MPEG 1, and of MPEG 2; the first and the last index are no rate.
_KBITS = (
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES_HZ = (44_100, 48_000, 32_000)
#: Eleven bits of synchronization, the version's upper bit (set: not MPEG 2.5), then layer III.
_SYNC, _SYNC_BITS = 0xFFF2, 0xFFF6


def frame_bytes(header: bytes) -> int | None:
    """Return the length in bytes of the frame that begins with these `HEADER_BYTES`; None if none begins so."""
    if int.from_bytes(header[:2], "big") & _SYNC_BITS != _SYNC:
        return None
    half = 0 if header[1] & 0x08 else 1
    kbits, rate = header[2] >> 4, header[2] >> 2 & 3
    if not 0 < kbits <= len(_KBITS[half]) or rate == len(_RATES_HZ):
        return None
    padding = header[2] >> 1 & 1
    return 144_000 * _KBITS[half][kbits - 1] // _RATES_HZ[rate] + padding
