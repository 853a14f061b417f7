//! Calls that a handler refuses after the gate has admitted them.

use poem::Result;
use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;
use poem_resource_server::Application;
use poem_resource_server::guard::{BearerAuth, Principal};
use poem_resource_server::testing::Issuer;
use serde::Deserialize;
use serde_json::Value;

use crate::calls::{Answer, get, get_with, try_start};
use crate::captured::Lines;

struct Shop;

#[derive(Deserialize)]
struct ShopClaims {
    tenant: String,
}

#[OpenApi]
#[allow(clippy::unused_async)]
impl Shop {
    #[oai(path = "/close", method = "get", operation_id = "close")]
    async fn close(&self, caller: BearerAuth) -> Result<PlainText<&'static str>> {
        if caller.claims().get("region").is_none() {
            return Err(caller.deny("no_region", "The account has no region."));
        }
        Ok(PlainText("closed"))
    }

    #[oai(path = "/tenant", method = "get", operation_id = "tenant")]
    async fn tenant(&self, caller: BearerAuth) -> Result<PlainText<String>> {
        let caller: &Principal = &caller;
        Ok(PlainText(caller.claims_as::<ShopClaims>()?.tenant.clone()))
    }
}

fn field<'a>(lines: &'a [Value], name: &str) -> Vec<&'a str> {
    lines
        .iter()
        .map(|line| line[name].as_str().unwrap_or("none"))
        .collect()
}

#[tokio::test]
async fn a_call_that_a_handler_refuses_is_audited_as_admitted_and_then_as_refused() {
    let name = format!("denials-salt-{}", std::process::id());
    let salt = std::env::temp_dir().join(name);
    std::fs::write(&salt, "0123456789abcdef0123456789abcdef\n").unwrap();
    let issuer = Issuer::new();
    let application = Application::new("Shop", "1").api(|_| Shop);
    let settings = [("audit.salt_file", salt.to_str().unwrap())];
    let shop = try_start(application, &settings, &issuer).await.unwrap();
    std::fs::remove_file(&salt).unwrap();
    let token = issuer.token("");
    let accepted = issuer
        .access_token("")
        .claim("region", "eu")
        .claim("tenant", "acme");
    let accepted = issuer.sign(&accepted);
    let (lines, _guard) = Lines::capture();

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("/close", "close", &token, 403, &["ok", "no_region"][..]),
        ("/close", "close", &token, 403, &["ok", "no_region"]),
        ("/close", "close", &accepted, 200, &["ok"]),
        ("/tenant", "tenant", &token, 403, &["ok", "claim_not_accepted"]),
        ("/tenant", "tenant", &accepted, 200, &["ok"]),
    ];
    let mut seen = 0;
    for (path, operation, token, status, reasons) in rows {
        let answer = get_with(&shop, path, token).await;

        let audited = lines.with_target("audit").split_off(seen);
        seen += audited.len();
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(field(&audited, "reason"), reasons, "{path}");
        for line in &audited {
            let outcome = if line["reason"] == "ok" {
                "allowed"
            } else {
                "refused"
            };
            assert_eq!(line["outcome"], outcome, "{line}");
            assert_eq!(line["operation"], operation, "{line}");
            assert_eq!(
                line["request_id"].as_str(),
                answer.header("x-request-id"),
                "{line}"
            );
            assert_eq!(line["subject"], audited[0]["subject"], "{line}");
            assert!(line["subject"].is_string(), "{line}");
        }
    }
}

#[tokio::test]
async fn a_refusal_by_a_handler_is_answered_logged_and_counted_with_its_reason() {
    let issuer = Issuer::new();
    let application = Application::new("Shop", "1").api(|_| Shop);
    let shop = try_start(application, &[], &issuer).await.unwrap();
    let token = issuer.token("");
    let (lines, _guard) = Lines::capture();

    let refused = get_with(&shop, "/close", &token).await;

    assert_eq!(
        (refused.status.as_u16(), &*refused.reason()),
        (403, "no_region")
    );
    assert_eq!(
        refused.header("www-authenticate"),
        Some(challenge(&shop).await.as_str())
    );
    let logged = lines.with_target("access");
    assert_eq!(field(&logged, "reason")[0], "no_region", "{logged:#?}");
    assert_eq!(field(&logged, "route")[0], "/close", "{logged:#?}");
    assert!(lines.with_target("audit").is_empty());
}

/// The challenge of the service for a call without a token, with the refusal's parameters.
async fn challenge(shop: &impl poem::Endpoint) -> String {
    let Answer { headers, .. } = get(shop, "/close").await;
    let plain = headers["www-authenticate"].to_str().unwrap().to_owned();
    plain + ", error=\"insufficient_scope\", error_description=\"The account has no region.\""
}
