"""NumPy's side of the benchmark: times what the arguments ask for, prints `name median_us min_us answer` for each.

Usage: numpy_side.py FILE name:n ...   FILE holds 2^20 numbers (float64), repeated to the length that is asked for.
"""
import math
import sys
import time

import numpy as np

numbers = np.fromfile(sys.argv[1])
generator = np.random.default_rng(7)


def take(n):
    return np.resize(numbers, n)


def prepare(name, n):
    if name == "fill":
        return lambda: generator.integers(0, 1000, n, dtype=np.int32)[-1]
    if name == "scan":
        x, out = np.arange(n, dtype=np.uint64), np.zeros(n, dtype=np.uint64)
        return lambda: np.cumsum(x, out=out)[-1]
    if name == "matvec":
        a, x = take(n * n).reshape(n, n), take(n).copy()
        return lambda: (a @ x)[-1]
    x = take(n)
    if name == "matrix-sum":
        m = x.reshape(-1, 100)
        return lambda: m.sum()
    if name == "fsum":
        return lambda: math.fsum(x)
    return {"sum": x.sum, "argmax": x.argmax, "max": x.max}[name]


for name, n in (argument.split(":") for argument in sys.argv[2:]):
    run = prepare(name, int(n))
    answer, times, end = run(), [], time.perf_counter() + 0.3
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 2000):
        start = time.perf_counter()
        run()
        times.append(1e6 * (time.perf_counter() - start))
    times.sort()
    print(name, n, times[len(times) // 2], times[0], float(answer), flush=True)
