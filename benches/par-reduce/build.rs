//! Builds the OpenMP peer if a C++ compiler with OpenMP is there; otherwise the benchmark says that it is missing.

fn main() {
    println!("cargo:rerun-if-changed=src/peers.cpp");
    let built = cc::Build::new()
        .cpp(true)
        .file("src/peers.cpp")
        .opt_level(3)
        .flag("-fopenmp")
        .flag("-march=native")
        .flag("-fno-math-errno")
        .cargo_warnings(false)
        .try_compile("par_reduce_peers");
    if built.is_ok() {
        println!("cargo:rustc-link-lib=gomp");
        println!("cargo:rustc-cfg=openmp");
    }
}
