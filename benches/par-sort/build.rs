//! Builds the C++ contenders where the system has a compiler and the libraries; says so where it has not.

fn main() {
    println!("cargo::rerun-if-changed=src/shim.cpp");
    println!("cargo::rustc-check-cfg=cfg(gnu_parallel, tbb, ips4o)");
    let contenders: [(&str, &str, &[&str], &[&str]); 3] = [
        ("gnu_parallel", "WITH_GNU", &["-fopenmp"], &["gomp"]),
        ("tbb", "WITH_TBB", &[], &["tbb"]),
        // Swaps 16 bytes atomically.
        ("ips4o", "WITH_IPS4O", &["-fopenmp", "-mcx16"], &["gomp", "atomic"]),
    ];
    for (cfg, define, flags, libraries) in contenders {
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").opt_level(3).file("src/shim.cpp").define(define, None).cargo_warnings(false);
        for flag in flags {
            build.flag(flag);
        }
        let found = libraries.iter().all(|library| links(library));
        if build.try_compile(&format!("par_sort_shim_{cfg}")).is_ok() && found {
            for library in libraries {
                println!("cargo::rustc-link-lib={library}");
            }
            println!("cargo::rustc-cfg={cfg}");
        } else {
            println!("cargo::warning=no {cfg} here: it is left out of the comparison");
        }
    }
}

/// Whether a program can be linked with `-l<library>`.
fn links(library: &str) -> bool {
    let Some(out) = std::env::var_os("OUT_DIR") else { return false };
    let (source, target) = (std::path::Path::new(&out).join("probe.cpp"), std::path::Path::new(&out).join("probe"));
    let written = std::fs::write(&source, "int main() { return 0; }\n");
    let compiler = cc::Build::new().cpp(true).get_compiler();
    written.is_ok()
        && compiler
            .to_command()
            .arg(&source)
            .arg("-o")
            .arg(&target)
            .arg(format!("-l{library}"))
            .output()
            .is_ok_and(|output| output.status.success())
}
