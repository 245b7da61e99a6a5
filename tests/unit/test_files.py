from __future__ import annotations

from pathlib import Path

import pytest

from daemon import files


def test_a_folder_that_is_not_there_is_named_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError) as refused:
        files.replace(tmp_path / "none" / "talk.txt", b"")
    assert refused.value.filename == str(tmp_path / "none")
    assert refused.value.strerror == "there is no such folder, make it first"


def test_a_folder_that_is_there_is_not_said_to_be_missing():
    with pytest.raises(OSError, match="no file can be made in its folder") as refused:
        files.replace(Path("/proc/talk.txt"), b"")
    assert refused.value.filename == "/proc/talk.txt"


def test_what_cannot_be_replaced_is_named_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "talk.txt").mkdir()
    with pytest.raises(IsADirectoryError) as refused:
        files.replace(tmp_path / "talk.txt", b"")
    assert refused.value.filename == str(tmp_path / "talk.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["talk.txt"]


def test_a_file_as_folder_is_refused_by_the_name_that_was_given(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as refused:
        files.replace(tmp_path / "file" / "talk.txt", b"")
    assert refused.value.filename == str(tmp_path / "file" / "talk.txt")
