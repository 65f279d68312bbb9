// The C++ peers: OpenMP's reductions, as a C++ programmer writes them.
#include <cstddef>
#include <cstdint>

extern "C" double omp_sum(const double *x, size_t n) {
    double sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

extern "C" double omp_max(const double *x, size_t n) {
    double best = x[0];
#pragma omp parallel for simd reduction(max : best)
    for (size_t i = 0; i < n; i++) best = x[i] > best ? x[i] : best;
    return best;
}

extern "C" void omp_matvec(const double *a, const double *x, double *y, size_t rows, size_t cols) {
#pragma omp parallel for
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < cols; j++) sum += a[i * cols + j] * x[j];
        y[i] = sum;
    }
}
