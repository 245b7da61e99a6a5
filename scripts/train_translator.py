#!/usr/bin/env python3
"""Trains a compact translator on sentence pairs and writes it as a model folder.

    scripts/train_translator.py --directions en-es,en-fr,en-de --minutes 120 --work FOLDER

A run that was ended goes on where it stopped.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch

from scripts.lib.translator import corpus, phrases
from scripts.lib.translator.export import export
from scripts.lib.translator.network import Shape
from scripts.lib.translator.scoring import score
from scripts.lib.translator.training import Plan, Training
from scripts.lib.translator.vocabulary import Vocabulary, learn


def main() -> int:
    """Train."""
    given = _arguments()
    torch.set_num_threads(given.threads)
    given.work.mkdir(parents=True, exist_ok=True)
    directions = [tuple(each.split("-")) for each in given.directions.split(",")]
    pairs = {each: corpus.read(given.pairs, *each, "train")[:: given.every] for each in directions}
    unseen = {each: corpus.read(given.pairs, *each, "dev") for each in directions}
    pieces = given.work / "source.spm"
    if given.vocabulary:
        pieces = given.vocabulary
    elif not pieces.exists():
        languages = {language for each in directions for language in each}
        learn((pair for each in pairs.values() for pair in each), languages, given.vocabulary_size, pieces)
    vocabulary = Vocabulary(pieces)
    shape = Shape(len(vocabulary), given.width, given.feed_forward, given.encoder_layers, given.decoder_layers)
    plan = Plan(given.minutes, given.tokens, given.evaluate_minutes, given.seed)
    training = Training(shape, plan, vocabulary, given.device, given.dropout)
    checkpoint = given.work / "checkpoint.pt"
    if checkpoint.exists():
        training.restore(checkpoint)
    size = sum(weight.numel() for weight in training.network.parameters())
    print(f"{size / 1e6:.2f} M parameters, {sum(map(len, pairs.values()))} pairs", flush=True)
    weights = dict(zip(directions, map(float, given.weights.split(",")), strict=True)) if given.weights else {}

    def evaluate() -> str:
        folder = given.work / "model"
        export(training.network, vocabulary, pieces, folder)
        words = []
        for (source, target), dev in unseen.items():
            bleu, chrf = score(folder, vocabulary, dev)
            heard, _ = score(folder, vocabulary, dev, recognized=True)
            words.append(f"{source}-{target} BLEU {bleu:.1f} chrF {chrf:.1f} (as recognized {heard:.1f})")
        return "  ".join(words)

    makers = [_sampled(of, weights.get(direction, 1.0)) for direction, of in pairs.items()]
    secret = {phrases.normalised(text) for dev in unseen.values() for each in dev for text in (each.source, each.target)}
    makers += [_expanded(*direction, given.phrases, secret) for direction in directions if given.phrases]
    training.run(makers, checkpoint, evaluate)
    return 0


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


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directions", default="en-es", help="comma-separated, one network for all")
    parser.add_argument("--weights", default="", help="a pass takes each direction's pairs so many times")
    parser.add_argument("--pairs", type=Path, required=True, help="folder with en-XX.train.tsv and en-XX.dev.tsv")
    parser.add_argument("--work", type=Path, required=True, help="folder of checkpoints and the model")
    parser.add_argument("--vocabulary", type=Path, help="a SentencePiece model to take instead of learning one")
    parser.add_argument("--vocabulary-size", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--evaluate-minutes", type=float, default=12.0)
    parser.add_argument("--tokens", type=int, default=2500)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--feed-forward", type=int, default=768)
    parser.add_argument("--encoder-layers", type=int, default=4)
    parser.add_argument("--decoder-layers", type=int, default=2)
    parser.add_argument("--phrases", type=int, default=20_000, help="a pass has so many pairs made from templates")
    parser.add_argument("--dropout", type=float, default=0.0, help="pays once the network sees its pairs often")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--every", type=int, default=1, help="take every so manieth pair: a quick trial")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
