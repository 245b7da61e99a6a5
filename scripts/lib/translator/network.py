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
#: Places of the mask that dropout takes its pieces of.
_DRAWN = 2**24


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
        return self.out(_gathered(*split, mask, causal=causal).transpose(1, 2).flatten(2))


def _gathered(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool) -> Tensor:
    """Return the values (batch, heads, time, width of a head) by how well queries and keys agree.

    Written out: for sequences this short, PyTorch's fused kernel takes a third of a step on a CPU, in bfloat16.
    """
    agreement = (query @ key.transpose(-1, -2)).float() / math.sqrt(query.shape[-1])
    if causal:
        time = query.shape[2]
        agreement = agreement + torch.full((time, time), -math.inf, device=query.device).triu(1)
    if mask is not None:
        agreement = agreement.masked_fill(~mask, -math.inf)
    return agreement.softmax(-1).to(value.dtype) @ value


class Dropout(nn.Module):
    """Leaves out a share of the numbers, at random.

    What is left out is a piece of one long mask: to draw a new one each time takes a fifth of a step on a CPU.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        drawn = (torch.rand(_DRAWN if share else 0) >= share).to(torch.bfloat16) / (1.0 - share)
        self.register_buffer("mask", drawn, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`, in training with some of it zero and the rest larger for it."""
        if not self.training or not self.share:
            return x
        if x.numel() >= len(self.mask):
            return functional.dropout(x, self.share)
        start = int(torch.randint(len(self.mask) - x.numel(), ()))
        return x * self.mask[start : start + x.numel()].view_as(x).to(x.dtype)


class Layer(nn.Module):
    """One layer of the encoder, or, with attention across, of the decoder."""

    def __init__(self, shape: Shape, *, decodes: bool, dropout: Dropout) -> None:
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
        x = x + self.dropout(self.self_attention(self.self_norm(x), None, mask, causal=self.decodes))
        if self.decodes:
            x = x + self.dropout(self.across_attention(self.across_norm(x), memory, memory_mask, causal=False))
        return x + self.dropout(self.feed_out(functional.relu(self.feed_in(self.feed_norm(x)))))


class Network(nn.Module):
    """Encoder and decoder over one vocabulary."""

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=shape.width**-0.5)
        self.dropout = Dropout(dropout)
        self.encoder = nn.ModuleList(
            Layer(shape, decodes=False, dropout=self.dropout) for _ in range(shape.encoder_layers)
        )
        self.decoder = nn.ModuleList(
            Layer(shape, decodes=True, dropout=self.dropout) for _ in range(shape.decoder_layers)
        )
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.projection_bias = nn.Parameter(torch.zeros(shape.vocabulary))
        self.register_buffer("positions", positions(shape.longest, shape.width), persistent=False)

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
        return self.dropout(scaled + self.positions[: tokens.shape[1]])


def positions(length: int, width: int) -> Tensor:
    """Return the sinusoidal encodings (length, width): sines first, then cosines."""
    rates = torch.exp(torch.arange(width // 2) * -(math.log(10_000) / (width // 2 - 1)))
    angles = torch.arange(length)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)
