//! Compiles `proto/esteira/v1` with protox, so that no `protoc` has to be installed.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const FILES: [&str; 8] = ["types", "plan", "job", "worker", "outbox", "admin", "audit", "trace"];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo::rerun-if-changed={}", proto.display());

    // Names inside the descriptor set are relative to `proto`: the build is the same wherever the checkout lies.
    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true);
    compiler.open_files(FILES.map(|name| format!("esteira/v1/{name}.proto")))?;

    // For gRPC reflection: with the imports, without the comments.
    let reflected = PathBuf::from(env::var("OUT_DIR")?).join("esteira.v1.bin");
    fs::write(reflected, compiler.encode_file_descriptor_set())?;

    compiler.include_source_info(true);
    tonic_prost_build::configure()
        .bytes(".")
        .build_client(true)
        .build_server(true)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
