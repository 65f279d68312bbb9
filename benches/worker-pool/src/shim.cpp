// The C++ contenders: two calls of a function, at once if the library finds that good, and a map.
#include <cstddef>
#include <cstdint>

using Body = void (*)(const void *context, std::size_t index);

#ifdef WITH_OPENMP
#include <omp.h>
extern "C" void openmp_for(std::size_t n, int threads, Body body, const void *context) {
#pragma omp parallel for num_threads(threads) schedule(static)
    for (std::size_t i = 0; i < n; ++i) body(context, i);
}
#endif

#ifdef WITH_TBB
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
extern "C" void tbb_for(std::size_t n, int threads, Body body, const void *context) {
    static tbb::task_arena arena(threads);
    arena.execute([=] {
        tbb::parallel_for(tbb::blocked_range<std::size_t>(0, n, 1), [=](const tbb::blocked_range<std::size_t> &range) {
            for (std::size_t i = range.begin(); i != range.end(); ++i) body(context, i);
        }, tbb::simple_partitioner());
    });
}
#endif
