"""How some settings are written: a broker's host; `display.keys`, and the actions that the button has, too."""

from __future__ import annotations

#: `mqtt.host`: none, a Unix socket, a name or IPv4 address, an IPv6 address; and the same in words.
HOST = r"|/.+|[^\s:/@?#\[\]]+|[0-9A-Fa-f.]*(:[0-9A-Fa-f.]*){2,}(%[^\s:/]+)?"
HOST_WORDS = (
    'a host name or address such as "broker.local", without mqtt:// and without :PORT (that is mqtt.port); '
    'the path of a Unix socket, /…; or ""'
)
#: What a button, a key or a touch can do.
ACTIONS = ("none", "mute", "talk", "swap", "stop_speaking")
#: One of `display.keys`, and the same in words.
PAIR = rf"[a-z0-9.]+=({'|'.join(ACTIONS)})"
PAIR_WORDS = f"KEY=ACTION, the key of a-z 0-9 . and the action one of {', '.join(ACTIONS)}"


def key_names(pairs: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of `display.keys`, each as often as it is named."""
    return tuple(pair.partition("=")[0] for pair in pairs)


def key_actions(pairs: tuple[str, ...]) -> dict[str, str]:
    """Return the actions of `display.keys`: ``left=swap`` → ``{"left": "swap"}``."""
    return dict(pair.split("=", 1) for pair in pairs)
