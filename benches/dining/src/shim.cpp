// C++'s std::scoped_lock (which is std::lock: try all, block on the one that failed) behind a C interface.
#include <cstddef>
#include <mutex>
#include <utility>

namespace {
template <std::size_t... I>
void scoped(std::mutex* all, const std::size_t* set, void (*work)(void*), void* with, std::index_sequence<I...>) {
    std::scoped_lock guard(all[set[I]]...);
    work(with);
}
}

extern "C" {
void* cpp_mutexes_new(std::size_t n) { return new std::mutex[n]; }
void cpp_mutexes_free(void* all) { delete[] static_cast<std::mutex*>(all); }

// Calls `work` with `k` mutexes held; false if there is no such k here.
bool cpp_scoped(void* all, const std::size_t* set, std::size_t k, void (*work)(void*), void* with) {
    auto* mutexes = static_cast<std::mutex*>(all);
    switch (k) {
        case 2: scoped(mutexes, set, work, with, std::make_index_sequence<2>{}); return true;
        case 8: scoped(mutexes, set, work, with, std::make_index_sequence<8>{}); return true;
        case 64: scoped(mutexes, set, work, with, std::make_index_sequence<64>{}); return true;
        default: return false;
    }
}
}
