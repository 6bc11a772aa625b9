"""Reference trajectories from keras.optimizers on Keras's torch backend.

The torch backend because it is the only light one that computes float64 in float64: on JAX and NumPy, Keras's
type promotion turns float64 arithmetic into float32. That holds for the optimizers that have their own class in
keras/src/backend/torch/optimizers; record the others in f32 only (the self-check refuses the rest).

    python test/reference/generate_keras.py [--only Momentum] [--check]
"""

from __future__ import annotations

import functools
import os
import warnings
from typing import Any, Callable

os.environ["KERAS_BACKEND"] = "torch"
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # before the import: the same bits from AVX2 and AVX-512 machines

import keras
import torch

from golden import Case, long_case, main, other_lengths, short_case
from recipe import Array

torch.set_num_threads(1)
warnings.filterwarnings("ignore", message="Gradients do not exist")  # None gradients are meant

FLOATX = {"f32": "float32", "f64": "float64"}


Optimizer = keras.optimizers.Optimizer


def sgd(o: dict[str, Any]) -> Optimizer:
    decay = o["weightDecay"] or None
    return keras.optimizers.SGD(o["lr"], momentum=float(o["momentum"]), nesterov=o["nesterov"], weight_decay=decay)


def adagrad(o: dict[str, Any]) -> Optimizer:
    start, decay = o["initialAccumulator"], o["weightDecay"] or None
    return keras.optimizers.Adagrad(o["lr"], initial_accumulator_value=start, epsilon=o["eps"], weight_decay=decay)


def adam(cls: type[Optimizer]) -> Callable[[dict[str, Any]], Optimizer]:
    def make(o: dict[str, Any]) -> Optimizer:
        betas = dict(zip(("beta_1", "beta_2"), o["betas"]))
        decay = o["weightDecay"] or None
        return cls(o["lr"], epsilon=o["eps"], amsgrad=o["amsgrad"], weight_decay=decay, **betas)

    return make


def lion(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Lion(o["lr"], *o["betas"], weight_decay=o["weightDecay"] or None)


def rmsprop(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.RMSprop(
        o["lr"],
        rho=o["alpha"],
        momentum=float(o["momentum"]),
        epsilon=o["eps"],
        centered=o["centered"],
        weight_decay=o["weightDecay"] or None,
    )


def adadelta(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Adadelta(o["lr"], rho=o["rho"], epsilon=o["eps"], weight_decay=o["weightDecay"] or None)


def adamax(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Adamax(o["lr"], *o["betas"], epsilon=o["eps"], weight_decay=o["weightDecay"] or None)


def ftrl(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Ftrl(
        o["lr"],
        learning_rate_power=float(o["power"]),
        initial_accumulator_value=o["initialAccumulator"],
        l1_regularization_strength=float(o["l1"]),
        l2_regularization_strength=float(o["l2"]),
        beta=float(o["beta"]),
        weight_decay=o["weightDecay"] or None,
    )


def nadam(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Nadam(o["lr"], *o["betas"], epsilon=o["eps"], weight_decay=o["weightDecay"] or None)


def lamb(o: dict[str, Any]) -> Optimizer:
    return keras.optimizers.Lamb(o["lr"], *o["betas"], epsilon=o["eps"], weight_decay=o["weightDecay"] or None)


MOMENTS = {"expAvg": "_momentums", "expAvgSq": "_velocities", "maxExpAvgSq": "_velocity_hats"}

# lockstep's class: (maker, {lockstep's state: the attribute that lists Keras's variables})
OPTIMIZERS: dict[str, tuple[Callable[[dict[str, Any]], Optimizer], dict[str, str]]] = {
    "SGD": (sgd, {"velocity": "momentums"}),
    "Momentum": (sgd, {"velocity": "momentums"}),
    "Adagrad": (adagrad, {"sum": "_accumulators"}),
    "Adam": (adam(keras.optimizers.Adam), MOMENTS),
    "AdamW": (adam(keras.optimizers.AdamW), MOMENTS),
    "Lion": (lion, {"expAvg": "_momentums"}),
    "RMSprop": (
        rmsprop,
        {"squareAvg": "_velocities", "gradAvg": "_average_gradients", "momentumBuffer": "_momentums"},
    ),
    "Adadelta": (adadelta, {"squareAvg": "_accumulated_grads", "accDelta": "_accumulated_delta_vars"}),
    "Adamax": (adamax, {"expAvg": "_m", "expInf": "_u"}),
    "FTRL": (ftrl, {"accumulator": "_accumulators", "linearTerm": "_linears"}),
    "NAdam": (nadam, MOMENTS),
    "LAMB": (lamb, MOMENTS),
}


@functools.lru_cache(maxsize=None)


def keras_power(floatx: str, beta: float, t: float) -> Any:
    power = keras.ops.power(keras.ops.cast(beta, floatx), keras.ops.cast(t, floatx))
    return keras.ops.convert_to_numpy(power)[()]


class KerasSystem:
    def __init__(self, case: Case, start: list[Array]) -> None:
        keras.config.set_floatx(FLOATX[case.dtype])  # the type of the learning rate's variable too
        self.power = functools.partial(keras_power, FLOATX[case.dtype])
        maker, self._names = OPTIMIZERS[case.optimizer]
        self._params = [keras.Variable(p.copy(), dtype=FLOATX[case.dtype]) for p in start]
        self._optimizer = maker(case.options)
        self._optimizer.build(self._params)

    def step(self, grads: list[Array | None]) -> None:
        # Keras leaves out the parameters whose gradient is None.
        tensors = [None if g is None else torch.from_numpy(g.copy()) for g in grads]
        self._optimizer.apply(tensors, self._params)

    def set_lr(self, lr: float) -> None:
        self._optimizer.learning_rate = lr

    def params(self) -> list[Array]:
        return [keras.ops.convert_to_numpy(p).copy() for p in self._params]

    def set_params(self, values: list[Array]) -> None:
        for param, value in zip(self._params, values):
            param.assign(value)

    def state(self) -> dict[str, list[Array]]:
        return {
            ours: [keras.ops.convert_to_numpy(v).copy() for v in getattr(self._optimizer, theirs)]
            for ours, theirs in self._names.items()
            if hasattr(self._optimizer, theirs)
        }

    def step_counts(self) -> list[int] | None:
        return None  # one count for the whole optimizer


INSIDE = {"eps": 1e-7, "epsPlace": "inside", "initialAccumulator": 0.1}
BETAS = [0.9, 0.999]
KERAS_NADAM = {"momentumDecay": 1, "weightDecayMode": "decoupled"}

CASES = [
    long_case("momentum-defaults", "Momentum", 401, lr=0.01, momentum=0.9),
    short_case("momentum-low", "Momentum", 402, lr=0.1, momentum=0.5),
    short_case("momentum-high", "Momentum", 403, lr=1e-3, momentum=0.99),
    other_lengths(short_case("momentum-other-lengths", "Momentum", 404, lr=0.05, momentum=0.9)),
    short_case("momentum-nesterov", "Momentum", 405, lr=0.02, momentum=0.9, nesterov=True),
    short_case("momentum-decay", "Momentum", 406, lr=0.05, momentum=0.8, nesterov=True, weightDecay=0.1),
    short_case("sgd-plain", "SGD", 601, lr=0.05),
    short_case("sgd-decay", "SGD", 602, lr=0.1, weightDecay=0.01),
    short_case("sgd-momentum", "SGD", 603, lr=0.01, momentum=0.9, weightDecay=0.004),
    short_case("sgd-nesterov", "SGD", 604, lr=0.02, momentum=0.95, nesterov=True),
    short_case("adagrad-defaults", "Adagrad", 611, lr=1e-3, **INSIDE),
    short_case("adagrad-large-eps", "Adagrad", 612, lr=0.1, **INSIDE | {"eps": 1e-3, "initialAccumulator": 0}),
    short_case("adagrad-decay", "Adagrad", 613, lr=0.05, weightDecay=0.01, **INSIDE),
    short_case("adam-defaults", "Adam", 621, lr=1e-3, betas=BETAS, eps=1e-7).without_nulls(),
    short_case("adam-large-eps", "Adam", 622, lr=0.01, betas=[0.8, 0.95], eps=1e-3).without_nulls(),
    short_case("adam-decay", "Adam", 623, lr=0.01, betas=BETAS, eps=1e-7, weightDecay=0.01).without_nulls(),
    short_case("adam-amsgrad", "Adam", 624, lr=0.01, betas=[0.9, 0.9], eps=1e-7, amsgrad=True).without_nulls(),
    short_case("adamw-defaults", "AdamW", 631, lr=1e-3, betas=BETAS, eps=1e-7, weightDecay=0.004).without_nulls(),
    short_case("adamw-low", "AdamW", 632, lr=0.05, betas=[0.5, 0.75], eps=1e-6, weightDecay=0.1).without_nulls(),
    short_case(
        "adamw-amsgrad", "AdamW", 633, lr=0.01, betas=[0.9, 0.99], eps=1e-7, weightDecay=0.05, amsgrad=True
    ).without_nulls(),
    long_case("lion-defaults", "Lion", 641, lr=1e-3, betas=[0.9, 0.99]),
    short_case("lion-low", "Lion", 642, lr=0.05, betas=[0.5, 0.75]),
    short_case("lion-decay", "Lion", 643, lr=3e-3, betas=[0.95, 0.98], weightDecay=0.5),
    short_case("rmsprop-defaults", "RMSprop", 1101, lr=1e-3, alpha=0.9, eps=1e-7, epsPlace="inside"),
    short_case("rmsprop-momentum", "RMSprop", 1102, lr=0.01, alpha=0.95, eps=1e-3, epsPlace="inside", momentum=0.9),
    short_case("rmsprop-centered", "RMSprop", 1103, lr=0.01, alpha=0.99, eps=1e-2, epsPlace="inside", centered=True,
               momentum=0.5, weightDecay=0.01),
    short_case("adadelta-defaults", "Adadelta", 1111, lr=1e-3, rho=0.95, eps=1e-7),
    short_case("adadelta-large-lr", "Adadelta", 1112, lr=1.0, rho=0.9, eps=1e-3),
    short_case("adadelta-decay", "Adadelta", 1113, lr=0.1, rho=0.8, eps=1e-5, weightDecay=0.1),
    short_case("adamax-defaults", "Adamax", 1121, lr=1e-3, betas=BETAS, eps=1e-7).without_nulls(),
    short_case("adamax-low-betas", "Adamax", 1122, lr=0.05, betas=[0.5, 0.9], eps=1e-3).without_nulls(),
    short_case("adamax-decay", "Adamax", 1123, lr=0.01, betas=[0.8, 0.99], eps=1e-6, weightDecay=0.1).without_nulls(),
    long_case("ftrl-defaults", "FTRL", 1131, lr=1e-3, initialAccumulator=0.1),
    short_case("ftrl-l1", "FTRL", 1132, lr=0.1, initialAccumulator=0.1, l1=0.5, l2=0.01, beta=1),
    short_case("ftrl-decay", "FTRL", 1133, lr=0.05, initialAccumulator=1, l1=0.01, weightDecay=0.1),
    short_case("ftrl-power-0", "FTRL", 1134, lr=0.1, initialAccumulator=0.1, power=0, l1=0.1),
    short_case("ftrl-power-1", "FTRL", 1135, lr=0.5, initialAccumulator=0.5, power=-1, l2=1),
    short_case("nadam-defaults", "NAdam", 1141, lr=1e-3, betas=BETAS, eps=1e-7, **KERAS_NADAM).without_nulls(),
    short_case("nadam-low-betas", "NAdam", 1142, lr=0.05, betas=[0.5, 0.9], eps=1e-3, **KERAS_NADAM).without_nulls(),
    short_case(
        "nadam-decay", "NAdam", 1143, lr=0.01, betas=[0.8, 0.99], eps=1e-6, weightDecay=0.1, **KERAS_NADAM
    ).without_nulls(),
    long_case("lamb-defaults", "LAMB", 1151, lr=1e-3, betas=BETAS, eps=1e-7).without_nulls(),
    short_case("lamb-low-betas", "LAMB", 1152, lr=0.05, betas=[0.5, 0.75], eps=1e-3).without_nulls(),
    short_case("lamb-decay", "LAMB", 1153, lr=0.01, betas=[0.9, 0.99], eps=1e-7, weightDecay=0.1).without_nulls(),
]

if __name__ == "__main__":
    main(
        "keras",
        {"keras": keras.__version__, "torch": torch.__version__.split("+")[0]},
        "keras.optimizers, KERAS_BACKEND=torch, one thread, ATEN_CPU_CAPABILITY=avx2. Momentum is SGD(momentum). "
        "Keras counts steps for the whole optimizer: no null gradients where the count matters.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        KerasSystem,
    )
