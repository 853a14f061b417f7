//! Okta's guide "Protect your API endpoints", as a program: the API is in [`api`], and the
//! host brings everything else.

mod api;

use std::process::ExitCode;

fn main() -> ExitCode {
    api::application().run()
}
