//! The claims of a caller as a type of the application, read once for a remembered token.

use std::any::type_name;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::token::{Claims, Derived};

use super::principal::Principal;

impl Principal {
    /// All claims as a `T`. They are read once for a remembered token, and not at each call.
    ///
    /// Do not use it for a type that contains every claim, such as a `serde_json::Value`. See
    /// [`Claims::all`] for that.
    ///
    /// ```
    /// use poem::{Result, handler};
    /// use poem_resource_server::guard::Principal;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct ShopClaims {
    ///     tenant_id: String,
    ///     #[serde(default)]
    ///     groups: Vec<String>,
    /// }
    ///
    /// #[handler]
    /// fn tenant(caller: &Principal) -> Result<String> {
    ///     let claims = caller.claims_as::<ShopClaims>()?;
    ///     Ok(format!("{} with {} groups", claims.tenant_id, claims.groups.len()))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A [`ClaimsError`] if the claims do not have the form of a `T`. A handler that returns it
    /// refuses the call with 403 `claim_not_accepted` and the challenge of the guard.
    pub fn claims_as<T>(&self) -> Result<Arc<T>, ClaimsError>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let read = self.derived::<TypedClaims<T>>().0;
        read.map_err(|fault| ClaimsError {
            name: type_name::<T>(),
            fault,
            caller: self.clone(),
        })
    }
}

/// The claims of a token do not have the form of a type. The message contains no value of a claim.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the claims do not have the form of the type `{name}`: {fault}")]
pub struct ClaimsError {
    name: &'static str,
    fault: String,
    caller: Principal,
}

impl From<ClaimsError> for poem::Error {
    fn from(error: ClaimsError) -> Self {
        tracing::warn!(error = %error, "the claims of a caller have another form");
        error.caller.deny(
            "claim_not_accepted",
            "The claims of the access token do not have the form that this operation requires.",
        )
    }
}

/// What was read or the fault, and the size of the claims in bytes.
struct TypedClaims<T>(Result<Arc<T>, String>, usize);

impl<T> Clone for TypedClaims<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), self.1)
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Derived for TypedClaims<T> {
    fn derive(claims: &Claims) -> Self {
        let json = claims.json();
        let read = serde_json::from_str(json).map(Arc::new);
        Self(read.map_err(|error| fault(&error.to_string())), json.len())
    }

    /// The strings of a type are parts of the text.
    fn heap_bytes(&self) -> usize {
        match self.0 {
            Ok(_) => size_of::<T>() + size_of::<[usize; 2]>() + self.1,
            Err(_) => MAX_FAULT_BYTES,
        }
    }
}

/// What serde reports, without anything from the token.
fn fault(message: &str) -> String {
    let message = message
        .rsplit_once(" at line ")
        .map_or(message, |(what, _)| what);
    let own = if message.starts_with("missing field ") {
        message.to_owned()
    } else {
        let expected = message
            .rsplit_once(", expected ")
            .map(|(_, expected)| expected);
        expected.map_or("a claim has another form".to_owned(), |expected| {
            format!("a claim is not {expected}")
        })
    };
    own.chars().take(MAX_FAULT_BYTES / 4).collect()
}

const MAX_FAULT_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_contains_no_value_of_a_claim() {
        for (message, expected) in [
            (
                "missing field `tenant_id` at line 1 column 2",
                "missing field `tenant_id`",
            ),
            (
                "invalid type: string \"secret\", expected u64 at line 1 column 20",
                "a claim is not u64",
            ),
            (
                "unknown field `secret` at line 1 column 9",
                "a claim has another form",
            ),
        ] {
            assert_eq!(fault(message), expected);
        }
    }
}
