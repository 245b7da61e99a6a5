"""Small translation models with random weights, in each layout that is known: they load, answer and know nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sentencepiece
from ctranslate2.specs import TransformerSpec

PLACES = ("⟪1⟫", "⟪2⟫")
_WIDTH, _HEADS, _LAYERS = 16, 2, 1
#: Positions that a model knows.
LONGEST = 300
_TEXT = ["my house is big", "mi casa es grande", "where is the station", "dónde está la estación", "a cat and a dog"]


def make(
    folder: Path, *, tokens: tuple[str, ...] = (), pieces: str = "source.spm", seed: int = 1, ends: bool = True
) -> Path:
    """Write a model into `folder`; `tokens` are those of languages and placeholders.

    One that does not end goes on until it is stopped.
    """
    folder.mkdir(parents=True)
    vocabulary = _vocabulary(folder, tokens, pieces)
    spec = TransformerSpec.from_config((_LAYERS, _LAYERS), _HEADS, pre_norm=True)
    _fill(spec, len(vocabulary), np.random.default_rng(seed))
    if not ends:
        spec.decoder.projection.bias[vocabulary.index("</s>")] = -1e4
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.decoder_start_token = "<s>"  # noqa: S105
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(folder))
    return folder


def card(
    folder: Path,
    *,
    layout: int = 1,
    words: tuple[str, str] = ("", ""),
    longest_words: int = 8,
    before: str = "",
    more: str = "",
) -> Path:
    """Add the card that our own models have, with more keys before its tables, and more tables."""
    (folder / "model.toml").write_text(
        f"layout = {layout}\nlongest_words = {longest_words}\nlongest_tokens = {LONGEST}\n"
        f"placeholders = {list(PLACES)!r}\n"
        f"reliability = [[0.0, 0.0], [1.0, 1.0]]\n{before}"
        '[[direction]]\nsource = "en"\ntarget = "es"\ntag = ">>es<<"\n' + more,
        encoding="utf-8",
    )
    for name, text in zip(("lexicon.tsv", "target_words.txt"), words, strict=True):
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return folder


def _vocabulary(folder: Path, tokens: tuple[str, ...], pieces: str) -> list[str]:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(_TEXT * 4),
        model_prefix=str(folder / "pieces"),
        vocab_size=60,
        hard_vocab_limit=False,
        user_defined_symbols=list(tokens),
        minloglevel=2,
    )
    (folder / "pieces.vocab").unlink()
    (folder / "pieces.model").rename(folder / pieces)
    known = sentencepiece.SentencePieceProcessor(model_file=str(folder / pieces))
    return [known.id_to_piece(at) for at in range(known.vocab_size())]


def _fill(spec: TransformerSpec, size: int, rng: np.random.Generator) -> None:
    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def linear(place: object, outputs: int, inputs: int) -> None:
        place.weight, place.bias = weights(outputs, inputs), weights(outputs)

    def norm(place: object) -> None:
        place.gamma, place.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)

    embedding = weights(size, _WIDTH)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = embedding
    spec.decoder.projection.bias = weights(size)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = weights(LONGEST, _WIDTH)
        side.scale_embeddings = True
        norm(side.layer_norm)
        for layer in side.layer:
            norm(layer.self_attention.layer_norm)
            linear(layer.self_attention.linear[0], 3 * _WIDTH, _WIDTH)
            linear(layer.self_attention.linear[1], _WIDTH, _WIDTH)
            norm(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, 2 * _WIDTH, _WIDTH)
            linear(layer.ffn.linear_1, _WIDTH, 2 * _WIDTH)
            if side is spec.decoder:
                norm(layer.attention.layer_norm)
                linear(layer.attention.linear[0], _WIDTH, _WIDTH)
                linear(layer.attention.linear[1], 2 * _WIDTH, _WIDTH)
                linear(layer.attention.linear[2], _WIDTH, _WIDTH)
