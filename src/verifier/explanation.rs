//! Why a token is accepted or refused, for people: what it says, and how far it came.
//!
//! The verdict is the verifier's own. Of its reason follows the check that failed, and of the
//! order of checks those that passed before. What a token says is unproven until all have.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::advice::advice;
use super::warnings::warnings;
use super::{Verifier, VerifyError};
use crate::token::{Algorithm, MAX_TOKEN_BYTES, Segment, TokenError};

/// What a token says, and which of its checks passed. Shows neither token nor signature.
#[derive(Debug, Clone)]
pub struct Explanation {
    header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
    checks: Vec<Check>,
    verdict: Result<(), VerifyError>,
}

/// One check, in the order in which they are made.
#[derive(Debug, Clone)]
struct Check {
    name: &'static str,
    /// The words of what it refuses with.
    reasons: &'static [&'static str],
    found: String,
    wanted: String,
}

impl Explanation {
    /// Whether the token is accepted.
    pub fn is_accepted(&self) -> bool {
        self.verdict.is_ok()
    }

    /// The word of the refusal.
    pub fn reason(&self) -> Option<&'static str> {
        self.verdict.as_ref().err().map(VerifyError::reason)
    }

    /// The name of the check that failed; none where the keys are missing.
    pub fn failed_check(&self) -> Option<&'static str> {
        self.failed().map(|position| self.checks[position].name)
    }

    /// What a person should know besides: that it is an ID token, or one of Okta's org
    /// authorization server, whose tokens nobody else can verify.
    pub fn warnings(&self) -> Vec<&'static str> {
        self.claims.as_ref().map_or_else(Vec::new, warnings)
    }

    fn failed(&self) -> Option<usize> {
        // Three parts are decoded, the header's before there is a key.
        if let Err(VerifyError::Token(TokenError::Base64(Segment::Header))) = self.verdict {
            return Some(self.position("header"));
        }
        let reason = self.reason()?;
        self.checks
            .iter()
            .position(|check| check.reasons.contains(&reason))
    }
}

impl Verifier {
    /// As [`Verifier::verify`], with what there is to say about it.
    pub async fn explain(&self, token: &str) -> Explanation {
        let verdict = self.verify(token).await.map(|_| ());
        let mut parts = token.split('.');
        let mut object = || read(parts.next().unwrap_or_default());
        let (header, claims) = (object(), object());
        let said = |part: &Option<Map<String, Value>>, name| part.as_ref()?.get(name).map(shown);
        let header_says = |name| said(&header, name).unwrap_or_else(|| "absent".to_owned());
        let claim = |name| said(&claims, name).unwrap_or_else(|| "absent".to_owned());
        let now = self.clock.now();
        let time = |name| match claims.as_ref().and_then(|claims| claims.get(name)) {
            Some(Value::Number(seconds)) => format!("{name} {}", distance(seconds.as_f64(), now)),
            Some(_) => format!("{name} is no number"),
            None => format!("{name} absent"),
        };
        let check = |name, reasons, found: String, wanted: &str| Check {
            name,
            reasons,
            found,
            wanted: wanted.to_owned(),
        };
        let algorithms = Algorithm::ALL.map(Algorithm::name).join(", ");
        let times = ["exp", "nbf", "iat"].map(time).join(", ");
        let leeway = format!("within {} s", self.validation.leeway().as_secs());
        let types = match self.validation.token_types() {
            [] => "absent, JWT or at+jwt".to_owned(),
            required => required
                .iter()
                .map(|it| it.name())
                .collect::<Vec<_>>()
                .join(" or "),
        };
        let issuer = Value::from(self.validation.issuer());
        let audience = Value::from(self.validation.audience());
        #[rustfmt::skip] // A row a line.
        let checks = vec![
            check("length", &["too_long"], format!("{} bytes", token.len()), &format!("at most {MAX_TOKEN_BYTES}")),
            check("characters", &["illegal_character"], String::new(), "letters, digits, - _ ."),
            check("parts", &["not_three_segments"], token.split('.').count().to_string(), "3"),
            check("header", &["header_too_long", "malformed_header"], String::new(), "a JSON object, names once, at most 2 KiB"),
            check("algorithm", &["algorithm_not_allowed"], header_says("alg"), &algorithms),
            check("critical", &["critical_header"], header_says("crit"), "absent"),
            check("type", &["wrong_type"], header_says("typ"), &types),
            check("key id", &["malformed_kid"], header_says("kid"), "a text of at most 256 bytes"),
            check("payload form", &["unencoded_payload"], header_says("b64"), "absent"),
            check("key", &["unknown_key", "key_mismatch", "ambiguous_key"], header_says("kid"), "one of the issuer's, for this algorithm"),
            check("encoding", &["bad_base64"], String::new(), "base64url without padding"),
            check("signature", &["bad_signature"], String::new(), "made with that key"),
            check("claims", &["malformed_payload", "missing_claim", "malformed_claim"], String::new(), "a JSON object with iss, aud, sub and exp"),
            check("kind", &["id_token", "logout_token", "refresh_token", "proof_required"], String::new(), "an access token, not bound to a proof"),
            check("issuer", &["wrong_issuer"], claim("iss"), &shown(&issuer)),
            check("audience", &["wrong_audience"], claim("aud"), &shown(&audience)),
            check("times", &["expired", "not_yet_valid", "issued_in_future"], times, &leeway),
        ];
        let denylist = check(
            "denylist",
            &["revoked", "denylist_stale"],
            String::new(),
            "not on it",
        );
        let checks = checks
            .into_iter()
            .chain(self.denylist.as_ref().map(|_| denylist))
            .collect();
        Explanation {
            header,
            claims,
            checks,
            verdict,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proven = if self.is_accepted() {
            "proven by its signature"
        } else {
            "unproven"
        };
        for (part, members) in [("Header", &self.header), ("Claims", &self.claims)] {
            writeln!(f, "{part}, {proven}:\n")?;
            match members {
                Some(members) => {
                    for (name, value) in members {
                        let name = shown(&Value::from(name.as_str()));
                        writeln!(f, "  {:<12} {}", name.trim_matches('"'), shown(value))?;
                    }
                }
                None => writeln!(f, "  cannot be read")?,
            }
            writeln!(f)?;
        }
        for warning in self.warnings() {
            writeln!(f, "Warning: {warning}\n")?;
        }
        writeln!(f, "Checks, in the order in which they are made:\n")?;
        let failed = self.failed();
        let reached = match (&self.verdict, failed) {
            (Ok(()), _) => self.checks.len(),
            (Err(VerifyError::NoKeys), _) => self.position("key"),
            (_, position) => position.unwrap_or(0),
        };
        for (position, check) in self.checks.iter().enumerate() {
            let mark = match position {
                _ if Some(position) == failed => "FAILED",
                _ if position < reached => "passed",
                _ => "-",
            };
            let line = format!("  {mark:<6}  {:<12}  {}", check.name, check.found);
            writeln!(f, "{}", line.trim_end())?;
            if Some(position) == failed {
                writeln!(f, "{:24}wanted: {}", "", check.wanted)?;
            }
        }
        let (outcome, cause): (_, &dyn fmt::Display) = match &self.verdict {
            Ok(()) => return writeln!(f, "\nAccepted."),
            Err(VerifyError::Token(error)) => ("Refused", error),
            Err(error) => ("Undecided", error),
        };
        let reason = self.reason().unwrap_or_default();
        let (meaning, fix) = advice(reason);
        writeln!(f, "\n{outcome}: {reason}, {cause}\n\n  {meaning}\n  {fix}")
    }
}

impl Explanation {
    fn position(&self, name: &str) -> usize {
        let mut checks = self.checks.iter();
        checks.position(|check| check.name == name).unwrap_or(0)
    }
}

/// A part as a reader who trusts nothing and nobody would show it.
fn read(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// JSON in ASCII and of bounded length: what a stranger wrote must not move the terminal.
fn shown(value: &Value) -> String {
    let mut text: String = value.to_string().escape_default().collect();
    // Quotes and backslashes are JSON's own.
    text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    if text.len() > MAX_SHOWN {
        text.truncate(MAX_SHOWN);
        text.push_str(" ..");
    }
    text
}

/// How far a time is from now.
fn distance(seconds: Option<f64>, now: SystemTime) -> String {
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let ahead = seconds.unwrap_or(f64::NAN) - now.as_secs_f64();
    if ahead >= 0.0 {
        format!("in {ahead:.0} s")
    } else {
        format!("{:.0} s ago", -ahead)
    }
}

const MAX_SHOWN: usize = 200;
