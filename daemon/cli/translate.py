"""``dragoman translate``: one-off and batch work with files, a pipe, the microphone, or typed text."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from daemon import build
from daemon.batch import formats
from daemon.batch.places import Destination, OutputRefused, destinations, require_place, spare
from daemon.batch.progress import Progress, progress
from daemon.batch.results import Results, SpeechFile
from daemon.batch.session import Session, SessionFailed, interruptible
from daemon.cli.arguments import CONFIGURATION, DONE, FAILED, USAGE, CommandError, add_config, did_you_mean, told
from daemon.config import ConfigError, Settings, load
from daemon.engines.base import TRANSLATOR_FAULTY, EngineReady
from daemon.events import Final, OutputEvent, SpeechRequest, SynthesizedSpeech, Translation, speech_of
from daemon.language_tags import base
from hw.audio_file import STANDARD_INPUT, AudioFile, AudioFileError, open_audio

HELP = "translate files, a pipe, the microphone or typed text"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="audio files; - is standard input")
    parser.add_argument("--microphone", action="store_true", help="listen to the microphone of the settings")
    parser.add_argument("--text", action="store_true", help="translate standard input, a line in, a line out")
    parser.add_argument("--from", dest="source", metavar="LANG", help="language that is spoken (default: settings)")
    parser.add_argument("--to", action="append", metavar="LANG", help="target language; once for each")
    parser.add_argument("--once", action="store_true", help="stop after the first utterance, or line of text")
    parser.add_argument("--engine", metavar="NAME", help="engine (default: the first of the settings)")
    parser.add_argument("--format", choices=tuple(formats.ENDINGS), default="text", help="form of the results")
    parser.add_argument("--interim", action="store_true", help="with --format json: interim results, too")
    parser.add_argument("--output", metavar="NAME|DIR", help="write results there, not to standard output")
    parser.add_argument("--speech", metavar="OUT.wav", type=Path, help="write the spoken translation there")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do all that was asked; list at the end what failed."""
    _check_sources(arguments)
    settings = _settings(arguments)
    inputs = arguments.files or ["microphone" if arguments.microphone else "-"]
    places = _places(arguments, inputs, settings)
    # Who reads a file or a pipe gets the bare text.
    doubts = arguments.format == "text" and arguments.output is None and sys.stdout.isatty()
    with ExitStack() as context:
        shown = context.enter_context(progress(visible=sys.stderr.isatty(), doubts=doubts))
        job = context.enter_context(_Job(arguments, settings, shown, doubts=doubts))
        try:
            return job.do(list(zip(inputs, places, strict=True)))
        except SessionFailed as error:
            raise CommandError(str(error)) from error


# ---------------------------------------------------------------- what was asked for


def _check_sources(arguments: argparse.Namespace) -> None:
    given = [bool(arguments.files), arguments.microphone, arguments.text]
    if sum(given) != 1:
        raise CommandError("translate takes either FILE…, or -, or --microphone, or --text", USAGE)
    if arguments.text and arguments.format in formats.SUBTITLES:
        raise CommandError(f"--format {arguments.format} needs sound: typed text has no times", USAGE)
    if arguments.interim and arguments.format != "json":
        text = f"--interim is for --format json, not {arguments.format}: take one with the other, or leave it out"
        raise CommandError(text, USAGE)
    if arguments.files.count("-") > 1:
        raise CommandError("standard input (-) can be read only once", USAGE)


def _places(arguments: argparse.Namespace, inputs: list[str], settings: Settings) -> list[Destination]:
    """Return where each input's results go; what cannot be written is refused before any work."""
    try:
        if arguments.speech:
            require_place("--speech", arguments.speech)
        places = destinations(inputs, arguments.output, arguments.format, settings.languages.targets)
        named = [path for place in places if not place.in_folder for path in place.paths.values()]
        spare(arguments.files, [*named, *([arguments.speech] if arguments.speech else [])])
    except OutputRefused as error:
        raise CommandError(str(error), USAGE) from error
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        raise CommandError(told(error), USAGE) from error
    return places


def _settings(arguments: argparse.Namespace) -> Settings:
    """Return the settings with the command line over them; what the engine cannot do is refused before it is loaded."""
    configured = load(arguments.config)
    engine = arguments.engine or configured.engine.order[0]
    if engine not in build.engine_names():
        raise CommandError(f"there is no engine {engine!r}{did_you_mean(engine, build.engine_names())}", USAGE)
    targets = list(dict.fromkeys(map(_tag, arguments.to or configured.languages.targets)))
    speak = configured.languages.speak if configured.languages.speak in targets else targets[0]
    overrides: dict[str, Any] = {
        "engine.order": [engine],
        "languages.speak": speak if arguments.speech else "",
        "languages.conversation": [],  # what is translated goes one way
    }
    if arguments.source:
        overrides["languages.source"] = _tag(arguments.source)
    if arguments.to:
        overrides["languages.targets"] = targets
    try:
        settings = load(arguments.config, overrides=overrides)
    except ConfigError as error:  # without the command line they held
        raise CommandError(str(error), USAGE) from error
    _check_languages(arguments, settings, build.capabilities(engine, settings))
    return settings


def _check_languages(arguments: argparse.Namespace, settings: Settings, able: EngineReady) -> None:
    """Refuse languages that the engine does not serve; one that knows them only when it runs is given the chance."""
    if not able.pairs and not able.missing:
        return
    source = settings.languages.source
    sources = tuple(pair.source for pair in able.pairs) if arguments.text else able.recognizes
    status = USAGE if arguments.source or arguments.engine else CONFIGURATION
    _check_known(source, sources, "translated" if arguments.text else "recognized", able, status)
    served = tuple(pair.target for pair in able.pairs if base(pair.source) == base(source))
    status = USAGE if arguments.to else status
    for lang in settings.languages.targets:
        _check_known(lang, served, f"translated into from {base(source)}", able, status)


def _check_known(lang: str, known: tuple[str, ...], what: str, able: EngineReady, status: int) -> None:
    if base(lang) in map(base, known):
        return
    stage = "recognizer" if what == "recognized" else "translators"
    why = able.missing.get(lang) or able.missing.get(stage)
    install = f": {why}" if why else ""
    names = f" (known: {', '.join(sorted(set(known)))})" if known else ""
    raise CommandError(f"{lang!r} cannot be {what}{install}{did_you_mean(lang, known)}{names}", status)


def _tag(lang: str) -> str:
    """Return a language tag in its usual case: people type ES."""
    first, *others = lang.split("-")
    region_letters = 2
    return "-".join([first.lower(), *(part.upper() if len(part) == region_letters else part for part in others)])


# ---------------------------------------------------------------- doing it


class _Job:
    """One run of the command: the session, and where its results go."""

    def __init__(self, arguments: argparse.Namespace, settings: Settings, shown: Progress, *, doubts: bool) -> None:
        self._arguments = arguments
        self._settings = settings
        self._shown = shown
        targets = settings.languages.targets
        self._results = Results(arguments.format, targets, interims=arguments.interim, doubts=doubts)
        self._speech = SpeechFile(arguments.speech) if arguments.speech else None
        self._context = ExitStack()
        self._session = Session(
            build.engine(settings, patient=not arguments.microphone),
            settings.languages,
            settings.gate,
            self._take,
            interims=sys.stderr.isatty() or arguments.interim,
            realtime=arguments.microphone,
            confirmer=build.confirmer(settings),
        )

    def __enter__(self) -> Self:
        self._context.enter_context(self._session)
        self._context.enter_context(interruptible(self._session))
        return self

    def __exit__(self, *error: object) -> None:
        self._context.close()

    def do(self, work: list[tuple[str, Destination]]) -> int:
        failures = [failure for file, destination in work for failure in self._one(file, destination)]
        if self._speech:
            self._session.wait_for(lambda: self._speech is None or self._speech.complete)
            if not self._speech.write():
                print(f"dragoman: nothing was said, {self._arguments.speech} was not written", file=sys.stderr)
            failures += self._speech.errors
        failures += self._results.untranslated.values()
        passed_over = [each.detail for each in self._session.state.problems if each.code == TRANSLATOR_FAULTY]
        for text in [*passed_over, *failures]:
            print(f"dragoman: {text}", file=sys.stderr)
        return FAILED if failures else DONE

    def _one(self, file: str, destination: Destination) -> list[str]:
        """Work on one input; return what was wrong with it."""
        if self._session.stopped:
            return []
        # What comes by a pipe or a microphone is never what came before.
        if destination.kept and file in self._arguments.files and file != STANDARD_INPUT:
            text = f"{destination.kept} is there already, {file} is left alone: delete it to have it done again"
            print(f"dragoman: {text}", file=sys.stderr)
            return []
        try:
            with self._results.of(file, destination):
                damage = self._work_on(file)
            if self._results.ending and destination.paths:
                text = f"{file}: results are not of all of it; what there is has {self._results.ending} behind its name"
                print(f"dragoman: {text}", file=sys.stderr)
            if self._arguments.files and self._results.silent and not self._session.stopped:
                print(f"dragoman: {file}: no speech was heard", file=sys.stderr)
        except AudioFileError as error:
            return [str(error)]
        except BrokenPipeError:  # who read the results has gone: nothing more is to be done for anybody
            raise
        except OSError as error:
            return [told(error)]
        losses = f"{file}: {self._results.losses}" if self._results.losses else ""
        return [failure for failure in (damage, losses) if failure]

    def _work_on(self, file: str) -> str | None:
        """Have the results of an input; return what is wrong with it, if they are not of all of it."""
        if self._arguments.text:
            self._translate_lines()
        elif self._arguments.microphone:
            self._shown.start(file, None)
            self._session.listen(build.microphone(self._settings))
        else:
            for audio in self._session.until_stopped(map(open_audio, [file])):  # a pipe may have nothing to say yet
                with audio:
                    self._hear(file, audio)
                if audio.damage:
                    self._results.incomplete()
                    return audio.damage
        return None

    def _hear(self, file: str, audio: AudioFile) -> None:
        self._shown.start(file, audio.duration_s)
        self._session.hear(audio, self._shown.position)
        # Nobody but who ends it knows how long a pipe is, and with --once no more was wanted.
        if self._session.stopped and audio.duration_s is not None and not self._arguments.once:
            self._results.incomplete()

    def _translate_lines(self) -> None:
        for number, line in enumerate(self._session.until_stopped(sys.stdin), start=1):
            words = line.strip()
            translations = self._session.translate(words) if words else {}
            final = _typed(number, words, translations, self._settings)
            self._results.take(final)
            spoken = translations.get(self._settings.languages.speak)
            if self._speech and spoken and spoken.text:
                request = SpeechRequest(speech_of(number), self._settings.languages.speak, spoken.text)
                self._speech.expect(request.id)
                self._session.speak(request)
            if self._arguments.once:
                return

    def _take(self, event: OutputEvent) -> None:
        """Take a result; called by the streaming client's thread."""
        if isinstance(event, SynthesizedSpeech):
            if self._speech:
                self._speech.take(event)
            return
        if self._arguments.once and self._results.finals:
            return  # the one that was wanted has been
        if isinstance(event, Final) and self._speech:
            spoken = event.translations.get(self._settings.languages.speak)
            if spoken and spoken.text:
                self._speech.expect(speech_of(event.utterance))
        self._shown.take(event)
        self._results.take(event)
        if isinstance(event, Final) and self._arguments.once:
            self._session.stop()


def _typed(number: int, words: str, translations: dict[str, Translation], settings: Settings) -> Final:
    """Return typed text in the form of a final, so that it is written like one."""
    return Final(
        utterance=number,
        source_lang=settings.languages.source,
        source=words,
        translations=translations or {lang: Translation() for lang in settings.languages.targets},
        audio_s=0.0,
        start_s=0.0,
        end_s=0.0,
        engine=settings.engine.order[0],
        first_interim_ms=None,
        final_ms=0,
        engine_ms=0,
    )
