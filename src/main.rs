//! The `waxwing` program.

use std::process::ExitCode;

use waxwing::cli::{self, Shell};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &mut Shell::of_process())
}
