"""Reference trajectories from the authors' package, schedulefree, without foreach.

    python test/reference/generate_schedulefree.py [--only ScheduleFreeSGD] [--check]

It counts steps, and sums weights, in common for a group: here each parameter has an optimizer of its own.
"""

from __future__ import annotations

from importlib.metadata import version

import generate_torch  # before torch, which it sets up

import numpy as np
import schedulefree
import torch

from golden import Case, long_case, main, other_lengths, short_case
from recipe import Array
from rules import exact_power

# lockstep's class: (theirs, {lockstep's state: theirs})
OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, str]]] = {
    "ScheduleFreeSGD": (schedulefree.SGDScheduleFree, {"z": "z"}),
    "ScheduleFreeAdamW": (schedulefree.AdamWScheduleFree, {"z": "z", "expAvgSq": "exp_avg_sq"}),
}
NUMBERS = {"weightSum": "weight_sum", "lrMax": "lr_max"}


class ScheduleFreeSystem:
    power = staticmethod(exact_power)

    def __init__(self, case: Case, start: list[Array]) -> None:
        cls, self._names = OPTIMIZERS[case.optimizer]
        options = {generate_torch.snake(k): v for k, v in case.options.items() if k != "maximize"}
        self._params = [torch.nn.Parameter(torch.from_numpy(p.copy())) for p in start]
        self._optimizers = [cls([p], **options, foreach=False) for p in self._params]
        for optimizer in self._optimizers:
            optimizer.train()

    def step(self, grads: list[Array | None]) -> None:
        for param, optimizer, grad in zip(self._params, self._optimizers, grads):
            if grad is not None:
                param.grad = torch.from_numpy(grad.copy())
                optimizer.step()

    def set_lr(self, lr: float) -> None:
        for optimizer in self._optimizers:
            optimizer.param_groups[0]["lr"] = lr

    def params(self) -> list[Array]:
        return [p.detach().numpy().copy() for p in self._params]

    def set_params(self, values: list[Array]) -> None:
        with torch.no_grad():
            for param, value in zip(self._params, values):
                param.copy_(torch.from_numpy(value))

    def weights(self) -> list[Array]:
        for optimizer in self._optimizers:
            optimizer.eval()
        weights = self.params()
        for optimizer in self._optimizers:
            optimizer.train()
        return weights

    def state(self) -> dict[str, list[Array]]:
        pairs = list(zip(self._params, self._optimizers))
        arrays = {ours: [slot(optimizer, p, theirs) for p, optimizer in pairs] for ours, theirs in self._names.items()}
        numbers = {
            ours: [np.full(p.shape, max(optimizer.param_groups[0][theirs], 0.0)) for p, optimizer in pairs]
            for ours, theirs in NUMBERS.items()  # lr_max is -1 before the first step
        }
        return arrays | numbers

    def step_counts(self) -> list[int]:
        return [optimizer.param_groups[0]["k"] for optimizer in self._optimizers]


def slot(optimizer: torch.optim.Optimizer, param: torch.nn.Parameter, name: str) -> Array:
    value = optimizer.state[param].get(name)
    return np.zeros_like(param.detach().numpy()) if value is None else value.numpy().copy()


BETAS = [0.9, 0.999]

CASES = [
    long_case("sgd-defaults", "ScheduleFreeSGD", 1101, lr=1, momentum=0.9),
    short_case("sgd-warmup", "ScheduleFreeSGD", 1102, lr=0.3, momentum=0.95, warmupSteps=40, weightDecay=1e-3),
    other_lengths(short_case("sgd-r", "ScheduleFreeSGD", 1103, lr=0.1, momentum=0.5, r=1.5, weightLrPower=0.7)),
    short_case("sgd-all", "ScheduleFreeSGD", 1104, lr=0.05, momentum=0.8, weightDecay=0.1, warmupSteps=90, r=1,
               weightLrPower=0),
    long_case("adamw-defaults", "ScheduleFreeAdamW", 1111, lr=0.0025, betas=BETAS, eps=1e-8),
    short_case("adamw-warmup", "ScheduleFreeAdamW", 1112, lr=0.01, betas=[0.95, 0.99], eps=1e-8, warmupSteps=40,
               weightDecay=0.01),
    other_lengths(short_case("adamw-r", "ScheduleFreeAdamW", 1113, lr=0.1, betas=[0.5, 0.9], eps=1e-3, r=1.5,
                             weightLrPower=0.7)),
    short_case("adamw-all", "ScheduleFreeAdamW", 1114, lr=0.003, betas=[0.98, 0.95], eps=1e-6, weightDecay=0.1,
               warmupSteps=90, r=1, weightLrPower=0),
]

if __name__ == "__main__":
    main(
        "schedulefree",
        {"schedulefree": version("schedulefree"), "torch": torch.__version__.split("+")[0]},
        "The authors' package, foreach=False, an optimizer for each parameter; torch as in generate_torch.py.",
        [c for each in CASES for c in each.in_dtypes("f32", "f64")],
        ScheduleFreeSystem,
    )
