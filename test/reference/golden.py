"""Cases, the run that checks and records one, and the JSON file. Shared by all generators.

A generator lists cases, wraps its optimizer as a `System` and calls `main`.
"""

from __future__ import annotations

import argparse
import base64
import json
import platform
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Protocol

import numpy as np

from recipe import Array, gradient, initial_param, inputs_digest
from rules import NUMBERS, RULES, TERMS, Power, State, exact_power, state_names

Event = dict[str, Any]
HERE = Path(__file__).parent
SYSTEMS = ("torch", "timm", "authors", "keras", "optax", "tfjs", "schedulefree")
DIALECTS = {"authors": "lockstep", "timm": "lockstep"}  # of the other systems by their own name

# The options of each of lockstep's classes that a case need not give, at what changes nothing.
NEUTRAL: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0, "dampening": 0, "nesterov": False, "weightDecay": 0, "maximize": False, "dialect": ""},
    "Momentum": {"nesterov": False, "weightDecay": 0, "maximize": False},
    "Adagrad": {
        "lrDecay": 0,
        "epsPlace": "outside",
        "initialAccumulator": 0,
        "weightDecay": 0,
        "maximize": False,
        "dialect": "",
    },
    "Adam": {"weightDecay": 0, "amsgrad": False, "maximize": False, "dialect": ""},
    "AdamW": {"amsgrad": False, "maximize": False, "dialect": ""},
    "Lion": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "Signum": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "AdaBelief": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "ADOPT": {"clip": True, "weightDecay": 0, "weightDecayMode": "l2", "maximize": False, "dialect": ""},
    "Adan": {"weightDecay": 0, "noProx": True, "maximize": False, "dialect": ""},
    "FTRL": {"power": -0.5, "l1": 0, "l2": 0, "beta": 0, "weightDecay": 0, "maximize": False, "dialect": ""},
    "RMSprop": {
        "epsPlace": "outside",
        "centered": False,
        "momentum": 0,
        "weightDecay": 0,
        "maximize": False,
        "dialect": "",
    },
    "Adadelta": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "Adamax": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "RAdam": {"weightDecay": 0, "weightDecayMode": "l2", "maximize": False, "dialect": ""},
    "NAdam": {"weightDecay": 0, "weightDecayMode": "l2", "maximize": False, "dialect": ""},
    "Rprop": {"maximize": False, "dialect": ""},
    "ASGD": {"weightDecay": 0, "maximize": False, "dialect": ""},
    "LAMB": {"weightDecay": 0, "trustClip": False, "maximize": False, "dialect": ""},
    "LARS": {"dampening": 0, "nesterov": False, "weightDecay": 0, "maximize": False, "dialect": ""},
    "ScheduleFreeSGD": {"weightDecay": 0, "warmupSteps": 0, "r": 0, "weightLrPower": 2, "maximize": False},
    "ScheduleFreeAdamW": {"weightDecay": 0, "warmupSteps": 0, "r": 0, "weightLrPower": 2, "maximize": False},
}

# Their steps depend on the norm of the parameter: the bare update, from a parameter of 0, is of another size.
LAYERWISE = ("LAMB", "LARS")


@dataclass(frozen=True)
class Case:
    name: str
    optimizer: str  # lockstep's class name
    options: dict[str, Any]  # lockstep's option names, all given, so that no system's defaults matter
    steps: int
    seed: int
    checkpoints: tuple[int, ...]
    events: tuple[Event, ...] = ()  # {step, lr?, null?: [param...], zero?: [param...]}, before that step
    params: tuple[int, ...] = (37, 5, 70)  # lengths
    dtype: str = "f32"

    def event(self, step: int) -> Event:
        return next((e for e in self.events if e["step"] == step), {})

    def in_dtypes(self, *dtypes: str) -> list[Case]:
        return [replace(self, name=f"{self.name}-{d}", dtype=d) for d in dtypes]

    def in_dialect(self, system: str) -> Case:
        """With every option given. A class that has no dialects is of one system alone."""
        dialect = DIALECTS.get(system, system)
        options = NEUTRAL[self.optimizer] | self.options
        return replace(self, options=options | ({"dialect": dialect} if "dialect" in options else {}))

    def without_nulls(self) -> Case:
        """For systems that count steps once for all parameters, or that have no null gradients."""
        return replace(self, events=tuple(e for e in self.events if "null" not in e))

    def without_lr(self) -> Case:
        """For optimizers whose lr is fixed."""
        return replace(self, events=tuple(e for e in self.events if "lr" not in e))


class System(Protocol):
    """One optimizer of the system under record, with its parameters. Arrays handed out are copies."""

    def step(self, grads: list[Array | None]) -> None: ...
    def set_lr(self, lr: float) -> None: ...
    def params(self) -> list[Array]: ...
    def set_params(self, values: list[Array]) -> None: ...
    def state(self) -> dict[str, list[Array]]:
        """By lockstep's state names; zeros (or the initial value) for a parameter that never stepped."""

    def step_counts(self) -> list[int] | None:
        """The system's own count per parameter; None where it keeps none."""

    # Where a system has two modes, `weights()` goes to the other one, hands its parameters out, and comes back.

    @staticmethod
    def power(beta: float, t: int) -> Any:
        """beta^t as the system computes it: a numpy scalar of its type, or `exact_power`."""


@dataclass
class Check:
    """How far the rule in rules.py is from the system; see README.md.

    The first three start every step from the system's values and use its beta^t. The drifts follow the whole
    trajectory: with exact coefficients, and (param_own) with those that follow from the system's beta^t.
    """

    param_ulps: float = 0.0  # ulps of the parameter, or of its update (or the one before) if larger
    state_ulps: float = 0.0  # ulps of the state
    update_eps: float = 0.0  # error of the update alone / (machine epsilon x the update or the one before)
    param_drift: float = 0.0  # ulps of the element's largest magnitude so far
    state_drift: float = 0.0  # the same, of the state
    param_own: float = 0.0  # param_drift if the rule had the system's beta^t
    state_own: float = 0.0

    LIMITS = {"param_ulps": 4.0, "state_ulps": 4.0, "update_eps": 8.0}
    LOOSER = {  # times as large
        "Adadelta": {"state_ulps": 2},  # it squares its own update
        "ScheduleFreeAdamW": {"param_ulps": 1.5},  # it goes from y towards z beside what Adam does
        # Each system sums norms in its own order; their quotient is a factor of the step, and in LARS of the state.
        "LAMB": {"param_ulps": 2},
        "LARS": {"param_ulps": 2, "state_ulps": 2},
    }

    def note(self, name: str, error: Array, unit: Array) -> None:
        worst = np.max(np.divide(error, unit, out=np.zeros(error.shape), where=error != 0))
        setattr(self, name, float(np.maximum(getattr(self, name), worst)))  # keeps a NaN

    def require(self, case: Case) -> None:
        for name, limit in self.LIMITS.items():
            limit *= self.LOOSER.get(case.optimizer, {}).get(name, 1)
            if not getattr(self, name) <= limit:
                raise AssertionError(f"{case.name}: {name} {getattr(self, name):g} > {limit:g}: another rule?")


def ulp(*values: Array) -> Array:
    """The spacing of floats at the largest magnitude of the given arrays, as doubles."""
    return np.spacing(np.maximum.reduce([np.abs(v) for v in values])).astype(np.float64)


def distance(a: Array, b: Array) -> Array:
    return np.abs(a.astype(np.float64) - b.astype(np.float64))


def record(case: Case, system_of: Callable[[Case, list[Array]], System]) -> tuple[dict[str, Any], Check]:
    """Runs the case in the system, checking each step against rules.py, and returns the JSON object."""
    rule, names = RULES[case.optimizer], state_names(case.optimizer, case.options)
    terms_of = TERMS.get(case.optimizer, lambda *_: {})
    start = [initial_param(case, i) for i in range(len(case.params))]
    zeros = [np.zeros_like(p) for p in start]
    system = system_of(case, start)
    probe = system_of(case, zeros)  # params set back to 0 before each step: what they become is the bare update

    options = dict(case.options)
    check = Check()
    steps = [0] * len(start)
    last_lr: list[float | None] = [None] * len(start)
    previous, moved_before = list(zeros), list(zeros)
    blank = [dict.fromkeys(names, z) for z in zeros]
    now = states_of(system, names)
    runs = [Run("drift", exact_power, start, now)]
    if system.power is not exact_power:
        runs.append(Run("own", system.power, start, now))
    checkpoints = []

    for step in range(1, case.steps + 1):
        if "lr" in case.event(step):
            options["lr"] = case.event(step)["lr"]
            system.set_lr(options["lr"])
            probe.set_lr(options["lr"])
        grads = [gradient(case, step, i) for i in range(len(start))]
        before, states, probe_states = system.params(), states_of(system, names), states_of(probe, names)
        probe.set_params(zeros)
        system.step(grads)
        probe.step(grads)
        after, now, updates = system.params(), states_of(system, names), probe.params()
        probe_now = states_of(probe, names)

        for i, grad in enumerate(grads):
            if grad is None:
                assert after[i].tobytes() == before[i].tobytes(), f"{case.name}: a null gradient moved a parameter"
                assert all(now[i][n].tobytes() == states[i][n].tobytes() for n in names)
                continue
            steps[i] += 1
            given = options | {"lastLr": options["lr"] if last_lr[i] is None else last_lr[i]}
            last_lr[i] = options["lr"]
            ours, our_state = rule(given, system.power, steps[i], before[i], grad, states[i])
            update, _ = rule(given, system.power, steps[i], zeros[i], grad, probe_states[i])
            is_layerwise = case.optimizer in LAYERWISE
            parts = gradient_terms(options, grad, before[i])  # the penalty included
            origin = before[i] if is_layerwise else zeros[i]
            _, blank_state = rule(given | {"weightDecay": 0}, system.power, steps[i], origin, parts, blank[i])
            terms = terms_of(given, system.power, steps[i], before[i], states[i], now[i])
            moved = after[i] - before[i] if is_layerwise else updates[i]
            unit = ulp(before[i], after[i], moved, moved_before[i], terms.get("", zeros[i]))
            moved_before[i] = moved
            check.note("param_ulps", distance(ours, after[i]), unit)
            for n in names:
                unit = ulp(states[i][n], now[i][n], blank_state[n], terms.get(n, zeros[i]))
                check.note("state_ulps", distance(our_state[n], now[i][n]), unit)
            terms = terms_of(given, system.power, steps[i], zeros[i], probe_states[i], probe_now[i])
            sizes = [updates[i], previous[i], terms.get("", zeros[i])]
            size = np.maximum.reduce([np.abs(s) for s in sizes]).astype(np.float64)
            check.note("update_eps", distance(update, updates[i]), np.finfo(update.dtype).eps * size)
            previous[i] = updates[i]
            for run in runs:
                run.params[i], run.states[i] = rule(given, run.power, steps[i], run.params[i], grad, run.states[i])
                run.note(check, i, after[i], now[i])

        assert all(np.isfinite(p).all() for p in after), f"{case.name}: not finite at step {step}"
        if step in case.checkpoints:
            checkpoint: dict[str, Any] = {"step": step, "params": [encode(p) for p in after]}
            if names and step in (case.checkpoints[0], case.steps):
                checkpoint["state"] = {n: [encode(state[n]) for state in now] for n in names if n not in NUMBERS}
            if hasattr(system, "weights"):
                checkpoint["weights"] = [encode(p) for p in system.weights()]
            checkpoints.append(checkpoint)

    if system.power is exact_power:
        check.param_own, check.state_own = check.param_drift, check.state_drift
    check.require(case)
    assert system.step_counts() in (None, steps), f"{case.name}: step counts"
    header = {
        "name": case.name,
        "optimizer": case.optimizer,
        "options": case.options,
        "dtype": case.dtype,
        "params": list(case.params),
        "steps": case.steps,
        "seed": case.seed,
        "events": list(case.events),
        "inputs": inputs_digest(case),
        "stepCounts": steps,
        "drift": {"params": round(check.param_drift, 1), "state": round(check.state_drift, 1)},
    }
    return header | {"checkpoints": checkpoints}, check


class Run:
    """The rule by itself over the whole trajectory, and how far it is from the system."""

    def __init__(self, name: str, power: Power, start: list[Array], states: list[State]) -> None:
        self._name = name
        self.power = power
        self.params = list(start)
        self.states = list(states)
        self._largest = [{"": np.abs(p)} | {n: np.abs(a) for n, a in s.items()} for p, s in zip(start, states)]

    def note(self, check: Check, i: int, param: Array, state: State) -> None:
        for n, value in ({"": param} | state).items():
            largest = self._largest[i][n] = np.maximum(self._largest[i][n], np.abs(value))
            ours = self.states[i][n] if n else self.params[i]
            check.note(f"{'state' if n else 'param'}_{self._name}", distance(ours, value), ulp(largest))


def gradient_terms(options: dict[str, Any], grad: Array, param: Array) -> Array:
    """What the gradient with its L2 penalty would be if the two did not cancel: their rounding errors do not."""
    return np.abs(grad) + np.abs(grad.dtype.type(options.get("weightDecay", 0)) * param)


def states_of(system: System, names: tuple[str, ...]) -> list[State]:
    """The state per parameter."""
    state = system.state() if names else {}
    return [{n: state[n][i] for n in names} for i in range(len(system.params()))]


def encode(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def dumps(header: dict[str, Any], cases: list[dict[str, Any]]) -> str:
    """JSON with one line per header entry, case head and checkpoint."""
    lines = ["{"]
    lines += [f"  {json.dumps(k)}: {json.dumps(v)}," for k, v in header.items()]
    lines.append('  "cases": [')
    for n, case in enumerate(cases):
        head = json.dumps({k: v for k, v in case.items() if k != "checkpoints"})
        lines.append(f'    {head[:-1]}, "checkpoints": [')
        rows = [json.dumps(c, separators=(",", ":")) for c in case["checkpoints"]]
        lines += [f"      {row}{',' if i + 1 < len(rows) else ''}" for i, row in enumerate(rows)]
        lines.append(f"    ]}}{',' if n + 1 < len(cases) else ''}")
    return "\n".join(lines + ["  ]", "}", ""])


def cases_of(text: str) -> str:
    return text[text.index('  "cases": [') :]


class Table:
    """The table of README.md that says how far each system was from the rule: a row per system and optimizer."""

    HEAD = ["system", "optimizer", *(f"`{name}`" for name in Check.__dataclass_fields__)]

    def __init__(self) -> None:
        self._path = HERE / "README.md"
        lines = self._path.read_text().split("\n")
        self._start = next(i for i, line in enumerate(lines) if cells(line) == self.HEAD)
        self._end = lines.index("", self._start)
        self._lines = lines
        self._rows = {tuple(row[:2]): row[2:] for row in map(cells, lines[self._start + 2 : self._end])}

    def set(self, system: str, optimizer: str, checks: list[tuple[str, Check]]) -> bool:
        """Takes the largest of each measure, f32 / f64, for the row. True if it said something else."""
        def cell(name: str) -> str:
            worst = [max(getattr(c, name) for d, c in checks if d == dtype) for dtype in sorted({d for d, _ in checks})]
            return " / ".join(f"{np.ceil(10 * value) / 10:.6g}" for value in worst)

        row = [cell(name) for name in Check.__dataclass_fields__]
        changed = self._rows.get((system, optimizer)) != row
        self._rows[system, optimizer] = row
        return changed

    def write(self) -> None:
        order = {name: i for i, name in enumerate([*SYSTEMS, *RULES])}
        rows = sorted(self._rows.items(), key=lambda item: [order[name] for name in item[0]])
        table = [self.HEAD, *([*key, *row] for key, row in rows)]
        widths = [max(map(len, column)) for column in zip(*table)]
        table.insert(1, ["-" * width for width in widths])
        text = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in table]
        self._path.write_text("\n".join([*self._lines[: self._start], *text, *self._lines[self._end :]]))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def main(
    system: str,
    versions: dict[str, str],
    note: str,
    cases: list[Case],
    system_of: Callable[[Case, list[Array]], System],
    command: str = "python {}",
) -> None:
    """Writes `<system>/<optimizer>.json` and a row of README.md for each optimizer, or with --check compares.

    The dialect is that of the system's name, unless `DIALECTS` has another.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", metavar="OPTIMIZER", help="this optimizer only, e.g. Adam")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if any case would change")
    args = parser.parse_args()

    generator = f"test/reference/generate_{system}.py"
    header = {
        "generator": generator,
        "command": command.format(generator),
        "versions": versions | {"numpy": np.__version__, "python": platform.python_version()},
        "note": note,
    }
    known = list(dict.fromkeys(case.optimizer for case in cases))
    wanted = [args.only] if args.only else known
    if not set(wanted) <= set(known):
        parser.error(f"--only must be one of {', '.join(known)}")

    changed = False
    measures = list(Check.__dataclass_fields__)
    print(f"{'case':36}" + "".join(f"{name:>13}" for name in measures))
    for optimizer in wanted:
        recorded, checks = [], []
        for case in (c for c in cases if c.optimizer == optimizer):
            entry, check = record(case.in_dialect(system), system_of)
            recorded.append(entry)
            checks.append((case.dtype, check))
            print(f"{case.name:36}" + "".join(f"{getattr(check, name):13.3g}" for name in measures))
        path = HERE / system / f"{optimizer.lower()}.json"
        text = dumps(header, recorded)
        table = Table()
        row_changed = table.set(system, optimizer, checks)
        if args.check:
            same = path.exists() and cases_of(path.read_text()) == cases_of(text)  # versions in the header may differ
            changed |= row_changed or not same
            print(f"{system}/{path.name}: {'unchanged' if same else 'would change'}")
            if row_changed:
                print(f"README.md: the row {system}, {optimizer} would change")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            table.write()
            print(f"{system}/{path.name}: {len(recorded)} cases, {len(text)} bytes")
    sys.exit(1 if changed else 0)


def long_case(name: str, optimizer: str, seed: int, **options: Any) -> Case:
    """1,000 steps; lr x 0.1 halfway; parameters without gradient, alone and all together; a step of zeros."""
    events = (
        {"step": 30, "null": [1]},
        {"step": 31, "null": [1]},
        {"step": 60, "zero": [0, 1, 2]},
        {"step": 100, "null": [0, 2]},
        {"step": 501, "lr": options["lr"] / 10},
    )
    return Case(name, optimizer, options, 1000, seed, (1, 10, 100, 500, 1000), events)


def short_case(name: str, optimizer: str, seed: int, **options: Any) -> Case:
    """120 steps; lr x 0.1 halfway; one parameter starts two steps late, another misses one step."""
    events = (
        {"step": 1, "null": [1]},
        {"step": 2, "null": [1]},
        {"step": 17, "null": [0]},
        {"step": 40, "zero": [2]},
        {"step": 61, "lr": options["lr"] / 10},
    )
    return Case(name, optimizer, options, 120, seed, (1, 60, 120), events)


def other_lengths(case: Case) -> Case:
    """A parameter longer than two full vectors of any width, one of a single element, one of whole vectors."""
    return replace(case, params=(130, 1, 16))
