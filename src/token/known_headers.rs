//! The headers of accepted tokens. An issuer sends the same header with each token that it signs
//! with a key, so it is read once.
//!
//! 1. A header is known only after a token with it was accepted. Nobody else can add one.
//! 2. Every byte is compared: a known header is exactly what reading it again would give.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::TokenError;
use super::jws::{Header, Jws, MAX_TOKEN_BYTES};

/// A few headers, each in a place that depends on its end. A header replaces the one before it.
#[derive(Debug, Default)]
pub(crate) struct KnownHeaders([ArcSwapOption<Known>; PLACES]);

#[derive(Debug)]
struct Known {
    segment: Box<str>,
    header: Header,
}

impl KnownHeaders {
    /// As [`Jws::parse`].
    pub(crate) fn parse<'a>(&self, token: &'a str) -> Result<Jws<'a>, TokenError> {
        Jws::parse_with(token, MAX_TOKEN_BYTES, |segment| {
            let known = self.place(segment).load();
            match &*known {
                Some(known) if *known.segment == *segment => Ok(known.header.clone()),
                _ => Header::parse(segment),
            }
        })
    }

    /// Remembers the header of a token that was accepted.
    pub(crate) fn remember(&self, accepted: &Jws<'_>) {
        let segment = accepted.header_segment();
        let place = self.place(segment);
        let is_known = |known: &Known| *known.segment == *segment;
        if !place.load().as_deref().is_some_and(is_known) {
            place.store(Some(Arc::new(Known {
                segment: segment.into(),
                header: accepted.header().clone(),
            })));
        }
    }

    fn place(&self, segment: &str) -> &ArcSwapOption<Known> {
        let end = segment.bytes().rev().take(HASHED_BYTES);
        let hash = end.fold(0_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.into())
        });
        &self.0[hash % PLACES]
    }
}

/// A few keys of a few issuers.
const PLACES: usize = 16;
/// Headers of one issuer differ in their key id, which is often at the end.
const HASHED_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(header: &str) -> String {
        format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn a_known_header_is_read_as_an_unknown_one() {
        let known = KnownHeaders::default();
        let headers = [
            r#"{"alg":"RS256","kid":"a"}"#,
            r#"{"kid":"a","alg":"ES256","typ":"at+jwt"}"#,
            r#"{"alg":"RS256"}"#,
        ];
        for header in headers.iter().cycle().take(9) {
            let token = token(header);
            let expected = Jws::parse(&token).unwrap();

            let jws = known.parse(&token).unwrap();
            known.remember(&jws);

            assert_eq!(jws.header(), expected.header());
        }
    }

    #[test]
    fn a_header_that_differs_in_one_byte_is_read() {
        let known = KnownHeaders::default();
        let accepted = token(r#"{"alg":"RS256","kid":"a"}"#);
        known.remember(&Jws::parse(&accepted).unwrap());

        for (header, expected) in [
            (r#"{"alg":"RS512","kid":"a"}"#, Ok(Some("a"))),
            (r#"{"alg":"RS256","kid":"b"}"#, Ok(Some("b"))),
            (
                r#"{"alg":"RS255","kid":"a"}"#,
                Err(TokenError::AlgorithmNotAllowed),
            ),
        ] {
            let token = token(header);
            let jws = known.parse(&token);
            let found = jws.as_ref().map(|jws| jws.header().key_id());

            assert_eq!(found.map_err(Clone::clone), expected, "{header}");
        }
    }

    #[test]
    fn a_known_header_is_not_read_again() {
        let known = KnownHeaders::default();
        let sent = token(r#"{"alg":"RS256","kid":"a"}"#);
        let segment = sent.split('.').next().unwrap();
        let other = token(r#"{"alg":"RS256","kid":"b"}"#);
        // Who reads the segment finds another key id.
        known.place(segment).store(Some(Arc::new(Known {
            segment: segment.into(),
            header: Jws::parse(&other).unwrap().header().clone(),
        })));

        assert_eq!(known.parse(&sent).unwrap().header().key_id(), Some("b"));
        assert_eq!(Jws::parse(&sent).unwrap().header().key_id(), Some("a"));
    }

    #[test]
    fn a_header_is_kept_until_another_one_replaces_it() {
        let known = KnownHeaders::default();
        let accepted = token(r#"{"alg":"RS256","kid":"a"}"#);
        let segment = accepted.split('.').next().unwrap();
        let kept = || known.place(segment).load_full();
        assert!(kept().is_none());

        known.remember(&Jws::parse(&accepted).unwrap());
        let first = kept().unwrap();
        known.remember(&Jws::parse(&accepted).unwrap());

        assert_eq!(&*first.segment, segment);
        assert!(Arc::ptr_eq(&first, &kept().unwrap()));
    }
}
