"""Reference trajectories from the authors' own code, written for PyTorch, where that is the original.

ADOPT is a package (torch-adopt). Adan and Lion are single files in repositories, which are no part of lockstep:

    PYTHONPATH=<sail-sg/Adan>:<google/automl>/lion python test/reference/generate_authors.py [--only Adan] [--check]
"""

from __future__ import annotations

import importlib.metadata
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

from generate_torch import TorchSystem  # before torch, which it sets up

import adan
import adopt
import lion_pytorch
import torch

from golden import Case, long_case, main, other_lengths, short_case
from recipe import Array

Optimizer = torch.optim.Optimizer
Parameters = list[torch.nn.Parameter]


def adopt_of(params: Parameters, o: dict[str, Any]) -> Optimizer:
    clip = {} if o["clip"] else {"clip_lambda": None}
    return adopt.ADOPT(
        params,
        o["lr"],
        o["betas"],
        o["eps"],
        weight_decay=o["weightDecay"],
        decouple=o["weightDecayMode"] == "decoupled",
        maximize=o["maximize"],
        foreach=False,
        **clip,
    )


def adan_of(params: Parameters, o: dict[str, Any]) -> Optimizer:
    return adan.Adan(params, o["lr"], o["betas"], o["eps"], o["weightDecay"], no_prox=o["noProx"], foreach=False)


def lion_of(params: Parameters, o: dict[str, Any]) -> Optimizer:
    return lion_pytorch.Lion(params, o["lr"], o["betas"], o["weightDecay"])


# lockstep's class: (maker, {lockstep's state: the authors'})
OPTIMIZERS: dict[str, tuple[Callable[[Parameters, dict[str, Any]], Optimizer], dict[str, str]]] = {
    "Lion": (lion_of, {"expAvg": "exp_avg"}),
    "ADOPT": (adopt_of, {"expAvg": "exp_avg", "expAvgSq": "exp_avg_sq"}),
    "Adan": (
        adan_of,
        {"expAvg": "exp_avg", "expAvgDiff": "exp_avg_diff", "expAvgSq": "exp_avg_sq", "lastGrad": "neg_pre_grad"},
    ),
}


class AuthorsSystem(TorchSystem):
    @staticmethod
    def _make(case: Case, params: Parameters) -> tuple[Optimizer, dict[str, str]]:
        maker, names = OPTIMIZERS[case.optimizer]
        return maker(params, case.options), names

    def _slot(self, param: torch.nn.Parameter, name: str) -> Array:
        slot = super()._slot(param, name)
        return -slot if name == "neg_pre_grad" else slot


def commit_of(module: ModuleType) -> str:
    command = ["git", "-C", str(Path(module.__file__).parent), "rev-parse", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


BETAS = [0.9, 0.99]
ADAN = [0.98, 0.92, 0.99]

CASES = [
    long_case("lion-defaults", "Lion", 2001, lr=1e-4, betas=BETAS),
    short_case("lion-low", "Lion", 2002, lr=0.05, betas=[0.5, 0.75]),
    other_lengths(short_case("lion-decay", "Lion", 2003, lr=3e-3, betas=[0.95, 0.98], weightDecay=0.5)),
    long_case("adopt-defaults", "ADOPT", 2011, lr=1e-3, betas=[0.9, 0.9999], eps=1e-6),
    short_case("adopt-low", "ADOPT", 2012, lr=0.05, betas=[0.5, 0.75], eps=1e-3, weightDecay=0.01),
    short_case("adopt-no-clip", "ADOPT", 2013, lr=0.01, betas=BETAS, eps=1e-6, clip=False, maximize=True),
    short_case("adopt-decoupled", "ADOPT", 2014, lr=0.01, betas=[0.8, 0.99], eps=1e-6, weightDecay=0.1,
               weightDecayMode="decoupled"),
    long_case("adan-defaults", "Adan", 2021, lr=1e-3, betas=ADAN, eps=1e-8, noProx=False).without_nulls(),
    short_case("adan-low-betas", "Adan", 2022, lr=0.05, betas=[0.5, 0.75, 0.9], eps=1e-3, noProx=False).without_nulls(),
    short_case("adan-decay", "Adan", 2023, lr=0.01, betas=[0.9, 0.8, 0.95], eps=1e-6, weightDecay=0.1,
               noProx=False).without_nulls(),
    short_case("adan-no-prox", "Adan", 2024, lr=5e-3, betas=ADAN, eps=1e-8, weightDecay=0.02,
               noProx=True).without_nulls(),
]

if __name__ == "__main__":
    main(
        "authors",
        {
            "torch": torch.__version__.split("+")[0],
            "torch-adopt": importlib.metadata.version("torch-adopt"),
            "sail-sg/Adan": commit_of(adan),
            "google/automl": commit_of(lion_pytorch),
        },
        "The authors' code for PyTorch, foreach=False, one thread, ATEN_CPU_CAPABILITY=avx2: adopt.ADOPT, adan.Adan, "
        "lion_pytorch.Lion. Adan counts steps for the whole optimizer: no null gradients there.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        AuthorsSystem,
        "PYTHONPATH=<sail-sg/Adan>:<google/automl>/lion python {}",
    )
