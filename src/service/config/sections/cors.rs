//! `[cors]`: which pages of other origins may read responses.

use std::fmt;
use std::time::Duration;

use figment::value::Value;
use http::HeaderName;
use url::Url;

use super::limits::FROM_ZERO;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rule for cross-origin reads.
#[derive(Debug, Clone)]
pub struct CorsConfig {
    /// The origins that may read; none by default.
    pub allowed_origins: Vec<Origin>,
    /// Response header fields that they may read, besides those of the document.
    pub expose_headers: Vec<HeaderName>,
    /// How long a browser may cache the response to a preflight request.
    pub max_age: Duration,
}

/// An exact origin, in the form that browsers send: `scheme://host[:port]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl CorsConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            allowed_origins: reader.read("cors.allowed_origins", |value| {
                let origins = value::list(value, &[','])?;
                value::each(&origins, |text| Origin::parse(text))
            }),
            expose_headers: reader.read("cors.expose_headers", header_names),
            max_age: reader.read("cors.max_age", |it: &Value| value::duration(it, &FROM_ZERO)),
        }
    }
}

fn header_names(value: &Value) -> Result<Vec<HeaderName>, Fault> {
    let names = value::list(value, &[',', ' '])?;
    let parse = |name: &String| {
        // `*` is a valid name too, and would expose every field to every page.
        let parsed = (name != "*").then(|| HeaderName::try_from(name).ok());
        parsed.flatten().ok_or_else(|| {
            Fault::new("must list header fields")
                .found(name)
                .fix("write each by its name, as in \"x-request-id\"")
        })
    };
    value::each(&names, parse)
}

impl Origin {
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = Fault::new("must list exact origins").found(text);
        if text.contains('*') {
            return Err(fault.fix("name each origin, because a wildcard lets every page read"));
        }
        if text.eq_ignore_ascii_case("null") {
            return Err(fault.fix("remove it, because any sandboxed page has the origin null"));
        }
        let url = Url::parse(text).ok();
        let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return Err(fault.fix("write it as \"https://app.example.com\""));
        };
        // Browsers send this form; any other would never match.
        let sent = url.origin().ascii_serialization();
        if sent != text {
            return Err(fault.fix(format!("write {sent:?}")));
        }
        Ok(Self(sent))
    }

    /// The origin, as the header `Origin` has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
