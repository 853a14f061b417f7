//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    poem_resource_server::program::main()
}
