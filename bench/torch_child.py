"""The side of bench/torch.ts that has PyTorch: reads requests, a JSON object a line, and answers each with a line.

values  {param, grad}: tables of f32 in base64, with which every tensor is filled, repeated over the flattened model
make    {id, optimizer, variant, options, shapes}: an optimizer over new tensors whose gradients are set
step    {id, calls}: as many steps; the answer is how many milliseconds they took
read    {id, stride}: every stride-th element of the flattened params, in base64
drop    {id}

The number of threads is what the environment says (OMP_NUM_THREADS): all of the runtimes that are loaded heed it.
"""

import base64
import gc
import importlib.metadata
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # libraries print what they like, to standard error

import torch  # noqa: E402

tables = {}
made = {}


def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def hello(_):
    return {"torch": torch.__version__, "deepspeed": version("deepspeed"), "threads": torch.get_num_threads()}


def values(request):
    for name in ("param", "grad"):
        tables[name] = torch.frombuffer(bytearray(base64.b64decode(request[name])), dtype=torch.float32)
    return {}


def filled(table, shapes):
    """Tensors of their own, not views of one: as a model has them."""
    at = 0
    for shape in shapes:
        count = 1
        for side in shape:
            count *= side
        begin = at % len(table)
        repeats = (begin + count + len(table) - 1) // len(table)
        yield table.repeat(repeats)[begin : begin + count].clone().reshape(shape)
        at += count


def create(params, optimizer, variant, options):
    if variant == "deepspeed":
        from deepspeed.ops.adam import DeepSpeedCPUAdam

        return DeepSpeedCPUAdam(params, adamw_mode=optimizer == "AdamW", **options)
    return getattr(torch.optim, optimizer)(params, **{variant: True}, **options)


def make(request):
    params = [torch.nn.Parameter(tensor) for tensor in filled(tables["param"], request["shapes"])]
    for param, grad in zip(params, filled(tables["grad"], request["shapes"])):
        param.grad = grad
    optimizer = create(params, request["optimizer"], request["variant"], request["options"])
    made[request["id"]] = (params, optimizer)
    return {}


def step(request):
    run = made[request["id"]][1].step
    calls = range(request["calls"])
    start = time.perf_counter()
    for _ in calls:
        run()
    return {"ms": (time.perf_counter() - start) * 1000}


def read(request):
    flat = torch.cat([param.detach().reshape(-1) for param in made[request["id"]][0]])
    return {"param": base64.b64encode(flat[:: request["stride"]].contiguous().numpy().tobytes()).decode()}


def drop(request):
    del made[request["id"]]
    gc.collect()
    return {}


requests = {action.__name__: action for action in (hello, values, make, step, read, drop)}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = requests[request["do"]](request)
    except Exception as error:  # said, and the others go on
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
