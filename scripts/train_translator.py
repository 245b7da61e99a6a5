#!/usr/bin/env python3
"""Trains a compact translator on sentence pairs and writes it as a model folder that Dragoman loads.

    scripts/train_translator.py --directions en-es --minutes 120 --work FOLDER
    scripts/train_translator.py --directions en-es,en-fr,en-de --device cuda --minutes 20 --work FOLDER

Needs what `pip install .[train]` installs. Pairs that are not in `--pairs` are fetched from their makers. A run that
was ended goes on where it stopped; `--start-from` goes on from a model folder, such as one that ships with Dragoman.
"""

from __future__ import annotations

import argparse
import random
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from scripts.lib.translator import corpus, phrases
from scripts.lib.translator.fetch import LANGUAGES, fetch
from scripts.lib.translator.finishing import Corpus, finish
from scripts.lib.translator.network import Shape
from scripts.lib.translator.optimizer import RATE
from scripts.lib.translator.restored import blend, restore
from scripts.lib.translator.scoring import scores
from scripts.lib.translator.training import Plan, Training
from scripts.lib.translator.unpaired import back_translated, forward_translated
from scripts.lib.translator.vocabulary import Vocabulary, extend, lacking, learn


def main() -> int:
    """Train, and write the model."""
    parser = _parser()
    given = parser.parse_args()
    if given.tell_back and not (given.back_translate or given.forward_translate):
        parser.error("--tell-back chooses what is learnt with --back-translate or --forward-translate")
    torch.set_num_threads(given.threads)
    given.work.mkdir(parents=True, exist_ok=True)
    known = _corpus(given)
    pieces = _pieces(given, known)
    vocabulary = Vocabulary(pieces)
    shape = Shape(len(vocabulary), given.width, given.feed_forward, given.encoder_layers, given.decoder_layers)
    plan = Plan(
        given.minutes, given.tokens, given.evaluate_minutes, given.seed, given.rate, given.sample_pieces, given.last
    )
    training = Training(shape, plan, vocabulary, given.device, given.dropout)
    checkpoint = given.work / "checkpoint.pt"
    if checkpoint.exists():
        training.restore(checkpoint)
    elif given.start_from:
        restore(training.network, vocabulary.tokens(), given.start_from)
    size = sum(weight.numel() for weight in training.network.parameters())
    print(f"{size / 1e6:.2f} M parameters, {sum(map(len, known.train.values()))} pairs", flush=True)
    model = given.work / "model"
    evaluate = partial(scores, training.network, vocabulary, pieces, model, known.dev)
    training.run(_makers(given, known), checkpoint, evaluate)
    if given.start_from and given.blend < 1:
        blend(training.network, vocabulary.tokens(), given.start_from, given.blend)
    finish(training, vocabulary, pieces, model, known, _told(given))
    print(f"the model is in {model}")
    return 0


def _corpus(given: argparse.Namespace) -> Corpus:
    directions = [(source, target) for source, target in (each.split("-") for each in given.directions.split(","))]
    folder = _pairs(given)
    unpaired = given.back_translate or given.forward_translate
    fetch(folder, set(LANGUAGES) if unpaired else {language for each in directions for language in each})
    known = Corpus(
        {each: corpus.read(folder, *each, "train")[:: given.every] for each in directions},
        {each: corpus.read(folder, *each, "dev") for each in directions},
    )
    return replace(
        known,
        translated_back=_made(given, known, back_translated, given.back_translate),
        translated_forward=_made(given, known, forward_translated, given.forward_translate),
    )


def _made(
    given: argparse.Namespace, known: Corpus, make: Callable[..., list[corpus.Pair]], model: Path | None
) -> list[corpus.Pair]:
    """Return pairs that an earlier model makes, of English sentences without a translation here."""
    if not model:
        return []
    at = 1 if make is back_translated else 0
    made = [
        pair
        for direction, pairs in known.train.items()
        if direction[at] == "en"
        for pair in make(model, _pairs(given), direction[1 - at], pairs + known.dev[direction], given.tell_back)
    ]
    print(f"{len(made)} sentences translated by {model.name}", flush=True)
    return made[:: given.every]


def _pairs(given: argparse.Namespace) -> Path:
    return Path(given.pairs or given.work / "pairs")


def _pieces(given: argparse.Namespace, known: Corpus) -> Path:
    """Return the vocabulary: of an earlier run, of the model to start from if it has the languages, or learnt now."""
    path = Path(given.work / "source.spm")
    if path.exists():
        return path
    languages = {language for each in known.train for language in each}
    pairs = [pair for pairs in known.train.values() for pair in pairs]
    start = given.start_from / "source.spm" if given.start_from else None
    if start and languages <= Vocabulary(start).languages():
        extend(start, lacking(pairs, Vocabulary(start)), path)
    else:
        learn(pairs, languages, given.vocabulary_size, path)
    return path


def _makers(given: argparse.Namespace, known: Corpus) -> list[corpus.Maker]:
    weights = [float(each) for each in given.weights.split(",")] if given.weights else [1.0] * len(known.train)
    sampled = [_sampled(pairs, weight) for pairs, weight in zip(known.train.values(), weights, strict=True)]
    judging = [*known.dev.values(), *(corpus.everyday(*direction) for direction in known.train)]
    secret = {phrases.normalised(text) for pairs in judging for pair in pairs for text in (pair.source, pair.target)}
    expanded = [_expanded(*direction, given.phrases, secret) for direction in known.train if given.phrases]
    return [*sampled, *expanded, lambda _: known.translated_back + known.translated_forward]


def _sampled(pairs: list[corpus.Pair], share: float) -> corpus.Maker:
    """Return a maker of a random share of the pairs, or, above 1, of all and some once more."""

    def make(rng: random.Random) -> list[corpus.Pair]:
        whole, part = divmod(share, 1.0)
        return pairs * int(whole) + rng.sample(pairs, int(part * len(pairs)))

    return make


def _expanded(source: str, target: str, count: int, secret: set[str]) -> corpus.Maker:
    """Return a maker of so many pairs from templates, others in each pass."""

    def make(rng: random.Random) -> list[corpus.Pair]:
        return [corpus.Pair(*each, source, target) for each in phrases.pairs(rng, source, target, count, secret)]

    return make


def _told(given: argparse.Namespace) -> str:
    """Return the command as the model's card tells it: what was not left as it is, and no folder of this machine."""
    defaults = _parser().parse_args(["--work", "FOLDER"])
    changed = {name: value for name, value in vars(given).items() if value != getattr(defaults, name)}
    models = "start_from", "back_translate", "forward_translate", "tell_back"
    changed |= {name: value.name for name in models if (value := changed.get(name))}
    folders = {"pairs", "work"}
    options = [_option(name, value) for name, value in changed.items() if name not in folders]
    return shlex.join(["scripts/train_translator.py", *(word for each in options for word in each), "--work", "FOLDER"])


def _option(name: str, value: object) -> tuple[str, ...]:
    spelled = f"--{name.replace('_', '-')}"
    if value is True:
        return (spelled,)
    return spelled, f"{value:g}" if isinstance(value, float) else str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directions", default="en-es", help="comma-separated, one network for all")
    parser.add_argument("--weights", default="", help="a pass takes each direction's pairs so many times")
    parser.add_argument("--pairs", type=Path, help="folder with en-XX.train.tsv and en-XX.dev.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder of checkpoints and the model")
    parser.add_argument("--start-from", type=Path, help="a model folder of that shape, maybe of other languages")
    parser.add_argument("--blend", type=float, default=1.0, help="share of what was learnt; the rest is --start-from's")
    parser.add_argument(
        "--back-translate", type=Path, help="a model folder of the way from English, for a direction to English"
    )
    parser.add_argument(
        "--forward-translate", type=Path, help="a model folder of the way from English, for that way: with --dropout"
    )
    parser.add_argument(
        "--tell-back", type=Path, help="a model folder of the way to English, which chooses what is learnt of those two"
    )
    parser.add_argument("--vocabulary-size", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=120.0, help="of training in all, over restarts")
    parser.add_argument("--evaluate-minutes", type=float, default=15.0)
    parser.add_argument("--tokens", type=int, default=1600, help="target tokens of a step")
    parser.add_argument("--rate", type=float, default=RATE, help="learning rate, less for a short time more")
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--feed-forward", type=int, default=512)
    parser.add_argument("--encoder-layers", type=int, default=3)
    parser.add_argument("--decoder-layers", type=int, default=2)
    parser.add_argument("--phrases", type=int, default=20_000, help="a pass has so many pairs made from templates")
    parser.add_argument("--dropout", type=float, default=0.0, help="pays once the network sees its pairs often")
    parser.add_argument(
        "--sample-pieces", type=float, default=0.0, help="cut sources into pieces at random, 0.3 now and then"
    )
    parser.add_argument("--last", action="store_true", help="take the last weights, not the best on unseen sentences")
    parser.add_argument("--threads", type=int, default=1, help="two are slower for a network this small")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth pair: a quick trial")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
