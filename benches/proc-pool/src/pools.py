"""Does what it reads line by line with Python's process pools; prints one number per line."""
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


def same(n):
    return n


def square(n):
    return n * n


def main():
    fork = get_context("fork")
    workers = int(sys.argv[1])
    pool = fork.Pool(workers)
    executor = ProcessPoolExecutor(workers, mp_context=fork)
    executor.submit(same, 0).result()
    started = None
    print(0, flush=True)
    for line in sys.stdin:
        order, n = line.split()
        n = int(n)
        answer = 0
        if order == "apply":
            answer = sum(pool.apply(same, (i,)) for i in range(n))
        elif order == "submit":
            answer = sum(executor.submit(same, i).result() for i in range(n))
        elif order == "map":
            answer = sum(pool.map(square, range(n)))
        elif order == "start":
            started = fork.Pool(n)
            answer = started.apply(same, (7,))
        elif order == "end":
            started.terminate()
            started.join()
        print(answer, flush=True)
    pool.terminate()
    executor.shutdown()


main()
