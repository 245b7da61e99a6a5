"""The panels of the contract's tests, one after the other."""

import pytest

from tests.support.panel_kinds import ALL, IDS, make


@pytest.fixture(params=ALL, ids=IDS)
def kind(request):
    return request.param


@pytest.fixture
def panel(kind):
    name, chosen, _ = kind
    return make(name, **chosen)


@pytest.fixture
def screen(kind):
    return kind[2]()
