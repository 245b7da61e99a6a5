"""A trained network as a model folder that CTranslate2 loads."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from ctranslate2.specs import TransformerSpec
from torch import Tensor, nn

from scripts.lib.translator.network import Attention, Layer, Network
from scripts.lib.translator.vocabulary import Vocabulary


def export(network: Network, vocabulary: Vocabulary, pieces: Path, folder: Path, quantization: str = "int8") -> None:
    """Write the network into `folder`: model.bin, config.json, shared_vocabulary.json, source.spm."""
    shape = network.shape
    spec = TransformerSpec.from_config((shape.encoder_layers, shape.decoder_layers), shape.heads, pre_norm=True)
    _embedded(spec.encoder, network, spec.encoder.embeddings[0])
    _embedded(spec.decoder, network, spec.decoder.embeddings)
    _norm(spec.encoder.layer_norm, network.encoder_norm)
    _norm(spec.decoder.layer_norm, network.decoder_norm)
    for side, layers in ((spec.encoder, network.encoder), (spec.decoder, network.decoder)):
        for layer_spec, layer in zip(side.layer, layers, strict=True):
            _layer(layer_spec, layer)
    spec.decoder.projection.weight = _array(network.embedding.weight)
    spec.decoder.projection.bias = _array(network.projection_bias)
    # An id is a place in this list, so padding keeps its own.
    spec.register_source_vocabulary(vocabulary.tokens())
    spec.register_target_vocabulary(vocabulary.tokens())
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.decoder_start_token = "<s>"  # noqa: S105 -- a token of text
    spec.config.add_source_bos = spec.config.add_source_eos = False
    spec.validate()
    spec.optimize(quantization=quantization)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    shutil.copyfile(pieces, folder / "source.spm")


def _embedded(side: object, network: Network, embeddings: object) -> None:
    embeddings.weight = _array(network.embedding.weight)
    side.position_encodings.encodings = _array(network.positions)
    side.scale_embeddings = True


def _layer(spec: object, layer: Layer) -> None:
    _norm(spec.self_attention.layer_norm, layer.self_norm)
    _attention(spec.self_attention, layer.self_attention)
    if layer.decodes:
        _norm(spec.attention.layer_norm, layer.across_norm)
        _attention(spec.attention, layer.across_attention)
    _norm(spec.ffn.layer_norm, layer.feed_norm)
    _linear(spec.ffn.linear_0, layer.feed_in)
    _linear(spec.ffn.linear_1, layer.feed_out)


def _attention(spec: object, attention: Attention) -> None:
    for place, linear in zip(spec.linear, [*attention.into, attention.out], strict=True):
        _linear(place, linear)


def _linear(spec: object, linear: nn.Linear) -> None:
    spec.weight, spec.bias = _array(linear.weight), _array(linear.bias)


def _norm(spec: object, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = _array(norm.weight), _array(norm.bias)


def _array(weights: Tensor) -> np.ndarray:
    return weights.detach().float().cpu().numpy().copy()
