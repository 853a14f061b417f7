//! What a requirement asks of a token, in words for the commands of the program.

use std::time::Duration;

use crate::token::{Claims, Scope, readable};

use super::binding::AcceptedBindings;
use super::conditions::{Conditions, MaxAge, Unmet};
use super::requirement::Requirement;
use super::scope_sets::cheapest_missing;
use super::sentences::alternatives;

impl Requirement {
    /// The set with the fewest scopes; the first of several.
    pub(crate) fn least_scope(&self) -> &Scope {
        let least = self.scopes().iter().min_by_key(|set| set.len());
        least.unwrap_or(&NO_SCOPE)
    }

    /// Whether only scopes are required.
    pub(crate) fn is_of_scopes_alone(&self) -> bool {
        let conditions = self.conditions();
        self.bindings() == AcceptedBindings::default()
            && conditions.is_none_or(Conditions::are_of_scopes_alone)
    }

    /// What claims lack, of what can be decided without a request at the time `now`, which is the
    /// time since 1970. Each part completes the sentence "it lacks ..".
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
        let bindings = self.bindings();
        if !bindings.bearer && claims.confirmation().is_none() {
            lacking.push("the claim `cnf`, because only bound tokens are accepted".to_owned());
        }
        if !bindings.bound && claims.confirmation().is_some() {
            lacking.push("a form without `cnf`, because no bound tokens are accepted".to_owned());
        }
        let max_age = conditions.and_then(|it| it.max_age.as_ref());
        let is_old = |it: &&MaxAge| !it.is_met(claims, &crate::token::Memo::default(), now, leeway);
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
    pub(crate) fn undecided(&self) -> Vec<String> {
        let conditions = self.conditions().into_iter();
        conditions.flat_map(Conditions::undecided).collect()
    }
}

impl Conditions {
    /// Whether they only say which scopes include others.
    pub(super) fn are_of_scopes_alone(&self) -> bool {
        let lists = [&self.issuers, &self.acr, &self.clients];
        lists.iter().all(|list| list.is_none())
            && self.max_age.is_none()
            && self.claims.is_empty()
            && self.owners.is_empty()
            && self.checks.is_empty()
            && !self.introspect
    }

    fn undecided(&self) -> Vec<String> {
        let owners = self.owners.iter();
        let owners = owners.map(|it| format!("the parameter `{}`", it.parameter()));
        let checks = self.checks.iter();
        let checks = checks.map(|it| format!("the check `{}`", it.reason));
        owners.chain(checks).collect()
    }
}

static NO_SCOPE: Scope = Scope::none();

#[cfg(all(test, feature = "dev"))]
#[allow(clippy::unwrap_used)] // A test may stop at the first surprise.
mod tests {
    use serde_json::json;

    use super::super::binding::Binding;
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
        let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
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
        let required = Requirement::default().with_binding(Binding::Required);
        let bearer = Requirement::default().with_binding(Binding::Bearer);
        let bound = claims(&[("cnf", json!({ "jkt": jkt }))]);
        let of = |requirement: &Requirement, claims: &Claims| {
            requirement.lacking(claims, Duration::from_secs(1_000), Duration::ZERO)
        };
        assert_eq!(
            of(&required, &nothing),
            ["the claim `cnf`, because only bound tokens are accepted"]
        );
        assert_eq!(
            of(&bearer, &bound),
            ["a form without `cnf`, because no bound tokens are accepted"]
        );
        assert!(of(&required, &bound).is_empty() && of(&bearer, &nothing).is_empty());
        let undecided = requirement.undecided();
        assert_eq!(
            undecided,
            ["the parameter `tenant`", "the check `open_hours`"]
        );
    }
}
