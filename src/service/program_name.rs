//! The name of the program that hosts an API, as its users call it.

use std::ffi::OsStr;
use std::path::Path;

/// The name that this process was called by, without its folder.
pub(crate) fn program_name() -> String {
    let called = std::env::args().next().unwrap_or_default();
    let name = Path::new(&called).file_stem().and_then(OsStr::to_str);
    name.unwrap_or(env!("CARGO_PKG_NAME")).to_owned()
}
