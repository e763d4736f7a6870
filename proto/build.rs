//! Compiles the `.proto` files with a compiler written in Rust, so that a fresh machine needs no
//! `protoc`, and keeps the descriptors for gRPC reflection.

use std::{env, error::Error, fs, path::PathBuf};

use protox::prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    let files = [
        "store/v1/common.proto",
        "store/v1/lane.proto",
        "store/v1/report.proto",
        "store/v1/operations.proto",
        "journal/v1/journal.proto",
        "journal/v1/projections.proto",
    ];
    for file in files {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(out, descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .bytes(".")
        // What checks a PIN is never shown: src/hidden.rs says what stands there instead.
        .skip_debug([
            "store.v1.Operator",
            "store.v1.OperatorToAdd",
            "store.v1.OperatorPin",
        ])
        .compile_fds(descriptors)?;
    Ok(())
}
