//! Compares an answer with what the document promises.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use poem::Response;
use serde_json::Value;

use crate::description::challenge::{ReceivedChallenge, challenges};
use crate::description::operation::Operation;
use crate::description::request::{Inputs, is_json};
use crate::description::schema::resolve;
use crate::description::scheme::accepts_bearer;
use crate::token::Scope;

use super::attempt::Expectation;
use super::schema::misfit;

/// An answer, whole unless it is a stream of events.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: AnswerBody,
}

/// The body of an answer.
pub(super) enum AnswerBody {
    Read(Vec<u8>),
    /// Server-sent events, which may have no end. They are not read.
    Events,
}

impl Answer {
    /// Reads an answer.
    pub(super) async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = if media_type(&parts.headers).as_deref() == Some("text/event-stream") {
            AnswerBody::Events
        } else {
            // An incomplete body counts as none, which is a fault where one is described.
            AnswerBody::Read(body.into_vec().await.unwrap_or_default())
        };
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// The start of the body, for a note.
    pub(super) fn quoted(&self) -> String {
        match &self.body {
            AnswerBody::Read(body) => {
                let said = String::from_utf8_lossy(body);
                said.chars().take(MAX_QUOTED).collect()
            }
            AnswerBody::Events => "server-sent events".to_owned(),
        }
    }

    /// What differs from the document. After a wrong status, nothing else is compared.
    pub(super) fn faults(
        &self,
        operation: &Operation<'_>,
        expected: &Expectation,
        inputs: Inputs,
    ) -> Vec<String> {
        let status = self.status.as_u16();
        let faults = match expected {
            Expectation::Through if self.is_described_denial(operation) => {
                self.undescribed(operation, &[WWW_AUTHENTICATE])
            }
            Expectation::Through if matches!(status, 401 | 403 | 503) || self.has_challenge() => {
                return vec![format!(
                    "{status}, where the document lets the caller through"
                )];
            }
            Expectation::Through if self.is_complaint(operation, inputs) => return Vec::new(),
            Expectation::Through if self.wants_upgrade(operation) => return Vec::new(),
            Expectation::Through => self.undescribed(operation, &[]),
            Expectation::Refused { status: due, .. } if *due != self.status => {
                let due = due.as_u16();
                return vec![format!("{status}, where the document refuses with {due}")];
            }
            Expectation::Refused {
                error, names_scope, ..
            } => {
                let faults = self.faults_of_refusal(operation, *error, *names_scope);
                let undescribed = self.undescribed(operation, &[WWW_AUTHENTICATE, RETRY_AFTER]);
                faults.into_iter().chain(undescribed).collect()
            }
        };
        let faults = faults.into_iter();
        faults.map(|fault| format!("{status}: {fault}")).collect()
    }

    /// Whether the operation refused inputs that were made up. If poem-openapi cannot read them,
    /// it answers with a 400 of its own, which is not described.
    fn is_complaint(&self, operation: &Operation<'_>, inputs: Inputs) -> bool {
        let is_described = operation.answer(self.status).is_some();
        inputs == Inputs::MadeUp
            && self.status.is_client_error()
            && (self.status == StatusCode::BAD_REQUEST || !is_described)
    }

    /// Whether the operation answered that it serves upgraded connections only. The walk
    /// sends plain requests, which a WebSocket refuses with 400 or 426 (RFC 6455 section 4.2.1).
    pub(super) fn wants_upgrade(&self, operation: &Operation<'_>) -> bool {
        match self.status {
            StatusCode::UPGRADE_REQUIRED => true,
            StatusCode::BAD_REQUEST | StatusCode::SWITCHING_PROTOCOLS => {
                operation.requires_upgrade()
            }
            _ => false,
        }
    }

    /// The nonce that the operation requires in proofs (RFC 9449 section 9).
    pub(super) fn required_nonce(&self) -> Option<String> {
        let mut challenges = challenges(&self.headers).into_iter();
        challenges.find(|it| it.parameter("error") == Some("use_dpop_nonce"))?;
        let nonce = self.headers.get("dpop-nonce")?.to_str().ok()?;
        Some(nonce.to_owned())
    }

    fn has_challenge(&self) -> bool {
        self.headers.contains_key(WWW_AUTHENTICATE)
    }

    /// Whether the operation refuses the call for a reason that the document describes and that no
    /// token of the walk can avoid: a parameter of another owner, or a check in code.
    fn is_described_denial(&self, operation: &Operation<'_>) -> bool {
        let AnswerBody::Read(body) = &self.body else {
            return false;
        };
        if self.status != StatusCode::FORBIDDEN {
            return false;
        }
        let problem = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let reason = problem["reason"].as_str().unwrap_or_default();
        let described = operation.answer(self.status);
        let examples = described.map(|it| &it["content"]["application/problem+json"]["examples"]);
        let is_described = examples.is_some_and(|examples| examples.get(reason).is_some());
        is_described && !OF_TOKENS.contains(&reason)
    }

    fn faults_of_refusal(
        &self,
        operation: &Operation<'_>,
        error: Option<&str>,
        names_scope: bool,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.has_directive("no-store") {
            faults.push("no `Cache-Control: no-store`".to_owned());
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            if self.has_challenge() {
                faults.push("a challenge, though the caller is not to blame".to_owned());
            }
            if !self.has_retry_after() {
                faults.push("no `Retry-After` in seconds".to_owned());
            }
            return faults;
        }
        let mut challenges = challenges(&self.headers);
        // The other one names another way to call. The error is in that of the scheme of the call.
        let is_error = |it: &ReceivedChallenge| it.parameter("error").is_some();
        if let [first, other] = &challenges[..]
            && first.is_bearer()
            && other.is_dpop()
            && !(is_error(first) && is_error(other))
        {
            let keeps_other = is_error(other);
            challenges.retain(|it| it.is_dpop() == keeps_other);
        }
        let [challenge] = &challenges[..] else {
            let found = challenges.len();
            faults.push(format!("{found} challenges in place of one"));
            return faults;
        };
        // A caller that used `Bearer`, or two headers, gets that challenge also for bound tokens.
        let is_of_bound = challenge.is_dpop() && !accepts_bearer(&operation.rule);
        if !challenge.is_bearer() && !is_of_bound {
            faults.push("a challenge that is not `Bearer`".to_owned());
        }
        let found = challenge.parameter("error");
        if found != error {
            let words = |code: Option<&str>| code.unwrap_or("none").to_owned();
            let (found, due) = (words(found), words(error));
            faults.push(format!("error code {found} in place of {due}"));
        }
        let named = challenge.parameter("scope");
        let sets = operation.scopes();
        let due: Vec<_> = sets.iter().map(ToString::to_string).collect();
        match named.map(str::parse::<Scope>) {
            Some(Ok(named)) if sets.iter().any(|set| set.same_set(&named)) => {}
            None if names_scope => {
                let due = due.join("\"` or `scope=\"");
                faults.push(format!("a challenge without `scope=\"{due}\"`"));
            }
            None => {}
            Some(_) => {
                let named = named.unwrap_or_default();
                let due = due.join("` or `");
                faults.push(format!(
                    "the challenge has the scopes `{named}`, the document `{due}`"
                ));
            }
        }
        faults
    }

    /// What the document does not describe. The `judged` headers were checked before.
    fn undescribed(&self, operation: &Operation<'_>, judged: &[HeaderName]) -> Vec<String> {
        let Some(described) = operation.answer(self.status) else {
            return vec!["a status that is not described".to_owned()];
        };
        let mut faults = Vec::new();
        for (name, header) in described["headers"].as_object().into_iter().flatten() {
            let is_required = resolve(operation.document, header)["required"] == true;
            let is_judged = judged
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known.as_str()));
            if is_required && !is_judged && !self.headers.contains_key(name) {
                faults.push(format!("the header `{name}` is missing"));
            }
        }
        for name in [WWW_AUTHENTICATE, RETRY_AFTER] {
            let mut names = described["headers"].as_object().into_iter().flatten();
            let is_described = names.any(|(known, _)| known.eq_ignore_ascii_case(name.as_str()));
            if self.headers.contains_key(&name) && !is_described {
                faults.push(format!("the header `{name}` is not described"));
            }
        }
        faults.extend(self.fault_of_body(operation, &described["content"]));
        faults
    }

    fn fault_of_body(&self, operation: &Operation<'_>, content: &Value) -> Option<String> {
        if operation.method == Method::HEAD {
            return None;
        }
        let mut described = content.as_object().into_iter().flatten();
        let body = match &self.body {
            AnswerBody::Read(body) if body.is_empty() => {
                let is_due = described.next().is_some();
                return is_due.then(|| "no body, where one is described".to_owned());
            }
            AnswerBody::Read(body) => &body[..],
            AnswerBody::Events => &[],
        };
        let media_type = media_type(&self.headers).unwrap_or_else(|| "no media type".to_owned());
        let Some((_, media)) = described.find(|(known, _)| essence(known) == media_type) else {
            return Some(format!("a body of {media_type}, which is not described"));
        };
        if !is_json(&media_type) {
            return None;
        }
        match serde_json::from_slice(body) {
            Ok(value) => misfit(operation.document, &media["schema"], &value, "body"),
            Err(_) => Some("a body that is not JSON".to_owned()),
        }
    }

    fn has_directive(&self, name: &str) -> bool {
        let fields = self.headers.get_all(CACHE_CONTROL).iter();
        let mut directives = fields
            .filter_map(|field| field.to_str().ok())
            .flat_map(|field| field.split(','));
        directives.any(|directive| directive.trim().eq_ignore_ascii_case(name))
    }

    fn has_retry_after(&self) -> bool {
        let value = self.headers.get(RETRY_AFTER);
        let text = value.and_then(|value| value.to_str().ok());
        text.is_some_and(|text| text.parse::<u32>().is_ok())
    }
}

/// The media type of a body, without its parameters.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(essence(value))
}

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Enough of an answer to see what was wrong with the request.
const MAX_QUOTED: usize = 200;

/// The refusals that another token avoids: see [`Walk::with_claim`](super::Walk::with_claim).
const OF_TOKENS: [&str; 3] = [
    "insufficient_scope",
    "claim_not_accepted",
    "client_not_accepted",
];
