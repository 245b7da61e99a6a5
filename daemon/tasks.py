"""From the languages of the settings to what an engine is to do, and what of its translations is spoken."""

from __future__ import annotations

from dataclasses import replace

from daemon.engines.base import Task
from daemon.language_tags import base
from daemon.settings import LanguagesSection

#: Neither interims nor haste are a matter of languages.
_PLAIN = Task("", ())


def task_of(languages: LanguagesSection, manner: Task = _PLAIN) -> Task:
    """Return what is to be done with an utterance, in the manner of another task."""
    return replace(
        manner,
        source=languages.source,
        targets=languages.targets,
        conversation=languages.conversation,
        phrases=languages.phrases,
    )


def other_side(languages: LanguagesSection) -> str:
    """Return the target that is the other side of the conversation; without one, the first target."""
    sides = set(map(base, languages.conversation)) - {base(languages.source)}
    return next((lang for lang in languages.targets if base(lang) in sides), languages.targets[0])


def spoken(languages: LanguagesSection, heard: str) -> str:
    """Return the target that is spoken of what was heard in a language: in a conversation, the other side's."""
    if not languages.speak or heard not in languages.conversation:
        return languages.speak
    return task_of(languages).heard(heard).targets[0]
