//! Builds the C++ contender where the system has a compiler for it; says so where it has not.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    println!("cargo::rustc-check-cfg=cfg(gnu_parallel)");
    let built = cc::Build::new()
        .cpp(true)
        .std("c++17")
        .opt_level(3)
        .flag("-fopenmp")
        .file("src/shim.cpp")
        .cargo_warnings(false)
        .try_compile("shim_gnu_parallel");
    if built.is_ok() {
        println!("cargo::rustc-cfg=gnu_parallel");
        println!("cargo::rustc-link-lib=gomp");
    } else {
        println!("cargo::warning=no compiler with GNU's parallel mode here: it is left out of the comparison");
    }
}
