//! The program: the shop's API on the host's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    shop::application().run()
}
