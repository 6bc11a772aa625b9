"""Reference trajectories from torch.optim, the single-tensor implementation (foreach=False, fused=False).

    python test/reference/generate_torch.py [--only Adam] [--check]
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from inspect import signature
from typing import Any

os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # before the import: the same bits from AVX2 and AVX-512 machines

import numpy as np
import torch

from golden import Case, long_case, main, other_lengths, short_case
from recipe import Array
from rules import exact_power

torch.set_num_threads(1)

PLAIN = ("foreach", "fused")  # False, where a class has them
RENAMED = {"initialAccumulator": "initial_accumulator_value"}  # the others differ in case alone
NOT_TORCH = ("dialect", "epsPlace", "weightDecayMode")

MOMENTS = {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq", "maxExpAvgSq": "max_exp_avg_sq"}

# lockstep's class: (torch's class, {lockstep's state: torch's})
OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, str]]] = {
    "SGD": (torch.optim.SGD, {"momentumBuffer": "momentum_buffer"}),
    "Adagrad": (torch.optim.Adagrad, {"sum": "sum"}),
    "Adam": (torch.optim.Adam, MOMENTS),
    "AdamW": (torch.optim.AdamW, MOMENTS),
    "RMSprop": (
        torch.optim.RMSprop,
        {"squareAvg": "square_avg", "gradAvg": "grad_avg", "momentumBuffer": "momentum_buffer"},
    ),
    "Adadelta": (torch.optim.Adadelta, {"squareAvg": "square_avg", "accDelta": "acc_delta"}),
    "Adamax": (torch.optim.Adamax, {"expAvg": "exp_avg", "expInf": "exp_inf"}),
    "RAdam": (torch.optim.RAdam, MOMENTS),
    "NAdam": (torch.optim.NAdam, MOMENTS),
    "Rprop": (torch.optim.Rprop, {"prev": "prev", "stepSize": "step_size"}),
    "ASGD": (torch.optim.ASGD, {"ax": "ax"}),
}


def snake(name: str) -> str:
    return RENAMED.get(name, re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name))


class TorchSystem:
    power = staticmethod(exact_power)

    def __init__(self, case: Case, start: list[Array]) -> None:
        self._params = [torch.nn.Parameter(torch.from_numpy(p.copy())) for p in start]
        torch.set_default_dtype(torch.float64 if case.dtype == "f64" else torch.float32)  # of the numbers in its state
        self._optimizer, self._names = self._make(case, self._params)
        self._initial = {"step_size": case.options["lr"]}  # of what does not start with 0

    @staticmethod
    def _make(case: Case, params: list[torch.nn.Parameter]) -> tuple[torch.optim.Optimizer, dict[str, str]]:
        cls, names = OPTIMIZERS[case.optimizer]
        options = {snake(k): v for k, v in case.options.items() if k not in NOT_TORCH}
        if "weightDecayMode" in case.options:
            options["decoupled_weight_decay"] = case.options["weightDecayMode"] == "decoupled"
        plain = {name: False for name in PLAIN if name in signature(cls).parameters}
        return cls(params, **options, **plain), names

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
        slot = self._optimizer.state[param].get(name)
        return np.full_like(param.detach().numpy(), self._initial.get(name, 0)) if slot is None else slot.numpy().copy()

    def step_counts(self) -> list[int] | None:
        counts = [self._optimizer.state[p].get("step") for p in self._params]
        return None if counts == [None] * len(counts) else [int(c or 0) for c in counts]


def all_null(case: Case) -> Case:
    """The same case with one step at which no parameter has a gradient."""
    events = [*case.events, {"step": 200, "null": [0, 1, 2]}]
    return replace(case, events=tuple(sorted(events, key=lambda e: e["step"])))


BETAS = [0.9, 0.999]

CASES = [
    all_null(long_case("sgd-defaults", "SGD", 101, lr=0.01)),
    short_case("sgd-large-lr", "SGD", 102, lr=0.5),
    short_case("sgd-small-lr", "SGD", 103, lr=3e-5),
    other_lengths(short_case("sgd-other-lengths", "SGD", 104, lr=0.1)),
    all_null(long_case("sgd-momentum", "SGD", 105, lr=0.01, momentum=0.9)),
    short_case("sgd-dampening", "SGD", 106, lr=0.1, momentum=0.8, dampening=0.3, weightDecay=0.01),
    short_case("sgd-nesterov", "SGD", 107, lr=0.02, momentum=0.95, nesterov=True, weightDecay=1e-3),
    short_case("sgd-maximize", "SGD", 108, lr=0.05, momentum=0.5, weightDecay=0.1, maximize=True),
    short_case("sgd-l2", "SGD", 109, lr=0.1, weightDecay=0.5),
    all_null(long_case("adagrad-defaults", "Adagrad", 201, lr=0.01, eps=1e-8)),
    short_case("adagrad-torch-eps", "Adagrad", 202, lr=0.1, eps=1e-10),
    short_case("adagrad-large-eps", "Adagrad", 203, lr=0.5, eps=1e-3),
    other_lengths(short_case("adagrad-other-lengths", "Adagrad", 204, lr=0.02, eps=1e-8)),
    short_case("adagrad-lr-decay", "Adagrad", 205, lr=0.1, lrDecay=0.05, eps=1e-10),
    short_case("adagrad-l2", "Adagrad", 206, lr=0.05, initialAccumulator=0.5, eps=1e-10, weightDecay=0.01),
    short_case("adagrad-all", "Adagrad", 207, lr=0.2, lrDecay=0.01, initialAccumulator=0.1, eps=1e-6,
               weightDecay=0.1, maximize=True),
    all_null(long_case("adam-defaults", "Adam", 301, lr=1e-3, betas=BETAS, eps=1e-8)),
    short_case("adam-low-betas", "Adam", 302, lr=3e-3, betas=[0.45, 0.8], eps=1e-6),
    short_case("adam-beta1-zero", "Adam", 303, lr=0.1, betas=[0.0, 0.99], eps=1e-3),
    other_lengths(short_case("adam-other-lengths", "Adam", 304, lr=1e-2, betas=[0.95, 0.9999], eps=1e-10)),
    short_case("adam-amsgrad", "Adam", 305, lr=1e-2, betas=[0.9, 0.9], eps=1e-8, amsgrad=True),
    short_case("adam-l2", "Adam", 306, lr=1e-2, betas=BETAS, eps=1e-8, weightDecay=0.01),
    short_case("adam-all", "Adam", 317, lr=3e-3, betas=[0.8, 0.99], eps=1e-7, weightDecay=0.1, amsgrad=True,
               maximize=True),
    all_null(long_case("adamw-defaults", "AdamW", 501, lr=1e-3, betas=BETAS, eps=1e-8, weightDecay=0.01)),
    short_case("adamw-transformer", "AdamW", 502, lr=3e-4, betas=[0.9, 0.95], eps=1e-8, weightDecay=0.1),
    short_case("adamw-amsgrad", "AdamW", 503, lr=1e-2, betas=[0.9, 0.9], eps=1e-8, weightDecay=0.05, amsgrad=True),
    short_case("adamw-all", "AdamW", 504, lr=0.1, betas=[0.5, 0.99], eps=1e-3, weightDecay=0.5, amsgrad=True,
               maximize=True),
    all_null(long_case("rmsprop-defaults", "RMSprop", 1001, lr=0.01, alpha=0.99, eps=1e-8)),
    short_case("rmsprop-momentum", "RMSprop", 1002, lr=1e-3, alpha=0.9, eps=1e-6, momentum=0.9, weightDecay=0.01),
    short_case("rmsprop-centered", "RMSprop", 1003, lr=0.01, alpha=0.95, eps=1e-3, centered=True),
    short_case("rmsprop-all", "RMSprop", 1004, lr=0.05, alpha=0.99, eps=1e-2, centered=True, momentum=0.5,
               weightDecay=0.1, maximize=True),
    all_null(long_case("adadelta-defaults", "Adadelta", 1011, lr=1, rho=0.9, eps=1e-6)),
    short_case("adadelta-low-rho", "Adadelta", 1012, lr=0.5, rho=0.5, eps=1e-3),
    short_case("adadelta-all", "Adadelta", 1013, lr=0.1, rho=0.95, eps=1e-7, weightDecay=0.1, maximize=True),
    all_null(long_case("adamax-defaults", "Adamax", 1021, lr=2e-3, betas=BETAS, eps=1e-8)),
    short_case("adamax-low-betas", "Adamax", 1022, lr=0.05, betas=[0.5, 0.9], eps=1e-3),
    short_case("adamax-all", "Adamax", 1023, lr=0.01, betas=[0.8, 0.99], eps=1e-6, weightDecay=0.1, maximize=True),
    all_null(long_case("radam-defaults", "RAdam", 1031, lr=1e-3, betas=BETAS, eps=1e-8)),
    short_case("radam-low-betas", "RAdam", 1032, lr=0.01, betas=[0.5, 0.9], eps=1e-3, weightDecay=0.1),
    short_case("radam-decoupled", "RAdam", 1033, lr=0.05, betas=[0.9, 0.99], eps=1e-6, weightDecay=0.1,
               weightDecayMode="decoupled", maximize=True),
    all_null(long_case("nadam-defaults", "NAdam", 1041, lr=2e-3, betas=BETAS, eps=1e-8, momentumDecay=4e-3)),
    short_case("nadam-low-betas", "NAdam", 1042, lr=0.05, betas=[0.5, 0.9], eps=1e-3, momentumDecay=0.1,
               weightDecay=0.1),
    short_case("nadam-decoupled", "NAdam", 1043, lr=0.01, betas=[0.8, 0.99], eps=1e-6, momentumDecay=1,
               weightDecay=0.1, weightDecayMode="decoupled", maximize=True),
    all_null(long_case("rprop-defaults", "Rprop", 1051, lr=0.01, etas=[0.5, 1.2], stepSizes=[1e-6, 50])).without_lr(),
    short_case("rprop-narrow", "Rprop", 1052, lr=0.5, etas=[0.3, 2], stepSizes=[0.01, 0.1]).without_lr(),
    short_case("rprop-maximize", "Rprop", 1053, lr=1e-3, etas=[0.9, 1.01], stepSizes=[1e-10, 1],
               maximize=True).without_lr(),
    all_null(long_case("asgd-defaults", "ASGD", 1061, lr=0.01, lambd=1e-4, alpha=0.75, t0=1e6)),
    all_null(long_case("asgd-averaged", "ASGD", 1062, lr=0.1, lambd=0.01, alpha=0.6, t0=100)),
    short_case("asgd-all", "ASGD", 1063, lr=0.5, lambd=0.1, alpha=1, t0=20, weightDecay=0.1, maximize=True),
    short_case("asgd-constant", "ASGD", 1064, lr=3e-3, lambd=0, alpha=0, t0=0),
]

if __name__ == "__main__":
    main(
        "torch",
        {"torch": torch.__version__.split("+")[0]},
        "torch.optim, foreach=False, fused=False, one thread, ATEN_CPU_CAPABILITY=avx2. Its vector kernels use FMA.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        TorchSystem,
    )
