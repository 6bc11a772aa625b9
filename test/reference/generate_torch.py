"""Reference trajectories from torch.optim, the single-tensor implementation (foreach=False, fused=False).

    python test/reference/generate_torch.py [--only Adam] [--check]
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # before the import: the same bits from AVX2 and AVX-512 machines

import numpy as np
import torch

from golden import Case, long_case, main, short_case
from recipe import Array

torch.set_num_threads(1)

# lockstep's class: (torch's class, arguments that select the plain implementation, {lockstep's state: torch's})
OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, Any], dict[str, str]]] = {
    "SGD": (torch.optim.SGD, {"foreach": False, "fused": False}, {}),
    "Adagrad": (torch.optim.Adagrad, {"foreach": False, "fused": False}, {"sum": "sum"}),
    "Adam": (
        torch.optim.Adam,
        {"foreach": False, "fused": False},
        {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq"},
    ),
}


class TorchSystem:
    def __init__(self, case: Case, start: list[Array]) -> None:
        cls, plain, self._names = OPTIMIZERS[case.optimizer]
        self._params = [torch.nn.Parameter(torch.from_numpy(p.copy())) for p in start]
        options = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), k): v for k, v in case.options.items()}
        self._optimizer = cls(self._params, **options, **plain)

    def step(self, grads: list[Array | None]) -> None:
        for param, grad in zip(self._params, grads):
            param.grad = None if grad is None else torch.from_numpy(grad.copy())
        self._optimizer.step()

    def set_lr(self, lr: float) -> None:
        self._optimizer.param_groups[0]["lr"] = lr

    def params(self) -> list[Array]:
        return [p.detach().numpy().copy() for p in self._params]

    def set_params(self, values: list[Array]) -> None:
        with torch.no_grad():
            for param, value in zip(self._params, values):
                param.copy_(torch.from_numpy(value))

    def state(self) -> dict[str, list[Array]]:
        return {ours: [self._slot(p, theirs) for p in self._params] for ours, theirs in self._names.items()}

    def _slot(self, param: torch.nn.Parameter, name: str) -> Array:
        slots = self._optimizer.state[param]
        return slots[name].numpy().copy() if name in slots else np.zeros_like(param.detach().numpy())

    def step_counts(self) -> list[int] | None:
        if not self._names:
            return None
        return [int(self._optimizer.state[p].get("step", 0)) for p in self._params]


def all_null(case: Case) -> Case:
    """The same case with one step at which no parameter has a gradient."""
    events = [*case.events, {"step": 200, "null": [0, 1, 2]}]
    return replace(case, events=tuple(sorted(events, key=lambda e: e["step"])))


CASES = [
    all_null(long_case("sgd-defaults", "SGD", 101, lr=0.01)),
    short_case("sgd-large-lr", "SGD", 102, lr=0.5),
    short_case("sgd-small-lr", "SGD", 103, lr=3e-5),
    replace(short_case("sgd-other-lengths", "SGD", 104, lr=0.1), params=(130, 1, 16)),
    all_null(long_case("adagrad-defaults", "Adagrad", 201, lr=0.01, eps=1e-8)),
    short_case("adagrad-torch-eps", "Adagrad", 202, lr=0.1, eps=1e-10),
    short_case("adagrad-large-eps", "Adagrad", 203, lr=0.5, eps=1e-3),
    replace(short_case("adagrad-other-lengths", "Adagrad", 204, lr=0.02, eps=1e-8), params=(130, 1, 16)),
    all_null(long_case("adam-defaults", "Adam", 301, lr=1e-3, betas=[0.9, 0.999], eps=1e-8)),
    short_case("adam-low-betas", "Adam", 302, lr=3e-3, betas=[0.45, 0.8], eps=1e-6),
    short_case("adam-beta1-zero", "Adam", 303, lr=0.1, betas=[0.0, 0.99], eps=1e-3),
    replace(
        short_case("adam-other-lengths", "Adam", 304, lr=1e-2, betas=[0.95, 0.9999], eps=1e-10), params=(130, 1, 16)
    ),
]

if __name__ == "__main__":
    main(
        "torch",
        {"torch": torch.__version__.split("+")[0]},
        "torch.optim, foreach=False, fused=False, one thread, ATEN_CPU_CAPABILITY=avx2. Its vector kernels use FMA.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        TorchSystem,
    )
