//! The embedded API server, through the real client and by raw requests, without a socket.

mod basics;
mod server;
