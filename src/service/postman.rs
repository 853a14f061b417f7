//! The API as a Postman collection that checks what it calls, and environments to run it in.
//!
//! Both are made from the rules and the document, so that a new operation appears by itself:
//!
//! 1. A token by client credentials, at the endpoint that the environment's issuer names.
//! 2. Each operation by its rule, protected ones first: once for each kind of caller
//!    (`requests`), with a saved answer (`answers`).
//! 3. What an answer must be, in each request's test script (`scripts`).
//!
//! Nothing is random, so the same settings give the same bytes. A secret from the settings is
//! never written.

mod answers;
mod bodies;
mod examples;
mod requests;
mod scripts;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::guard::{CLIENT_CREDENTIALS, Document, OperationRule, Rule};
use crate::token::ScopeToken;

/// The files that Postman imports.
pub(crate) struct PostmanFiles {
    /// The requests with their tests, in Postman's format v2.1.
    pub(crate) collection: String,
    /// The variables of the requests, for the settings in force.
    pub(crate) environment: String,
    /// The same for each further issuer, by its name.
    pub(crate) further_environments: Vec<(String, String)>,
    /// The same for an Okta org, to be filled in.
    pub(crate) okta_environment: String,
}

/// The variables of the requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    pub(super) base_url: String,
    pub(super) issuer: String,
    /// The issuer's name, for the name of the environment.
    pub(super) issuer_name: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// Scopes, separated by spaces.
    pub(super) scope: String,
}

impl PostmanFiles {
    pub(super) fn new(
        document: &Document,
        rules: &[OperationRule],
        environments: Vec<Environment>,
    ) -> Self {
        let required = required_scopes(rules);
        let mut environments = environments.into_iter();
        let first = environments.next().unwrap_or_default();
        let okta = Environment {
            base_url: first.base_url.clone(),
            issuer: "https://{yourOktaDomain}/oauth2/default".to_owned(),
            issuer_name: "Okta".to_owned(),
            client_id: String::new(),
            client_secret: String::new(),
            scope: if required.is_empty() {
                // Okta refuses a request without a scope. This is the scope of its guide.
                "AccessAll".to_owned()
            } else {
                required.join(" ")
            },
        };
        let title = document.as_value()["info"]["title"].as_str();
        let title = title.unwrap_or_default();
        Self {
            collection: text(&collection(document.as_value(), rules)),
            environment: text(&first.print(ENVIRONMENT_ID, title)),
            further_environments: environments
                .map(|it| {
                    (
                        it.issuer_name.clone(),
                        text(&it.print(&further_id(&it), title)),
                    )
                })
                .collect(),
            okta_environment: text(&okta.print(OKTA_ENVIRONMENT_ID, title)),
        }
    }
}

impl Environment {
    fn print(&self, id: &str, title: &str) -> Value {
        let value = |key, value: &str, kind| json!({ "key": key, "value": value, "type": kind, "enabled": true });
        json!({
            "id": id,
            "name": format!("{title} ({})", self.issuer_name),
            "values": [
                value("baseUrl", &self.base_url, "default"),
                value("issuer", &self.issuer, "default"),
                value("clientId", &self.client_id, "default"),
                value("clientSecret", &self.client_secret, "secret"),
                value("scope", &self.scope, "default"),
            ],
            "_postman_variable_scope": "environment",
        })
    }
}

/// The scopes that the document offers to programs.
pub(super) fn offered_scopes(document: &Document) -> Vec<String> {
    let scheme = &document.as_value()["components"]["securitySchemes"][CLIENT_CREDENTIALS];
    let scopes = scheme["flows"]["clientCredentials"]["scopes"].as_object();
    scopes
        .into_iter()
        .flatten()
        .map(|it| it.0.clone())
        .collect()
}

fn required_scopes(rules: &[OperationRule]) -> Vec<&str> {
    let mut required = Vec::new();
    for operation in rules {
        if let Rule::Protected(requirement) | Rule::Optional(requirement) = &operation.rule {
            // Where one of several sets is enough, the smallest is requested.
            required.extend(requirement.least_scope().iter().map(ScopeToken::as_str));
        }
    }
    required.sort_unstable();
    required.dedup();
    required
}

fn collection(document: &Value, rules: &[OperationRule]) -> Value {
    let info = &document["info"];
    let about = info["description"].as_str().unwrap_or_default();
    let mut in_order: Vec<_> = rules.iter().collect();
    in_order.sort_by_key(|operation| match operation.rule {
        Rule::Protected(_) => 0,
        Rule::Optional(_) => 1,
        Rule::Anonymous => 2,
    });
    let operations = in_order
        .into_iter()
        .flat_map(|operation| requests::items(operation, document));
    let items: Vec<_> = std::iter::once(requests::token())
        .chain(operations)
        .collect();
    let variable = |key| json!({ "key": key, "value": "" });
    json!({
        "info": {
            "_postman_id": COLLECTION_ID,
            "name": info["title"],
            "description": format!("{about}\n\n{HOW_TO}"),
            "version": info["version"],
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": items,
        // Filled by the first request.
        "variable": [variable("tokenEndpoint"), variable("accessToken"), variable("tamperedToken")],
    })
}

/// An id that depends only on the issuer, in the form of a UUID.
fn further_id(environment: &Environment) -> String {
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, environment.issuer.as_bytes());
    let digest: [u8; 6] = digest.as_ref()[..6]
        .try_into()
        .expect("SHA-256 has 32 bytes");
    let number = digest
        .into_iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(byte));
    format!("{}{number:012x}", &ENVIRONMENT_ID[..24])
}

fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

const HOW_TO: &str = "Select an environment and run the collection. The first request gets an \
    access token. Each other request calls an operation with the token, without it, or with a \
    tampered one, and its tests check the answer.\n\nThe requests use bearer tokens. The collection \
    cannot use DPoP, because not every sandbox of Postman can sign proofs: for a client of which the \
    issuer requires DPoP, a run stops at the first request and says so.";

// Fixed, so that importing a newer file replaces the older one.
const COLLECTION_ID: &str = "5b1d2c0e-6f0a-4c57-9d0b-3f6a4f0f7c11";
const ENVIRONMENT_ID: &str = "0c8a4d9a-7a55-4a55-8b8e-2f1f7a1f6f22";
const OKTA_ENVIRONMENT_ID: &str = "e3a1f6c4-90fd-4d0c-a7c3-84c0b6a9d333";
