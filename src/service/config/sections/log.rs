//! `[log]`: what log lines look like.

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;

/// The rule for log lines.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Their form.
    pub format: LogFormat,
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
        }
    }
}

fn format(value: &Value) -> Result<LogFormat, Fault> {
    match value.as_str() {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        _ => Err(Fault::new("is no log format").fix("write \"text\" or \"json\"")),
    }
}
