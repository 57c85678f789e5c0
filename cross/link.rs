//! Build script: leaves the tables for unwinding out of the finished aarch64 program.
//!
//! There a panic is the end (`panic = "abort"`) and nobody prints a trace, but the standard
//! library comes with its tables: some 110 KB that nothing reads.

fn main() {
    println!("cargo:rerun-if-changed=cross/no-unwind.ld");
    let is = |name: &str, wanted: &str| std::env::var(name).is_ok_and(|value| value == wanted);
    // The profile in which a panic aborts; tests unwind.
    let aborts = is("PROFILE", "release");
    let target = is("TARGET", "aarch64-unknown-linux-musl");
    // The options are those of this linker; others go without.
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_default();
    if aborts && target && linker.ends_with("rust-lld") {
        let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo:rustc-link-arg-bins=--no-eh-frame-hdr");
        // Functions of the same instructions once.
        println!("cargo:rustc-link-arg-bins=--icf=all");
        println!("cargo:rustc-link-arg-bins=-T{root}/cross/no-unwind.ld");
    }
}
