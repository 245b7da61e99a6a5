from __future__ import annotations

import os
from pathlib import Path

import pytest

from daemon.batch.places import OutputRefused, destinations, require_place, spare


def test_one_named_file_is_written_anew_and_one_of_a_folder_is_kept(tmp_path):
    (tmp_path / "talk.txt").write_text("of another time")
    (named,) = destinations(["talk.wav"], str(tmp_path / "talk.txt"), "text", ["es"])
    assert named.is_done
    assert named.kept is None
    for folder in (str(tmp_path), f"{tmp_path}/"):
        (one,) = destinations(["talk.wav"], folder, "text", ["es"])
        assert one.kept == tmp_path / "talk.txt"
    talk, other = destinations(["talk.wav", "other.wav"], str(tmp_path), "text", ["es"])
    assert (talk.kept, other.kept) == (tmp_path / "talk.txt", None)


def test_one_of_a_folder_that_lacks_a_language_is_not_kept(tmp_path):
    (tmp_path / "talk.es.srt").touch()
    (one,) = destinations(["talk.wav"], str(tmp_path), "srt", ["es", "ca"])
    assert one.kept is None


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_of_several_files_are_not_put_into_one(form):
    with pytest.raises(OutputRefused, match=f"--format {form} of several files needs --output FOLDER"):
        destinations(["a.wav", "b.wav"], None, form, ["es"])
    assert len(destinations(["a.wav", "b.wav"], None, "text", ["es"])) == 2
    assert len(destinations(["a.wav"], None, form, ["es"])) == 1


def test_a_file_is_no_folder_for_several_inputs_nor_with_a_stroke_behind_it(tmp_path):
    file = tmp_path / "talk.txt"
    file.touch()
    with pytest.raises(OutputRefused, match=r"talk.txt is a file; with several inputs --output is a folder"):
        destinations(["a.wav", "b.wav"], str(file), "text", ["es"])
    with pytest.raises(OutputRefused, match=r"talk.txt is a file; with / behind it"):
        destinations(["a.wav"], f"{file}/", "text", ["es"])


def test_an_empty_name_is_refused():
    with pytest.raises(OutputRefused, match="--output has an empty name"):
        destinations(["a.wav"], "", "text", ["es"])


def test_no_folder_is_made_for_what_is_refused(tmp_path):
    with pytest.raises(OutputRefused, match="same files"):
        destinations(["a.wav", "a.flac"], f"{tmp_path}/results", "text", ["es"])
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_and_is_no_file_is_not_replaced(tmp_path):
    (tmp_path / "a.srt").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for output in (str(tmp_path / "a"), f"{tmp_path}/"):
        with pytest.raises(OutputRefused, match=r"a.srt is a folder; name a file"):
            destinations(["a.wav"], output, "srt", ["es"])
    with pytest.raises(OutputRefused, match=r"--speech: .* is a folder"):
        require_place("--speech", tmp_path)
    with pytest.raises(OutputRefused, match="pipe is a device or a pipe"):
        destinations(["a.wav"], str(tmp_path / "pipe"), "text", ["es"])


@pytest.mark.parametrize("output", ["/proc/talk.txt", "/proc/", "/proc/results/"])
def test_a_folder_that_nobody_can_write_is_refused_before_any_work(output):
    with pytest.raises(OutputRefused, match=r"--output /proc.* can(not)? be made"):
        destinations(["a.wav"], output, "text", ["es"])


def test_trying_a_folder_leaves_nothing_there(tmp_path):
    require_place("--speech", tmp_path / "said.wav")
    destinations(["a.wav", "b.wav"], str(tmp_path), "text", ["es"])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OutputRefused, match=r"--speech /proc/said.wav: no file can be made in /proc"):
        require_place("--speech", Path("/proc/said.wav"))


def test_a_recording_is_not_overwritten_with_its_results(tmp_path):
    recording = tmp_path / "talk.wav"
    recording.touch()
    (tmp_path / "link").symlink_to(recording)
    with pytest.raises(OutputRefused, match="own results"):
        spare(["-", "none.wav", str(recording)], [tmp_path / "link"])
    spare(["-", str(recording)], [tmp_path / "talk.txt"])
