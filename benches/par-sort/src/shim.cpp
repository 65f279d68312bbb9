// The sorts of C++ behind plain functions. One macro decides which library is asked for, so that each can be missing.
#include <cstddef>
#include <cstdint>

namespace {
struct Pair {
    std::uint64_t key, value;
};
bool less(std::uint64_t a, std::uint64_t b) { return a < b; }
bool less(std::uint32_t a, std::uint32_t b) { return a < b; }
bool less(double a, double b) { return a < b; }
bool less(const Pair& a, const Pair& b) { return a.key < b.key; }
constexpr auto by = [](const auto& a, const auto& b) { return less(a, b); };
}  // namespace

#define FOR_EACH_TYPE(DO) DO(u64, std::uint64_t) DO(u32, std::uint32_t) DO(f64, double) DO(pair, Pair)

#ifdef WITH_GNU
#include <omp.h>
#include <parallel/algorithm>
#define GNU(name, type)                                                                                          \
    extern "C" void gnu_sort_##name(type* v, std::size_t n) {                                                    \
        omp_set_num_threads(2);                                                                                  \
        __gnu_parallel::sort(v, v + n, by, __gnu_parallel::multiway_mergesort_tag());                            \
    }                                                                                                            \
    extern "C" void gnu_stable_sort_##name(type* v, std::size_t n) {                                             \
        omp_set_num_threads(2);                                                                                  \
        __gnu_parallel::stable_sort(v, v + n, by);                                                               \
    }
FOR_EACH_TYPE(GNU)
#endif

#ifdef WITH_TBB
#include <tbb/parallel_sort.h>
#define TBB(name, type) \
    extern "C" void tbb_sort_##name(type* v, std::size_t n) { tbb::parallel_sort(v, v + n, by); }
FOR_EACH_TYPE(TBB)
#endif

#ifdef WITH_IPS4O
#include <ips4o.hpp>
#define IPS4O(name, type)                                        \
    extern "C" void ips4o_sort_##name(type* v, std::size_t n) {  \
        ips4o::parallel::sort(v, v + n, by, 2);                  \
    }
FOR_EACH_TYPE(IPS4O)
#endif
