"""A translator is trained for real, on a slice; what comes out is loaded and used as the device does."""

from __future__ import annotations

import copy
import itertools
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="pip install dragoman[train]")
pytest.importorskip("sacrebleu", reason="pip install dragoman[train]")

import ctranslate2
import torch

from daemon.translators import ctranslate2 as driver
from daemon.translators._model_folder import read
from scripts.lib.translator import corpus, phrases
from scripts.lib.translator.export import export
from scripts.lib.translator.network import Network, Shape
from scripts.lib.translator.restored import blend, restore
from scripts.lib.translator.scoring import Scores
from scripts.lib.translator.training import Plan, Training
from scripts.lib.translator.vocabulary import Vocabulary, learn

pytestmark = [pytest.mark.parts, pytest.mark.long, pytest.mark.timeout(1500)]

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = Path(driver.__file__).parents[1] / "data" / "models"
SHAPE = ["--width", "128", "--feed-forward", "256", "--encoder-layers", "2", "--decoder-layers", "1"]

TAUGHT = re.compile(r"allerg|\b(?:name|rooms?|table|tickets?|train)\b")


def train(work: Path, pairs: Path, *options: str) -> str:
    command = [sys.executable, ROOT / "scripts" / "train_translator.py", "--pairs", pairs, "--work", work, *SHAPE]
    options = ("--vocabulary-size", "1500", "--phrases", "0", "--device", "cpu", *options)
    return subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout


def slice_of_pairs(seed: int, count: int) -> list[tuple[str, str]]:
    """Return what a few hundred templates make, however many there are by now: three minutes teach no more."""
    rng = random.Random(seed)
    templates = [each for each in phrases.load_templates() if TAUGHT.search(each.ways["en"][0])]
    return list(dict.fromkeys(phrases.expand(rng.choice(templates), rng, "en", "es") for _ in range(count)))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> Path:
    """A slice that every checkout has: what some templates make."""
    folder = tmp_path_factory.mktemp("pairs")
    made = slice_of_pairs(5, 6_000)
    for part, rows in (("dev", made[:150]), ("train", made[150:])):
        text = "".join(f"{source}\t{target}\n" for source, target in rows)
        (folder / f"en-es.{part}.tsv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory, pairs) -> tuple[Path, str]:
    work = tmp_path_factory.mktemp("work")
    return work, train(work, pairs, "--minutes", "3")


def test_the_loss_falls(trained):
    losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", trained[1])]
    assert len(losses) > 2
    assert losses[-1] < losses[0] - 1.0


def test_the_device_loads_the_model_and_it_has_learnt(trained):
    model = trained[0] / "model"
    translator = driver.open("en", "es", driver.Settings(models=(str(model),)))
    made = translator.translate("I'm allergic to peanuts.")
    assert "alérgic" in made.text
    assert 0 < made.confidence <= 1


def test_a_number_and_a_name_go_through_it(trained):
    translator = driver.open("en", "es", driver.Settings(models=(str(trained[0] / "model"),)))
    assert "Qwertz" in translator.translate("We've booked a room under the name Qwertz.").text
    assert "734" in translator.translate("My room number is 734.").text


def test_its_card_tells_the_scores_the_licence_and_the_command(trained, pairs):
    card = (trained[0] / "model" / "README.md").read_text(encoding="utf-8")
    assert "CC BY 2.0 FR" in card
    assert "tatoeba.org" in card
    assert re.search(r"\| en to es \| \d+ \| \d+\.\d \|", card)
    assert "--minutes 3" in card
    assert str(pairs) not in card


def test_a_run_that_is_over_goes_on_where_it_stopped(trained, pairs, tmp_path):
    shutil.copytree(trained[0], tmp_path / "work")
    again = train(tmp_path / "work", pairs, "--minutes", "3.1")
    steps = [int(step) for step in re.findall(r"step (\d+)", trained[1])]
    assert int(re.findall(r"step (\d+)", again)[0]) > steps[-1]


def test_eight_bits_say_what_the_full_weights_say_on_most_tokens_and_training_goes_on_from_them(trained, tmp_path):
    pieces = trained[0] / "source.spm"
    vocabulary = Vocabulary(pieces)
    network = Network(Shape(len(vocabulary), 128, 256, 2, 1))
    restore(network, vocabulary.tokens(), trained[0] / "model")
    export(network, vocabulary, pieces, tmp_path / "full", quantization=None)
    rows = [[">>es<<", *vocabulary.pieces.encode(source, out_type=str), "</s>"] for source, _ in slice_of_pairs(9, 100)]
    said = [
        [result.hypotheses[0] for result in ctranslate2.Translator(str(folder)).translate_batch(rows, beam_size=1)]
        for folder in (tmp_path / "full", trained[0] / "model")
    ]
    same = [np.mean([a == b for a, b in zip(*pair, strict=False)]) for pair in zip(*said, strict=True)]
    assert np.mean(same) > 0.8


def test_a_model_of_another_language_begins_with_what_both_vocabularies_share(trained, tmp_path):
    made = [corpus.Pair(*each, "en", "fr") for each in phrases.pairs(random.Random(5), "en", "fr", 6_000)]
    learn(made, {"en", "fr"}, 1500, tmp_path / "source.spm")
    vocabulary = Vocabulary(tmp_path / "source.spm")
    spanish, french = (Network(Shape(1500, 128, 256, 2, 1)) for _ in range(2))
    restore(spanish, Vocabulary(trained[0] / "source.spm").tokens(), trained[0] / "model")
    untaught = french.embedding.weight.detach().clone()
    restore(french, vocabulary.tokens(), trained[0] / "model")
    known = {token: at for at, token in enumerate(Vocabulary(trained[0] / "source.spm").tokens())}
    shared = [(at, known[token]) for at, token in enumerate(vocabulary.tokens()) if token in known]
    assert len(shared) > 300
    for at, taught in shared:
        assert torch.equal(french.embedding.weight[at], spanish.embedding.weight[taught])
    tag = vocabulary.tokens().index(">>fr<<")
    assert torch.equal(french.embedding.weight[tag], untaught[tag])
    assert torch.equal(french.encoder[0].feed_in.weight, spanish.encoder[0].feed_in.weight)


def test_a_direction_that_nobody_wrote_everyday_sentences_for_is_calibrated_all_the_same(tmp_path):
    made = phrases.pairs(random.Random(5), "en", "fr", 1_500)
    for part, rows in (("dev", made[:100]), ("train", made[100:])):
        text = "".join(f"{source}\t{target}\n" for source, target in rows)
        (tmp_path / f"en-fr.{part}.tsv").write_text(text, encoding="utf-8")
    train(tmp_path / "work", tmp_path, "--directions", "fr-en", "--minutes", "0.2")
    assert "reliability = [[" in (tmp_path / "work" / "model" / "model.toml").read_text(encoding="utf-8")


def test_a_model_is_counted_anew_with_the_one_of_the_way_back_that_it_is_told(pairs, tmp_path):
    shutil.copytree(SHIPPED / "en-es", tmp_path / "en-es")
    shutil.copytree(SHIPPED / "es-en", tmp_path / "es-en")
    command = [sys.executable, ROOT / "scripts" / "calibrate_translator.py", tmp_path / "en-es", "--pairs", pairs]
    for more, told in ([], "es-en"), (["--told-back-by", ""], None), (["--told-back-by", "es-en"], "es-en"):
        said = subprocess.run([*command, *more], check=True, capture_output=True, text=True).stdout
        assert "confidence    sentences    right" in said
        back = read(tmp_path / "en-es").told_back_by
        assert (back.name if back else None) == told


def test_a_model_whose_way_back_is_missing_is_not_counted_and_keeps_its_card(pairs, tmp_path):
    shutil.copytree(SHIPPED / "en-es", tmp_path / "en-es")
    before = (tmp_path / "en-es" / "model.toml").read_bytes()
    command = [sys.executable, ROOT / "scripts" / "calibrate_translator.py", tmp_path / "en-es", "--pairs", pairs]
    done = subprocess.run([*command, "--told-back-by", "typo"], check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "typo is no folder" in done.stderr
    assert (tmp_path / "en-es" / "model.toml").read_bytes() == before


@pytest.mark.parametrize(("last", "left"), [(False, "best"), (True, "network")])
def test_the_best_network_is_left_or_the_last_where_that_is_asked(trained, tmp_path, last, left):
    vocabulary = Vocabulary(trained[0] / "source.spm")
    made = [corpus.Pair(*each, "en", "es") for each in phrases.pairs(random.Random(5), "en", "es", 200)]
    plan = Plan(minutes=0.1, tokens=400, evaluate_minutes=0.02, last=last)
    training = Training(Shape(len(vocabulary), 128, 256, 2, 1), plan, vocabulary, "cpu")
    worse_and_worse = (Scores(float(bleu), "") for bleu in itertools.count(50, -1))
    training.run([lambda _: made], tmp_path / "checkpoint.pt", lambda: next(worse_and_worse))
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    first, end = kept["best"][1], kept["network"]
    assert not torch.equal(first["embedding.weight"], end["embedding.weight"])
    wanted = first if left == "best" else end
    assert all(torch.equal(weight, wanted[name]) for name, weight in training.network.state_dict().items())


def test_a_network_that_grew_says_what_the_model_says_before_it_learns_more(trained):
    vocabulary = Vocabulary(trained[0] / "source.spm")
    same, grown = (Network(Shape(1500, 128, *sizes)).eval() for sizes in ((256, 2, 1), (384, 4, 2)))
    for network in (same, grown):
        restore(network, vocabulary.tokens(), trained[0] / "model")
    encoded = vocabulary.encode([corpus.Pair("I'm allergic to nuts.", "Soy alérgico a las nueces.", "en", "es")])
    source, target = (torch.tensor([row]) for row in next(iter(encoded)))
    assert torch.allclose(same(source, target), grown(source, target), atol=1e-5)


def test_a_model_that_is_larger_than_the_network_is_refused_with_both_sizes(trained):
    tokens = Vocabulary(trained[0] / "source.spm").tokens()
    with pytest.raises(ValueError, match="encoder has 2 layers, the network's 1"):
        restore(Network(Shape(1500, 128, 256, 1, 1)), tokens, trained[0] / "model")
    with pytest.raises(ValueError, match=r"the model has \(256, 128\) .* the network \(128, 128\)"):
        restore(Network(Shape(1500, 128, 128, 2, 1)), tokens, trained[0] / "model")


def test_a_blend_lies_between_what_was_learnt_and_what_it_was_begun_with(trained):
    tokens = Vocabulary(trained[0] / "source.spm").tokens()
    begun, learnt = (Network(Shape(len(tokens), 128, 256, 2, 1)) for _ in range(2))
    restore(begun, tokens, trained[0] / "model")
    between = copy.deepcopy(learnt)
    blend(between, tokens, trained[0] / "model", 0.25)
    for first, second, mean in zip(begun.parameters(), learnt.parameters(), between.parameters(), strict=True):
        assert torch.allclose(mean, 0.75 * first + 0.25 * second, atol=1e-6)
