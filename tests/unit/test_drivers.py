from __future__ import annotations

import sys
from importlib import import_module

import pytest

from daemon import drivers
from daemon.drivers import DriverMissing


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a package of drivers: two good ones, one that lacks its library, and what is none."""
    folder = tmp_path / "some_drivers"
    folder.mkdir()
    for name in ("__init__", "base", "_private", "alpha", "alphabet"):
        (folder / f"{name}.py").write_text("")
    (folder / "needy.py").write_text("import a_library_that_is_not_here\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("some_drivers")
    for name in [name for name in sys.modules if name.startswith("some_drivers")]:
        del sys.modules[name]


def test_drivers_are_found_by_name_without_importing_them(package):
    assert drivers.names(package) == ["alpha", "alphabet", "needy"]
    assert "some_drivers.needy" not in sys.modules


def test_a_driver_is_imported_when_it_is_wanted(package):
    assert drivers.load(package, "alpha").__name__ == "some_drivers.alpha"


def test_an_unknown_driver_is_refused_with_the_nearest_name(package):
    with pytest.raises(DriverMissing, match="no some_drivers driver 'alfa'; did you mean 'alpha'"):
        drivers.load(package, "alfa")


@pytest.mark.parametrize("name", ["base", "_private", "..", "os"])
def test_what_is_no_driver_is_not_loaded(package, name):
    with pytest.raises(DriverMissing):
        drivers.load(package, name)


def test_a_driver_without_its_library_says_which(package):
    with pytest.raises(DriverMissing, match="needs a_library_that_is_not_here: install it"):
        drivers.load(package, "needy")


def test_the_known_names_are_listed_when_they_are_few():
    assert drivers.nearest("xyz", ["b", "a"]) == " (known: a, b)"
    assert drivers.nearest("xyz", []) == ""
    assert drivers.nearest("name07", [f"name{n:02}" for n in range(20)]) == "; did you mean 'name07'?"
