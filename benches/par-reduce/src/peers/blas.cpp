// OpenBLAS, with its own threads.
#include <cblas.h>
#include <cstddef>

extern "C" void blas_matvec(const double *a, const double *x, double *y, size_t rows, size_t cols) {
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)cols, 1.0, a, (int)cols, x, 1, 0.0, y, 1);
}

extern "C" void blas_matvec_f32(const float *a, const float *x, float *y, size_t rows, size_t cols) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)cols, 1.0f, a, (int)cols, x, 1, 0.0f, y, 1);
}
