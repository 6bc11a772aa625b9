"""lockstep's rules in numpy: each operation rounded to the array's own type, in the order they are written.

The generators assert that a system follows the rule given here, so that no golden is silently of another rule.
A rule takes (options, power, t, param, grad, state), t being the parameter's own step count from 1, and returns
(param, state). Coefficients are computed in double precision and rounded once, but for beta^t: `power` is
`exact_power`, or what a system has instead of it, and with a float32 all that follows from it is float32 too.
Beside lockstep's options there is `lastLr`, which the parameter's step before had (its first step: `lr`).
"""

from __future__ import annotations

import functools
from typing import Any, Callable

import numpy as np

Array = np.ndarray
Options = dict[str, Any]
State = dict[str, Array]
Power = Callable[[float, float], Any]
Rule = Callable[[Options, Power, int, Array, Array, State], tuple[Array, State]]


def exact_power(beta: float, t: float) -> float:
    return beta**t


def prologue(o: Options, decoupled: bool, p: Array, g: Array) -> tuple[Array, Array]:
    """What stands before every rule: maximize, and weight decay inside the gradient or apart from it."""
    c = p.dtype.type
    g = -g if o["maximize"] else g
    if o["weightDecay"] == 0:
        return p, g
    return (p * c(1 - o["lr"] * o["weightDecay"]), g) if decoupled else (p, g + c(o["weightDecay"]) * p)


def sgd(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    if o["dialect"] == "keras":
        return momentum(o, power, t, p, g, s)
    c = p.dtype.type
    p, g = prologue(o, False, p, g)
    if o["momentum"] == 0:
        return p - c(o["lr"]) * g, {}
    b = c(o["momentum"]) * s["momentumBuffer"] + c(1 if t == 1 else 1 - o["dampening"]) * g
    return p - c(o["lr"]) * (g + c(o["momentum"]) * b if o["nesterov"] else b), {"momentumBuffer": b}


def momentum(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    if o["momentum"] == 0:
        return p - c(o["lr"]) * g, {}
    v = c(o["momentum"]) * s["velocity"] - c(o["lr"]) * g
    return p + (c(o["momentum"]) * v - c(o["lr"]) * g if o["nesterov"] else v), {"velocity": v}


def adagrad(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["dialect"] == "keras", p, g)
    lr = c(o["lr"] / (1 + (t - 1) * o["lrDecay"]))
    h = s["sum"] + g * g
    root = np.sqrt(h + c(o["eps"])) if o["epsPlace"] == "inside" else np.sqrt(h) + c(o["eps"])
    return p - lr * g / root, {"sum": h}


def adam(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    return adam_step(o, o["dialect"] == "keras", power, t, p, g, s)


def adamw(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    return adam_step(o, True, power, t, p, g, s)


def adam_step(
    o: Options, decoupled: bool, power: Power, t: int, p: Array, g: Array, s: State
) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, decoupled, p, g)
    beta1, beta2 = o["betas"]
    correction1, correction2 = 1 - power(beta1, t), 1 - power(beta2, t)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    state = {"expAvg": m, "expAvgSq": v}
    step_size, root_scale = o["lr"] / correction1, 1 / correction2**0.5
    if o["dialect"] == "keras":  # eps-hat
        step_size, root_scale = o["lr"] * correction2**0.5 / correction1, 1
    if o["amsgrad"]:
        corrected = o["dialect"] == "optax"  # the largest of the corrected v
        v = np.maximum(s["maxExpAvgSq"], c(1 / correction2) * v if corrected else v)
        root_scale = 1 if corrected else root_scale
        state["maxExpAvgSq"] = v
    return p - c(step_size) * (m / (np.sqrt(v) * c(root_scale) + c(o["eps"]))), state


def lion(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    beta1, beta2 = o["betas"]
    m = s["expAvg"]
    p = p - c(o["lr"]) * np.sign(c(beta1) * m + c(1 - beta1) * g)
    return p, {"expAvg": c(beta2) * m + c(1 - beta2) * g}


def signum(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    m = c(o["momentum"]) * s["expAvg"] + c(1 - o["momentum"]) * g
    return p - c(o["lr"]) * np.sign(m), {"expAvg": m}


def adabelief(o: Options, power: Power, t: int, p: Array, g: Array, state: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    beta1, beta2 = o["betas"]
    step_size, root_scale = o["lr"] / (1 - power(beta1, t)), 1 / (1 - power(beta2, t)) ** 0.5
    m = c(beta1) * state["expAvg"] + c(1 - beta1) * g
    surprise = g - m
    s = c(beta2) * state["expAvgVar"] + c(1 - beta2) * (surprise * surprise) + c(o["eps"])
    p = p - c(step_size) * (m / (np.sqrt(s) * c(root_scale) + c(o["eps"])))
    return p, {"expAvg": m, "expAvgVar": s}


def adopt(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    shrunk, g = prologue(o, o["weightDecayMode"] == "decoupled", p, g)
    if t == 1:
        return p, {"expAvg": s["expAvg"], "expAvgSq": g * g}
    beta1, beta2 = (power(beta, 1) for beta in o["betas"])  # optax has them in its own type here
    bound = c(np.sqrt(np.sqrt(t - 1)) if o["clip"] else np.inf)
    normed = np.clip(g / np.maximum(np.sqrt(s["expAvgSq"]), c(o["eps"])), -bound, bound)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * normed
    return shrunk - c(o["lr"]) * m, {"expAvg": m, "expAvgSq": c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)}


def adan(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g) if o["noProx"] else prologue(o | {"weightDecay": 0}, True, p, g)
    beta1, beta2, beta3 = o["betas"]
    d = np.zeros_like(g) if t == 1 else g - s["lastGrad"]
    u = g + c(adan_ahead(o)) * d
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    e = c(beta2) * s["expAvgDiff"] + c(1 - beta2) * d
    n = c(beta3) * s["expAvgSq"] + c(1 - beta3) * (u * u)
    state = {"expAvg": m, "expAvgDiff": e, "expAvgSq": n, "lastGrad": g}
    p = p - adan_update(o, power, t, state)
    return p if o["noProx"] else c(1 / (1 + o["lr"] * o["weightDecay"])) * p, state


def adan_ahead(o: Options) -> float:
    return 1 - o["betas"][1] if o["dialect"] == "optax" else o["betas"][1]


def adan_update(o: Options, power: Power, t: int, s: State) -> Array:
    m, e, n = s["expAvg"], s["expAvgDiff"], s["expAvgSq"]
    c = m.dtype.type
    correction1, correction2, correction3 = (1 - power(beta, t) for beta in o["betas"])
    inside = o["eps"] * correction3 if o["dialect"] == "optax" else 0
    step = c(o["lr"] / correction1) * m + c(o["lr"] * adan_ahead(o) / correction2) * e
    return step / (np.sqrt(n + c(inside)) * c(1 / correction3**0.5) + c(o["eps"]))


def ftrl(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    n, l1, scale = s["accumulator"], c(o["l1"]), c(1 / o["lr"])
    total = n + g * g
    z = s["linearTerm"] + (g - scale * (ftrl_q(o, total) - ftrl_q(o, n)) * p)
    far = np.abs(z) > l1
    p = np.divide(np.clip(z, -l1, l1) - z, ftrl_denominator(o, total), out=np.zeros_like(z), where=far)
    return p, {"accumulator": total, "linearTerm": z}


def ftrl_q(o: Options, n: Array) -> Array:
    return {0: np.ones_like, -0.5: np.sqrt, -1: np.copy}[o["power"]](n)


def ftrl_denominator(o: Options, n: Array) -> Array:
    c = n.dtype.type
    rest = o["beta"] / o["lr"] + 2 * o["l2"]
    if o["power"] == 0:
        return np.full_like(n, 1 / o["lr"] + rest)
    return ftrl_q(o, n) * c(1 / o["lr"]) + c(rest)


def rmsprop(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["dialect"] == "keras", p, g)
    v = c(o["alpha"]) * s["squareAvg"] + c(1 - o["alpha"]) * (g * g)
    state = {"squareAvg": v}
    if o["centered"]:
        a = c(o["alpha"]) * s["gradAvg"] + c(1 - o["alpha"]) * g
        state["gradAvg"] = a
        v = np.maximum(v - a * a, c(0))
    root = np.sqrt(v + c(o["eps"])) if o["epsPlace"] == "inside" else np.sqrt(v) + c(o["eps"])
    if o["momentum"] == 0:
        return p - c(o["lr"]) * g / root, state
    inner, outer = (1, o["lr"]) if o["dialect"] == "torch" else (o["lr"], 1)
    b = c(o["momentum"]) * s["momentumBuffer"] + c(inner) * g / root
    return p - c(outer) * b, state | {"momentumBuffer": b}


def adadelta(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["dialect"] == "keras", p, g)
    v = c(o["rho"]) * s["squareAvg"] + c(1 - o["rho"]) * (g * g)
    delta = np.sqrt((s["accDelta"] + c(o["eps"])) / (v + c(o["eps"]))) * g
    u = c(o["rho"]) * s["accDelta"] + c(1 - o["rho"]) * (delta * delta)
    return p - c(o["lr"]) * delta, {"squareAvg": v, "accDelta": u}


def adamax(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["dialect"] == "keras", p, g)
    beta1, beta2 = o["betas"]
    inside, outside = (0, o["eps"]) if o["dialect"] in ("keras", "tfjs") else (o["eps"], 0)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    u = np.maximum(c(beta2) * s["expInf"], np.abs(g) + c(inside))
    return p - c(o["lr"] / (1 - power(beta1, t))) * (m / (u + c(outside))), {"expAvg": m, "expInf": u}


def radam(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["weightDecayMode"] == "decoupled", p, g)
    beta1, beta2 = o["betas"]
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    return p - radam_update(o, power, t, m, v), {"expAvg": m, "expAvgSq": v}


def radam_update(o: Options, power: Power, t: int, m: Array, v: Array) -> Array:
    c = m.dtype.type
    beta1, beta2 = o["betas"]
    correction1, correction2 = 1 - power(beta1, t), 1 - power(beta2, t)
    beta2_t = getattr(power, "uncompiled", power)(beta2, t)
    most = 2 / (1 - beta2) - 1
    rho = most - 2 * t * beta2_t / (1 - beta2_t)
    if not (rho > 5 or (o["dialect"] == "optax" and rho == 5)):
        return c(o["lr"] / correction1) * m
    step_size = o["lr"] / correction1 * ((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) ** 0.5
    if o["dialect"] == "optax":
        return c(step_size) * (m / (np.sqrt(v) * c(1 / correction2**0.5) + c(o["eps"])))
    return c(step_size * correction2**0.5) * (m / (np.sqrt(v) + c(o["eps"])))


def nadam_mu(power: Power, optax: bool, beta1: float, decay: float, t: int) -> Any:
    return beta1 if optax else beta1 * (1 - 0.5 * power(0.96, t * decay))


@functools.lru_cache(maxsize=None)
def nadam_product(power: Power, optax: bool, beta1: float, decay: float, t: int) -> Any:
    """Of all mu up to that of step t."""
    if t == 0 or optax:
        return power(beta1, t)
    return nadam_product(power, optax, beta1, decay, t - 1) * nadam_mu(power, optax, beta1, decay, t)


def nadam(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, o["weightDecayMode"] == "decoupled", p, g)
    beta1, beta2 = o["betas"]
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    return p - nadam_update(o, power, t, m, v, g), {"expAvg": m, "expAvgSq": v}


def nadam_update(o: Options, power: Power, t: int, m: Array, v: Array, g: Array) -> Array:
    c = m.dtype.type
    beta1, beta2 = o["betas"]
    schedule = (power, o["dialect"] == "optax", beta1, o["momentumDecay"])
    mu, product = nadam_mu(*schedule, t), nadam_product(*schedule, t)
    next_mu, next_product = nadam_mu(*schedule, t + 1), nadam_product(*schedule, t + 1)
    step = c(o["lr"] * next_mu / (1 - next_product)) * m + c(o["lr"] * (1 - mu) / (1 - product)) * g
    root = np.sqrt(v) * c(1 / (1 - power(beta2, t)) ** 0.5)
    return step / (root + c(o["eps"]))


def rprop(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    g = -g if o["maximize"] else g
    (shrink, grow), (smallest, largest) = o["etas"], o["stepSizes"]
    agreement = np.sign(g) * np.sign(s["prev"])
    factor = np.where(agreement > 0, c(grow), np.where(agreement < 0, c(shrink), c(1)))
    size = np.clip(s["stepSize"] * factor, c(smallest), c(largest))
    g = np.where(agreement < 0, c(0), g)
    return p - size * np.sign(g), {"prev": g, "stepSize": size}


def asgd(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    g = -g if o["maximize"] else g
    g = g + c(o["weightDecay"]) * p if o["weightDecay"] else g
    lr = o["lastLr"]
    eta, mu = lr / (1 + o["lambd"] * lr * (t - 1)) ** o["alpha"], 1 / max(1, t - 1 - o["t0"])
    p = c(1 - o["lambd"] * eta) * p - c(eta) * g
    return p, {"ax": s["ax"] + c(mu) * (p - s["ax"]) if mu < 1 else p}


def norm(a: Array) -> float:
    """In double precision, summed in lockstep's shape: 16 interleaved sums per block of 4096, halved as a tree."""
    total = 0.0
    for begin in range(0, len(a), 4096):
        squares = np.square(a[begin : begin + 4096].astype(np.float64))
        sums = np.zeros(16)
        for k in range(0, len(squares), 16):
            row = squares[k : k + 16]
            sums[: len(row)] += row
        while len(sums) > 1:
            sums = sums[: len(sums) // 2] + sums[len(sums) // 2 :]
        total += float(sums[0])
    return float(np.sqrt(total))


def trust_ratio(p: Array, u: Array, coefficient: float = 1, decay: float = 0, eps: float = 0) -> float:
    """coefficient |p| / (|u| + decay |p| + eps), and 1 where either norm is 0."""
    p_norm, u_norm = norm(p), norm(u)
    return coefficient * p_norm / (u_norm + decay * p_norm + eps) if p_norm > 0 and u_norm > 0 else 1.0


def lamb(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    outside = o["dialect"] == "keras"
    p, g = prologue(o if outside else o | {"weightDecay": 0}, True, p, g)
    beta1, beta2 = o["betas"]
    correction1, correction2 = 1 - power(beta1, t), 1 - power(beta2, t)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    u = c(1 / correction1) * m / (np.sqrt(v) * c(1 / correction2**0.5) + c(o["eps"]))
    u = u if outside else u + c(o["weightDecay"]) * p
    ratio = trust_ratio(p, u)
    return p - c(o["lr"] * (min(ratio, 1) if o["trustClip"] else ratio)) * u, {"expAvg": m, "expAvgSq": v}


def lars(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    optax = o["dialect"] == "optax"
    p, g = prologue(o if optax else o | {"weightDecay": 0}, False, p, g)
    ratio = trust_ratio(p, g, o["trustCoefficient"], 0 if optax else o["weightDecay"], o["eps"])
    inner, outer = (-o["lr"], -1) if optax else (1 if t == 1 else 1 - o["dampening"], o["lr"])
    d = c(inner * ratio) * (g if optax else g + c(o["weightDecay"]) * p)
    b = c(o["momentum"]) * s["momentumBuffer"] + d
    step = c(outer * o["momentum"]) * b + c(outer) * d if o["nesterov"] else c(outer) * b
    return p - step, {"momentumBuffer": b}


def schedule_free_sgd(o: Options, power: Power, t: int, y: Array, g: Array, s: State) -> tuple[Array, State]:
    _, g = prologue(o, False, y, g)
    return schedule_free(o, o["momentum"], t, y, g, s)


def schedule_free_adamw(o: Options, power: Power, t: int, y: Array, g: Array, s: State) -> tuple[Array, State]:
    c = y.dtype.type
    beta1, beta2 = o["betas"]
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    d = g / (np.sqrt(v) * c(1 / (1 - power(beta2, t)) ** 0.5) + c(o["eps"]))
    y, state = schedule_free(o, beta1, t, y, d + c(o["weightDecay"]) * y, s)
    return y, state | {"expAvgSq": v}


def schedule_free(o: Options, beta1: float, t: int, y: Array, d: Array, s: State) -> tuple[Array, State]:
    c = y.dtype.type
    lr = o["lr"] * (min(1, t / o["warmupSteps"]) if o["warmupSteps"] else 1)
    lr_max = np.maximum(s["lrMax"], lr)
    weight = float(t) ** o["r"] * lr_max ** o["weightLrPower"]
    weight_sum = s["weightSum"] + weight
    share = np.divide(weight, weight_sum, out=np.zeros(y.shape), where=weight_sum > 0)
    z = y if t == 1 else s["z"]
    step = (lr * (1 - beta1 * (1 - share))).astype(c)
    y = y + share.astype(c) * (z - y) - step * d
    return y, {"z": z - c(lr) * d, "weightSum": weight_sum, "lrMax": lr_max}


# Where the terms of a rule may cancel, how large they are: those that make the parameter (""), and those of a state
# array. What a system has rounded before they cancel is still there when they have. From (options, power, t, param,
# state, state after the step).
Terms = Callable[[Options, Power, int, Array, State, State], State]


def adan_terms(o: Options, power: Power, t: int, p: Array, s: State, after: State) -> State:
    """The average of gradients, and that of their differences."""
    return {"": adan_update(o, power, t, {name: np.abs(value) for name, value in after.items()})}


def ftrl_terms(o: Options, power: Power, t: int, p: Array, s: State, after: State) -> State:
    """In the linear term, the roots of the old and the new accumulator."""
    return {"linearTerm": p.dtype.type(1 / o["lr"]) * ftrl_q(o, after["accumulator"]) * np.abs(p)}


def radam_terms(o: Options, power: Power, t: int, p: Array, s: State, after: State) -> State:
    """The old average of gradients and the gradient."""
    return {"": radam_update(o, power, t, s["expAvg"], after["expAvgSq"])}


def nadam_terms(o: Options, power: Power, t: int, p: Array, s: State, after: State) -> State:
    """The old average of gradients, and the gradient that made the new one of it."""
    beta1 = p.dtype.type(o["betas"][0])
    m = beta1 * np.abs(s["expAvg"])
    g = np.abs(after["expAvg"] - beta1 * s["expAvg"])
    return {"": nadam_update(o, power, t, m + g, after["expAvgSq"], g / (1 - beta1))}


def schedule_free_terms(o: Options, power: Power, t: int, y: Array, s: State, after: State) -> State:
    """The way from y to z, and the step."""
    weight_sum = after["weightSum"]
    share = np.divide(weight_sum - s["weightSum"], weight_sum, out=np.zeros(y.shape), where=weight_sum > 0)
    return {"": (share * ((y if t == 1 else s["z"]) - y)).astype(y.dtype)}


TERMS: dict[str, Terms] = {
    "Adan": adan_terms,
    "FTRL": ftrl_terms,
    "RAdam": radam_terms,
    "NAdam": nadam_terms,
    "ScheduleFreeSGD": schedule_free_terms,
    "ScheduleFreeAdamW": schedule_free_terms,
}

RULES: dict[str, Rule] = {
    "SGD": sgd,
    "Momentum": momentum,
    "Adagrad": adagrad,
    "Adam": adam,
    "AdamW": adamw,
    "Lion": lion,
    "Signum": signum,
    "AdaBelief": adabelief,
    "ADOPT": adopt,
    "Adan": adan,
    "FTRL": ftrl,
    "RMSprop": rmsprop,
    "Adadelta": adadelta,
    "Adamax": adamax,
    "RAdam": radam,
    "NAdam": nadam,
    "Rprop": rprop,
    "ASGD": asgd,
    "LAMB": lamb,
    "LARS": lars,
    "ScheduleFreeSGD": schedule_free_sgd,
    "ScheduleFreeAdamW": schedule_free_adamw,
}

STATES: dict[str, tuple[str, ...]] = {
    "Adagrad": ("sum",),
    "Lion": ("expAvg",),
    "Signum": ("expAvg",),
    "AdaBelief": ("expAvg", "expAvgVar"),
    "ADOPT": ("expAvg", "expAvgSq"),
    "Adan": ("expAvg", "expAvgDiff", "expAvgSq", "lastGrad"),
    "FTRL": ("accumulator", "linearTerm"),
    "Adadelta": ("squareAvg", "accDelta"),
    "Adamax": ("expAvg", "expInf"),
    "RAdam": ("expAvg", "expAvgSq"),
    "NAdam": ("expAvg", "expAvgSq"),
    "Rprop": ("prev", "stepSize"),
    "ASGD": ("ax",),
    "LAMB": ("expAvg", "expAvgSq"),
    "LARS": ("momentumBuffer",),
    "ScheduleFreeSGD": ("z", "weightSum", "lrMax"),
    "ScheduleFreeAdamW": ("z", "expAvgSq", "weightSum", "lrMax"),
}

# State that is one number a parameter: an array in double precision, all of that number, which is not recorded.
NUMBERS = ("weightSum", "lrMax")


def state_names(optimizer: str, o: Options) -> tuple[str, ...]:
    if optimizer in STATES:
        return STATES[optimizer]
    if optimizer == "RMSprop":
        gradAvg = ("gradAvg",) if o["centered"] else ()
        return ("squareAvg", *gradAvg, *(("momentumBuffer",) if o["momentum"] else ()))
    if optimizer in ("Adam", "AdamW"):
        return ("expAvg", "expAvgSq", "maxExpAvgSq") if o["amsgrad"] else ("expAvg", "expAvgSq")
    if optimizer == "SGD" and o["momentum"] == 0:
        return ()
    return ("momentumBuffer",) if optimizer == "SGD" and o["dialect"] != "keras" else ("velocity",)
