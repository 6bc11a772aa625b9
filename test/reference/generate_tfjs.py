"""Reference trajectories from the optimizers of TensorFlow.js, its CPU backend, in float32, which is all it has.

generate_tfjs.mjs wraps them; Node runs it in the working directory, where @tensorflow/tfjs must be installed:

    cd <scratch folder> && npm install @tensorflow/tfjs@4.22.0
    python <lockstep>/test/reference/generate_tfjs.py [--only Adam] [--check]
"""

from __future__ import annotations

import base64
import functools
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from golden import Case, encode, main, other_lengths, short_case
from recipe import Array


class Node:
    def __init__(self) -> None:
        script = str(Path(__file__).with_suffix(".mjs"))
        self._process = subprocess.Popen(["node", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions: dict[str, str] = self._answer()

    def ask(self, command: str, **rest: Any) -> Any:
        print(json.dumps({"command": command, **rest}), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> Any:
        line = self._process.stdout.readline()
        if line == "":
            raise RuntimeError("generate_tfjs.mjs has ended: is @tensorflow/tfjs installed in the working directory?")
        return json.loads(line)


def decode(text: str) -> Array:
    return np.frombuffer(base64.b64decode(text), "<f4").copy()


@functools.lru_cache(maxsize=None)
def running_power(beta: float, t: int) -> np.float32:
    """tfjs keeps beta^t as a float32 and multiplies it by beta after each step."""
    return np.float32(beta) if t == 1 else running_power(beta, t - 1) * np.float32(beta)


class TfjsSystem:
    power = staticmethod(running_power)

    def __init__(self, node: Node, case: Case, start: list[Array]) -> None:
        params = [encode(p) for p in start]
        unstepped = np.float32(case.options.get("initialAccumulator", 0))
        self._initial = [np.full_like(p, unstepped) for p in start]
        self._id = node.ask("make", optimizer=case.optimizer, options=case.options, params=params)
        self._ask = functools.partial(node.ask, id=self._id)

    def step(self, grads: list[Array | None]) -> None:
        self._ask("step", grads=[None if g is None else encode(g) for g in grads])

    def set_lr(self, lr: float) -> None:
        self._ask("setLr", lr=lr)

    def params(self) -> list[Array]:
        return [decode(p) for p in self._ask("params")]

    def set_params(self, values: list[Array]) -> None:
        self._ask("setParams", params=[encode(v) for v in values])

    def state(self) -> dict[str, list[Array]]:
        # tfjs makes a state at the first step that lists its parameter.
        return {
            name: [initial.copy() if s is None else decode(s) for s, initial in zip(slots, self._initial)]
            for name, slots in self._ask("state").items()
        }

    def step_counts(self) -> list[int] | None:
        return None  # one count for the whole optimizer


INSIDE = {"eps": 1e-7, "epsPlace": "inside"}  # the place is not to be chosen in tfjs, nor Adagrad's eps

CASES = [
    short_case("sgd-plain", "SGD", 801, lr=0.05),
    short_case("sgd-large-lr", "SGD", 802, lr=0.5),
    other_lengths(short_case("sgd-other-lengths", "SGD", 803, lr=0.01)),
    short_case("sgd-momentum", "SGD", 804, lr=0.01, momentum=0.9),
    short_case("sgd-momentum-low", "SGD", 805, lr=0.1, momentum=0.5),
    short_case("sgd-nesterov", "SGD", 806, lr=0.02, momentum=0.95, nesterov=True),
    short_case("adagrad-defaults", "Adagrad", 811, lr=0.01, initialAccumulator=0.1, **INSIDE),
    short_case("adagrad-small-start", "Adagrad", 812, lr=0.1, initialAccumulator=1e-6, **INSIDE),
    short_case("adagrad-large-lr", "Adagrad", 813, lr=1, initialAccumulator=0.5, **INSIDE),
    short_case("adam-defaults", "Adam", 821, lr=1e-3, betas=[0.9, 0.999], eps=1e-7).without_nulls(),
    short_case("adam-low-betas", "Adam", 822, lr=0.05, betas=[0.45, 0.8], eps=1e-6).without_nulls(),
    short_case("adam-large-eps", "Adam", 823, lr=0.01, betas=[0.9, 0.99], eps=1e-3).without_nulls(),
    short_case("rmsprop-defaults", "RMSprop", 831, lr=0.01, alpha=0.9, **INSIDE),
    short_case("rmsprop-momentum", "RMSprop", 832, lr=1e-3, alpha=0.95, momentum=0.9, **INSIDE | {"eps": 1e-3}),
    short_case("rmsprop-low-alpha", "RMSprop", 833, lr=0.05, alpha=0.5, momentum=0.5, **INSIDE | {"eps": 1e-5}),
    short_case("adamax-defaults", "Adamax", 841, lr=2e-3, betas=[0.9, 0.999], eps=1e-7).without_nulls(),
    short_case("adamax-low-betas", "Adamax", 842, lr=0.05, betas=[0.5, 0.9], eps=1e-3).without_nulls(),
    short_case("adamax-large-lr", "Adamax", 843, lr=0.5, betas=[0.8, 0.99], eps=1e-5).without_nulls(),
]

if __name__ == "__main__":
    node = Node()
    main(
        "tfjs",
        node.versions,
        "tf.train of TensorFlow.js on its CPU backend; momentum is tf.train.momentum. It counts steps for the whole "
        "optimizer: no null gradients in Adam.",
        [c for case in CASES for c in case.in_dtypes("f32")],
        functools.partial(TfjsSystem, node),
        "cd <scratch folder> && npm install @tensorflow/tfjs@4.22.0 && python <lockstep>/{}",
    )
