//! Says in sentences what a requirement contains besides scopes, for documents and people.
//!
//! Values of claims and ids of clients are not named, because a document is public and may be
//! read by anybody.

use std::time::Duration;

use crate::token::{Claims, Scope, readable};

use super::conditions::{Conditions, Unmet};
use super::requirement::Requirement;
use super::scope_sets::cheapest_missing;

impl Requirement {
    /// One sentence for each condition besides scopes, in the order in which they are judged.
    pub(crate) fn sentences(&self) -> Vec<String> {
        let Some(conditions) = self.conditions() else {
            return Vec::new();
        };
        let mut sentences = Vec::new();
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
        sentences
    }

    /// What claims lack, of what can be decided without a request at the time `now`, which is the
    /// time since 1970. Each part completes the sentence "it lacks ..".
    #[cfg(feature = "service")]
    pub(crate) fn lacking(&self, claims: &Claims, now: Duration, leeway: Duration) -> Vec<String> {
        let mut lacking = Vec::new();
        let conditions = self.conditions();
        let unmet = conditions.map(|conditions| conditions.unmet(claims));
        let is_unmet = |one| unmet.is_some_and(|unmet| unmet.has(one));
        let values =
            |values: Option<&Vec<String>>| alternatives(values.map_or(&[][..], Vec::as_slice));
        if is_unmet(Unmet::ISSUER) {
            let issuers = values(conditions.and_then(|it| it.issuers.as_ref()));
            lacking.push(format!("the issuer {issuers}"));
        }
        if is_unmet(Unmet::ACR) {
            let acr = values(conditions.and_then(|it| it.acr.as_ref()));
            lacking.push(format!("the claim `acr` with {acr}"));
        }
        let max_age = conditions.and_then(|it| it.max_age.as_ref());
        let is_old = |it: &&super::conditions::MaxAge| {
            !it.is_met(claims, &crate::token::Memo::default(), now, leeway)
        };
        if let Some(max_age) = max_age.filter(is_old) {
            let limit = readable(max_age.limit);
            lacking.push(format!("a sign-in (`auth_time`) within the last {limit}"));
        }
        lacking.extend(self.lacking_scopes(claims.scope()));
        if is_unmet(Unmet::CLIENT) {
            let clients = values(conditions.and_then(|it| it.clients.as_ref()));
            lacking.push(format!("the client {clients}"));
        }
        for rule in self.claims().iter().filter(|rule| !rule.is_met(claims)) {
            let values: Vec<_> = rule.values().iter().map(ToString::to_string).collect();
            let values = values.join(" or ");
            let path = rule.path();
            lacking.push(if rule.is_negated() {
                format!("a value of the claim `{path}` other than {values}")
            } else {
                format!("the claim `{path}` with {values}")
            });
        }
        lacking
    }

    /// The scopes of the cheapest set that are missing.
    #[cfg(feature = "service")]
    fn lacking_scopes(&self, granted: &Scope) -> Vec<String> {
        let implied = self.conditions().map(|conditions| &conditions.implied);
        let named = cheapest_missing(self.scopes(), granted, implied);
        let scopes = named.into_iter().flat_map(Scope::iter);
        let missing = scopes.filter(|scope| match implied {
            Some(implied) => !implied.grant(granted, scope),
            None => !granted.iter().any(|it| it == *scope),
        });
        missing.map(|scope| format!("`{scope}`")).collect()
    }

    /// The conditions on which only a request can decide: parameters and checks in code.
    #[cfg(feature = "service")]
    pub(crate) fn undecided(&self) -> Vec<String> {
        let conditions = self.conditions().into_iter();
        conditions.flat_map(Conditions::undecided).collect()
    }
}

impl Conditions {
    #[cfg(feature = "service")]
    fn undecided(&self) -> Vec<String> {
        let owners = self.owners.iter();
        let owners = owners.map(|it| format!("the parameter `{}`", it.parameter()));
        let checks = self.checks.iter();
        let checks = checks.map(|it| format!("the check `{}`", it.reason));
        owners.chain(checks).collect()
    }
}

fn alternatives(values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    values.join(" or ")
}

#[cfg(all(test, feature = "dev", feature = "service"))]
#[allow(clippy::unwrap_used)] // A test may stop at the first surprise.
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dev::{SigningAlgorithm, SigningKey};

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_lacks_what_it_does_not_meet_and_the_rest_depends_on_the_request() {
        let requirement = Requirement::default()
            .with_any_scope([scope("a b"), scope("c d e")])
            .with_issuers(["https://other.example"])
            .with_acr(["phr"])
            .with_max_age(Duration::from_secs(300))
            .with_clients(["web", "app"])
            .with_claim("level", [3])
            .with_claim("groups", ["admins"])
            .without_claim("status", ["closed"])
            .with_owner("tenant", "tenant_id")
            .with_check("open_hours", |_, _| false);
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let claims = |extra: &[(&str, serde_json::Value)]| {
            let mut claims =
                json!({ "iss": "https://id.example", "aud": "a", "sub": "s", "exp": 7 });
            for (name, value) in extra {
                claims[*name] = value.clone();
            }
            let token = key.sign(&json!({ "alg": "ES256" }), &claims);
            Claims::parse(&key.verify(&token).unwrap()).unwrap()
        };
        let lacking = |claims: &Claims| {
            requirement.lacking(claims, Duration::from_secs(1_000), Duration::from_secs(60))
        };

        let nothing = claims(&[("scope", json!("a")), ("status", json!("closed"))]);
        let everything = claims(&[
            ("iss", json!("https://other.example")),
            ("scope", json!("a b")),
            ("acr", json!("phr")),
            ("auth_time", json!(700)),
            ("cid", json!("app")),
            ("level", json!(3)),
            ("groups", json!(["admins"])),
        ]);

        assert_eq!(
            lacking(&nothing),
            [
                "the issuer `https://other.example`",
                "the claim `acr` with `phr`",
                "a sign-in (`auth_time`) within the last 5 min",
                "`b`",
                "the client `web` or `app`",
                "the claim `level` with 3",
                "the claim `groups` with \"admins\"",
                "a value of the claim `status` other than \"closed\"",
            ]
        );
        assert!(
            lacking(&everything).is_empty(),
            "{:?}",
            lacking(&everything)
        );
        let undecided = requirement.undecided();
        assert_eq!(
            undecided,
            ["the parameter `tenant`", "the check `open_hours`"]
        );
    }
}
