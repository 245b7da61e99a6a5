"""How property tests are run: the same examples each time, and no deadline, because machines differ."""

from hypothesis import settings

PROPERTY = settings(max_examples=100, deadline=None, derandomize=True)
