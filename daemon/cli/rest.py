"""``dragoman rest``: short jobs of the Speech service or a gateway: a recording to text, text to a file, voices."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import daemon.engines
from daemon import drivers, files
from daemon.cli.arguments import DONE, FAILED, USAGE, CommandError, add_config, add_json, did_you_mean
from daemon.cli.output import print_json, print_table
from daemon.config import Settings, load
from daemon.engines.speech_service.faults import ServiceFault
from daemon.engines.speech_service.request import SPEECH_FORMAT_NAME
from daemon.engines.speech_service.rest import LONGEST_S, RestClient
from hw.api import SPEECH_FORMAT
from hw.audio_file import AudioFileError, open_audio

HELP = "recognize short recordings, speak a text, list voices: the Speech service's REST"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="recognize|say|voices")
    recognize = parts.add_parser("recognize", help=f"recordings of up to {LONGEST_S:g} s to text, one line a file")
    recognize.add_argument("files", nargs="+", metavar="FILE", help="audio files; - is standard input")
    recognize.add_argument("--from", dest="source", metavar="LANG", help="language that is spoken (default: settings)")
    say = parts.add_parser("say", help="a text to a file of its speech")
    say.add_argument("words", nargs="*", metavar="TEXT", help="what to say; none: standard input")
    say.add_argument("--ssml", action="store_true", help="the text is SSML")
    say.add_argument("--in", dest="lang", metavar="LANG", help="language of the text (default: the spoken one)")
    say.add_argument("--format", default=SPEECH_FORMAT_NAME, metavar="NAME", help=f"default: {SPEECH_FORMAT_NAME}")
    say.add_argument("--output", required=True, metavar="FILE", help="where to write it; - is standard output")
    voices = parts.add_parser("voices", help="the voices that there are")
    for part in (recognize, say, voices):
        part.add_argument(
            "--engine", metavar="NAME", help="who is asked (default: the first of engine.order that can be)"
        )
        add_config(part)
    for part in (recognize, voices):
        add_json(part)


def run(arguments: argparse.Namespace) -> int:
    """Do one part."""
    settings = load(arguments.config)
    name = _engine(arguments.engine, settings)
    try:
        client: RestClient = drivers.load(daemon.engines, name).rest(settings.plain())
        return {"recognize": _recognize, "say": _say, "voices": _voices}[arguments.part](client, arguments, settings)
    except ServiceFault as fault:
        raise CommandError(fault.text) from fault


def _engine(wanted: str | None, settings: Settings) -> str:
    able = [name for name in settings.schema.drivers("engine") if hasattr(drivers.load(daemon.engines, name), "rest")]
    if wanted is not None and wanted not in able:
        raise CommandError(
            f"engine {wanted!r} has no REST{did_you_mean(wanted, able)} (have: {', '.join(able)})", USAGE
        )
    found = wanted or next((name for name in settings.engine.order if name in able), None)
    if found is None:
        raise CommandError(f"no engine of engine.order has REST: name one by --engine ({', '.join(able)})", USAGE)
    return found


# ---------------------------------------------------------------- the parts


def _recognize(client: RestClient, arguments: argparse.Namespace, settings: Settings) -> int:
    source = arguments.source or settings.languages.source
    failures = []
    for file in arguments.files:
        try:
            found = client.recognize(_sound(file), source, detailed=arguments.json)
        except AudioFileError as error:
            failures.append(str(error))
            continue
        except ServiceFault as fault:
            failures.append(f"{file}: {fault.text}")
            continue
        if arguments.json:
            print(
                json.dumps(
                    {"file": file, "lang": source, "text": found.text, "answer": found.answer}, ensure_ascii=False
                )
            )
        else:
            print(found.text if len(arguments.files) == 1 else f"{file}: {found.text}".rstrip())
    for failure in failures:
        print(f"dragoman: {failure}", file=sys.stderr)
    return FAILED if failures else DONE


def _sound(file: str) -> bytes:
    """Return a file's sound; what is too long is not read to its end."""
    most = round(LONGEST_S * SPEECH_FORMAT.bytes_per_second)
    pcm = bytearray()
    with open_audio(file) as audio:
        for frame in audio:
            pcm += frame
            if len(pcm) > most:
                text = f"{audio.name}: more than {LONGEST_S:g} s; `dragoman translate` takes recordings of any length"
                raise AudioFileError(text)
        if audio.damage:
            print(f"dragoman: {audio.damage}", file=sys.stderr)
    return bytes(pcm)


def _say(client: RestClient, arguments: argparse.Namespace, settings: Settings) -> int:
    text = " ".join(arguments.words) or sys.stdin.read()
    if not text.strip():
        raise CommandError("there is nothing to say", USAGE)
    lang = arguments.lang or settings.languages.speak or settings.languages.targets[0]
    sound = client.speak(text if arguments.ssml else client.requests.ssml(lang, text), arguments.format)
    if arguments.output == "-":
        sys.stdout.buffer.write(sound)
    else:
        files.replace(Path(arguments.output), sound)
    return DONE


def _voices(client: RestClient, arguments: argparse.Namespace, _settings: Settings) -> int:
    found = client.voices()
    if arguments.json:
        print_json(found)
    else:
        columns = ("ShortName", "Locale", "Gender", "VoiceType")
        print_table(
            ([_cell(voice, name) for name in columns] for voice in found), ("VOICE", "LANGUAGE", "GENDER", "KIND")
        )
    return DONE


def _cell(voice: dict[str, Any], name: str) -> str:
    value = voice.get(name, "")
    return value if isinstance(value, str) else json.dumps(value)
