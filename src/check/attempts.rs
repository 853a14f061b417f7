//! All requests to one operation.

use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::form_urlencoded;

use crate::description::operation::Operation;
use crate::description::request::SampleRequest;
use crate::guard::Rule;
use crate::token::Scope;

use super::attempt::{Attempt, Expected};
use super::forge::CANARY;
use super::garbage::garbage;
use super::hostile::Hostile;
use super::report::Outcome;
use super::subject::Check;
use super::target::{MAX_PATH_BYTES, Target, shown};
use super::tokens::Tokens;
use super::{cross_origin, paths};

/// What the attempts at one operation are made from.
pub(super) struct Attempts<'a> {
    operation: &'a Operation<'a>,
    target: &'a Target,
    tokens: &'a Tokens,
    hostile: &'a Hostile,
    origins: &'a [String],
}

impl<'a> Attempts<'a> {
    pub(super) fn new(
        check: &'a Check,
        hostile: &'a Hostile,
        operation: &'a Operation<'a>,
    ) -> Self {
        Self {
            operation,
            target: &check.target,
            tokens: &check.tokens,
            hostile,
            origins: &check.origins,
        }
    }

    /// The attempts, and what cannot be tried. A good token comes first, because it shows how
    /// long an answer takes.
    pub(super) fn all(&self) -> (Vec<Attempt>, Vec<Outcome>) {
        let (mut made, mut missing) = (Vec::new(), Vec::new());
        let plain = match self.plain() {
            Ok(plain) => plain,
            Err(why) => {
                missing.push(self.not_made("operation", why.to_owned()));
                return (made, missing);
            }
        };
        match &self.operation.rule {
            Rule::Anonymous => {
                made.push(plain.trying("open_operation", "no credentials", Expected::Open));
                made.extend(garbage().into_iter().map(|(name, value)| {
                    let attempt = plain.trying("open_operation", name, Expected::Open);
                    attempt.carrying(&value)
                }));
                made.extend(cross_origin::of_open(&plain));
            }
            Rule::Protected(_) => self.protected(&plain, true, &mut made, &mut missing),
            Rule::Optional(_) => self.protected(&plain, false, &mut made, &mut missing),
        }
        (made, missing)
    }

    fn protected(
        &self,
        plain: &Attempt,
        is_required: bool,
        made: &mut Vec<Attempt>,
        missing: &mut Vec<Outcome>,
    ) {
        let required = self.operation.scope().cloned().unwrap_or_default();
        let good = self.tokens.covering(&required);
        let other = self.operation.other_schemes.first();
        match good {
            Some(_) if other.is_some() => {
                let why = "it takes credentials of another scheme too".to_owned();
                missing.push(self.not_made("good_token", why));
            }
            Some(token) => {
                made.push(plain.with_token("good_token", "a good token", token, Expected::Through));
            }
            None => missing.push(self.not_made("good_token", self.why_no_good(&required))),
        }
        let absent = if is_required {
            Expected::Challenge
        } else {
            Expected::Open
        };
        // Without a token, the other scheme decides.
        if other.is_none() {
            made.push(plain.trying("no_credentials", "no credentials", absent.clone()));
            made.push(
                plain
                    .trying("no_credentials", "Basic credentials", absent)
                    .carrying(BASIC),
            );
        }
        if is_required {
            made.extend(paths::other_names(plain));
        }
        for (name, value) in garbage() {
            made.push(
                plain
                    .trying("garbage", name, Expected::Malformed)
                    .carrying(&value),
            );
        }
        for token in self.tokens.refused() {
            let attempt = plain.with_token(
                "wrong_token",
                "a token given to be refused",
                token,
                Expected::Refused,
            );
            made.push(attempt);
        }
        match good {
            Some(token) => self.derived(plain, token, is_required, made, missing),
            None => missing
                .push(self.not_made("hostile tokens", "they are made of a good token".to_owned())),
        }
        if !required.is_empty() {
            match self.tokens.lacking(&required) {
                Some(token) => {
                    let expected = Expected::Forbidden(required.clone());
                    made.push(plain.with_token(
                        "missing_scope",
                        "a token without the scope",
                        token,
                        expected,
                    ));
                }
                None => missing.push(self.not_made("missing_scope", self.why_no_lesser())),
            }
        }
        let (attempts, why) = cross_origin::of_protected(plain, good, self.origins, is_required);
        made.extend(attempts);
        missing.extend(
            why.into_iter()
                .map(|(check, why)| self.not_made(check, why)),
        );
    }

    /// The attempts that are made from a good token.
    fn derived(
        &self,
        plain: &Attempt,
        good: &str,
        is_required: bool,
        made: &mut Vec<Attempt>,
        missing: &mut Vec<Outcome>,
    ) {
        let other = format!("Bearer {CANARY}");
        let bearer = format!("Bearer {good}");
        for (name, fields) in [
            ("a good token, then another", [&bearer, &other]),
            ("another token, then a good one", [&other, &bearer]),
        ] {
            let mut attempt = plain.trying("two_headers", name, Expected::Malformed);
            for field in fields {
                attempt = attempt.carrying(field.as_bytes());
            }
            made.push(attempt);
        }
        if is_required {
            let in_query = plain.trying("token_in_query", "access_token=..", Expected::Malformed);
            let encoded: String = form_urlencoded::byte_serialize(good.as_bytes()).collect();
            let mut in_query = in_query.hiding(good).hiding(&encoded);
            in_query
                .url
                .query_pairs_mut()
                .append_pair("access_token", good);
            made.push(in_query);
        }
        let hostile = self.hostile.of(good);
        let missed = hostile.missing.iter();
        missing.extend(missed.map(|(check, why)| self.not_made(check, (*why).to_owned())));
        for (check, name, token) in &hostile.tokens {
            made.push(plain.with_token(check, name, token, Expected::Refused));
        }
    }

    /// The operation's request without credentials, or why there is none.
    fn plain(&self) -> Result<Attempt, &'static str> {
        if self.operation.path.len() > MAX_PATH_BYTES {
            return Err("its path is longer than 2,048 bytes");
        }
        let sample = SampleRequest::of(self.operation, self.target.base_path());
        let mut headers = HeaderMap::new();
        for (name, value) in &sample.headers {
            let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err("the document's own values make no header");
            };
            headers.append(name, value);
        }
        let is_upgrade = self.operation.requires_upgrade();
        if is_upgrade {
            headers.extend(HANDSHAKE.map(|(name, value)| (name, HeaderValue::from_static(value))));
        }
        let url = self.target.base().join(&sample.path);
        let url = url.map_err(|_| "the document's own values make no URL")?;
        if !self.target.holds(&url) {
            return Err("it does not lie below the URL that is checked");
        }
        Ok(Attempt {
            check: "",
            sent: String::new(),
            method: sample.method,
            url,
            headers,
            body: sample.body,
            inputs: sample.inputs,
            is_upgrade,
            expected: Expected::Open,
            is_optional: matches!(self.operation.rule, Rule::Optional(_)),
            secrets: Vec::new(),
        })
    }

    fn not_made(&self, check: &'static str, why: String) -> Outcome {
        Outcome::not_made(&shown(self.operation), check, why)
    }

    fn why_no_good(&self, required: &Scope) -> String {
        if self.tokens.first().is_some() {
            return format!("no token has the scope `{required}`; --scope asks for one that has");
        }
        self.tokens.why_no_good.clone()
    }

    fn why_no_lesser(&self) -> String {
        if self.tokens.why_no_lesser.is_empty() {
            return "no token without the scope is at hand".to_owned();
        }
        self.tokens.why_no_lesser.clone()
    }
}

/// The header fields with which a browser opens a WebSocket. Without them, the operation could
/// refuse the handshake before its guard decides. RFC 6455 section 1.3.
const HANDSHAKE: [(HeaderName, &str); 4] = [
    (CONNECTION, "Upgrade"),
    (UPGRADE, "websocket"),
    (SEC_WEBSOCKET_VERSION, "13"),
    (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
];

const BASIC: &[u8] = b"Basic Y2hlY2s6Y2hlY2s=";
