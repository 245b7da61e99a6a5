"""How the weights learn: AdamW, at a rate that rises first and falls with the time left."""

from __future__ import annotations

import torch

from scripts.lib.translator.network import Network

#: At its highest, for a network that knows nothing yet.
RATE = 2e-3
_WARM_UP_STEPS = 400
#: The last share of the time, in which the rate falls to nothing.
_COOL_DOWN = 0.4


class Optimizer:
    """The optimizer and its schedule."""

    def __init__(self, network: Network, rate: float) -> None:
        self._rate = rate
        self._parameters = list(network.parameters())
        self._adam = torch.optim.AdamW(self._parameters, lr=rate, betas=(0.9, 0.98), eps=1e-9, fused=True)
        self.steps = 0

    def step(self, progress: float) -> None:
        """Apply the gradients and clear them. `progress` is the share of the training that is over."""
        torch.nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self.steps += 1
        warm, cool = self.steps / _WARM_UP_STEPS, (1.0 - progress) / _COOL_DOWN
        for group in self._adam.param_groups:
            group["lr"] = self._rate * max(0.01, min(1.0, warm, cool))
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)

    def state(self) -> dict[str, object]:
        """Return what `restore` takes."""
        return {"steps": self.steps, "adam": self._adam.state_dict()}

    def restore(self, state: dict[str, object]) -> None:
        """Go on where another left off."""
        self.steps = state["steps"]
        self._adam.load_state_dict(state["adam"])
