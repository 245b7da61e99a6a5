"""Puts on the board how the engine is, what it translates, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.board import Board, PartState
from daemon.engines.base import Cure, EngineFailure, EngineLoad, EngineReady, EngineWarning
from daemon.settings import LanguagesSection
from daemon.tasks import task_of


class EngineReport:
    """Written by the streaming client's worker."""

    def __init__(self, board: Board) -> None:
        self._board = board
        #: Code and language of each thing said to be missing.
        self._missing: set[tuple[str, str]] = set()

    @property
    def handlers(self) -> dict[type, Callable[[Any], None]]:
        """What the engine says for the board alone → who puts it there."""
        return {EngineLoad: self.load, EngineWarning: self.warning}

    def loading(self) -> None:
        """Say that the engine is getting ready."""
        self._board.part("engine", PartState.LOADING)

    def ready(self) -> None:
        """Say that it is, with nothing waiting in it."""
        self._board.part("engine", PartState.OK)
        self._board.solved("engine_failed")
        self._board.solved("engine_slow")

    def refused(self, failure: EngineFailure) -> None:
        """Say why an utterance is lost, if a person can do something about it."""
        if failure.cure is Cure.CONFIGURE:
            self._board.problem("utterance_refused", failure.text, about=failure.engine)

    def understood(self) -> None:
        """Say that utterances are not refused any more."""
        self._board.solved("utterance_refused")

    def failed(self, failure: EngineFailure) -> None:
        """Say that the engine as a whole failed."""
        self._board.problem("engine_failed", failure.text)
        self._board.part("engine", PartState.LOADING if failure.cure is Cure.RETRY else PartState.FAILED)

    def load(self, load: EngineLoad) -> None:
        """Say whether the engine keeps up."""
        if load.level == 0:
            self._board.solved("engine_slow")
            return
        left_out = "second pass" if load.level == 1 else "second pass and interims"
        self._board.problem("engine_slow", f"{load.engine} is {load.behind_s:.1f} s behind: {left_out} left out")

    def warning(self, warning: EngineWarning) -> None:
        """Pass on what the engine warns of, or that it is over."""
        if warning.text:
            self._board.problem(warning.code, warning.text, about=warning.engine)
        else:
            self._board.solved(warning.code, about=warning.engine)

    def serves(self, engine: str, languages: LanguagesSection, ready: EngineReady | None) -> None:
        """Say what is translated, and what cannot be; None: the engine is away, and nobody knows."""
        self.understood()  # as far as is known of another engine, or other languages
        spoken = languages.conversation
        self._board.serving(source=languages.source, targets=languages.targets, engine=engine, conversation=spoken)
        found = _missing(languages, ready) if ready else {}
        for code, lang in self._missing - found.keys():
            self._board.solved(code, about=lang)
        for (code, lang), advice in found.items():
            self._board.problem(code, advice, about=lang)
        self._missing = set(found)


def _missing(languages: LanguagesSection, ready: EngineReady) -> dict[tuple[str, str], str]:
    """Return what is wanted and cannot be done: code and language → what to install."""
    ways = task_of(languages).ways
    wanted = dict.fromkeys((languages.source, *(target for way in ways for target in way.targets)))
    found = {(_code(lang, languages), lang): ready.missing[lang] for lang in wanted if lang in ready.missing}
    unheard = {lang: advice for lang, advice in ready.unheard.items() if lang in languages.conversation}
    return found | {("no_recognizer", lang): advice for lang, advice in unheard.items()}


def _code(lang: str, languages: LanguagesSection) -> str:
    return "no_recognizer" if lang == languages.source else "no_translator"
