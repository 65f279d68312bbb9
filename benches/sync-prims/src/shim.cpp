// The semaphores and barriers of C and C++ behind a C interface, one half of the file at a time.
#include <cstddef>
#include <new>

#ifdef WITH_POSIX
#include <cerrno>
#include <pthread.h>
#include <semaphore.h>

extern "C" {
void* posix_sem_new(unsigned permits) {
    sem_t* sem = new sem_t;
    sem_init(sem, 0, permits);
    return sem;
}
void posix_sem_free(void* sem) {
    sem_destroy(static_cast<sem_t*>(sem));
    delete static_cast<sem_t*>(sem);
}
void posix_sem_take(void* sem) {
    while (sem_wait(static_cast<sem_t*>(sem)) == -1 && errno == EINTR) {}
}
void posix_sem_give(void* sem) { sem_post(static_cast<sem_t*>(sem)); }

void* posix_barrier_new(unsigned parties) {
    pthread_barrier_t* barrier = new pthread_barrier_t;
    pthread_barrier_init(barrier, nullptr, parties);
    return barrier;
}
void posix_barrier_free(void* barrier) {
    pthread_barrier_destroy(static_cast<pthread_barrier_t*>(barrier));
    delete static_cast<pthread_barrier_t*>(barrier);
}
bool posix_barrier_wait(void* barrier) {
    return pthread_barrier_wait(static_cast<pthread_barrier_t*>(barrier)) == PTHREAD_BARRIER_SERIAL_THREAD;
}
}
#endif

#ifdef WITH_CPP20
#include <barrier>
#include <semaphore>

using Semaphore = std::counting_semaphore<>;
using Barrier = std::barrier<>;

extern "C" {
void* cpp_sem_new(unsigned permits) { return new Semaphore(permits); }
void cpp_sem_free(void* sem) { delete static_cast<Semaphore*>(sem); }
void cpp_sem_take(void* sem) { static_cast<Semaphore*>(sem)->acquire(); }
void cpp_sem_give(void* sem) { static_cast<Semaphore*>(sem)->release(); }

void* cpp_barrier_new(unsigned parties) { return new Barrier(parties); }
void cpp_barrier_free(void* barrier) { delete static_cast<Barrier*>(barrier); }
void cpp_barrier_wait(void* barrier) { static_cast<Barrier*>(barrier)->arrive_and_wait(); }
}
#endif
