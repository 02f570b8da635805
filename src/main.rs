//! The program: everything it can do is a command in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    usagewarden::cli::main(std::env::args_os())
}
