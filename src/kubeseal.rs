//! The drop-in `kubeseal` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    waxwing::cli::kubeseal::main()
}
