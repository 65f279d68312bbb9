//! Builds the C++ contenders where the system has a compiler and the libraries; says so where it has not.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    println!("cargo::rustc-check-cfg=cfg(openmp, tbb)");
    for (name, define, flag, library) in
        [("openmp", "WITH_OPENMP", Some("-fopenmp"), "gomp"), ("tbb", "WITH_TBB", None, "tbb")]
    {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").opt_level(3).file("src/shim.cpp").define(define, None).cargo_warnings(false);
        if let Some(flag) = flag {
            build.flag(flag);
        }
        if build.try_compile(&format!("shim_{name}")).is_ok() && links(library) {
            println!("cargo::rustc-link-lib={library}");
            println!("cargo::rustc-cfg={name}");
        } else {
            println!("cargo::warning=no {name} here: it is left out of the comparison");
        }
    }
}

/// Whether the linker finds the library.
fn links(library: &str) -> bool {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join("probe");
    let compiler = cc::Build::new().cpp(true).get_compiler();
    let probe = out.with_extension("cpp");
    std::fs::write(&probe, "int main() { return 0; }").is_ok()
        && compiler
            .to_command()
            .arg(&probe)
            .arg("-o")
            .arg(&out)
            .arg(format!("-l{library}"))
            .status()
            .is_ok_and(|s| s.success())
}
