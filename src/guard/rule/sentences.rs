//! Says in sentences what a requirement contains besides scopes, for documents and people.
//!
//! Values of claims and ids of clients are not named, because a document is public and may be
//! read by anybody.

use crate::token::readable;

use super::binding::Certificates;
use super::requirement::Requirement;

impl Requirement {
    /// One sentence for each condition besides scopes, in the order in which they are judged.
    pub(crate) fn sentences(&self, certificates: Certificates) -> Vec<String> {
        let mut sentences = Vec::new();
        let of_binding = match (self.bindings().bearer, self.bindings().bound, certificates) {
            (true, true, _) => None,
            (true, false, _) => Some("The token must not be bound to a key."),
            (false, _, Certificates::Unknown) => {
                Some("The token must be bound to a key of the caller (DPoP).")
            }
            (false, _, Certificates::Known) => Some(
                "The token must be bound to a key of the caller (DPoP) or to the certificate of the \
                 caller.",
            ),
        };
        sentences.extend(of_binding.map(str::to_owned));
        let Some(conditions) = self.conditions() else {
            return sentences;
        };
        if let Some(issuers) = &conditions.issuers {
            let issuers = alternatives(issuers);
            sentences.push(format!("The token must be from the issuer {issuers}."));
        }
        if let Some(acr) = &conditions.acr {
            let acr = alternatives(acr);
            sentences.push(format!(
                "The user must be authenticated with the class (`acr`) {acr}."
            ));
        }
        if let Some(max_age) = &conditions.max_age {
            let limit = readable(max_age.limit);
            sentences.push(format!(
                "The user must have signed in (`auth_time`) within the last {limit}."
            ));
        }
        if conditions.clients.is_some() {
            sentences.push("The token must be for an accepted client.".to_owned());
        }
        for rule in &conditions.claims {
            let path = rule.path();
            sentences.push(if rule.is_negated() {
                format!("The claim `{path}` must not have a refused value.")
            } else {
                format!("The claim `{path}` must have an accepted value.")
            });
        }
        for owner in &conditions.owners {
            let (parameter, claim) = (owner.parameter(), owner.claim());
            sentences.push(format!(
                "The parameter `{parameter}` must equal the claim `{claim}`."
            ));
        }
        for check in &conditions.checks {
            sentences.push(format!(
                "The check `{}` must accept the call.",
                check.reason
            ));
        }
        if conditions.introspect {
            sentences.push("The service asks the issuer whether the token is active.".to_owned());
        }
        sentences
    }

    /// Whether it contains more than scopes.
    #[cfg(feature = "service")]
    pub(crate) fn has_conditions(&self) -> bool {
        !self.sentences(Certificates::Unknown).is_empty()
    }
}

/// Values of which one is enough.
pub(super) fn alternatives(values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    values.join(" or ")
}
