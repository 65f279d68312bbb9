//! Builds the C and C++ peers, each if there are a compiler and the libraries for it; the benchmark says which are
//! missing.

use std::path::PathBuf;

/// The file under `src/peers`, which is also the `cfg`, and the libraries it is linked with.
const PEERS: [(&str, &[&str]); 4] =
    [("openmp", &["gomp"]), ("tbb", &["tbb"]), ("stdpar", &["tbb"]), ("blas", &["openblas"])];

fn main() {
    for (peer, libraries) in PEERS {
        println!("cargo:rustc-check-cfg=cfg({peer})");
        println!("cargo:rerun-if-changed=src/peers/{peer}.cpp");
        if !links(peer, libraries) || build(peer).try_compile(&format!("par_reduce_{peer}")).is_err() {
            continue;
        }
        libraries.iter().for_each(|library| println!("cargo:rustc-link-lib={library}"));
        println!("cargo:rustc-cfg={peer}");
    }
}

fn build(peer: &str) -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").file(format!("src/peers/{peer}.cpp")).opt_level(3).cargo_warnings(false);
    build.flag("-march=native").flag("-fno-math-errno");
    build.flag(if peer == "openmp" { "-fopenmp" } else { "-fopenmp-simd" });
    build
}

/// Whether the peer compiles and its libraries are there: cargo would find out only at the end, and fail.
fn links(peer: &str, libraries: &[&str]) -> bool {
    let Ok(compiler) = build(peer).try_get_compiler() else { return false };
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it")).join(format!("{peer}.so"));
    let mut command = compiler.to_command();
    command.arg("-shared").arg("-o").arg(out).arg(format!("src/peers/{peer}.cpp"));
    command.args(libraries.iter().map(|library| format!("-l{library}")));
    command.output().is_ok_and(|output| output.status.success())
}
