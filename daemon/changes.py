"""What a change of the settings means beyond the values asked for: what goes with it, what cannot be served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon import config, remote_settings
from daemon.config import ConfigError, SettingError, Settings
from daemon.engines.base import EngineReady
from daemon.language_tags import base
from daemon.schema import Rejected
from daemon.settings import LanguagesSection
from daemon.tasks import task_of

_TARGETS, _SPEAK = "languages.targets", "languages.speak"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a change."""

    #: Of the settings in force.
    rev: int
    #: Dotted keys whose new values hold now.
    applied: tuple[str, ...] = ()
    #: Dotted keys whose new values hold from the next start.
    restart_required: tuple[str, ...] = ()


def of_text(settings: Settings, path: str, text: str) -> dict[str, Any]:
    """Return the patch for one key, written as a person writes it. Raises `ConfigError`."""
    key = settings.schema.keys.get(path)
    if key is None:
        raise ConfigError([SettingError(path, "unknown_key", settings.schema.unknown(path))])
    try:
        return {path: key.from_text(text)}
    except Rejected as error:
        raise ConfigError([SettingError(path, error.code, str(error))]) from None


def changed(before: Settings, values: Mapping[str, Any], ready: EngineReady | None) -> Settings:
    """Return the settings after a merge patch, all or nothing. Raises `ConfigError` with everything that is wrong.

    `ready`: what the engine serves; None while it is away and nobody knows.
    """
    patch = with_speech(before, config.flat_patch(before, values))
    try:
        after = config.with_remote(before, patch)
    except ConfigError as error:
        raise ConfigError([*error.errors, *_unserved_besides(before, patch, error, ready)]) from None
    if errors := unserved(before.languages, after.languages, ready):
        raise ConfigError(errors)
    return after


def with_speech(before: Settings, patch: dict[str, Any]) -> dict[str, Any]:
    """Have the spoken language follow when it named a target that is gone: to the target now in its place.

    Who changes the target means that one to be heard. Nothing follows where the patch says what is spoken.
    """
    languages = before.languages
    if _TARGETS not in patch or _SPEAK in patch or not languages.speak:
        return patch
    targets = patch[_TARGETS]
    if targets is None:
        targets = before.layers.without_remote()[_TARGETS].value
    if not isinstance(targets, list | tuple) or not targets:
        return patch
    if base(languages.speak) in [base(lang) for lang in targets if isinstance(lang, str)]:
        return patch
    place = [base(lang) for lang in languages.targets].index(base(languages.speak))
    return {**patch, _SPEAK: targets[min(place, len(targets) - 1)]}


def to_what_lies_below(before: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patch to these values: those that hold of themselves are given back, so that the file stays in charge.

    What is spoken goes by the targets where nobody said which, so it is given back with them only.
    """
    below = config.without_remote(before).flat()
    patch = {path: None if below[path] == value else value for path, value in values.items()}
    return patch | ({_SPEAK: values[_SPEAK]} if patch.get(_TARGETS) is not None and _SPEAK in values else {})


def given_back(before: Settings, path: str, directory: Path) -> Settings:
    """Give a key, or all of a section, back to what lies below, for the next start. Raises `ConfigError`, `OSError`.

    What is kept of it, but was left out, needs no patch, which could be refused: any change forgets it.
    """
    in_force = dict.fromkeys(key for key in before.remote if f"{key}.".startswith(f"{path}."))
    after = config.with_remote(before, to_what_lies_below(before, with_speech(before, in_force)))
    config.keep_remote(after, directory, remote_settings.read(directory).trial)
    return after


def unserved(before: LanguagesSection, languages: LanguagesSection, ready: EngineReady | None) -> list[SettingError]:
    """Return an error for each language that the engine does not serve and that was not asked of it before.

    What it lacked before is told in `state`, and is no reason to refuse another change: that the speech be off, say.
    Only what it serves must not all go.
    """
    if ready is None:
        return []
    if _serves(before, ready) and not _serves(languages, ready):
        return list(_lacking(languages, ready))
    lacked = list(_lacking(before, ready))
    return [error for error in _lacking(languages, ready) if error not in lacked]


def _lacking(languages: LanguagesSection, ready: EngineReady) -> Iterator[SettingError]:
    heard, served = set(map(base, ready.recognizes)), _served(ready)
    spoken = {"languages.conversation": languages.conversation, "languages.source": (languages.source,)}
    for path, lang in ((path, lang) for path, langs in spoken.items() for lang in langs):
        if base(lang) not in heard:
            yield SettingError(path, "no_recognizer", f"nothing here recognizes {lang}")
    for way in task_of(languages).ways:
        for lang in way.targets if base(way.source) in heard else ():
            if (base(way.source), base(lang)) not in served:
                yield SettingError(_TARGETS, "no_translator", f"nothing here translates {way.source} into {lang}")


def _serves(languages: LanguagesSection, ready: EngineReady) -> bool:
    """Tell whether anything is done with anything that may be said."""
    ways = task_of(languages).ways
    return not _served(ready).isdisjoint((base(way.source), base(lang)) for way in ways for lang in way.targets)


def _served(ready: EngineReady) -> set[tuple[str, str]]:
    heard = set(map(base, ready.recognizes))
    return {(base(pair.source), base(pair.target)) for pair in ready.pairs if base(pair.source) in heard}


def _unserved_besides(
    before: Settings, patch: Mapping[str, Any], error: ConfigError, ready: EngineReady | None
) -> list[SettingError]:
    """Return what could not be served if all the rest were right: every error is to be told at once."""
    wrong = {one.path for one in error.errors}
    languages = {path: value for path, value in patch.items() if path.startswith("languages.") and path not in wrong}
    try:
        return unserved(before.languages, config.with_remote(before, languages).languages, ready)
    except ConfigError:
        return []  # they are wrong by themselves, and that is told
