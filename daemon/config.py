"""The settings in force: built-in, the file, the environment, what was set remotely, the command line; later ones win.

Everything wrong is found before anything is refused, and a `Settings` is a value: a change makes a new one.
Remote settings can never keep the daemon from starting: those that do not hold (any more) are left out and named in
`Settings.problems`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from daemon import remote_settings
from daemon.config_error import ConfigError, SettingError
from daemon.files import state_directory
from daemon.layers import BUILT_IN, COMMAND_LINE, REMOTE, Judge, Layer, Layers, Value
from daemon.remote_settings import Trial
from daemon.schema import MASK, Key, Schema, collect
from daemon.settings import (
    ButtonSection,
    DeviceSection,
    DisplaySection,
    EngineSection,
    GateSection,
    GatewaySection,
    LanguagesSection,
    LightSection,
    MicrophoneSection,
    MqttSection,
    PrivacySection,
    SpeakerSection,
)
from daemon.settings_checks import CHECKS

__all__ = ["ConfigError", "SettingError", "Settings", "load", "set_remote", "state_directory"]

DEFAULT_FILE = Path("/etc/dragoman/dragoman.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with where it came from."""

    device: DeviceSection
    languages: LanguagesSection
    microphone: MicrophoneSection
    gate: GateSection
    engine: EngineSection
    speaker: SpeakerSection
    display: DisplaySection
    button: ButtonSection
    light: LightSection
    mqtt: MqttSection
    gateway: GatewaySection
    privacy: PrivacySection
    #: Driver sections: ``display.vt100`` → that driver's dataclass.
    drivers: Mapping[str, Any]
    schema: Schema = field(repr=False)
    #: The local file, whether it is there or not.
    file: Path
    #: Counts the changes of the remote settings.
    rev: int
    #: Remote settings that were left out, and why.
    problems: tuple[SettingError, ...]
    #: Dotted key → what was said of it last.
    values: Layer = field(repr=False)
    #: What each source said.
    layers: Layers = field(repr=False)

    def section(self, name: str) -> Any:
        """Return one section as its dataclass: ``speaker``, ``display.vt100``. Raises `KeyError`."""
        return self.drivers[name] if name in self.drivers else _sections(self.schema, self.values)[name]

    def origin(self, path: str) -> str:
        """Return who set a key: ``built-in``, a file, a variable, ``remote`` or ``command line``. Raises `KeyError`."""
        return self.values[path].origin

    def place(self, path: str) -> str:
        """Return `origin` with the line, where there is one, for messages. Raises `KeyError`."""
        return self.values[path].place

    def flat(self, *, mask_secrets: bool = False) -> dict[str, Any]:
        """Return every key, dotted, with its value."""
        return {path: self._shown(key, mask=mask_secrets) for path, key in self.schema.keys.items()}

    def as_dict(self, *, mask_secrets: bool = True) -> dict[str, Any]:
        """Return the settings nested as in the file, ready for JSON."""
        tree: dict[str, Any] = {}
        for path, value in self.flat(mask_secrets=mask_secrets).items():
            *sections, name = path.split(".")
            branch = tree
            for section in sections:
                branch = branch.setdefault(section, {})
            branch[name] = list(value) if isinstance(value, tuple) else value
        return tree

    def plain(self) -> dict[str, dict[str, Any]]:
        """Return plain values by section, ``{"engine.device": {"recognizer": …}, …}``, as engines are given them."""
        values = self.flat()
        return {
            name: {key.name: values[key.path] for key in self.schema.of_section(name)} for name in self.schema.sections
        }

    @property
    def remote(self) -> dict[str, Any]:
        """The remote settings in force, dotted."""
        return {path: value.value for path, value in self.layers.remote.items()}

    def changed(self, other: Settings) -> list[Key]:
        """Return the keys whose values are not the same in both."""
        mine, theirs = self.flat(), other.flat()
        return [key for path, key in self.schema.keys.items() if mine[path] != theirs[path]]

    def _shown(self, key: Key, *, mask: bool) -> Any:
        value = self.values[key.path].value
        return MASK if mask and key.option.secret and value else value


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Gather the settings. Raises `ConfigError`.

    `file` must be there if it is given; without one `DEFAULT_FILE` is read if it is there. `environment` is the
    process's own if it is None. `overrides` come from the command line: dotted keys, values as in TOML.
    """
    variables = os.environ if environment is None else environment
    judge = Judge(collect())
    local = {
        **judge.built_in(),
        **judge.file(file or DEFAULT_FILE, needed=file is not None),
        **judge.environment(variables),
    }
    above = judge.given(overrides or {}, COMMAND_LINE)
    stored = remote_settings.read(state_directory(variables))
    layers = Layers(local, {}, above)
    settings = _assemble(judge, layers, file or DEFAULT_FILE, stored.rev)
    return _with_stored(settings, stored) if stored.values or stored.problems else settings


def of_text(text: str, file: Path) -> Settings:
    """Return the settings of a file that has that text, on its own. Raises `ConfigError`."""
    judge = Judge(collect())
    layers = Layers({**judge.built_in(), **judge.text(text, file)}, {}, {})
    return _assemble(judge, layers, file, rev=0)


def check_text(text: str, file: Path) -> list[SettingError]:
    """Return what is wrong with a settings file that has that text, on its own."""
    try:
        of_text(text, file)
    except ConfigError as error:
        return list(error.errors)
    return []


def set_remote(settings: Settings, values: Mapping[str, Any], directory: Path) -> Settings:
    """As `with_remote`; the settings are kept in `directory` before this returns. Raises `ConfigError`, `OSError`."""
    changed = with_remote(settings, values)
    keep_remote(changed, directory)
    return changed


def keep_remote(settings: Settings, directory: Path, trial: Trial = Trial.NONE) -> None:
    """Keep the remote settings for the next start. Raises `OSError`."""
    remote_settings.write(directory, settings.rev, settings.remote, trial)


def with_remote(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with other remote ones, all or nothing. Raises `ConfigError`.

    `values` is a merge patch, nested or dotted; None gives a key back to the layer below.
    """
    judge = Judge(settings.schema)
    patch = flat_patch(settings, values)
    _refuse_local(judge, patch)
    made = judge.given(patch, REMOTE)
    kept = {path: value for path, value in settings.layers.remote.items() if path not in patch}
    layers = replace(settings.layers, remote={**kept, **made})
    changed = _assemble(judge, layers, settings.file, settings.rev + 1)
    return replace(changed, problems=())


def without_remote(settings: Settings) -> Settings:
    """Return what would hold if nothing had been set remotely."""
    return _laid_over(settings, {}, settings.rev)


def rolled_back(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with other remote ones in the place of all, but for those that do not hold any more."""
    changed = _with_stored(settings, remote_settings.Stored(settings.rev + 1, values))
    return replace(changed, problems=())


def flat_patch(settings: Settings, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a merge patch with dotted keys; None for a section stands for each key of it that was set remotely."""
    patch: dict[str, Any] = {}
    for path, value in Judge(settings.schema).flat(values).items():
        if value is None and settings.schema.is_section(path):
            patch |= dict.fromkeys(key for key in settings.layers.remote if key.startswith(f"{path}."))
        else:
            patch[path] = value
    return patch


def _refuse_local(judge: Judge, patch: Mapping[str, Any]) -> None:
    """Note an error for each key that may not be set remotely, or is none at all."""
    for path, value in patch.items():
        key = judge.schema.keys.get(path)
        if key is not None and not key.remote:
            judge.add(path, "not_remote", f"{REMOTE}: {path} cannot be set remotely, only on the device")
        if key is None and value is None:
            judge.add(path, "unknown_key", f"{REMOTE}: {judge.schema.unknown(path)}")


def _with_stored(settings: Settings, stored: remote_settings.Stored) -> Settings:
    """Lay the remote settings over the local ones; leave out what does not hold."""
    judge = Judge(settings.schema)
    _refuse_local(judge, stored.values)
    layer = judge.given(stored.values, REMOTE)
    problems = [*(SettingError("", "remote_settings", text) for text in stored.problems), *judge.errors]
    while True:
        left_out = {problem.path for problem in problems}
        remote = {path: value for path, value in layer.items() if path not in left_out}
        try:
            return replace(_laid_over(settings, remote, stored.rev), problems=tuple(problems))
        except ConfigError as error:  # each holds by itself, but not with the local settings as they are now
            if not remote:
                raise
            problems += _misfits(settings, remote, error.errors)


def _misfits(settings: Settings, remote: Layer, errors: Sequence[SettingError]) -> list[SettingError]:
    """Return an error for each remote setting that is named as wrong; or else, without which less is wrong."""
    if named := [error for error in errors if error.path in remote]:
        return named
    words = f"does not go with what is set on the device: {errors[0].message}"
    to_blame = [path for path in remote if _wrong_without(settings, remote, path) < len(errors)]
    return [SettingError(path, "conflict", f"{REMOTE}: {path} {words}") for path in to_blame or remote]


def _wrong_without(settings: Settings, remote: Layer, path: str) -> int:
    """Return how much is wrong if one remote setting is left out."""
    try:
        _laid_over(settings, {other: value for other, value in remote.items() if other != path}, settings.rev)
    except ConfigError as error:
        return len(error.errors)
    return 0


def _laid_over(settings: Settings, remote: Layer, rev: int) -> Settings:
    """Return the settings with that layer of remote ones. Raises `ConfigError`."""
    layers = replace(settings.layers, remote=remote)
    return _assemble(Judge(settings.schema), layers, settings.file, rev)


def _assemble(judge: Judge, layers: Layers, file: Path, rev: int) -> Settings:
    """Make the settings of their layers. Raises `ConfigError` with the judge's errors, or those of the checks."""
    values = _with_default_speech(layers.merged())
    sections = _sections(judge.schema, values)
    own = {name: section for name, section in sections.items() if "." not in name}
    drivers = {name: section for name, section in sections.items() if "." in name}
    settings = Settings(
        **own,
        drivers=drivers,
        schema=judge.schema,
        file=file,
        rev=rev,
        problems=(),
        values=values,
        layers=layers,
    )
    for check in CHECKS:
        for path, code, text in check(settings):
            judge.add(path, code, f"{values[path].place}: {text}")
    if judge.errors:
        raise ConfigError(judge.errors)
    return settings


def _with_default_speech(values: Layer) -> Layer:
    """Have the first target spoken where nobody said which: who changes only the targets means those to be heard."""
    spoken, targets = values["languages.speak"], values["languages.targets"].value
    if spoken.origin != BUILT_IN or not targets:
        return values
    return {**values, "languages.speak": replace(spoken, value=targets[0])}


def _sections(schema: Schema, values: Mapping[str, Value]) -> dict[str, Any]:
    given: dict[str, dict[str, Any]] = {name: {} for name in schema.sections}
    for key in schema.keys.values():
        given[key.section][key.name] = values[key.path].value
    return {name: section(**given[name]) for name, section in schema.sections.items()}
