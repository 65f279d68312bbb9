// The parallel algorithms of C++17 (libstdc++ runs them on TBB).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <execution>
#include <numeric>

extern "C" double std_sum(const double *x, size_t n) {
    return std::reduce(std::execution::par_unseq, x, x + n, 0.0);
}

extern "C" size_t std_argmax(const double *x, size_t n) {
    return std::max_element(std::execution::par_unseq, x, x + n) - x;
}

extern "C" void std_scan(const uint64_t *x, uint64_t *out, size_t n) {
    std::inclusive_scan(std::execution::par_unseq, x, x + n, out);
}
