//! Builds the C and C++ contenders where the system has a compiler for them; says so where it has not.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    println!("cargo::rustc-check-cfg=cfg(posix_sync, cpp20_sync)");
    for (cfg, define) in [("posix_sync", "WITH_POSIX"), ("cpp20_sync", "WITH_CPP20")] {
        let built = cc::Build::new()
            .cpp(true)
            .std("c++20")
            .opt_level(3)
            .flag("-pthread")
            .file("src/shim.cpp")
            .define(define, None)
            .cargo_warnings(false)
            .try_compile(&format!("shim_{cfg}"));
        if built.is_ok() {
            println!("cargo::rustc-cfg={cfg}");
        } else {
            println!("cargo::warning=no compiler for {cfg} here: it is left out of the comparison");
        }
    }
}
