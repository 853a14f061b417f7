//! `profile_security`: the security profile whose requirements apply.

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;

/// A security profile whose requirements apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecurityProfile {
    /// FAPI 2.0 Security Profile.
    Fapi2,
}

impl SecurityProfile {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.read_optional("profile_security", Self::parse)
    }

    fn parse(value: &Value) -> Result<Self, Fault> {
        match value.as_str() {
            Some("fapi2") => Ok(Self::Fapi2),
            _ => Err(Fault::new("must be `fapi2`").fix("write it so, or remove the setting")),
        }
    }
}
