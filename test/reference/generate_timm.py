"""Reference trajectories from timm.optim, the single-tensor implementation (foreach=False), adapting every parameter.

timm's form of LAMB but for its clipping of the global norm is lockstep's own form, and so there is no dialect of it.

    python test/reference/generate_timm.py [--only LAMB] [--check]
"""

from __future__ import annotations

from typing import Any, Callable

from generate_torch import TorchSystem  # before torch, which it sets up

import timm
import timm.optim
import torch

from golden import Case, long_case, main, other_lengths, short_case

Optimizer = torch.optim.Optimizer
Parameters = list[torch.nn.Parameter]


def lamb(params: Parameters, o: dict[str, Any]) -> Optimizer:
    return timm.optim.Lamb(
        params,
        lr=o["lr"],
        betas=o["betas"],
        eps=o["eps"],
        weight_decay=o["weightDecay"],
        trust_clip=o["trustClip"],
        max_grad_norm=None,
        always_adapt=True,
        foreach=False,
    )


def lars(params: Parameters, o: dict[str, Any]) -> Optimizer:
    return timm.optim.Lars(
        params,
        lr=o["lr"],
        momentum=o["momentum"],
        dampening=o["dampening"],
        weight_decay=o["weightDecay"],
        nesterov=o["nesterov"],
        trust_coeff=o["trustCoefficient"],
        eps=o["eps"],
        always_adapt=True,
        foreach=False,
    )


# lockstep's class: (maker, {lockstep's state: timm's})
OPTIMIZERS: dict[str, tuple[Callable[[Parameters, dict[str, Any]], Optimizer], dict[str, str]]] = {
    "LAMB": (lamb, {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq"}),
    "LARS": (lars, {"momentumBuffer": "momentum_buffer"}),
}


class TimmSystem(TorchSystem):
    @staticmethod
    def _make(case: Case, params: Parameters) -> tuple[Optimizer, dict[str, str]]:
        make, names = OPTIMIZERS[case.optimizer]
        return make(params, case.options), names

    def step_counts(self) -> list[int] | None:
        return None  # one count for the whole optimizer (LAMB), or none


CASES = [
    short_case("lamb-defaults", "LAMB", 1301, lr=1e-3, betas=[0.9, 0.999], eps=1e-6, weightDecay=0.01).without_nulls(),
    short_case(
        "lamb-low-betas", "LAMB", 1302, lr=0.05, betas=[0.5, 0.75], eps=1e-3, weightDecay=0.1
    ).without_nulls(),
    other_lengths(
        short_case("lamb-clip", "LAMB", 1303, lr=0.01, betas=[0.9, 0.99], eps=1e-6, trustClip=True)
    ).without_nulls(),
    long_case("lars-defaults", "LARS", 1311, lr=1, momentum=0.9, trustCoefficient=0.001, eps=1e-8),
    short_case("lars-dampening", "LARS", 1312, lr=5, momentum=0.5, dampening=0.3, trustCoefficient=0.01, eps=1e-3,
               weightDecay=0.1),
    other_lengths(
        short_case("lars-nesterov", "LARS", 1313, lr=0.5, momentum=0.9, nesterov=True, weightDecay=0.01,
                   trustCoefficient=0.02, eps=1e-8)
    ),
]

if __name__ == "__main__":
    main(
        "timm",
        {"timm": timm.__version__, "torch": torch.__version__.split("+")[0]},
        "timm.optim, foreach=False, one thread, ATEN_CPU_CAPABILITY=avx2, always_adapt=True, max_grad_norm=None. "
        "Lamb counts steps for the whole optimizer: no null gradients there.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        TimmSystem,
    )
