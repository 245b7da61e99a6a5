"""Bearer tokens that are good for ten minutes, for programs that are to have no key: browsers first of all.

Who has a key fetches one (``POST /sts/v1.0/issueToken``) and hands it on. Nothing is kept of it: it says until when it
is good, signed with a key of the gateway, so that another gateway with the same keys lets it in, too.
"""

from __future__ import annotations

import hashlib
import hmac

_GOOD_FOR_S = 600


def issued(key: str, now_s: float) -> str:
    """Return a token; `now_s`: the time of day, by which another gateway can tell, seconds of Unix."""
    until = str(int(now_s) + _GOOD_FOR_S)
    return f"{until}.{_signature(key, until)}"


def is_good(token: str, key: str, now_s: float) -> bool:
    """Tell whether a token was issued with that key, and not too long ago. One from the future is none."""
    until, _, signature = token.partition(".")
    is_ours = hmac.compare_digest(signature.encode(), _signature(key, until).encode())
    return is_ours and 0 < int(until) - now_s <= _GOOD_FOR_S


def _signature(key: str, until: str) -> str:
    return hmac.new(key.encode(), until.encode(), hashlib.sha256).hexdigest()
