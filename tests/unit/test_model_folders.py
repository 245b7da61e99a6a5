from __future__ import annotations

import os
from pathlib import Path

from daemon import model_folders


def test_models_are_looked_for_where_the_person_says_then_in_the_state_then_on_the_machine():
    environment = {"DRAGOMAN_MODELS": os.pathsep.join(["/mine", "/ours"]), "STATE_DIRECTORY": "/state"}
    machine = Path("/usr/share/dragoman/models")
    assert model_folders.places(environment) == [Path("/mine"), Path("/ours"), Path("/state/models"), machine]
    assert model_folders.places({}) == [Path("/var/lib/dragoman/models"), machine]


def test_a_folder_is_a_model_by_what_it_holds(tmp_path, monkeypatch):
    for file in ("first/b/model.bin", "first/a/model.bin", "first/es/es.dict", "second/c/model.bin"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    monkeypatch.setenv("DRAGOMAN_MODELS", os.pathsep.join(str(tmp_path / name) for name in ("first", "second", "none")))
    assert [found.name for found in model_folders.holding("model.bin")] == ["a", "b", "c"]
    assert [found.name for found in model_folders.holding("*.dict")] == ["es"]
