"""Reference trajectories from keras.optimizers on Keras's torch backend.

The torch backend because it is the only light one that computes float64 in float64: on JAX and NumPy, Keras's
type promotion turns float64 arithmetic into float32. That holds for the optimizers that have their own class in
keras/src/backend/torch/optimizers; record the others in f32 only (the self-check refuses the rest).

    python test/reference/generate_keras.py [--only Momentum] [--check]
"""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import Any, Callable

os.environ["KERAS_BACKEND"] = "torch"
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"  # before the import: the same bits from AVX2 and AVX-512 machines

import keras
import torch

from golden import Case, long_case, main, short_case
from recipe import Array

torch.set_num_threads(1)
warnings.filterwarnings("ignore", message="Gradients do not exist")  # None gradients are meant

FLOATX = {"f32": "float32", "f64": "float64"}


def sgd_momentum(o: dict[str, Any]) -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(learning_rate=o["lr"], momentum=o["momentum"], nesterov=False)


# lockstep's class: (maker, {lockstep's state: the attribute that lists Keras's variables})
OPTIMIZERS: dict[str, tuple[Callable[[dict[str, Any]], keras.optimizers.Optimizer], dict[str, str]]] = {
    "Momentum": (sgd_momentum, {"velocity": "momentums"}),
}


class KerasSystem:
    def __init__(self, case: Case, start: list[Array]) -> None:
        keras.config.set_floatx(FLOATX[case.dtype])  # the type of the learning rate's variable too
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
        }

    def step_counts(self) -> list[int] | None:
        return None  # one count for the whole optimizer


CASES = [
    long_case("momentum-defaults", "Momentum", 401, lr=0.01, momentum=0.9),
    short_case("momentum-low", "Momentum", 402, lr=0.1, momentum=0.5),
    short_case("momentum-high", "Momentum", 403, lr=1e-3, momentum=0.99),
    replace(short_case("momentum-other-lengths", "Momentum", 404, lr=0.05, momentum=0.9), params=(130, 1, 16)),
]

if __name__ == "__main__":
    main(
        "keras",
        {"keras": keras.__version__, "torch": torch.__version__.split("+")[0]},
        "keras.optimizers, KERAS_BACKEND=torch, one thread, ATEN_CPU_CAPABILITY=avx2. Momentum is SGD(momentum, "
        "nesterov=False). Keras counts steps for the whole optimizer; stepCounts are those with a gradient.",
        [c for case in CASES for c in case.in_dtypes("f32", "f64")],
        KerasSystem,
    )
