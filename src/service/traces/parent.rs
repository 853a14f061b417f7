//! The trace that the caller sends.
//!
//! W3C Trace Context, sections 3.2 and 3.3. Exactly one `traceparent` in the form of its
//! version is accepted. Anything else is ignored. `tracestate` is kept up to the 512 characters
//! that section 3.3.1.5 requires.

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry_sdk::propagation::TraceContextPropagator;

/// The span of the caller; `None` without a valid `traceparent`.
pub(super) fn extract(headers: &HeaderMap) -> Option<SpanContext> {
    headers.get(&TRACEPARENT)?;
    let context =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Fields(headers));
    let caller = context.span().span_context().clone();
    caller.is_valid().then_some(caller)
}

/// The valid fields of a request.
struct Fields<'a>(&'a HeaderMap);

impl Fields<'_> {
    fn only(&self, name: &HeaderName) -> Option<&str> {
        let mut values = self.0.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }
}

impl Extractor for Fields<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.only(&TRACEPARENT).filter(|value| is_parent(value)),
            "tracestate" => (self.only(&TRACESTATE)).filter(|value| value.len() <= MAX_STATE),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// `00-{32}-{16}-{2}` in lower hexadecimal digits; versions to come may have more after that.
fn is_parent(value: &str) -> bool {
    let bytes = value.as_bytes();
    let Some((known, rest)) = bytes.split_at_checked(PARENT) else {
        return false;
    };
    let has_form = known.iter().enumerate().all(|(at, byte)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    });
    let is_of_ours = known.starts_with(b"00");
    has_form && (rest.is_empty() || !is_of_ours && rest[0] == b'-' && rest.len() <= PARENT)
}

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const PARENT: usize = 55;
const MAX_STATE: usize = 512;

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use http::HeaderValue;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append(*name, value);
        }
        headers
    }

    #[test]
    fn a_parent_is_of_exactly_the_form_of_its_version() {
        let zeros = "0".repeat(32);
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("sampled", format!("00-{TRACE}-{SPAN}-01"), Some(true)),
            ("not sampled", format!("00-{TRACE}-{SPAN}-00"), Some(false)),
            ("unknown flags", format!("00-{TRACE}-{SPAN}-ff"), Some(true)),
            ("a future version", format!("cc-{TRACE}-{SPAN}-01-what-is-next"), Some(true)),
            ("a future version, alike", format!("cc-{TRACE}-{SPAN}-01"), Some(true)),
            ("the version that is none", format!("ff-{TRACE}-{SPAN}-01"), None),
            ("more than its version has", format!("00-{TRACE}-{SPAN}-01-more"), None),
            ("a dash at its end", format!("00-{TRACE}-{SPAN}-01-"), None),
            ("more without a dash", format!("cc-{TRACE}-{SPAN}-01x"), None),
            ("much more", format!("cc-{TRACE}-{SPAN}-01-{}", "x".repeat(999)), None),
            ("capitals", format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), None),
            ("a short trace", format!("00-{}-{SPAN}-01", &TRACE[1..]), None),
            ("a sign", format!("00-+{}-{SPAN}-01", &TRACE[1..]), None),
            ("no trace", format!("00-{zeros}-{SPAN}-01"), None),
            ("no span", format!("00-{TRACE}-{}-01", &zeros[..16]), None),
            ("a space before", format!(" 00-{TRACE}-{SPAN}-01"), None),
            ("nothing", String::new(), None),
            ("letters beyond ASCII", format!("00-{TRACE}-{SPAN}-é"), None),
        ];
        for (name, value, sampled) in rows {
            let found = extract(&headers(&[("traceparent", &value)]));

            assert_eq!(
                found.as_ref().map(SpanContext::is_sampled),
                sampled,
                "{name}"
            );
            if let Some(found) = found {
                assert_eq!(found.trace_id().to_string(), TRACE, "{name}");
                assert_eq!(found.span_id().to_string(), SPAN, "{name}");
            }
        }
    }

    #[test]
    fn two_parents_are_none() {
        let parent = format!("00-{TRACE}-{SPAN}-01");
        let twice = headers(&[("traceparent", &parent), ("traceparent", &parent)]);

        assert!(extract(&twice).is_none());
        assert!(extract(&headers(&[])).is_none());
        assert!(extract(&headers(&[("traceparent", &parent)])).is_some());
    }

    #[test]
    fn the_list_of_vendors_is_kept_as_far_as_it_must_be() {
        let parent = format!("00-{TRACE}-{SPAN}-01");
        let longest = format!("a={}", "x".repeat(MAX_STATE - 2));
        for (state, kept) in [
            (
                "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
                "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
            ),
            ("no list", ""),
            (&longest[..258], &longest[..258]),
            (&format!("{longest}x"), ""),
        ] {
            let fields = [("traceparent", parent.as_str()), ("tracestate", state)];

            let caller = extract(&headers(&fields)).unwrap();

            assert_eq!(caller.trace_state().header(), kept);
        }
    }
}
