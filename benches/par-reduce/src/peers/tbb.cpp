// oneTBB as a C++ programmer writes it: a simd loop for each range, ranges by TBB's own partitioner.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_scan.h>

using Range = oneapi::tbb::blocked_range<size_t>;

extern "C" double tbb_sum(const double *x, size_t n) {
    auto add = [x](const Range &r, double sum) {
#pragma omp simd reduction(+ : sum)
        for (size_t i = r.begin(); i < r.end(); i++) sum += x[i];
        return sum;
    };
    return oneapi::tbb::parallel_reduce(Range(0, n, 4096), 0.0, add, std::plus<double>());
}

extern "C" void tbb_scan(const uint64_t *x, uint64_t *out, size_t n) {
    auto scan = [x, out](const Range &r, uint64_t sum, bool last) {
        if (!last) {
            for (size_t i = r.begin(); i < r.end(); i++) sum += x[i];
        } else {
            for (size_t i = r.begin(); i < r.end(); i++) out[i] = sum += x[i];
        }
        return sum;
    };
    oneapi::tbb::parallel_scan(Range(0, n, 4096), uint64_t(0), scan, std::plus<uint64_t>());
}
