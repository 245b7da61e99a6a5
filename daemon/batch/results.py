"""Where results go: standard output as they come, or files that appear whole when they are complete."""

from __future__ import annotations

import sys
import threading
import wave
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from daemon import files
from daemon.batch import formats
from daemon.batch.places import Destination
from daemon.board import utc_now
from daemon.events import DropReason, Final, Interim, OutputEvent, SynthesizedSpeech, UtteranceDropped

#: What follows the name of results that are not all.
PARTIAL = ".partial"
#: Why there is no result though somebody may have spoken → in words.
_LOST = {
    DropReason.ENGINE_FAILED: "the engine failed or did not answer",
    DropReason.BACKLOG: "the engine was too slow, or away",
}


class Results:
    """Takes results (in any thread) and writes those of the input that is being worked on.

    `doubts`: as text, say what may well be wrong.
    """

    def __init__(self, form: str, targets: tuple[str, ...], *, interims: bool = False, doubts: bool = False) -> None:
        self.finals = 0
        #: Ending of the files of an input that has not all of its results; empty while nothing says so.
        self.ending = ""
        #: Target language → why a final could not be translated into it, the first one of each.
        self.untranslated: dict[str, str] = {}
        self._form = form
        self._targets = targets
        self._interims = interims and form == "json"
        self._doubts = doubts
        self._file = ""
        self._sheets: dict[str, list[str]] = {}
        self._to_stdout = True
        self._cues: dict[str, int] = {}
        self._lost: Counter[DropReason] = Counter()
        self._heard = False

    @contextmanager
    def of(self, file: str, destination: Destination) -> Iterator[None]:
        """Write what comes inside as the results of `file`; nothing is put in place if it fails."""
        langs = list(destination.paths) or [""]
        self._file, self._to_stdout, self.ending = file, not destination.paths, ""
        self._sheets = {lang: [] for lang in langs}
        self._cues = dict.fromkeys(langs, 0)
        self._lost.clear()
        self._heard = False
        for lang in langs:
            self._write(lang, formats.HEADINGS.get(self._form, ""))
        yield
        for lang, path in destination.paths.items():
            partial = path.with_name(path.name + PARTIAL)
            files.replace(partial if self.ending else path, "".join(self._sheets[lang]).encode())
            if not self.ending:
                partial.unlink(missing_ok=True)  # of an earlier time: now there is all of it

    def take(self, event: OutputEvent) -> None:
        """Write a final, and where wanted an interim; know what is lost."""
        if isinstance(event, Final):
            self.finals += 1
            self._heard = True
            self._final(event)
        elif isinstance(event, Interim) and self._interims:
            self._write("", formats.json_line(event, self._file, utc_now()))
        elif isinstance(event, UtteranceDropped) and event.reason in _LOST:
            self._lost[event.reason] += 1
            self.incomplete()

    def incomplete(self) -> None:
        """Know that the input has not all of its results, so that they are not taken for all of it later."""
        self.ending = PARTIAL

    @property
    def losses(self) -> str:
        """How many utterances of the input have no result, and why; empty: none was lost."""
        return "; ".join(f"utterances without a result: {n} ({_LOST[reason]})" for reason, n in self._lost.items())

    @property
    def silent(self) -> bool:
        """Whether all of the input was heard and there was no speech in it."""
        return not (self._heard or self._lost or self.ending)

    def _final(self, final: Final) -> None:
        for lang in self._targets:
            if reason := formats.failure(final, lang):
                self.untranslated.setdefault(lang, f"{lang}: {reason}")
        if self._form == "text":
            self._write("", formats.text(final, self._targets, doubts=self._doubts))
        elif self._form == "json":
            self._write("", formats.json_line(final, self._file, utc_now()))
        else:
            for lang in self._sheets:
                self._cue(lang, final)

    def _cue(self, sheet: str, final: Final) -> None:
        lang = sheet or self._targets[0]
        if formats.failure(final, lang):
            return
        self._cues[sheet] += 1
        self._write(sheet, formats.CUES[self._form](self._cues[sheet], final, lang))

    def _write(self, lang: str, piece: str) -> None:
        if self._to_stdout:
            sys.stdout.write(piece)
            sys.stdout.flush()
        else:
            self._sheets[lang].append(piece)


class SpeechFile:
    """Collects synthesized speech into one WAV file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = threading.Lock()
        #: Request → its sound as far as it has come; then, in the order of speaking, what is complete. Ids are those of
        #: utterances, which are counted anew in each file.
        self._sound: dict[str, bytearray] = {}
        self._complete: list[bytes] = []
        self._open: set[str] = set()
        self._rate_hz = 0
        #: What the synthesizer said was wrong.
        self.errors: list[str] = []

    def expect(self, request: str) -> None:
        """Know that speech of that request will come."""
        with self._changed:
            self._open.add(request)

    def take(self, block: SynthesizedSpeech) -> None:
        """Keep a block of what is expected."""
        with self._changed:
            if block.id not in self._open:
                return
            self._rate_hz = self._rate_hz or block.rate_hz
            self._sound.setdefault(block.id, bytearray()).extend(block.pcm)
            if block.error:
                self.errors.append(block.error)
            if block.last:
                self._open.discard(block.id)
                self._complete.append(bytes(self._sound.pop(block.id)))

    @property
    def complete(self) -> bool:
        """Whether everything expected has come."""
        with self._changed:
            return not self._open

    def write(self) -> bool:
        """Put the WAV file in place; nothing was said: nothing is written. Return whether it was."""
        if not self._rate_hz:
            return False
        whole = BytesIO()
        with wave.open(whole, "wb") as file:
            file.setparams((1, 2, self._rate_hz, 0, "NONE", "not compressed"))
            for sound in [*self._complete, *map(bytes, self._sound.values())]:
                file.writeframes(sound)
        files.replace(self._path, whole.getvalue())
        return True
