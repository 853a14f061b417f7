//! The output of commands, on standard output.

use std::io::{self, Write};

use crate::program::failure::Failure;

/// Writes `text` with its colours if standard output is a terminal and `NO_COLOR` does not disable
/// them.
pub(crate) fn print_styled(text: &str) -> Result<(), Failure> {
    match anstream::AutoStream::choice(&io::stdout()) {
        anstream::ColorChoice::Never => print(&anstream::adapter::strip_str(text).to_string()),
        _ => print(text),
    }
}

/// Writes `text`. A reader that stopped reading, as `head` does, is not an error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Write {
            path: "standard output".into(),
            source: error,
        }),
        _ => Ok(()),
    }
}
