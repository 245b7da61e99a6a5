"""Whether the settings ask for anything that can be done here at all."""

from __future__ import annotations

from daemon import build
from daemon.config import Settings
from daemon.drivers import DriverMissing, nearest
from daemon.engines.base import EngineReady
from daemon.settings_checks import base


def unserved(settings: Settings) -> str:
    """Return why no engine of the settings serves any target; empty if one does.

    A single target that nothing serves is only a problem, told in `state`: the others are translated.
    """
    able = [found for name in settings.engine.order if (found := _capable(name, settings)) is not None]
    source = base(settings.languages.source)
    wanted = {base(lang) for lang in settings.languages.targets}
    served = {base(pair.target) for ready in able for pair in ready.pairs if base(pair.source) == source}
    if wanted & served or any(_knows_only_when_it_runs(ready) for ready in able):
        return ""
    targets = ", ".join(settings.languages.targets)
    engines = ", ".join(settings.engine.order)
    hint = nearest(settings.languages.targets[0], served)
    return (
        f"languages.targets: no engine of {engines} translates {settings.languages.source} into {targets}{hint}; "
        "`dragoman engines` lists what there is, and what to install for more"
    )


def _knows_only_when_it_runs(ready: EngineReady) -> bool:
    return not ready.pairs and not ready.missing


def _capable(name: str, settings: Settings) -> EngineReady | None:
    """Return what an engine can do; None if it cannot be used as it is."""
    try:
        found = build.capabilities(name, settings)
    except DriverMissing:
        return None
    return None if name in found.missing else found
