//! The `waxwing` program.

use std::{path::Path, process::ExitCode};

use waxwing::cli::{self, Shell};

fn main() -> ExitCode {
    // Called by the name of the original, the program is the original's drop-in.
    let called = std::env::args_os().next().unwrap_or_default();
    if Path::new(&called).file_name() == Some("kubeseal".as_ref()) {
        return cli::kubeseal::main();
    }
    cli::run(std::env::args_os(), &mut Shell::of_process())
}
