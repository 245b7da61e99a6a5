"""Whether the settings ask for anything that can be done here at all."""

from __future__ import annotations

from daemon import build
from daemon.config import SettingError, Settings
from daemon.drivers import DriverMissing, nearest
from daemon.engines.base import EngineReady
from daemon.language_tags import base
from daemon.layers import BUILT_IN
from daemon.tasks import task_of

_LIST = "`dragoman engines` lists what there is, and what to install for more"


def unserved(settings: Settings) -> str:
    """Return why no engine of the settings recognizes the source, or serves any target; empty if one does.

    A single target that nothing serves is only a problem, told in `state`: the others are translated.
    """
    looked = {name: _capable(name, settings) for name in settings.engine.order}
    able = [found for found in looked.values() if isinstance(found, EngineReady)]
    if any(_knows_only_when_it_runs(ready) for ready in able):
        return ""
    unusable = "".join(f"; {name}: {why}" for name, why in looked.items() if isinstance(why, str))
    if not able:
        return f"engine.order: no engine of {_engines(settings)} can be used as it is set{unusable}"
    reason = _unrecognized(settings, able) or _untranslated(settings, able)
    return reason and f"{reason}; {_LIST}{unusable}"


def why_unserved(settings: Settings) -> list[SettingError]:
    """Return `unserved` as what is wrong, with the place of the key; nothing where that is empty."""
    reason = unserved(settings)
    if not reason:
        return []
    path = reason.partition(":")[0]
    place = settings.place(path)
    return [SettingError(path, "unserved", reason if place == BUILT_IN else f"{place}: {reason}")]


def _unrecognized(settings: Settings, able: list[EngineReady]) -> str:
    """Return why nothing that may be spoken is recognized: in a conversation one side is enough."""
    languages = settings.languages
    known = {lang for ready in able for lang in ready.recognizes}
    sources = [way.source for way in task_of(languages).ways]
    if not set(map(base, known)).isdisjoint(map(base, sources)):
        return ""
    key = "languages.conversation" if languages.conversation else "languages.source"
    return f"{key}: no engine of {_engines(settings)} recognizes {' or '.join(sources)}{nearest(sources[0], known)}"


def _untranslated(settings: Settings, able: list[EngineReady]) -> str:
    pairs = {(base(pair.source), base(pair.target)) for ready in able for pair in ready.pairs}
    wanted = {(base(way.source), base(lang)) for way in task_of(settings.languages).ways for lang in way.targets}
    if not pairs.isdisjoint(wanted):
        return ""
    source, targets = settings.languages.source, settings.languages.targets
    served = {target for heard, target in pairs if heard == base(source)}
    return (
        f"languages.targets: no engine of {_engines(settings)} translates {source} into {', '.join(targets)}"
        f"{nearest(targets[0], served)}"
    )


def _engines(settings: Settings) -> str:
    return ", ".join(settings.engine.order)


def _knows_only_when_it_runs(ready: EngineReady) -> bool:
    return not ready.pairs and not ready.missing


def _capable(name: str, settings: Settings) -> EngineReady | str:
    """Return what an engine can do, or why it cannot be used as it is."""
    try:
        found = build.capabilities(name, settings)
    except DriverMissing as error:
        return str(error)
    return found.missing.get(name) or found
