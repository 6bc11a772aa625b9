"""lockstep's rules in numpy: each operation rounded to the array's own type, in the order they are written.

The generators assert that a system follows the rule given here, so that no golden is silently of another rule.
A rule takes (options, t, param, grad, state), t being the parameter's own step count from 1, and returns
(param, state). Coefficients are computed in double precision and rounded once.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

Array = np.ndarray
Options = dict[str, Any]
State = dict[str, Array]
Rule = Callable[[Options, int, Array, Array, State], tuple[Array, State]]


def sgd(o: Options, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    lr = p.dtype.type(o["lr"])
    return p - lr * g, {}


def momentum(o: Options, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    v = c(o["momentum"]) * s["velocity"] - c(o["lr"]) * g
    return p + v, {"velocity": v}


def adagrad(o: Options, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    h = s["sum"] + g * g
    return p - c(o["lr"]) * g / (np.sqrt(h) + c(o["eps"])), {"sum": h}


def adam(o: Options, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    beta1, beta2 = o["betas"]
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    step_size = c(o["lr"] / (1 - beta1**t))
    root_scale = c(1 / (1 - beta2**t) ** 0.5)
    denom = np.sqrt(v) * root_scale + c(o["eps"])
    return p - step_size * (m / denom), {"expAvg": m, "expAvgSq": v}


RULES: dict[str, tuple[Rule, tuple[str, ...]]] = {  # optimizer: (rule, names of its state)
    "SGD": (sgd, ()),
    "Momentum": (momentum, ("velocity",)),
    "Adagrad": (adagrad, ("sum",)),
    "Adam": (adam, ("expAvg", "expAvgSq")),
}
