//! `[rate]`: how many calls are allowed.

use std::num::NonZeroU32;
use std::time::Duration;

use figment::value::Value;

use super::limits::POSITIVE;
use crate::guard::Rate;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The limits; `None` sets no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateConfig {
    /// Refused tokens from one address.
    pub refusals: Option<Rate>,
    /// Accepted calls of one caller.
    pub calls: Option<Rate>,
}

impl RateConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            refusals: reader.read("rate.refusals", rate),
            calls: reader.read("rate.calls", rate),
        }
    }
}

fn rate(value: &Value) -> Result<Option<Rate>, Fault> {
    if value.as_str() == Some("off") {
        return Ok(None);
    }
    let fault = || {
        Fault::new("must be a number of calls and a time, or `off`")
            .fix("write it as \"100/1m\": a whole number, `/`, and a duration")
    };
    let (calls, per) = value
        .as_str()
        .and_then(|it| it.split_once('/'))
        .ok_or_else(fault)?;
    let calls: NonZeroU32 = calls.parse().map_err(|_| fault())?;
    let per: Duration = value::duration(&Value::from(per), &POSITIVE)?;
    Ok(Some(Rate { calls, per }))
}
