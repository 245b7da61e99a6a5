#!/usr/bin/env python3
"""Counts anew how sure a model folder may be of what it translates, and writes it into its card.

    scripts/calibrate_translator.py daemon/data/models/en-es --pairs FOLDER
    scripts/calibrate_translator.py daemon/data/models/en-es --pairs FOLDER --told-back-by es-en

Due after each change of what a translation is judged by (`daemon/translators`). Takes half a minute a model, and what
`pip install .[train]` installs. Pairs that are not in `--pairs` are fetched from their makers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from daemon.translators import _model_folder
from scripts.lib.translator.calibration import calibrate
from scripts.lib.translator.corpus import everyday, read
from scripts.lib.translator.fetch import fetch


def main() -> int:
    """Judge the model's translations, and write its card."""
    parser = _parser()
    given = parser.parse_args()
    if not (given.folder / "model.toml").is_file():
        parser.error(f"{given.folder} has no model.toml: only models that scripts/train_translator.py made are counted")
    model = _model_folder.read(given.folder)
    fetch(given.pairs, {language for direction in model.directions for language in direction})
    unseen = {each: [*read(given.pairs, *each, "dev"), *everyday(*each)] for each in model.directions}
    back = model.told_back_by.name if model.told_back_by else ""
    told_back_by = back if given.told_back_by is None else given.told_back_by
    print(calibrate(given.folder, model.longest_tokens, unseen, told_back_by))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with a model that scripts/train_translator.py made")
    parser.add_argument("--pairs", type=Path, required=True, help="folder with en-XX.dev.tsv, or to fetch it to")
    parser.add_argument("--told-back-by", help="the folder beside it of the way back, which chooses; '' for none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
