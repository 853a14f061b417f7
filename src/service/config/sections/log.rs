//! `[log]`: the form of log lines.

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rules for log lines.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Their form.
    pub format: LogFormat,
    /// Whether the line of a refused call has the address of the caller.
    pub client_address: bool,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object for each line.
    Json,
}

impl LogConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            format: reader.read("log.format", format),
            client_address: reader.read("log.client_address", value::boolean),
        }
    }
}

fn format(value: &Value) -> Result<LogFormat, Fault> {
    match value.as_str() {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        _ => Err(Fault::new("must be `text` or `json`").fix("write one of the two")),
    }
}
