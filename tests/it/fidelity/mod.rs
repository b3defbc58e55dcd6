//! The embedded API server against the answers of a real one: a case is a file in `tests/cases/api`.
//!
//! Plain `cargo test` compares with recorded answers. With `WAXWING_REAL_KUBECONFIG` naming a real control plane the
//! same requests go to both servers, and the records must still be what the real one says; with `WAXWING_RECORD=1`
//! beside it the records are written anew. `tests/cases/api/README.md` says how cases are written.

mod accepted;
mod answer;
mod case;
mod difference;
mod door;
mod normal;
mod run;
mod table;
