//! Okta's guide "Protect your API endpoints", as a program: the API is in [`api`], and the
//! host brings everything else.

mod api;

use std::process::ExitCode;

/// After an attack, the allocator of the system would keep what it took.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    api::application().run()
}
