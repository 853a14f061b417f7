//! The responses that the code does not declare: refusals, with their headers and examples.
//!
//! Examples are made by the guard itself, so they cannot differ from what is sent.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::guard::Guard;
use crate::guard::bearer::{AuthorizationScheme, BearerError};
use crate::guard::challenge::{Asked, Challenge};
use crate::guard::problem::{MEDIA_TYPE, Problem};
use crate::guard::rejection::Rejection;
use crate::guard::rule::{AcceptedBindings, Certificates, Requirement, Rule, refused_by, step_up};
use crate::token::{ProofError, Scope, TokenError};
use crate::verifier::BindingError;

use super::problem_schema::PROBLEM;

/// Adds what the gate answers in place of the operation.
pub(super) fn add_refusals(operation: &mut Value, rule: &Rule, guard: &Guard) {
    let (requirement, is_optional) = match rule {
        Rule::Anonymous => return,
        Rule::Optional(requirement) => (requirement, true),
        Rule::Protected(requirement) => (requirement, false),
    };
    let unauthorized = if is_optional {
        "The access token or its proof is not valid."
    } else {
        "The access token is missing, or the token or its proof is not valid."
    };
    // The header's example is that of the last.
    let mut bad_tokens = unaccepted(requirement);
    if !is_optional {
        bad_tokens.push(Rejection::MissingCredentials);
    }
    bad_tokens.extend(bindings(requirement));
    bad_tokens.push(Rejection::InvalidToken(TokenError::BadSignature));
    let add = Challenged::by(guard, requirement);
    let malformed = Rejection::InvalidRequest(BearerError::Malformed);
    let text = "The `Authorization` header is malformed or repeated.";
    add.answers(operation, text, &[malformed]);
    add.answers(operation, unauthorized, &bad_tokens);
    if let Some((text, rejections)) = forbidden(requirement) {
        add.answers(operation, &text, &rejections);
    }
    if guard.limits().is_some() {
        let retry_after = Duration::from_secs(1);
        let too_many = Rejection::TooManyRequests { retry_after };
        let text = "The caller or its address has sent too many requests.";
        add.answers(operation, text, &[too_many]);
    }
    let text = "Access tokens cannot be verified now.";
    add.answers(operation, text, &[Rejection::Unavailable]);
}

/// Adds an answer that consists of a problem.
pub(super) fn add_problem(operation: &mut Value, problem: Problem, description: &str) {
    let examples = Map::from_iter([example(problem.reason, description, problem)]);
    merge(operation, problem, description, None, examples);
}

/// The refusals of a valid token with 401.
fn unaccepted(requirement: &Requirement) -> Vec<Rejection> {
    let Some(conditions) = requirement.conditions() else {
        return Vec::new();
    };
    let required = || requirement.named_scope(&Scope::none());
    let mut rejections = Vec::new();
    if conditions.issuers.is_some() {
        rejections.push(Rejection::IssuerNotAccepted {
            required: required(),
        });
    }
    if requirement.needs_user() {
        rejections.push(step_up(conditions, required()));
    }
    rejections
}

/// The refusals of a valid token whose binding or proof is not accepted.
fn bindings(requirement: &Requirement) -> Vec<Rejection> {
    let proof = BindingError::Proof(ProofError::BadSignature);
    let AcceptedBindings { bearer, bound } = requirement.bindings();
    let errors = match (bearer, bound) {
        (_, false) => vec![BindingError::BoundTokenNotAccepted],
        (true, true) => vec![proof],
        (false, true) => vec![BindingError::BearerTokenNotAccepted, proof],
    };
    errors.into_iter().map(Rejection::InvalidBinding).collect()
}

/// Adds the header with the nonce that proofs must contain.
pub(super) fn add_nonces(operation: &mut Value, rule: &Rule) {
    let (Rule::Protected(requirement) | Rule::Optional(requirement)) = rule else {
        return;
    };
    if !requirement.bindings().bound {
        return;
    }
    let answers = operation["responses"].as_object_mut().into_iter().flatten();
    for (status, answer) in
        answers.filter(|(status, _)| *status == "401" || status.starts_with('2'))
    {
        let when = match status.as_str() {
            "401" => {
                "The nonce for a new proof, if the reason is `missing_nonce` or `stale_nonce`."
            }
            _ => "The nonce for the next proof, if that of this request expires soon.",
        };
        answer["headers"]["DPoP-Nonce"] = json!({
            "description": when,
            "required": false,
            "schema": { "type": "string" },
        });
    }
}

fn forbidden(requirement: &Requirement) -> Option<(String, Vec<Rejection>)> {
    let required = requirement.named_scope(&Scope::none());
    let mut rejections = Vec::new();
    let text = match requirement.scopes() {
        [] if requirement.claims().is_empty() => "The caller may not make this call.".to_owned(),
        [] => "The token lacks a claim value that is required.".to_owned(),
        [set] => format!("The token lacks a required scope: `{set}`."),
        sets => {
            let sets: Vec<_> = sets.iter().map(|set| format!("`{set}`")).collect();
            format!("The token lacks a required scope: {}.", sets.join(" or "))
        }
    };
    if let Some(conditions) = requirement.conditions() {
        rejections.extend(conditions.checks.iter().map(refused_by));
        if !conditions.owners.is_empty() {
            rejections.push(Rejection::NotOwner);
        }
        if conditions.clients.is_some() {
            rejections.push(Rejection::ClientNotAccepted);
        }
    }
    if !requirement.claims().is_empty() {
        rejections.push(Rejection::ClaimNotAccepted {
            required: required.clone(),
        });
    }
    // This one is last because it names the scopes: the header's example is that of the last.
    if !required.is_empty() {
        rejections.push(Rejection::InsufficientScope { required });
    }
    (!rejections.is_empty()).then_some((text, rejections))
}

/// Adds the conditions besides scopes to the description of the operation.
pub(super) fn add_conditions(operation: &mut Value, rule: &Rule, certificates: Certificates) {
    let (Rule::Protected(requirement) | Rule::Optional(requirement)) = rule else {
        return;
    };
    let sentences = requirement.sentences(certificates);
    if sentences.is_empty() {
        return;
    }
    let own = operation["description"]
        .as_str()
        .unwrap_or_default()
        .trim_end();
    let list = sentences.join("\n- ");
    let separator = if own.is_empty() { "" } else { "\n\n" };
    let described = format!("{own}{separator}In addition to a valid access token:\n\n- {list}");
    operation["description"] = described.into();
}

/// Adds answers with the challenges of an operation.
struct Challenged<'a> {
    challenge: &'a Challenge,
    asked: Asked,
}

impl<'a> Challenged<'a> {
    fn by(guard: &'a Guard, requirement: &Requirement) -> Self {
        let accepted = requirement.bindings().schemes(guard.certificates());
        let scheme = if accepted.bearer {
            AuthorizationScheme::Bearer
        } else {
            AuthorizationScheme::Dpop
        };
        Self {
            challenge: guard.challenge(),
            asked: Asked { scheme, accepted },
        }
    }

    /// Adds one status, which is the answer to each of `rejections`.
    fn answers(&self, operation: &mut Value, description: &str, rejections: &[Rejection]) {
        let Some(last) = rejections.last() else {
            return;
        };
        let challenges = self.challenge.headers(self.asked, last);
        let challenges: Vec<_> = challenges
            .iter()
            .flatten()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let header = if challenges.is_empty() {
            let header = json!({
                "description": "Seconds to wait.",
                "schema": { "type": "integer", "minimum": 0 },
                "example": last.retry_after_secs(),
            });
            ("Retry-After", header)
        } else {
            let header = json!({
                "description": "A challenge for each accepted scheme (RFC 6750 section 3, \
                    RFC 9449 section 7.1).",
                "schema": { "type": "string" },
                "example": challenges.join(", "),
            });
            ("WWW-Authenticate", header)
        };
        let named = |rejection: &Rejection| {
            example(
                rejection.reason(),
                &rejection.to_string(),
                rejection.problem(),
            )
        };
        let examples = rejections.iter().map(named).collect();
        merge(
            operation,
            last.problem(),
            description,
            Some(header),
            examples,
        );
    }
}

fn example(name: &str, summary: &str, problem: Problem) -> (String, Value) {
    let value = json!({ "summary": summary, "value": problem.to_value() });
    (name.to_owned(), value)
}

/// Merges an answer with the one that the code declares for the same status. The declared media
/// types are kept.
fn merge(
    operation: &mut Value,
    problem: Problem,
    description: &str,
    header: Option<(&str, Value)>,
    examples: Map<String, Value>,
) {
    let describes_inputs = problem.status == StatusCode::BAD_REQUEST && has_inputs(operation);
    let answer = &mut operation["responses"][problem.status.as_str()];
    let is_declared = answer.is_object();
    if !is_declared {
        *answer = json!({ "description": description });
    }
    if let Some((name, mut header)) = header {
        // Other answers with this status do not have the header.
        header["required"] = (!is_declared && !describes_inputs).into();
        answer["headers"][name] = header;
    }
    if answer["content"].get(MEDIA_TYPE).is_none() {
        answer["content"][MEDIA_TYPE] = json!({
            "schema": { "$ref": format!("#/components/schemas/{PROBLEM}") },
        });
        answer["content"][MEDIA_TYPE]["examples"] = examples.into();
    }
    if let Value::Object(answers) = &mut operation["responses"] {
        answers.sort_keys();
    }
}

/// Whether poem-openapi may answer 400 by itself, for inputs that it cannot read.
fn has_inputs(operation: &Value) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|parameters| !parameters.is_empty())
        || operation.get("requestBody").is_some()
}
