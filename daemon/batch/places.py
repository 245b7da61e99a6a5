"""Where results go: found out, and tried, before any work is done whose results could not be written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daemon import files
from daemon.batch import formats

_STANDARD_INPUT = "-"


class OutputRefused(Exception):
    """The results cannot be written as asked. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one input's results go: a path for each language (one, under ``""``, where the form has one file)."""

    paths: dict[str, Path] = field(default_factory=dict)
    #: Whether it is one of a folder of results: what is there stays, so that work broken off goes on where it was.
    in_folder: bool = False

    @property
    def is_done(self) -> bool:
        """Whether all of it is there already."""
        return bool(self.paths) and all(path.exists() for path in self.paths.values())

    @property
    def kept(self) -> Path | None:
        """The (first) file that is there and for which the input is left alone; None: it is to be worked on."""
        return next(iter(self.paths.values())) if self.in_folder and self.is_done else None


def destinations(inputs: Sequence[str], output: str | None, form: str, targets: Sequence[str]) -> list[Destination]:
    """Return where each input's results go; a folder for them is made. Raises `OutputRefused` and `OSError`."""
    langs = targets if form in formats.SUBTITLES and len(targets) > 1 else [""]
    if output is None:
        _require_one_sheet(inputs, form, langs)
        return [Destination()] * len(inputs)
    if not output:
        raise OutputRefused("--output has an empty name: name a file, or a folder with / behind its name")
    if len(inputs) > 1 or output.endswith("/") or Path(output).is_dir():
        return _in_directory(inputs, output, form, langs)
    one = _named(output, form, langs)
    for path in one.paths.values():
        require_place("--output", path)
    return [one]


def require_folder(option: str, file: Path) -> None:
    """Raise `OutputRefused` if a file's folder is not there."""
    if not file.parent.is_dir():
        folder = file.parent
        raise OutputRefused(f"{option} {file}: there is no folder {folder}; make it first (mkdir -p {folder})")


def require_place(option: str, file: Path) -> None:
    """Raise `OutputRefused` if no file can be put there."""
    require_folder(option, file)
    _require_no_other(option, file)
    _try(option, file, file.resolve().parent)


def spare(recordings: Iterable[str], written: Sequence[Path]) -> None:
    """Raise `OutputRefused` if what is to be written is a recording that is to be translated."""
    for name in recordings:
        recording = Path(name)
        if name == _STANDARD_INPUT or not recording.exists():
            continue
        if any(path.exists() and path.samefile(recording) for path in written):
            raise OutputRefused(f"{name} would be overwritten with its own results: name another file")


def _require_one_sheet(inputs: Sequence[str], form: str, langs: Sequence[str]) -> None:
    """Refuse what would be several files one after the other: subtitles are numbered, or have a heading, each."""
    if len(langs) > 1:
        raise OutputRefused(f"--format {form} with several targets needs --output NAME: a file for each language")
    if form in formats.SUBTITLES and len(inputs) > 1:
        raise OutputRefused(f"--format {form} of several files needs --output FOLDER: a file for each of them")


def _named(output: str, form: str, langs: Sequence[str]) -> Destination:
    if form not in formats.SUBTITLES:
        return Destination({"": Path(output)})
    ending = formats.ENDINGS[form]
    name = Path(output.removesuffix(f".{ending}"))
    return Destination({lang: _path(name, lang, ending) for lang in langs})


def _in_directory(inputs: Sequence[str], output: str, form: str, langs: Sequence[str]) -> list[Destination]:
    directory, ending = Path(output), formats.ENDINGS[form]
    if directory.exists() and not directory.is_dir():
        folder = "with several inputs --output is a folder" if len(inputs) > 1 else "with / behind it, it is a folder"
        raise OutputRefused(f"--output {output}: {directory} is a file; {folder}")
    stems = _stems(inputs)
    sheets = [{lang: _path(directory / stem, lang, ending) for lang in langs} for stem in stems]
    places = [Destination(paths, in_folder=True) for paths in sheets]
    for place in places:
        for path in place.paths.values():
            _require_no_other("--output", path)
    _make(directory)
    if not all(place.is_done for place in places):  # nothing is written into a folder that has it all
        _try("--output", directory, directory)
    return places


def _stems(inputs: Sequence[str]) -> list[str]:
    taken: dict[str, str] = {}
    for name in inputs:
        stem = "stdin" if name == _STANDARD_INPUT else Path(name).stem
        if stem in taken:
            raise OutputRefused(f"{taken[stem]} and {name} would be written to the same files: rename one")
        taken[stem] = name
    return list(taken)


def _path(name: Path, lang: str, ending: str) -> Path:
    return name.with_name(f"{name.name}.{lang}.{ending}" if lang else f"{name.name}.{ending}")


def _require_no_other(option: str, file: Path) -> None:
    """Refuse what is there and is no file; replacing it would fail, or take a device away from everybody."""
    if file.is_dir():
        raise OutputRefused(f"{option}: {file} is a folder; name a file")
    if file.exists() and not file.is_file():
        raise OutputRefused(f"{option}: {file} is a device or a pipe, which is not replaced; name a file")


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"--output {directory}: the folder cannot be made ({error.strerror}); name another"
        raise OutputRefused(text) from error


def _try(option: str, wanted: Path, folder: Path) -> None:
    try:
        files.try_folder(folder)
    except OSError as error:
        text = f"{option} {wanted}: no file can be made in {folder} ({error.strerror}); name another folder"
        raise OutputRefused(text) from error
