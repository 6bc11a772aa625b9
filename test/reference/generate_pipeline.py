"""Reference trajectories of what stands around an optimizer's rule: clipping, averages and loss scaling of PyTorch,
clipping and gathering of Optax.

    python test/reference/generate_pipeline.py
"""

from __future__ import annotations

import base64
import json
import os
import platform
from pathlib import Path
from typing import Any, Callable

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_max_isa=AVX2"

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import numpy as np
import optax
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from golden import Case
from recipe import Array, gradient, initial_param, inputs_digest

FOLDER = Path(__file__).parent / "pipeline"
COMMAND = "python test/reference/generate_pipeline.py"
VERSIONS = {
    "torch": torch.__version__,
    "optax": optax.__version__,
    "jax": jax.__version__,
    "numpy": np.__version__,
    "python": platform.python_version(),
}
STEPS = 20
CHECKPOINTS = (1, 2, 5, 20)

RULES: dict[str, tuple[dict[str, Any], Callable[[Any], torch.optim.Optimizer], Callable[[], Any]]] = {
    "SGD": (
        {"lr": 0.1, "momentum": 0.9},
        lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9),
        lambda: optax.sgd(0.1, momentum=0.9),
    ),
    "AdamW": (
        {"lr": 0.01, "weightDecay": 0.01},
        lambda params: torch.optim.AdamW(params, lr=0.01, weight_decay=0.01),
        lambda: optax.adamw(0.01, weight_decay=0.01),
    ),
}


def encode(arrays: list[Array]) -> list[str]:
    return [base64.b64encode(np.ascontiguousarray(array).tobytes()).decode() for array in arrays]


def case_of(name: str, optimizer: str, dtype: str, seed: int, options: dict[str, Any]) -> Case:
    return Case(f"{name}, {optimizer}, {dtype}", optimizer, RULES[optimizer][0] | options, STEPS, seed, CHECKPOINTS, dtype=dtype)


def gradients(case: Case, step: int) -> list[Array]:
    return [gradient(case, step, i) for i in range(len(case.params))]


def initial_params(case: Case) -> list[Array]:
    return [initial_param(case, i) for i in range(len(case.params))]


def record(case: Case, run: Callable[[int], dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Runs all steps; what `run(step)` answers with is kept at checkpoints, and `each` of it at every step."""
    checkpoints, each = [], []
    for step in range(1, case.steps + 1):
        result = run(step)
        if "each" in result:
            each.append(result.pop("each"))
        if step in case.checkpoints:
            checkpoints.append({"step": step} | {key: encode(arrays) for key, arrays in result.items()})
    return {
        "name": case.name,
        "optimizer": case.optimizer,
        "options": case.options,
        "dtype": case.dtype,
        "params": case.params,
        "steps": case.steps,
        "seed": case.seed,
        "events": case.events,
        "inputs": inputs_digest(case),
        **more,
        **({"each": each} if each else {}),
        "checkpoints": checkpoints,
    }


def torch_params(case: Case) -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.from_numpy(param.copy())) for param in initial_params(case)]


def arrays_of(tensors: Any) -> list[Array]:
    return [tensor.detach().numpy().copy() for tensor in tensors]


def torch_clip(name: str, optimizer: str, dtype: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    case = case_of(name, optimizer, dtype, seed, options)
    params = torch_params(case)
    rule = RULES[optimizer][1](params)

    def run(step: int) -> dict[str, Any]:
        for param, grad in zip(params, gradients(case, step)):
            param.grad = torch.from_numpy(grad.copy())
        if "clipValue" in options:
            torch.nn.utils.clip_grad_value_(params, options["clipValue"])
        norm = torch.nn.utils.clip_grad_norm_(params, options["clipNorm"]) if "clipNorm" in options else None
        rule.step()
        return {"params": arrays_of(params)} | ({} if norm is None else {"each": norm.item()})

    return record(case, run)


def torch_average(name: str, optimizer: str, dtype: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    case = case_of(name, optimizer, dtype, seed, options)
    model = torch.nn.ParameterList(torch_params(case))
    rule = RULES[optimizer][1](list(model))
    ema = options.get("ema")
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(ema["decay"]) if ema else None)
    start, every = options.get("swa", {}).get("start", 1), options.get("swa", {}).get("every", 1)

    def run(step: int) -> dict[str, Any]:
        for param, grad in zip(model, gradients(case, step)):
            param.grad = torch.from_numpy(grad.copy())
        rule.step()
        if step >= start and (step - start) % every == 0:
            averaged.update_parameters(model)
        averages = {"averages": arrays_of(averaged.module)} if step >= start else {}
        return {"params": arrays_of(model)} | averages

    return record(case, run)


def torch_scaler(name: str, seed: int, scaler_options: dict[str, Any], bad: list[int]) -> dict[str, Any]:
    case = case_of(name, "SGD", "f32", seed, {})
    params = torch_params(case)
    rule = RULES["SGD"][1](params)
    scaler = torch.amp.GradScaler(
        device="cpu",
        init_scale=scaler_options["initScale"],
        growth_factor=scaler_options["growthFactor"],
        backoff_factor=scaler_options["backoffFactor"],
        growth_interval=scaler_options["growthInterval"],
    )
    scaler.scale(torch.zeros(()))  # the scale is made here

    def run(step: int) -> dict[str, Any]:
        scale = np.float32(scaler.get_scale())
        for i, (param, grad) in enumerate(zip(params, gradients(case, step))):
            scaled = grad * np.float32(1e-3) * scale
            if step in bad and i == 1:
                scaled[3] = np.inf
            param.grad = torch.from_numpy(scaled)
        scaler.step(rule)
        scaler.update()
        return {"params": arrays_of(params), "each": scaler.get_scale()}

    return record(case, run, scaler=scaler_options, bad=bad)


def optax_run(name: str, optimizer: str, dtype: str, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    case = case_of(name, optimizer, dtype, seed, options)
    rule = RULES[optimizer][2]()
    if "clipNorm" in options:
        rule = optax.chain(optax.clip_by_global_norm(options["clipNorm"]), rule)
    if "accumulate" in options:
        rule = optax.MultiSteps(rule, options["accumulate"])
    params = [jnp.asarray(param) for param in initial_params(case)]
    state = rule.init(params)

    def run(step: int) -> dict[str, Any]:
        nonlocal params, state
        updates, state = rule.update([jnp.asarray(grad) for grad in gradients(case, step)], state, params)
        params = optax.apply_updates(params, updates)
        return {"params": [np.asarray(param) for param in params]}

    return record(case, run)


def write(name: str, note: str, cases: list[dict[str, Any]]) -> None:
    header = {"generator": "test/reference/generate_pipeline.py", "command": COMMAND, "versions": VERSIONS, "note": note}
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in header.items()]
    rows = ",\n".join(f"    {json.dumps(case)}" for case in cases)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text("\n".join(["{", *lines, '  "cases": [', rows, "  ]", "}", ""]))


def each_kind(
    make: Callable[..., dict[str, Any]],
    seed: int,
    kinds: dict[str, dict[str, Any]],
    dtypes: Callable[[dict[str, Any]], tuple[str, ...]] = lambda options: ("f32", "f64"),
) -> list[dict[str, Any]]:
    return [
        make(name, optimizer, dtype, seed + k, options)
        for k, (name, options) in enumerate(kinds.items())
        for optimizer in RULES
        for dtype in dtypes(options)
    ]


def main() -> None:
    torch.set_num_threads(1)
    write(
        "torch-clip",
        "torch.nn.utils.clip_grad_norm_, clip_grad_value_ and both, before the step; each: the norm that it answered with",
        each_kind(
            torch_clip,
            4000,
            {
                "clipNorm": {"clipNorm": 0.5},
                "clipNorm that is seldom reached": {"clipNorm": 3e6},
                "clipValue": {"clipValue": 0.02},
                "both": {"clipValue": 0.02, "clipNorm": 0.1},
            },
        ),
    )
    write(
        "torch-average",
        "torch.optim.swa_utils.AveragedModel after every step, or from the start on after every few",
        each_kind(
            torch_average,
            4100,
            {
                "ema": {"ema": {"decay": 0.9}},
                "ema with a small decay": {"ema": {"decay": 0.25}},
                "swa": {"swa": {"start": 1, "every": 1}},
                "swa of some": {"swa": {"start": 5, "every": 3}},
            },
        ),
    )
    usual = {"initScale": 65536, "growthFactor": 2, "backoffFactor": 0.5, "growthInterval": 2000}
    scaler_cases = {
        "defaults": ({}, [3, 4, 11]),
        "growth": ({"growthInterval": 3}, [5, 13]),
        "growth after every step": ({"growthInterval": 1}, [1, 20]),
        "odd factors": ({"initScale": 1000, "growthFactor": 1.7, "backoffFactor": 0.3, "growthInterval": 2}, [2, 9, 10]),
        "as large as can be": ({"initScale": 2.0**125, "growthInterval": 2}, [7]),
    }
    write(
        "torch-scaler",
        "torch.amp.GradScaler: gradients are a thousandth of the recipe's, times the scale, and one is infinite in the "
        "steps `bad`; each: the scale after the step",
        [torch_scaler(name, 4200 + k, usual | o, bad) for k, (name, (o, bad)) in enumerate(scaler_cases.items())],
    )
    write(
        "optax",
        "optax.clip_by_global_norm, optax.MultiSteps and both; MultiSteps in f32 alone, since it "
        "gathers in float32 whatever the gradients",
        each_kind(
            optax_run,
            4300,
            {
                "clipNorm": {"clipNorm": 0.5, "clipNormForm": "optax"},
                "accumulate": {"accumulate": 3},
                "both": {"clipNorm": 0.5, "clipNormForm": "optax", "accumulate": 2},
            },
            lambda options: ("f32",) if "accumulate" in options else ("f32", "f64"),
        ),
    )


if __name__ == "__main__":
    main()
