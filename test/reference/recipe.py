"""Initial parameters and gradients of the reference trajectories, from integers alone.

Every value is a function of (seed, step, parameter, element): nothing is drawn from a stream, so a skipped
step shifts nothing. `recipe.ts` is the same recipe; a case's `inputs` digest proves that the two agree.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from golden import Case

Array = np.ndarray
DTYPES = {"f32": np.dtype("<f4"), "f64": np.dtype("<f8")}


def mix(x: Array) -> Array:
    """The 32-bit finalizer `lowbias32` (Chris Wellons), on uint64 arrays that hold uint32 values."""
    x = x & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x846CA68B) & 0xFFFFFFFF
    return x ^ (x >> 16)


def uniform(seed: int, step: int, param: int, length: int) -> Array:
    """`length` doubles in [-1, 1), each an exact multiple of 2^-31."""
    key = mix(mix(mix(np.array([seed], np.uint64)) + np.uint64(step)) + np.uint64(param))
    bits = mix(key + np.arange(length, dtype=np.uint64))
    return bits.astype(np.float64) / 2.0**31 - 1.0


def initial_param(case: Case, param: int) -> Array:
    """Uniform in [-1, 1), but exactly 0 for elements of kind 3."""
    length = case.params[param]
    kind = (np.arange(length) + param) % 8
    return np.where(kind == 3, 0.0, uniform(case.seed, 0, param, length)).astype(DTYPES[case.dtype])


def gradient(case: Case, step: int, param: int) -> Array | None:
    """The gradient of one parameter at `step` (from 1); None where an event says there is none."""
    event = case.event(step)
    length = case.params[param]
    if param in event.get("null", []):
        return None
    if param in event.get("zero", []):
        return np.zeros(length, DTYPES[case.dtype])
    index = np.arange(length)
    kind = (index + param) % 8
    u = uniform(case.seed, step, param, length)
    value = np.select(
        [kind == 0, kind == 1, kind == 2, kind == 3, kind == 4, kind == 5],
        [
            u * 1e-10,  # always tiny
            u * 1e6,  # always huge
            u * (1e9 if step % 32 == 8 else 1.0),  # ordinary with rare spikes
            np.where((index + step) % 3 == 0, u, 0.0),  # mostly exactly zero
            u + 0.5,  # biased
            u * 1e-3,  # small
        ],
        u,  # ordinary
    )
    return value.astype(DTYPES[case.dtype])


def inputs_digest(case: Case) -> str:
    """SHA-256 over the bytes of all initial parameters, then of all gradients step by step, little-endian."""
    digest = hashlib.sha256()
    for param in range(len(case.params)):
        digest.update(initial_param(case, param).tobytes())
    for step in range(1, case.steps + 1):
        for param in range(len(case.params)):
            grad = gradient(case, step, param)
            if grad is not None:
                digest.update(grad.tobytes())
    return digest.hexdigest()
