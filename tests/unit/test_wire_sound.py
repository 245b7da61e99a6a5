"""The header of sound as it travels."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.wire.errors import WireError
from daemon.wire.sound import SoundShape, begins_with_header, parse_riff_header, riff_header
from tests.support.wire_messages import made, understood


@given(made(SoundShape), st.binary(max_size=100))
def test_a_header_of_sound_comes_back_and_needs_all_its_bytes(shape, samples):
    header = riff_header(shape)
    assert parse_riff_header(header + samples) == (shape, len(header))
    assert all(parse_riff_header(header[:length]) is None for length in range(len(header)))


def test_a_header_with_other_chunks_is_read():
    header = riff_header(SoundShape())
    longer = header[:36] + b"LIST\x03\0\0\0abc\0" + header[36:] + b"samples"
    assert parse_riff_header(longer) == (SoundShape(), len(longer) - len(b"samples"))


@pytest.mark.parametrize("tag", [1, 3, 7])
def test_the_extensible_form_of_a_header_names_its_format_further_on(tag):
    described = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4, tag) + bytes(14)
    header = b"RIFF\0\0\0\0WAVE" + b"fmt " + struct.pack("<I", len(described)) + described + b"data\0\0\0\0"
    assert parse_riff_header(header) == (SoundShape(16_000, 1, 16, tag), len(header))
    assert all(parse_riff_header(header[:length]) is None for length in range(len(header)))


@given(st.binary())
def test_any_header_of_sound_is_a_shape_or_more_is_needed_or_a_wire_error(data):
    understood(parse_riff_header, data)
    understood(parse_riff_header, riff_header(SoundShape())[:36] + data)
    begins_with_header(data)


@pytest.mark.parametrize("shape", [SoundShape((1 << 32) - 1), SoundShape(8_000, 0xFFFF, 32)])
def test_sound_that_its_own_header_could_not_describe_is_refused(shape):
    sizes = struct.pack("<HHIIHH", shape.format_tag, shape.channels, shape.rate_hz, 0, 0, shape.bits)
    header = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + sizes + b"data\0\0\0\0"
    with pytest.raises(WireError, match="Hz") as fault:
        parse_riff_header(header)
    assert fault.value.code == "bad_audio_header"
