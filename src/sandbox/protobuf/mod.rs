//! Bodies in the protobuf of Kubernetes, which typed clients such as `kubectl create configmap` send.
//!
//! Built-in kinds only, and reading only: answers are JSON, which such clients read too. The table of
//! messages is written by `tests/peers/protobuf`.

mod message;
mod table;
mod wire;

pub use message::{MAX_DEPTH, ProtobufError, decode};
