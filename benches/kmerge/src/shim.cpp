// GNU's multiway_merge (libstdc++ parallel mode), stable, on one thread and on several by exact splitting.

#include <parallel/algorithm>
#include <parallel/equally_split.h>
#include <parallel/multiway_merge.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

extern "C" void gnu_merge_u64(const std::uint64_t *const *begins, const std::size_t *lens, std::size_t k,
                              std::uint64_t *out, std::size_t n, int threads) {
    // The header wants pointers that it could write through; it does not.
    std::vector<std::pair<std::uint64_t *, std::uint64_t *>> runs;
    for (std::size_t i = 0; i < k; i++) {
        auto begin = const_cast<std::uint64_t *>(begins[i]);
        runs.emplace_back(begin, begin + lens[i]);
    }
    std::less<std::uint64_t> less;
    if (threads == 1)
        __gnu_parallel::stable_multiway_merge(runs.begin(), runs.end(), out, static_cast<std::ptrdiff_t>(n), less, __gnu_parallel::sequential_tag());
    else
        __gnu_parallel::stable_multiway_merge(runs.begin(), runs.end(), out, static_cast<std::ptrdiff_t>(n), less,
                                              __gnu_parallel::exact_tag(threads));
}
