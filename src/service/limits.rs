//! Converts the settings of `[http]` and of single operations into the limits of the server.

use std::cmp::Ordering;
use std::sync::Arc;

use http::Method;

use poem_openapi::registry::MetaApi;

use crate::guard::{self, OperationRule};

use super::BuildError;
use super::answers::RequestLimits;
use super::config::{Config, HttpConfig, TlsConfig};
use super::paths::full_path;
use super::server::{Certificate, Limits, Memory, TlsError};
use super::xml;

/// The limits of a listener with these settings.
pub(super) fn for_listener(config: &HttpConfig) -> Limits {
    Limits {
        max_connections: config.max_connections.get() as usize,
        header_timeout: config.header_timeout,
        request_timeout: config.request_timeout,
        keep_alive: config.keep_alive,
        shutdown_timeout: config.shutdown_timeout,
        max_head_bytes: config.max_head_bytes,
        max_header_fields: config.max_header_fields as usize,
        max_streams: config.max_streams.get(),
        max_body_bytes: config.max_body_bytes,
        upgraded_idle_timeout: config.upgraded_idle_timeout,
        max_upgraded: config.max_upgraded.get() as usize,
        max_message_bytes: config.max_message_bytes as u64,
        memory: Memory::new(config.memory_bytes),
        trusted_proxies: Arc::new(config.trusted_proxies.clone()),
        client_certificate: config.client_certificate.clone(),
    }
}

/// The certificate of a listener with these settings; none where it does not use TLS.
pub(super) fn certificate(config: &HttpConfig) -> Result<Option<Certificate>, TlsError> {
    let files = config.tls.as_ref().map(TlsConfig::files);
    files.map(Certificate::read).transpose()
}

/// The limits of the operations that the settings name, below `base_path`, and of those that
/// read XML.
///
/// # Errors
///
/// [`BuildError::Rule`] when the settings name an operation that does not exist,
/// [`BuildError::LargeXml`] when they allow more XML than is safe.
pub(super) fn for_operations(
    config: &Config,
    rules: &[OperationRule],
    meta: &[MetaApi],
    base_path: &str,
) -> Result<OperationLimits, BuildError> {
    for id in config.operations.keys() {
        guard::must_exist(rules, "operations", id)?;
    }
    let routes: Vec<_> = (rules.iter())
        .map(|rule| full_path(base_path, &rule.route()))
        .collect();
    let limits = |rule: &OperationRule| {
        let id = rule.operation_id.map(str::to_ascii_lowercase);
        let set = id.and_then(|id| config.operations.get(&id));
        let mut limits = set.map_or_else(RequestLimits::default, |set| RequestLimits {
            max_body_bytes: set.max_body_bytes,
            request_timeout: set.request_timeout,
        });
        if xml::is_read_by(rule, meta) {
            let set = limits.max_body_bytes;
            if set.is_some_and(|bytes| bytes > xml::MAX_XML_BYTES) {
                return Err(BuildError::LargeXml {
                    operation: rule.operation_id.unwrap_or_default().to_owned(),
                });
            }
            let bytes = set.unwrap_or(config.http.max_body_bytes);
            limits.max_body_bytes = Some(bytes.min(xml::MAX_XML_BYTES));
        }
        Ok(limits)
    };
    let limits = rules.iter().map(limits).collect::<Result<Vec<_>, _>>()?;
    let operations = rules.iter().zip(&routes).zip(limits);
    Ok(OperationLimits::new(operations.map(
        |((rule, route), limits)| (rule.method.clone(), route.as_str(), limits),
    )))
}

/// The limits of operations that have some of their own.
#[derive(Debug, Clone, Default)]
pub(super) struct OperationLimits(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    method: Method,
    pattern: Vec<Segment>,
    limits: RequestLimits,
}

#[derive(Debug, Clone)]
enum Segment {
    Fixed(String),
    /// `:name`: exactly one segment, which is not empty.
    Parameter,
    /// `*name`: everything that follows.
    Rest,
}

impl OperationLimits {
    /// Takes **every** operation by method and path pattern (`/users/:param0`), also those
    /// without limits of their own: `/users/me` must not get the limits of `/users/:id`.
    ///
    /// Empty if no operation has limits of its own.
    pub(super) fn new<'a>(
        operations: impl IntoIterator<Item = (Method, &'a str, RequestLimits)>,
    ) -> Self {
        let entry = |(method, pattern, limits): (_, &str, _)| Entry {
            method,
            pattern: pattern.split('/').map(Segment::parse).collect(),
            limits,
        };
        let entries: Vec<_> = operations.into_iter().map(entry).collect();
        let has_some = |entry: &Entry| entry.limits != RequestLimits::default();
        if entries.iter().any(has_some) {
            Self(entries)
        } else {
            Self::default()
        }
    }

    /// The limits of the operation that answers this request; `None` without an operation.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<RequestLimits> {
        if self.0.is_empty() {
            return None;
        }
        let best = |method: &Method| {
            let matching = |entry: &&Entry| entry.method == *method && entry.fits(path);
            let best = (self.0.iter().filter(matching)).min_by(|a, b| a.prefer(b));
            best.map(|entry| entry.limits)
        };
        // Without an operation of its own, HEAD is answered by the one for GET.
        best(method).or_else(|| (*method == Method::HEAD).then(|| best(&Method::GET))?)
    }
}

impl Entry {
    fn fits(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for expected in &self.pattern {
            let fits = match (expected, segments.next()) {
                (Segment::Rest, Some(_)) => return true,
                (Segment::Fixed(text), Some(segment)) => text == segment,
                (Segment::Parameter, Some(segment)) => !segment.is_empty(),
                (_, None) => false,
            };
            if !fits {
                return false;
            }
        }
        segments.next().is_none()
    }

    /// The router's order: the fixed segment before the parameter before the rest.
    fn prefer(&self, other: &Self) -> Ordering {
        let kind = |segment: &Segment| match segment {
            Segment::Fixed(_) => 0,
            Segment::Parameter => 1,
            Segment::Rest => 2,
        };
        (self.pattern.iter().map(kind)).cmp(other.pattern.iter().map(kind))
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        match text.as_bytes().first() {
            Some(b':') => Self::Parameter,
            Some(b'*') => Self::Rest,
            _ => Self::Fixed(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPLOAD: RequestLimits = RequestLimits {
        max_body_bytes: Some(5),
        request_timeout: None,
    };

    #[test]
    fn an_operation_has_its_own_limits_and_its_neighbours_have_not() {
        let none = RequestLimits::default();
        let limits = OperationLimits::new([
            (Method::PUT, "/files/:name", UPLOAD),
            (Method::PUT, "/files/latest", none),
            (Method::GET, "/files/*path", UPLOAD),
            (Method::POST, "/files", none),
        ]);
        let rows = [
            ("the operation", Method::PUT, "/files/a", Some(UPLOAD)),
            (
                "a fixed path beside it",
                Method::PUT,
                "/files/latest",
                Some(none),
            ),
            ("another method", Method::POST, "/files", Some(none)),
            (
                "the rest of a path",
                Method::GET,
                "/files/a/b",
                Some(UPLOAD),
            ),
            (
                "HEAD, which GET answers",
                Method::HEAD,
                "/files/a",
                Some(UPLOAD),
            ),
            ("an empty parameter", Method::PUT, "/files/", None),
            ("a longer path", Method::PUT, "/files/a/b", None),
            ("a shorter path", Method::PUT, "/files", None),
            (
                "a method without operation",
                Method::DELETE,
                "/files/a",
                None,
            ),
        ];

        for (name, method, path, expected) in rows {
            assert_eq!(limits.find(&method, path), expected, "{name}");
        }
    }

    #[test]
    fn nothing_is_kept_where_no_operation_has_limits_of_its_own() {
        let limits = OperationLimits::new([(Method::GET, "/", RequestLimits::default())]);

        assert!(limits.0.is_empty());
        assert_eq!(limits.find(&Method::GET, "/"), None);
    }
}
