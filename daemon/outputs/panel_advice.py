"""Which settings of a display help against what is wrong with it: those that its driver has, and no others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from daemon.config import Settings


class PanelAdvice:
    """What to do, as it ends a message. `section` is the driver's in the settings, `keys` are the names in it.

    A driver is advised of by the names of its settings alone: ``encoding`` and ``characters`` choose the letters that
    it has, ``targets`` (with ``source`` and ``status``) the places of its texts, ``model`` which display of several it
    is, ``answers`` whether it can be heard.
    """

    def __init__(self, section: str = "", keys: Collection[str] = ()) -> None:
        self._section = section
        self._keys = frozenset(keys)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the advice for the display of the settings."""
        section = f"display.{settings.display.driver}"
        return cls(section, [key.name for key in settings.schema.of_section(section)])

    @property
    def letters(self) -> str:
        """Against letters that the display lacks."""
        named = self._named("encoding", "characters")
        return f"choose a display{f' or a character set ({named})' if named else ''} that has the letters"

    @property
    def room(self) -> str:
        """Against too little room for all languages."""
        named = self._named("targets")
        return "take fewer languages.targets" + (f", or name a component for each: {named}" if named else "")

    @property
    def refusals(self) -> str:
        """Against instructions that the display does not take; a question."""
        questions = []
        if self._named("targets"):
            components = self._named("source", "targets", "status")
            questions.append(f"are the components on its page called as in {components}?")
        if model := self._named("model"):
            questions.append(f"is {model} another?")
        return " ".join(questions) or "is it the one that display.driver names?"

    @property
    def silence(self) -> str:
        """Against a display that does not answer: a question, and what to set where it cannot be heard."""
        named = self._named("answers")
        asked = "is it switched on, are TX and RX the right way round, is display.baud its own?"
        return f"{asked} If its TX is not connected: dragoman config set {named} false" if named else asked

    def _named(self, *names: str) -> str:
        return ", ".join(f"{self._section}.{name}" for name in names if name in self._keys)
