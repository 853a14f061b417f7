//! What the document and the metadata say of conditions is what the guard does.

use poem_openapi::OpenApiService;
use poem_resource_server::guard::ProtectedResource;
use poem_resource_server::testing::Issuer;
use serde_json::{Value, json};

use crate::walk::{Api, access, guarded};

fn operation(document: &Value, path: &str) -> Value {
    document["paths"][path]["get"].clone()
}

fn reasons(operation: &Value, status: &str) -> Vec<String> {
    let examples =
        &operation["responses"][status]["content"]["application/problem+json"]["examples"];
    let examples = examples.as_object().into_iter().flatten();
    examples.map(|(name, _)| name.clone()).collect()
}

#[test]
fn each_set_of_scopes_is_an_alternative() {
    let (_, _, document) = guarded(&Issuer::new());

    let either = operation(document.as_value(), "/either");

    assert_eq!(
        either["security"],
        json!([
            { "BearerAuth": [] },
            { "DPoPAuth": [] },
            { "OpenIdConnect": ["a", "b"] },
            { "OpenIdConnect": ["c"] },
        ])
    );
    assert_eq!(
        either["responses"]["403"]["description"],
        "The token lacks a required scope: `a b` or `c`."
    );
}

#[test]
fn each_condition_is_described_and_has_the_examples_of_its_refusals() {
    let (_, _, document) = guarded(&Issuer::new());
    let document = document.as_value();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("/admin", "The claim `realm_access/roles` must have an accepted value.", "403", "claim_not_accepted"),
        ("/pay", "The user must be authenticated with the class (`acr`) `phr`.", "401", "insufficient_user_authentication"),
        ("/pay", "The user must have signed in (`auth_time`) within the last 5 min.", "401", "insufficient_user_authentication"),
        ("/tenants/{tenant}", "The parameter `tenant` must equal the claim `tenant_id`.", "403", "not_owner"),
        ("/orders", "The parameter `tenant` must equal the claim `tenant_id`.", "403", "not_owner"),
        ("/open-hours", "The check `closed` must accept the call.", "403", "closed"),
        ("/client", "The token must be for an accepted client.", "403", "client_not_accepted"),
        ("/client", "The token must be from the issuer `https://issuer.test/oauth2/default`.", "401", "issuer_not_accepted"),
    ];
    for (path, sentence, status, reason) in rows {
        let operation = operation(document, path);

        let described = operation["description"].as_str().unwrap_or_default();
        assert!(
            described.contains(&format!("\n- {sentence}")),
            "{path}: {described}"
        );
        let found = reasons(&operation, status);
        assert!(found.iter().any(|it| it == reason), "{path}: {found:?}");
    }
    let text = document.to_string();
    assert!(
        !text.contains("dev-client"),
        "ids of clients are not public"
    );
}

#[test]
fn the_metadata_lists_the_scopes_of_every_set() {
    let guard = Issuer::new().guard().with_access(access());
    let guarded = guard.protect(Api);

    let resource = ProtectedResource::new(
        "https://api.example",
        ["https://id.example"],
        guarded.rules(),
    );

    let resource = serde_json::to_value(resource).unwrap();
    assert_eq!(resource["scopes_supported"], json!(["a", "b", "c", "read"]));
    let _ = OpenApiService::new(guarded, "", "");
}
