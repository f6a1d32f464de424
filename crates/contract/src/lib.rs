//! The gRPC contract of esteira, generated from `proto/esteira/v1`: messages, clients and servers.
//!
//! There is no code of ours here. The contract itself, with all of its prose, is the `.proto` files; begin with
//! `types.proto` for the rules that hold everywhere and `worker.proto` for the heart of it.
//!
//! Only `esteira-grpc` (the server's edge), the client layer of `sdk/rust`, the command line and tests may use these
//! types: everywhere else the types of `esteira-model` are spoken, so that the wire can change without the rules.

/// Package `esteira.v1`.
#[allow(missing_docs, clippy::all)]
pub mod v1 {
    tonic::include_proto!("esteira.v1");
}

/// The encoded `FileDescriptorSet` of the package and its imports, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/esteira.v1.bin"));
