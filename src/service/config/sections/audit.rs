//! `[audit]`: the log of decisions.

use std::path::PathBuf;

use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rule for the audit log.
#[derive(Debug, Clone)]
pub struct AuditConfig {
    /// The file of the salt for the hashes of subjects; `None` writes no audit log.
    pub salt_file: Option<PathBuf>,
}

impl AuditConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            salt_file: reader.read_optional("audit.salt_file", |it| {
                value::filled_text(it).map(PathBuf::from)
            }),
        }
    }
}
