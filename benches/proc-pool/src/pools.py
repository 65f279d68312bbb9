"""Does what it reads line by line with Python's process pools; prints one number per line."""
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

fork = get_context("fork")
# Inherited by the workers, as Python wants it.
lock = fork.Lock()
counter = fork.Value("Q", 0, lock=False)
items = fork.Queue(1024)


def same(n):
    return n


def square(n):
    return n * n


def count(times):
    for _ in range(times):
        with lock:
            counter.value += 1


def produce(n):
    for i in range(n):
        items.put(i)


def counted(processes, times):
    counter.value = 0
    for _ in pool_map(count, [times] * processes):
        pass
    return counter.value


def main():
    global pool_map
    workers = int(sys.argv[1])
    pool = fork.Pool(workers)

    def pool_map(f, arguments):
        return pool.map(f, arguments, chunksize=1)

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
        elif order == "executor-map":
            # Its default of one item per message takes a thousand times as long.
            answer = sum(executor.map(square, range(n), chunksize=max(1, n // (4 * workers))))
        elif order == "queue":
            producing = pool.apply_async(produce, (n,))
            answer = sum(items.get() for _ in range(n))
            producing.get()
        elif order == "lock1":
            answer = counted(1, n)
        elif order == "lock2":
            answer = counted(2, n)
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
