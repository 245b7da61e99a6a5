"""How property tests are run: the same examples each time, and no deadline, because machines differ.

DRAGOMAN_EXAMPLES is how many of a hundred examples are tried: `scripts/test --fast` takes fewer, to see what is grossly
wrong, the whole run takes all.
"""

from __future__ import annotations

import os

from hypothesis import settings

_SHARE = int(os.environ.get("DRAGOMAN_EXAMPLES", "100"))


def examples(many: int) -> settings:
    """Return the settings of a property that takes so many examples in the whole run."""
    return settings(max_examples=max(1, many * _SHARE // 100), deadline=None, derandomize=True)


PROPERTY = examples(100)
settings.register_profile("dragoman", PROPERTY)
settings.load_profile("dragoman")
