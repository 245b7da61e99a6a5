"""What stands on the broker about the device itself: ``info``, ``config``, its schema, the card for Home Assistant.

Everything is retained; the broker gets it again on every connect by itself (`Delivery.connected`).
"""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from daemon import files
from daemon.config import Settings
from daemon.mqtt import discovery, payloads, topics
from daemon.mqtt.delivery import Delivery
from daemon.mqtt.outbox import Outbox
from daemon.mqtt.sources import About, Pace, Sources
from daemon.schema_documents import json_schema

_LOG = logging.getLogger(__name__)

#: How often it is seen whether the engine serves other languages, seconds. Other settings are seen at once.
_LOOK_S = 1.0


class Announcements:
    """Used by the publisher's thread. Times are CLOCK_MONOTONIC, seconds. `path`: what Home Assistant was told."""

    def __init__(
        self, device: str, outbox: Outbox, delivery: Delivery, sources: Sources, pace: Pace, path: Path | None
    ) -> None:
        self._device = device
        self._outbox = outbox
        self._delivery = delivery
        self._sources = sources
        self._pace = pace
        self._settings: Settings | None = None
        self._look_at_s = 0.0
        self._again_at_s: float | None = None
        self._settings_again_at_s: float | None = None
        self._newest_card = b""
        #: Topic → what was said there last.
        self._said: dict[str, bytes] = {}
        #: The newest that named languages: an engine that is away for a moment takes nothing off the lists.
        self._about: About | None = None
        #: Components that Home Assistant was told of, also before a restart, and those that it is to remove → platform.
        self._path = path
        self._shown = _read(path)
        self._removed: dict[str, str] = {}

    def connected(self) -> None:
        """Say everything again, also what `forget` erased."""
        self._said.clear()
        self._settings = None
        self._settings_again_at_s = None

    def home_assistant_is(self, status: bytes, now_s: float) -> None:
        """Take note that Home Assistant has started: it is told of the device again, a random time later."""
        if status == payloads.ONLINE and self._again_at_s is None:
            self._again_at_s = now_s + self._pace.announce_s()

    def turn(self, now_s: float) -> None:
        """Say what has changed."""
        settings = self._sources.settings()
        if self._settings_again_at_s is not None and now_s >= self._settings_again_at_s:
            self._settings_again_at_s = None
            self._delivery.retain(topics.CONFIG, self._said[topics.CONFIG])
        again = self._again_at_s is not None and now_s >= self._again_at_s
        if settings is self._settings and now_s < self._look_at_s and not again:
            return
        self._look_at_s = now_s + _LOOK_S
        # The card first: a language is no state for Home Assistant before the list it stands on.
        if self._tell_about(settings, again=again):
            self._settings_again_at_s = now_s + self._pace.settle_s
        if settings is not self._settings:
            self._tell_settings(settings)

    def _tell_settings(self, settings: Settings) -> None:
        self._settings = settings
        self._say(topics.CONFIG_SCHEMA, payloads.encode(json_schema(settings.schema)))
        waiting = list(self._sources.restart_required())
        shown = {"rev": settings.rev, "restart_required": waiting, "values": settings.as_dict(mask_secrets=True)}
        self._say(topics.CONFIG, payloads.encode(shown))

    def _tell_about(self, settings: Settings, *, again: bool) -> bool:
        """Tell of the device. Return whether its card has changed.

        Then the settings are to be told again once Home Assistant has taken it in, which may be after they came.
        """
        about = self._sources.about()
        limits = {"finals": self._outbox.limits.finals, "outbox_bytes": self._outbox.limits.octets}
        info = payloads.info(version=about.version, engines=about.engines, limits=limits, last_exit=about.last_exit)
        self._say(topics.INFO, info)
        if about.engines or self._about is None:
            self._about = about
        topic = topics.discovery(self._device)
        if again:
            self._again_at_s = None
            self._removed.clear()
            self._said.pop(topic, None)
        card = self._card(settings, self._about)
        self._say(topic, card)
        before, self._newest_card = self._newest_card, card
        return bool(before) and card != before

    def _card(self, settings: Settings, about: About) -> bytes:
        """Return the message for Home Assistant; components that are gone stand in it by their platform alone."""
        components = discovery.components(self._device, settings, about)
        shown = {name: component["platform"] for name, component in components.items()}
        gone = {**self._removed, **self._shown}
        self._removed = {name: platform for name, platform in gone.items() if name not in shown}
        if shown != self._shown:
            self._keep(shown)
        return discovery.message(self._device, about.version, components, self._removed)

    def _keep(self, shown: dict[str, str]) -> None:
        self._shown = shown
        if self._path is None:
            return
        try:
            files.replace(self._path, msgspec.json.encode(shown))
        except OSError as error:
            _LOG.warning(
                "%s: %s; Home Assistant keeps what the settings leave out at the next start", self._path, error
            )

    def _say(self, topic: str, payload: bytes) -> None:
        if self._said.get(topic) != payload:
            self._said[topic] = payload
            self._delivery.retain(topic, payload)


def _read(path: Path | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path else {}
    except (OSError, msgspec.DecodeError):
        return {}  # none yet, or it is damaged: at worst an entity stays that shows nothing any more
