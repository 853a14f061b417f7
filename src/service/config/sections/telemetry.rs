//! `[telemetry]`: where traces are sent, and which.

use figment::value::Value;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rules for traces.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// The collector; `None` sends no traces.
    pub otlp_endpoint: Option<OtlpEndpoint>,
    /// The header fields that the collector requires. Each value is marked as sensitive.
    pub otlp_headers: HeaderMap,
    /// The `service.name`.
    pub service_name: Option<String>,
    /// The part of the traces started here that is sent: from 0 to 1.
    pub sample_ratio: f64,
    /// Whether callers' traces are continued.
    pub continue_traces: bool,
}

/// The URL that spans are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpEndpoint(String);

impl TelemetryConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            otlp_endpoint: reader.read_optional("telemetry.otlp_endpoint", OtlpEndpoint::parse),
            otlp_headers: reader
                .read_optional("telemetry.otlp_headers", headers)
                .unwrap_or_default(),
            service_name: reader.read_optional("telemetry.service_name", value::filled_text),
            sample_ratio: reader.read("telemetry.sample_ratio", value::ratio),
            continue_traces: reader.read("telemetry.continue_traces", value::boolean),
        }
    }
}

impl OtlpEndpoint {
    fn parse(value: &Value) -> Result<Self, Fault> {
        let url = value::web_url(value, "write it as \"http://127.0.0.1:4318\"")?;
        if cfg!(not(feature = "otel")) {
            return Err(Fault::new("needs a build with the feature `otel`")
                .fix("remove the setting, or build with `--features otel`"));
        }
        let url = url.as_str().trim_end_matches('/');
        let base = url.strip_suffix(TRACES).unwrap_or(url);
        Ok(Self(format!("{base}{TRACES}")))
    }

    /// The URL, which ends with `/v1/traces`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// In the form of `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, separated by commas and
/// percent-encoded.
fn headers(value: &Value) -> Result<HeaderMap, Fault> {
    let list = value::list(value, &[','])?;
    let read = |field: &String| {
        let (name, value) = field.split_once('=')?;
        let name = HeaderName::try_from(name.trim()).ok()?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        let mut value = HeaderValue::try_from(value.as_ref()).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    };
    let fields = value::each(&list, |field| {
        read(field).ok_or_else(|| {
            let fault = Fault::new("must list header fields").found(field);
            fault.fix("write them as in \"api-key=secret,x-tenant=us\"")
        })
    })?;
    Ok(fields.into_iter().collect())
}

/// OTLP/HTTP, "OTLP/HTTP Request".
const TRACES: &str = "/v1/traces";
