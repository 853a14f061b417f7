//! The parameter `test_claims`, by which a client changes the claims of its token.
//!
//! No real issuer has it. With it, tests in any language and `check` get the tokens that an API
//! must refuse, signed by the real key: expired ones, and those of another issuer or audience.
//! It does not weaken this issuer, whose secrets are public and whose users have no passwords.

use serde_json::{Map, Value};

use super::access_token::AccessToken;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// The name of the parameter.
pub(crate) const TEST_CLAIMS: &str = "test_claims";

/// Changes of the claims, from a JSON object: `null` removes a claim, any other value sets it.
#[derive(Debug)]
pub(super) struct TestClaims(Map<String, Value>);

impl TestClaims {
    /// The changes that a form requests; `None` without the parameter.
    pub(super) fn find(form: &Parameters) -> Result<Option<Self>, Refusal> {
        let Some(text) = form.find(TEST_CLAIMS) else {
            return Ok(None);
        };
        let claims = serde_json::from_str(text).map_err(|_| NO_OBJECT)?;
        Ok(Some(Self(claims)))
    }

    /// The token with the changes.
    pub(super) fn apply(self, token: AccessToken) -> AccessToken {
        (self.0.into_iter()).fold(token, |token, (name, value)| match value {
            Value::Null => token.without(&name),
            value => token.claim(&name, value),
        })
    }
}

const NO_OBJECT: Refusal = Refusal::invalid_request("'test_claims' must be a JSON object.");
