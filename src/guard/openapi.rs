//! The document that describes what the gates enforce.
//!
//! Poem-openapi prints what the code declares. This module adds what only the rules and the issuer
//! know, and what poem-openapi omits:
//!
//! 1. Each media type by its bare name, each answer with a description and an example (`tidy`).
//! 2. `security` per operation, never at the root: `BearerAuth` or `CertificateBoundAuth`, and
//!    `DPoPAuth`, as far as the operation accepts their tokens, then the required scopes, by the
//!    schemes of each issuer (`schemes`), then the application's other schemes; `[]` on operations
//!    without any (`security`).
//! 3. 400, 401, 403 and 503 on protected operations, with their headers and the problem schema
//!    (`answers`).

mod answers;
mod live;
mod operations;
mod problem_schema;
mod schemes;
mod security;
mod tidy;

#[cfg(test)]
mod tests;

use poem_openapi::{OpenApi, OpenApiService, Webhook};
use serde_json::Value;

use super::described_issuer::DescribedIssuer;
use super::guarded::Guarded;
use super::problem::Problem;
use super::rule::{self, OperationRule};
use super::{Guard, RuleError};

use problem_schema::{PROBLEM, problem_schema};
#[cfg(any(feature = "service", feature = "testing"))]
pub(crate) use schemes::CERTIFICATE_BOUND;
#[cfg(feature = "service")]
pub(crate) use schemes::CERTIFICATE_BOUND_AUTH;
pub(super) use schemes::ScopeTexts;
#[cfg(feature = "docs")]
pub(crate) use schemes::{CLIENT_CREDENTIALS, SIGN_IN};

/// An OpenAPI 3.0 document: a guard's, or by `From` one that came from elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// Adds to poem-openapi's own document what only the rules, the guard and the issuer know.
    pub(crate) fn complete(
        mut document: Value,
        rules: &[OperationRule],
        guard: &Guard,
        issuers: &[DescribedIssuer],
    ) -> Self {
        tidy::tidy(&mut document);
        for rule in rules {
            if let Some(operation) = operations::find(&mut document, rule) {
                let certificates = guard.certificates();
                security::describe(operation, rule, issuers, certificates);
                answers::add_conditions(operation, &rule.rule, certificates);
                answers::add_refusals(operation, &rule.rule, guard);
                if guard.verifier.proofs().requires_nonces() {
                    answers::add_nonces(operation, &rule.rule);
                }
            }
        }
        document["components"]["schemas"][PROBLEM] = problem_schema();
        let bound = schemes::BoundTokens {
            proof_algorithms: &guard.proof_algorithms(),
            certificates: guard.certificates(),
        };
        schemes::add(&mut document, issuers, rules, guard.scope_texts(), &bound);
        Self(document)
    }

    /// The document as a JSON value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The document as JSON text, indented.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// Adds an answer that any operation may give, whatever its rule, because a layer before the
    /// API gives it. An operation that describes the status itself keeps its own description.
    #[must_use]
    pub fn with_answer(mut self, problem: Problem, description: &str) -> Self {
        for operation in operations::all(&mut self.0) {
            answers::add_problem(operation, problem, description);
        }
        self
    }
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl Guard {
    /// The document of a guarded API.
    ///
    /// With the issuer's metadata, it shows the flows by which a caller gets a token. Before the
    /// metadata is known, it names the issuer's discovery document, so that required scopes are shown in
    /// any case. To serve a document that follows the metadata, see [`Guard::document_endpoint`].
    ///
    /// Operations are found by the paths that the code gives them: mount the API with
    /// [`Route::nest`](poem::Route::nest) or `prefix_path`, not with `url_prefix`.
    ///
    /// # Errors
    ///
    /// The [`RuleError`] that [`Guard::try_protect`] returned before.
    ///
    /// # Panics
    ///
    /// Never: poem-openapi's own document is JSON.
    pub fn document<T: OpenApi, W: Webhook>(
        &self,
        service: &OpenApiService<Guarded<T>, W>,
    ) -> Result<Document, RuleError> {
        // The service owns the `Guarded` and does not return it. Its rules follow from `T`.
        let rules = rule::rules::<T>(self.access())?;
        let issuers = self.described_issuers();
        Ok(Document::complete(spec(service)?, &rules, self, &issuers))
    }
}

/// The document as poem-openapi prints it.
///
/// # Errors
///
/// As [`require_free_names`].
pub(crate) fn spec<T: OpenApi, W: Webhook>(
    service: &OpenApiService<T, W>,
) -> Result<Value, RuleError> {
    let spec = serde_json::from_str(&service.spec()).expect("poem-openapi emits JSON");
    require_free_names(&spec)?;
    Ok(spec)
}

/// Refuses a document of poem-openapi in which a name of ours is taken.
///
/// # Errors
///
/// [`RuleError::SchemaNameTaken`], [`RuleError::SchemeNameTaken`].
pub(crate) fn require_free_names(spec: &Value) -> Result<(), RuleError> {
    let schemes = &spec["components"]["securitySchemes"];
    let taken = |scheme: &&str| schemes.get(*scheme).is_some();
    if let Some(scheme) = schemes::OWN.into_iter().find(taken) {
        return Err(RuleError::SchemeNameTaken { scheme });
    }
    let schema = PROBLEM;
    match spec["components"]["schemas"].get(schema) {
        Some(_) => Err(RuleError::SchemaNameTaken { schema }),
        None => Ok(()),
    }
}
