"""Reference values of learning-rate schedules, step by step, from PyTorch, Optax and transformers.

Each case has the reference as Python source, which is what runs, and the same schedule in lockstep's names.

    python test/reference/generate_schedules.py [--check]
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import platform
import random
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import numpy as np
import optax
import torch
import transformers
from torch.optim import lr_scheduler

HERE = Path(__file__).parent
STEPS = 200

Call = dict[str, Any]
Record = dict[str, Any]


def call(name: str, *args: Any, **options: Any) -> Call:
    """A call of one of lockstep's schedules; options are its last argument."""
    return {"call": name, "args": [*args, options] if options else [*args]}


def encode(values: list[float]) -> str:
    return base64.b64encode(np.asarray(values, dtype="<f8").tobytes()).decode()


def sgd(lr: float) -> torch.optim.Optimizer:
    # With momentum, which CyclicLR and OneCycleLR would cycle as well.
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)


def lr_of(optimizer: torch.optim.Optimizer) -> float:
    return float(optimizer.param_groups[0]["lr"])


# name, lr, source, lockstep's
TORCH: list[tuple[str, float, str, Call]] = [
    ("constant", 0.1, "ConstantLR(optimizer, factor=0.25, total_iters=60)",
     call("piecewise", points=[[0, 0.025], [60, 0.1]])),
    ("linear-defaults", 0.1, "LinearLR(optimizer)", call("linear", {"from": 0.1 / 3, "to": 0.1, "steps": 5})),
    ("linear-down", 0.3, "LinearLR(optimizer, start_factor=1.0, end_factor=0.01, total_iters=150)",
     call("linear", {"from": 0.3, "to": 0.003, "steps": 150})),
    ("exponential", 0.1, "ExponentialLR(optimizer, gamma=0.97)", call("exponential", {"from": 0.1, "gamma": 0.97})),
    ("exponential-up", 1e-5, "ExponentialLR(optimizer, gamma=1.05)", call("exponential", {"from": 1e-5, "gamma": 1.05})),
    ("step", 0.1, "StepLR(optimizer, step_size=30)", call("step", {"from": 0.1, "stepSize": 30})),
    ("step-staircase", 0.05, "StepLR(optimizer, step_size=7, gamma=0.9)",
     call("exponential", {"from": 0.05, "gamma": 0.9, "steps": 7, "staircase": True})),
    ("multistep", 0.1, "MultiStepLR(optimizer, milestones=[20, 50, 51, 170], gamma=0.3)",
     call("multiStep", {"from": 0.1, "milestones": [20, 50, 51, 170], "gamma": 0.3})),
    ("polynomial-defaults", 0.1, "PolynomialLR(optimizer)", call("polynomial", {"from": 0.1, "steps": 5})),
    ("polynomial", 0.1, "PolynomialLR(optimizer, total_iters=180, power=0.9)",
     call("polynomial", {"from": 0.1, "steps": 180, "power": 0.9})),
    ("polynomial-square", 0.1, "PolynomialLR(optimizer, total_iters=64, power=2.0)",
     call("polynomial", {"from": 0.1, "steps": 64, "power": 2})),
    ("cosine", 0.1, f"CosineAnnealingLR(optimizer, T_max={STEPS})", call("cosine", {"from": 0.1, "steps": STEPS})),
    ("cosine-floor", 0.003, f"CosineAnnealingLR(optimizer, T_max={STEPS}, eta_min=1e-5)",
     call("cosine", {"from": 0.003, "to": 1e-5, "steps": STEPS})),
    ("restarts", 0.1, "CosineAnnealingWarmRestarts(optimizer, T_0=30)",
     call("cosineRestarts", {"from": 0.1, "steps": 30})),
    ("restarts-longer", 0.1, "CosineAnnealingWarmRestarts(optimizer, T_0=11, T_mult=2, eta_min=0.001)",
     call("cosineRestarts", {"from": 0.1, "to": 0.001, "steps": 11, "growth": 2})),
    ("onecycle", 0.1, f"OneCycleLR(optimizer, max_lr=0.4, total_steps={STEPS})",
     call("oneCycle", peak=0.4, steps=STEPS)),
    ("onecycle-linear", 0.1,
     f"OneCycleLR(optimizer, max_lr=0.4, total_steps={STEPS}, pct_start=0.173, anneal_strategy='linear', div_factor=10.0,"
     " final_div_factor=50.0)",
     call("oneCycle", peak=0.4, steps=STEPS, pctStart=0.173, anneal="linear", divFactor=10, finalDivFactor=50)),
    ("onecycle-three", 0.1, f"OneCycleLR(optimizer, max_lr=0.4, total_steps={STEPS}, three_phase=True)",
     call("oneCycle", peak=0.4, steps=STEPS, threePhase=True)),
    ("onecycle-three-linear", 0.1,
     f"OneCycleLR(optimizer, max_lr=0.4, total_steps={STEPS}, pct_start=0.45, anneal_strategy='linear', three_phase=True)",
     call("oneCycle", peak=0.4, steps=STEPS, pctStart=0.45, anneal="linear", threePhase=True)),
    ("onecycle-no-rise", 0.1, f"OneCycleLR(optimizer, max_lr=0.4, total_steps={STEPS}, pct_start=0.001)",
     call("oneCycle", peak=0.4, steps=STEPS, pctStart=0.001)),
    ("cyclic", 0.1, "CyclicLR(optimizer, base_lr=0.001, max_lr=0.01, step_size_up=20)",
     call("cyclic", {"from": 0.001, "peak": 0.01, "stepsUp": 20})),
    ("cyclic-triangular2", 0.1,
     "CyclicLR(optimizer, base_lr=0.001, max_lr=0.01, step_size_up=8, step_size_down=24, mode='triangular2')",
     call("cyclic", {"from": 0.001, "peak": 0.01, "stepsUp": 8, "stepsDown": 24, "mode": "triangular2"})),
    ("cyclic-exp-range", 0.1,
     "CyclicLR(optimizer, base_lr=0.001, max_lr=0.01, step_size_up=16, mode='exp_range', gamma=0.99)",
     call("cyclic", {"from": 0.001, "peak": 0.01, "stepsUp": 16, "mode": "expRange", "gamma": 0.99})),
    ("sequential", 0.1,
     "SequentialLR(optimizer, [LinearLR(optimizer, start_factor=0.01, total_iters=20),"
     " CosineAnnealingLR(optimizer, T_max=180)], milestones=[20])",
     call("warmup", call("cosine", {"from": 0.1, "steps": 180}), {"steps": 20, "from": 0.001})),
    ("sequential-three", 0.1,
     "SequentialLR(optimizer, [ConstantLR(optimizer, factor=0.1, total_iters=40), ExponentialLR(optimizer, gamma=0.9),"
     " StepLR(optimizer, step_size=10)], milestones=[40, 70])",
     call("join", [call("constant", 0.01), call("exponential", {"from": 0.1, "gamma": 0.9}),
                   call("step", {"from": 0.1, "stepSize": 10})], [40, 70])),
    ("chained", 0.1,
     "ChainedScheduler([LinearLR(optimizer, start_factor=0.1, total_iters=25), ExponentialLR(optimizer, gamma=0.99)])",
     call("chain", [call("linear", {"from": 0.1, "to": 1, "steps": 25}),
                    call("exponential", {"from": 0.1, "gamma": 0.99})])),
]  # fmt: skip

OPTAX: list[tuple[str, str, Call]] = [
    ("constant", "constant_schedule(0.3)", call("constant", 0.3)),
    ("linear", "linear_schedule(init_value=0.01, end_value=0.1, transition_steps=80)",
     call("linear", {"from": 0.01, "to": 0.1, "steps": 80})),
    ("linear-begin", "linear_schedule(init_value=0.1, end_value=0.02, transition_steps=80, transition_begin=50)",
     call("delay", call("linear", {"from": 0.1, "to": 0.02, "steps": 80}), steps=50)),
    ("polynomial", "polynomial_schedule(init_value=0.1, end_value=0.003, power=2.5, transition_steps=170)",
     call("polynomial", {"from": 0.1, "to": 0.003, "power": 2.5, "steps": 170})),
    ("exponential", "exponential_decay(init_value=0.1, transition_steps=23, decay_rate=0.5)",
     call("exponential", {"from": 0.1, "steps": 23, "gamma": 0.5})),
    ("exponential-staircase",
     "exponential_decay(init_value=0.1, transition_steps=23, decay_rate=0.5, staircase=True, transition_begin=30,"
     " end_value=0.004)",
     call("delay", call("exponential", {"from": 0.1, "steps": 23, "gamma": 0.5, "staircase": True, "to": 0.004}),
          steps=30)),
    ("exponential-up", "exponential_decay(init_value=0.001, transition_steps=10, decay_rate=1.7, end_value=0.09)",
     call("exponential", {"from": 0.001, "steps": 10, "gamma": 1.7, "to": 0.09})),
    ("cosine", "cosine_decay_schedule(init_value=0.1, decay_steps=160)", call("cosine", {"from": 0.1, "steps": 160})),
    ("cosine-alpha", "cosine_decay_schedule(init_value=0.1, decay_steps=160, alpha=0.05, exponent=1.5)",
     call("cosine", {"from": 0.1, "to": 0.005, "steps": 160, "exponent": 1.5})),
    ("warmup-constant", "warmup_constant_schedule(init_value=0.01, peak_value=0.1, warmup_steps=40)",
     call("warmup", call("constant", 0.1), {"from": 0.01, "steps": 40})),
    ("warmup-cosine",
     "warmup_cosine_decay_schedule(init_value=0.0, peak_value=0.1, warmup_steps=30, decay_steps=180, end_value=0.001)",
     call("warmup", call("cosine", {"from": 0.1, "to": 0.001, "steps": 150}), steps=30)),
    ("warmup-cosine-exponent",
     "warmup_cosine_decay_schedule(init_value=0.02, peak_value=0.1, warmup_steps=30, decay_steps=180, exponent=0.8)",
     call("warmup", call("cosine", {"from": 0.1, "steps": 150, "exponent": 0.8}), {"steps": 30, "from": 0.02})),
    ("warmup-exponential",
     "warmup_exponential_decay_schedule(init_value=0.0, peak_value=0.1, warmup_steps=25, transition_steps=15,"
     " decay_rate=0.8, transition_begin=10, staircase=True, end_value=0.01)",
     call("warmup", call("delay", call("exponential", {"from": 0.1, "steps": 15, "gamma": 0.8, "staircase": True,
                                                       "to": 0.01}), steps=10), steps=25)),
    ("piecewise-constant", "piecewise_constant_schedule(init_value=0.1, boundaries_and_scales={50: 0.5, 120: 0.1})",
     call("piecewise", points=[[0, 0.1], [50, 0.05], [120, 0.005]])),
    ("piecewise-linear",
     "piecewise_interpolate_schedule('linear', init_value=0.1, boundaries_and_scales={50: 0.5, 120: 1.5, 150: 0.1})",
     call("piecewise", points=[[0, 0.1], [50, 0.05], [120, 0.075], [150, 0.0075]], interpolation="linear")),
    ("piecewise-cosine",
     "piecewise_interpolate_schedule('cosine', init_value=0.1, boundaries_and_scales={50: 0.5, 120: 1.5, 150: 0.1})",
     call("piecewise", points=[[0, 0.1], [50, 0.05], [120, 0.075], [150, 0.0075]], interpolation="cosine")),
    ("onecycle-cosine", "cosine_onecycle_schedule(transition_steps=190, peak_value=0.4)",
     call("piecewise", points=[[0, 0.016], [57, 0.4], [190, 0.4 / 25e4]], interpolation="cosine")),
    ("onecycle-linear", "linear_onecycle_schedule(transition_steps=190, peak_value=0.4)",
     call("piecewise", points=[[0, 0.016], [57, 0.4], [161, 0.016], [190, 0.016 / 1e4]], interpolation="linear")),
    ("sgdr",
     "sgdr_schedule([dict(init_value=0.0, peak_value=0.1, warmup_steps=10, decay_steps=60),"
     " dict(init_value=0.0, peak_value=0.05, warmup_steps=10, decay_steps=120, end_value=0.001)])",
     call("join", [call("warmup", call("cosine", {"from": 0.1, "steps": 50}), steps=10),
                   call("warmup", call("cosine", {"from": 0.05, "to": 0.001, "steps": 110}), steps=10)], [60])),
    ("sgdr-halved",
     "sgdr_schedule([dict(init_value=0.1 / 2**n, peak_value=0.1 / 2**n, warmup_steps=0, decay_steps=20 * 2**n)"
     " for n in range(4)])",
     call("cosineRestarts", {"from": 0.1, "steps": 20, "growth": 2, "gamma": 0.5, "cycles": 4})),
    ("join",
     "join_schedules([constant_schedule(0.1), linear_schedule(0.2, 0.05, 40), cosine_decay_schedule(0.05, 60)], [30, 90])",
     call("join", [call("constant", 0.1), call("linear", {"from": 0.2, "to": 0.05, "steps": 40}),
                   call("cosine", {"from": 0.05, "steps": 60})], [30, 90])),
]  # fmt: skip

# name, how many steps are alike, source, lockstep's; lr is 0.1
TRANSFORMERS: list[tuple[str, int, str, Call]] = [
    ("constant", STEPS, "get_constant_schedule(optimizer)", call("constant", 0.1)),
    ("constant-warmup", STEPS, "get_constant_schedule_with_warmup(optimizer, 33)",
     call("warmup", call("constant", 0.1), steps=33)),
    ("linear", STEPS, "get_linear_schedule_with_warmup(optimizer, 20, 180)",
     call("warmup", call("linear", {"from": 0.1, "steps": 160}), steps=20)),
    # Past the end transformers goes on along the wave, where lockstep stays.
    ("cosine", 181, "get_cosine_schedule_with_warmup(optimizer, 20, 180)",
     call("warmup", call("cosine", {"from": 0.1, "steps": 160}), steps=20)),
    ("cosine-cycles", 181, "get_cosine_schedule_with_warmup(optimizer, 20, 180, num_cycles=1.75)",
     call("warmup", call("cosine", {"from": 0.1, "steps": 160, "cycles": 1.75}), steps=20)),
    ("cosine-min-lr", 181, "get_cosine_with_min_lr_schedule_with_warmup(optimizer, 20, 180, min_lr=0.01)",
     call("warmup", call("cosine", {"from": 0.1, "to": 0.01, "steps": 160}), steps=20)),
    ("hard-restarts", STEPS, "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 20, 180, num_cycles=4)",
     call("warmup", call("cosineRestarts", {"from": 0.1, "steps": 40, "cycles": 4}), steps=20)),
    ("hard-restarts-odd", STEPS, "get_cosine_with_hard_restarts_schedule_with_warmup(optimizer, 20, 180, num_cycles=3)",
     call("warmup", call("cosineRestarts", {"from": 0.1, "steps": 160 / 3, "cycles": 3}), steps=20)),
    ("polynomial", STEPS, "get_polynomial_decay_schedule_with_warmup(optimizer, 20, 180, lr_end=1e-4, power=1.7)",
     call("warmup", call("polynomial", {"from": 0.1, "to": 1e-4, "steps": 160, "power": 1.7}), steps=20)),
    ("inverse-sqrt", STEPS, "get_inverse_sqrt_schedule(optimizer, 20)",
     call("warmup", call("inverseSqrt", {"from": 0.1, "timescale": 20}), steps=20)),
    ("inverse-sqrt-timescale", STEPS, "get_inverse_sqrt_schedule(optimizer, 20, timescale=75)",
     call("warmup", call("inverseSqrt", {"from": 0.1, "timescale": 75}), steps=20)),
    ("wsd", STEPS, "get_wsd_schedule(optimizer, 20, 60, num_training_steps=180)",
     call("wsd", peak=0.1, warmupSteps=20, stableSteps=100, decaySteps=60)),
    ("wsd-min", STEPS,
     "get_wsd_schedule(optimizer, 20, 60, num_stable_steps=100, warmup_type='cosine', decay_type='1-sqrt',"
     " min_lr_ratio=0.1)",
     call("wsd", {"peak": 0.1, "warmupSteps": 20, "stableSteps": 100, "decaySteps": 60, "from": 0.01, "to": 0.01,
                  "warmupShape": "cosine", "decayShape": "1-sqrt"})),
    ("wsd-linear", STEPS,
     "get_wsd_schedule(optimizer, 20, 60, num_stable_steps=100, warmup_type='1-sqrt', decay_type='linear')",
     call("wsd", peak=0.1, warmupSteps=20, stableSteps=100, decaySteps=60, warmupShape="1-sqrt", decayShape="linear")),
    # min_lr with a first step that is not 0, as in llm.c: its cosine is a step ahead as well, so only the rise is alike.
    ("warmup-offset", 20, "get_cosine_with_min_lr_schedule_with_warmup_lr_rate(optimizer, 20, 180, min_lr=0.01)",
     call("warmup", call("cosine", {"from": 0.1, "to": 0.01, "steps": 160}), {"steps": 20, "offset": 1})),
]  # fmt: skip


def metrics() -> list[float]:
    """A loss that falls ever more slowly, with noise, a plateau, and what is no loss at all."""
    noise = random.Random(11)
    values = [1 / (1 + step / 20) + 0.02 * noise.random() for step in range(STEPS)]
    values[70:100] = [0.25] * 30
    values[30], values[31], values[110] = math.nan, math.inf, -0.5
    return values


PLATEAU: list[tuple[str, dict[str, Any]]] = [
    ("defaults", {}),
    ("impatient", {"factor": 0.7, "patience": 0}),
    ("cooldown", {"factor": 0.5, "patience": 2, "cooldown": 5}),
    ("absolute", {"factor": 0.5, "patience": 3, "threshold": 0.01, "thresholdMode": "abs"}),
    ("floor", {"factor": 0.3, "patience": 1, "minLr": 0.002}),
    ("eps", {"factor": 0.5, "patience": 1, "eps": 0.004}),
    ("max", {"mode": "max", "factor": 0.8, "patience": 4}),
    ("max-absolute", {"mode": "max", "factor": 0.8, "patience": 2, "threshold": 0.05, "thresholdMode": "abs"}),
]

TORCH_NAMES = {"thresholdMode": "threshold_mode", "minLr": "min_lr"}


def run(optimizer: torch.optim.Optimizer, scheduler: Any, steps: int) -> list[float]:
    values = []
    for _ in range(steps):
        values.append(lr_of(optimizer))
        optimizer.step()
        scheduler.step()
    return values


def torch_case(name: str, lr: float, source: str, schedule: Call) -> Record:
    optimizer = sgd(lr)
    scheduler = eval(source, vars(lr_scheduler) | {"optimizer": optimizer})
    record = {"name": name, "reference": source, "lr": lr, "schedule": schedule}
    record["values"] = encode(run(optimizer, scheduler, STEPS))
    if hasattr(scheduler, "_get_closed_form_lr"):
        closed = []
        for step in range(STEPS):
            scheduler.last_epoch = step
            closed.append(float(scheduler._get_closed_form_lr()[0]))
        record["closedForm"] = encode(closed)
    return record


def optax_case(name: str, source: str, schedule: Call) -> Record:
    function = eval(source, vars(optax).copy())
    values = [float(function(step)) for step in range(STEPS)]
    return {"name": name, "reference": source, "schedule": schedule, "values": encode(values)}


def transformers_case(name: str, steps: int, source: str, schedule: Call) -> Record:
    optimizer = sgd(0.1)
    scheduler = eval(source, vars(transformers.optimization) | {"optimizer": optimizer})
    return {"name": name, "reference": source, "lr": 0.1, "schedule": schedule,
            "values": encode(run(optimizer, scheduler, steps))}  # fmt: skip


def plateau_case(name: str, options: dict[str, Any]) -> Record:
    optimizer = sgd(0.1)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, **{TORCH_NAMES.get(k, k): v for k, v in options.items()})
    values = []
    for metric in metrics():
        scheduler.step(metric)
        values.append(lr_of(optimizer))
    return {"name": name, "options": options, "lr": 0.1, "values": encode(values)}


def document(note: str, packages: list[str], content: Record) -> str:
    versions = {package: version(package) for package in packages} | {"python": platform.python_version()}
    head = {
        "generator": "test/reference/generate_schedules.py",
        "command": "python test/reference/generate_schedules.py",
        "versions": versions,
        "note": note,
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for key, value in content.items():
        if isinstance(value, list):
            rows = ",\n".join(f"    {json.dumps(row)}" for row in value)
            lines.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file would change")
    check = parser.parse_args().check
    warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")
    files = {
        "torch": document(
            "What SGD's lr is in each step as the scheduler steps, and its closed form where it has one.",
            ["torch"],
            {"cases": [torch_case(*case) for case in TORCH]},
        ),
        "optax": document(
            "The schedule of each count, with JAX's 64-bit types on.",
            ["optax", "jax"],
            {"cases": [optax_case(*case) for case in OPTAX]},
        ),
        "transformers": document(
            "What SGD's lr is in each step, as far as lockstep's schedule is the same.",
            ["transformers", "torch"],
            {"cases": [transformers_case(*case) for case in TRANSFORMERS]},
        ),
        "plateau": document(
            "What SGD's lr is after each metric, with torch.optim.lr_scheduler.ReduceLROnPlateau.",
            ["torch"],
            {"metrics": encode(metrics()), "cases": [plateau_case(*case) for case in PLATEAU]},
        ),
    }
    stale = []
    for name, text in files.items():
        path = HERE / "schedules" / f"{name}.json"
        if check and (not path.exists() or path.read_text() != text):
            stale.append(str(path.relative_to(HERE)))
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if stale:
        sys.exit(f"would change: {', '.join(stale)}")


if __name__ == "__main__":
    main()
