"""How the gateway reads SSML."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, strategies

from daemon.gateway.ssml import MOST_CHARACTERS, Passage, parse_ssml
from daemon.wire.errors import WireError


def speak(inner, lang="en-US"):
    return f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{lang}">{inner}</speak>'


def test_ssml_is_read_in_order_with_its_languages_and_pauses():
    inner = (
        '<voice name="es-ES-ElviraNeural">Hola, <prosody rate="+10%">¿qué\n tal?</prosody><break time="500ms"/></voice>'
        '<p>One.</p><s><lang xml:lang="de-DE">Zwei</lang> three <sub alias="World Wide Web">WWW</sub></s>'
    )
    assert parse_ssml(speak(inner)) == (
        Passage("es-ES", "Hola, ¿qué tal?"),
        Passage("es-ES", "", 0.5),
        Passage("en-US", "One."),
        Passage("de-DE", "Zwei"),
        Passage("en-US", "three World Wide Web"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello",
        "<speak>",
        "<html>Hello</html>",
        '<!DOCTYPE speak [<!ENTITY a "aaaa">]><speak>&a;</speak>',
        speak("<p>" * 40 + "</p>" * 40),
        speak("word " * MOST_CHARACTERS),
    ],
)
def test_what_is_no_ssml_or_too_much_of_it_is_refused(text):
    with pytest.raises(WireError):
        parse_ssml(text)


@given(strategies.text(max_size=300))
def test_ssml_is_understood_or_refused_whatever_comes(text):
    for whole in (text, speak(text), speak(f'<voice name="{text}">x</voice>')):
        with contextlib.suppress(WireError):
            assert all(isinstance(passage, Passage) for passage in parse_ssml(whole))
