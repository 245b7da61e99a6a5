"""The training itself: examples in, steps, checkpoints that a later run goes on from."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import sentencepiece
import torch
from torch import Tensor
from torch.nn import functional

from scripts.lib.translator.corpus import Maker, batches, shown
from scripts.lib.translator.network import PAD, Network, Shape
from scripts.lib.translator.optimizer import RATE, Optimizer
from scripts.lib.translator.scoring import Scores
from scripts.lib.translator.vocabulary import Vocabulary

_LABEL_SMOOTHING = 0.1
_REPORT_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how."""

    minutes: float
    """Of training in all, over restarts."""
    tokens: int = 2500
    """Target tokens a step, padding included."""
    evaluate_minutes: float = 12.0
    seed: int = 1
    rate: float = RATE
    """The learning rate at its highest; a quarter of it teaches a finished network more without undoing much."""
    piece_sampling: float = 0.0
    """How sources are cut at random, see `Vocabulary.encode`; 0 for the likeliest way always."""
    last: bool = False
    """The last network is left, not the best on unseen sentences: they say little of what others are about."""


class Training:
    """One network in training."""

    def __init__(self, shape: Shape, plan: Plan, vocabulary: Vocabulary, device: str, dropout: float = 0.0) -> None:
        torch.manual_seed(plan.seed)
        self.network = Network(shape, dropout).to(device)
        self.optimizer = Optimizer(self.network, plan.rate)
        self.plan = plan
        self.elapsed_s = 0.0
        self.target_tokens = 0
        self.passes = 0
        self._best: tuple[float, dict[str, Tensor]] = (-1.0, {})
        self._vocabulary = vocabulary
        self._device = device
        self._in_bfloat16 = device == "cuda" or _multiplies_bfloat16(torch.cpu.get_capabilities())

    def run(self, makers: list[Maker], checkpoint: Path, evaluate: Callable[[], Scores]) -> None:
        """Train until the time is over; save, and say how it goes, now and then. The best network is left."""
        self.network.train()
        last = reported = time.monotonic()
        evaluated_s = self.elapsed_s
        losses: list[float] = []
        tokens_before = self.target_tokens
        for batch in self._batches(makers):
            losses.append(self._learn(batch))
            now = time.monotonic()
            self.elapsed_s, last = self.elapsed_s + now - last, now
            over = self.elapsed_s >= self.plan.minutes * 60
            if now - reported >= _REPORT_S or over:
                speed = (self.target_tokens - tokens_before) / (now - reported)
                print(self._report(losses, speed), flush=True)
                reported, losses, tokens_before = now, [], self.target_tokens
                self.save(checkpoint)
            if over or self.elapsed_s - evaluated_s >= self.plan.evaluate_minutes * 60:
                evaluated_s = self.elapsed_s
                self._judge(evaluate())
                self.save(checkpoint)
                self.network.train()
                last = reported = time.monotonic()
                tokens_before = self.target_tokens
            if over:
                if not self.plan.last:
                    self.network.load_state_dict(self._best[1])
                return

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "shape": asdict(self.network.shape),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state(),
            "elapsed_s": self.elapsed_s,
            "target_tokens": self.target_tokens,
            "passes": self.passes,
            "best": self._best,
        }
        unfinished = path.with_suffix(".part")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self._device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.restore(state["optimizer"])
        self.elapsed_s, self.target_tokens = state["elapsed_s"], state["target_tokens"]
        self.passes, self._best = state["passes"], state["best"]

    def _judge(self, scores: Scores) -> None:
        """Tell what the network is worth, and keep it if it is the best so far."""
        print(f"{self.elapsed_s / 60:6.1f} min  {scores.told}", flush=True)
        if scores.bleu >= self._best[0]:
            self._best = scores.bleu, {name: weight.clone() for name, weight in self.network.state_dict().items()}

    def _batches(self, makers: list[Maker]) -> Iterator[tuple[Tensor, Tensor]]:
        for each in itertools.count(self.passes):
            rng = random.Random(f"{self.plan.seed}/{each}/{self.optimizer.steps}")  # noqa: S311 -- order is no secret
            sentencepiece.set_random_generator_seed(rng.randrange(2**31))
            pairs = [pair for make in makers for pair in make(rng)]
            seen = (
                encoded
                for chunk in _chunks(shown(pairs, rng), 5_000)
                for encoded in self._vocabulary.encode(chunk, self.plan.piece_sampling)
                if max(map(len, encoded)) <= self.network.shape.longest
            )
            for batch in batches(seen, self.plan.tokens, rng):
                yield tuple(_padded([example[side] for example in batch]).to(self._device) for side in (0, 1))
            self.passes = each + 1

    def _learn(self, batch: tuple[Tensor, Tensor]) -> float:
        source, target = batch
        with torch.autocast(self._device, torch.bfloat16, enabled=self._in_bfloat16):
            hidden = self.network(source, target[:, :-1])
            wanted = target[:, 1:]
            real = wanted != PAD
            scores = self.network.logits(hidden[real])
        loss = functional.cross_entropy(scores.float(), wanted[real], label_smoothing=_LABEL_SMOOTHING)
        loss.backward()
        self.optimizer.step(self.elapsed_s / (self.plan.minutes * 60))
        self.target_tokens += int(real.sum())
        return float(loss.detach())

    def _report(self, losses: list[float], speed: float) -> str:
        return (
            f"{self.elapsed_s / 60:6.1f} min  pass {self.passes + 1}  step {self.optimizer.steps}  "
            f"loss {sum(losses) / len(losses):.3f}  {self.target_tokens / 1e6:.2f} M tokens  {speed:.0f} a second"
        )


def _multiplies_bfloat16(processor: dict[str, object]) -> bool:
    """Return whether the processor multiplies bfloat16 in hardware; where none does, it is slower than float32."""
    return any(processor.get(able) for able in ("amx_bf16", "avx512_bf16"))


def _chunks(items: Iterator[object], size: int) -> Iterator[list[object]]:
    while chunk := list(itertools.islice(items, size)):
        yield chunk


def _padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
