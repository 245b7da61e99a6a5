"""Weights out of a model folder, so that training goes on from a model that ships.

The binary form is CTranslate2's (``ctranslate2/specs/model_spec.py``, `_serialize`), version 6: a header, then every
variable with its name, shape, type and bytes, then names that stand for others.
"""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from scripts.lib.translator.network import Attention, Layer, Network

_VERSION = 6
#: Types by their number in the file.
_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)


def restore(network: Network, tokens: list[str], folder: Path) -> None:
    """Fill the network with the weights of a model of its width. Raises ValueError where it has another.

    ``tokens`` is the network's vocabulary, by id. Where the model has another one, of other languages, what is known of
    the tokens in both is taken over: the English of one language's model helps the next. A network with more layers, or
    wider ones between, begins as one that says what the model says: what is new in it adds nothing yet (Chen and
    others, Net2Net, https://arxiv.org/abs/1511.05641).
    """
    weights = _weights(folder / "model.bin")
    known = {token: at for at, token in enumerate(_tokens(folder))}
    with torch.no_grad():
        _copy_rows(network.embedding.weight, weights["decoder/embeddings/weight"], tokens, known)
        _copy_rows(network.projection_bias, weights["decoder/projection/bias"], tokens, known)
        _norm(network.encoder_norm, weights, "encoder/layer_norm")
        _norm(network.decoder_norm, weights, "decoder/layer_norm")
        for side, layers in (("encoder", network.encoder), ("decoder", network.decoder)):
            _layers(layers, weights, side)


def blend(network: Network, tokens: list[str], folder: Path, share: float) -> None:
    """Take the ``share`` of what the network learnt, and for the rest the model that it went on from, see `restore`.

    Between the two lie networks that know both (Wortsman and others, Robust Fine-Tuning of Zero-Shot Models,
    https://arxiv.org/abs/2109.01903): what was learnt in a short time is not paid with what was known before.
    """
    learnt = {name: weight.clone() for name, weight in network.state_dict().items()}
    restore(network, tokens, folder)
    with torch.no_grad():
        for name, weight in network.state_dict().items():
            weight.lerp_(learnt[name], share)


def _tokens(folder: Path) -> list[str]:
    return list(json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8")))


def _copy_rows(parameter: Tensor, rows: np.ndarray, tokens: list[str], known: dict[str, int]) -> None:
    if rows.shape[1:] != tuple(parameter.shape[1:]):
        raise ValueError(f"the model has {rows.shape[1:]} numbers a token, the network {tuple(parameter.shape[1:])}")
    for at, token in enumerate(tokens):
        if token in known:
            parameter[at] = torch.from_numpy(np.asarray(rows[known[token]], np.float32))


def _layers(layers: nn.ModuleList, weights: dict[str, np.ndarray], side: str) -> None:
    given = len({name.split("/")[1] for name in weights if name.startswith(f"{side}/layer_")} - {"layer_norm"})
    if given > len(layers):
        raise ValueError(f"the model's {side} has {given} layers, the network's {len(layers)}: it can only grow")
    for at, layer in enumerate(layers):
        _silence(layer)
        if at < given:
            _layer(layer, weights, f"{side}/layer_{at}")


def _silence(layer: Layer) -> None:
    """Let a layer add nothing to what goes through it."""
    across = [layer.across_attention.out] if layer.decodes else []
    for last in (layer.self_attention.out, *across, layer.feed_out):
        last.weight.zero_()
        last.bias.zero_()


def _layer(layer: Layer, weights: dict[str, np.ndarray], name: str) -> None:
    _norm(layer.self_norm, weights, f"{name}/self_attention/layer_norm")
    _attention(layer.self_attention, weights, f"{name}/self_attention")
    if layer.decodes:
        _norm(layer.across_norm, weights, f"{name}/attention/layer_norm")
        _attention(layer.across_attention, weights, f"{name}/attention")
    _norm(layer.feed_norm, weights, f"{name}/ffn/layer_norm")
    _linear(layer.feed_in, weights, f"{name}/ffn/linear_0")
    _linear(layer.feed_out, weights, f"{name}/ffn/linear_1")


def _attention(attention: Attention, weights: dict[str, np.ndarray], name: str) -> None:
    for at, linear in enumerate([*attention.into, attention.out]):
        _linear(linear, weights, f"{name}/linear_{at}")


def _linear(linear: nn.Linear, weights: dict[str, np.ndarray], name: str) -> None:
    _copy(linear.weight, weights, f"{name}/weight")
    _copy(linear.bias, weights, f"{name}/bias")


def _norm(norm: nn.LayerNorm, weights: dict[str, np.ndarray], name: str) -> None:
    _copy(norm.weight, weights, f"{name}/gamma")
    _copy(norm.bias, weights, f"{name}/beta")


def _copy(parameter: Tensor, weights: dict[str, np.ndarray], name: str) -> None:
    if name not in weights:
        raise ValueError(f"the model has nothing for {name}: it is of another kind")
    have, room = weights[name].shape, tuple(parameter.shape)
    if len(have) != len(room) or any(size > most for size, most in zip(have, room, strict=True)):
        raise ValueError(f"the model has {have} for {name}, the network {room}: it can only grow")
    parameter[tuple(map(slice, have))] = torch.from_numpy(weights[name].astype(np.float32))


def _weights(path: Path) -> dict[str, np.ndarray]:
    """Return the variables of a model, those in eight bits multiplied out."""
    file = io.BytesIO(path.read_bytes())
    (version,) = _unpacked(file, "I")
    if version != _VERSION:
        raise ValueError(f"{path} has version {version}, and {_VERSION} is read here: convert it again")
    _text(file)
    _revision, count = _unpacked(file, "II")
    found = dict(_variable(file) for _ in range(count))
    (aliases,) = _unpacked(file, "I")
    for _ in range(aliases):
        alias, name = _text(file), _text(file)
        found[alias] = found[name]
    return {name: _multiplied(name, found) for name in found}


def _multiplied(name: str, found: dict[str, np.ndarray]) -> np.ndarray:
    scale = found.get(f"{name}_scale")
    return found[name] if scale is None else found[name].astype(np.float32) / scale.reshape(-1, 1)


def _variable(file: io.BytesIO) -> tuple[str, np.ndarray]:
    name = _text(file)
    (rank,) = _unpacked(file, "B")
    shape = _unpacked(file, f"{rank}I")
    kind, size = _unpacked(file, "<BI")
    return name, np.frombuffer(file.read(size), _TYPES[kind]).reshape(shape)


def _text(file: io.BytesIO) -> str:
    (length,) = _unpacked(file, "H")
    return file.read(length)[:-1].decode()


def _unpacked(file: io.BytesIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
