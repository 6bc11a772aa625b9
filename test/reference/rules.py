"""lockstep's rules in numpy: each operation rounded to the array's own type, in the order they are written.

The generators assert that a system follows the rule given here, so that no golden is silently of another rule.
A rule takes (options, power, t, param, grad, state), t being the parameter's own step count from 1, and returns
(param, state). Coefficients are computed in double precision and rounded once, but for beta^t: `power` is
`exact_power`, or what a system has instead of it, and with a float32 all that follows from it is float32 too.
"""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

Array = np.ndarray
Options = dict[str, Any]
State = dict[str, Array]
Power = Callable[[float, int], Any]
Rule = Callable[[Options, Power, int, Array, Array, State], tuple[Array, State]]


def exact_power(beta: float, t: int) -> float:
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
    p, g = prologue(o, o["weightDecayMode"] == "decoupled" and t > 1, p, g)
    if t == 1:
        return p, {"expAvg": s["expAvg"], "expAvgSq": g * g}
    beta1, beta2 = (power(beta, 1) for beta in o["betas"])  # optax has them in its own type here
    bound = c(np.sqrt(np.sqrt(t - 1)) if o["clip"] else np.inf)
    normed = np.clip(g / np.maximum(np.sqrt(s["expAvgSq"]), c(o["eps"])), -bound, bound)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * normed
    return p - c(o["lr"]) * m, {"expAvg": m, "expAvgSq": c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)}


def adan(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g) if o["noProx"] else prologue(o | {"weightDecay": 0}, True, p, g)
    beta1, beta2, beta3 = o["betas"]
    correction1, correction2, correction3 = (1 - power(beta, t) for beta in o["betas"])
    optax = o["dialect"] == "optax"
    ahead = 1 - beta2 if optax else beta2
    d = np.zeros_like(g) if t == 1 else g - s["lastGrad"]
    u = g + c(ahead) * d
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    e = c(beta2) * s["expAvgDiff"] + c(1 - beta2) * d
    n = c(beta3) * s["expAvgSq"] + c(1 - beta3) * (u * u)
    inside = o["eps"] * correction3 if optax else 0
    step = c(o["lr"] / correction1) * m + c(o["lr"] * ahead / correction2) * e
    p = p - step / (np.sqrt(n + c(inside)) * c(1 / correction3**0.5) + c(o["eps"]))
    p = p if o["noProx"] else c(1 / (1 + o["lr"] * o["weightDecay"])) * p
    return p, {"expAvg": m, "expAvgDiff": e, "expAvgSq": n, "lastGrad": g}


def ftrl(o: Options, power: Power, t: int, p: Array, g: Array, s: State) -> tuple[Array, State]:
    c = p.dtype.type
    p, g = prologue(o, True, p, g)
    n, l1, scale = s["accumulator"], c(o["l1"]), c(1 / o["lr"])
    rest = c((o["beta"] + (1 if o["power"] == 0 else 0)) / o["lr"] + 2 * o["l2"])
    of = {0: np.zeros_like, -0.5: np.sqrt, -1: np.copy}[o["power"]]
    total = n + g * g
    q = of(total)
    z = s["linearTerm"] + (g - scale * (q - of(n)) * p)
    p = np.where(np.abs(z) > l1, (np.clip(z, -l1, l1) - z) / (q * scale + rest), c(0))
    return p, {"accumulator": total, "linearTerm": z}
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
    correction1, correction2 = 1 - power(beta1, t), 1 - power(beta2, t)
    m = c(beta1) * s["expAvg"] + c(1 - beta1) * g
    v = c(beta2) * s["expAvgSq"] + c(1 - beta2) * (g * g)
    state = {"expAvg": m, "expAvgSq": v}
    most = 2 / (1 - beta2) - 1
    rho = most - 2 * t * power(beta2, t) / correction2
    if not (rho > 5 or (o["dialect"] == "optax" and rho == 5)):
        return p - c(o["lr"] / correction1) * m, state
    step_size = o["lr"] / correction1 * ((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) ** 0.5
    if o["dialect"] == "optax":
        return p - c(step_size) * (m / (np.sqrt(v) * c(1 / correction2**0.5) + c(o["eps"]))), state
    return p - c(step_size * correction2**0.5) * (m / (np.sqrt(v) + c(o["eps"]))), state


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
    "LAMB": lamb,
    "LARS": lars,
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
    "LAMB": ("expAvg", "expAvgSq"),
    "LARS": ("momentumBuffer",),
}


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
