//! Builds the C++ contender where the system has a compiler for it; says so where it has not.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    let mut shim = cc::Build::new();
    shim.cpp(true).std("c++20").opt_level(3).flag("-pthread").file("src/shim.cpp").cargo_warnings(false);
    if shim.try_compile("shim").is_ok() {
        println!("cargo::rustc-cfg=scoped_lock");
    } else {
        println!("cargo::warning=no C++ compiler here: std::scoped_lock is left out of the comparison");
    }
}
