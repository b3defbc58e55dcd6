//! The embedded API server, through the real client and by raw requests, without a socket.

mod basics;
mod collect;
mod data;
mod list;
mod serve;
mod server;
mod validation;
mod watch;
mod write;
