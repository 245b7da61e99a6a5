"""The network: a small Transformer, laid out as CTranslate2 computes it (pre-norm, ReLU, one embedding for all).

Attention Is All You Need (https://arxiv.org/abs/1706.03762), with the layer normalization before each block.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

PAD = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network."""

    vocabulary: int
    width: int = 256
    feed_forward: int = 768
    encoder_layers: int = 4
    decoder_layers: int = 2
    heads: int = 4
    longest: int = 128
    """Positions, tokens."""


class Attention(nn.Module):
    """Multi-head attention; queries, keys and values of one source come from one matrix."""

    def __init__(self, shape: Shape, *, across: bool) -> None:
        super().__init__()
        width = shape.width
        self.heads = shape.heads
        self.across = across
        self.into = nn.ModuleList(
            [nn.Linear(width, width), nn.Linear(width, 2 * width)] if across else [nn.Linear(width, 3 * width)]
        )
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor | None, mask: Tensor | None, *, causal: bool) -> Tensor:
        """Return what each position of `x` (batch, time, width) gathers from `memory`, or from `x` itself."""
        if memory is None:
            query, key, value = self.into[0](x).chunk(3, dim=-1)
        else:
            query = self.into[0](x)
            key, value = self.into[1](memory).chunk(2, dim=-1)
        split = [part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (query, key, value)]
        gathered = functional.scaled_dot_product_attention(*split, attn_mask=mask, is_causal=causal)
        return self.out(gathered.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """One layer of the encoder, or, with attention across, of the decoder."""

    def __init__(self, shape: Shape, *, decodes: bool, dropout: float) -> None:
        super().__init__()
        self.decodes = decodes
        self.self_norm, self.feed_norm = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.self_attention = Attention(shape, across=False)
        if decodes:
            self.across_norm = nn.LayerNorm(shape.width)
            self.across_attention = Attention(shape, across=True)
        self.feed_in = nn.Linear(shape.width, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.width)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor | None, memory: Tensor | None, memory_mask: Tensor | None) -> Tensor:
        """Return the layer's output; masks are True where attention may look."""
        x = x + self._drop(self.self_attention(self.self_norm(x), None, mask, causal=self.decodes))
        if self.decodes:
            x = x + self._drop(self.across_attention(self.across_norm(x), memory, memory_mask, causal=False))
        return x + self._drop(self.feed_out(functional.relu(self.feed_in(self.feed_norm(x)))))

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class Network(nn.Module):
    """Encoder and decoder over one vocabulary."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        self.encoder = nn.ModuleList(Layer(shape, decodes=False, dropout=dropout) for _ in range(shape.encoder_layers))
        self.decoder = nn.ModuleList(Layer(shape, decodes=True, dropout=dropout) for _ in range(shape.decoder_layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.projection_bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.register_buffer("positions", positions(shape.longest, shape.width), persistent=False)
        self.dropout = dropout

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return the last hidden states (batch, time, width) for token ids (batch, time), padded with `PAD`."""
        looks_at = (source != PAD)[:, None, None, :]
        mask = None if bool(looks_at.all()) else looks_at
        memory = self._embed(source)
        for layer in self.encoder:
            memory = layer(memory, mask, None, None)
        memory = self.encoder_norm(memory)
        x = self._embed(target)
        for layer in self.decoder:
            x = layer(x, None, memory, mask)  # padding is at the end: the causal mask hides it
        return self.decoder_norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Return scores over the vocabulary."""
        return functional.linear(hidden, self.embedding.weight, self.projection_bias)

    def _embed(self, tokens: Tensor) -> Tensor:
        scaled = self.embedding(tokens) * math.sqrt(self.shape.width)
        return functional.dropout(scaled + self.positions[: tokens.shape[1]], self.dropout, self.training)


def positions(length: int, width: int) -> Tensor:
    """Return the sinusoidal encodings (length, width): sines first, then cosines."""
    rates = torch.exp(torch.arange(width // 2) * -(math.log(10_000) / (width // 2 - 1)))
    angles = torch.arange(length)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
