//! The program: the shop's API on the host's command line.

use std::process::ExitCode;

/// After an attack, the allocator of the system would keep what it took.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    shop::application().run()
}
