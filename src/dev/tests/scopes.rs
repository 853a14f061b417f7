use poem::http::StatusCode;
use serde_json::json;

use super::World;
use crate::dev::{DevOptions, OfferedScope};

const ORDERS: &str = "/v1/authorize?response_type=code&client_id=dev-spa\
    &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fdocs%2Foauth2-redirect.html&scope=orders:read\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

/// An issuer that knows the scopes of a shop.
async fn shop() -> World {
    let scopes = [
        OfferedScope::new("orders:read").with_description("Read orders."),
        OfferedScope::new("orders:write").with_description("<b>Change</b> \"orders\""),
        OfferedScope::new("stock"),
        OfferedScope::new("profile").with_description("Read the customer's profile."),
    ];
    World::with(DevOptions::default().with_scopes(scopes)).await
}

fn client_credentials(scope: &str) -> String {
    format!(
        "grant_type=client_credentials&scope={scope}&client_id=dev-client&client_secret=dev-secret"
    )
}

#[tokio::test]
async fn client_credentials_grant_the_applications_scopes_and_no_others() {
    let shop = shop().await;
    let granted = |scope: &'static str| shop.post_token(scope);

    for scope in ["orders:read", "orders:read stock", "profile"] {
        let answer = granted(scope).await;

        assert_eq!(answer.status, StatusCode::OK, "{scope}");
        assert_eq!(answer.json()["scope"], scope);
    }
    for scope in ["AccessAll", "profile:read", "orders", "openid", "email"] {
        let refused = (400, "invalid_scope".to_owned());
        assert_eq!(granted(scope).await.refusal(), refused, "{scope}");
    }
}

#[tokio::test]
async fn a_code_grants_the_applications_scopes_and_no_others() {
    let shop = shop().await;

    let page = shop.get(ORDERS).await;
    let (_, rest) = page.text.split_once("name=\"request\" value=\"").unwrap();
    let (handle, _) = rest.split_once('"').unwrap();
    let answer = shop
        .post("/v1/authorize", &format!("request={handle}&user=ada"))
        .await;
    let (_, code) = answer.header("location").split_once("code=").unwrap();
    let form = format!(
        "grant_type=authorization_code&code={code}&client_id=dev-spa\
         &redirect_uri=http://127.0.0.1:3000/docs/oauth2-redirect.html\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    );
    let token = shop.post("/v1/token", &form).await;
    let unknown = shop.get(&ORDERS.replace("orders:read", "AccessAll")).await;

    assert_eq!(token.status, StatusCode::OK);
    assert_eq!(token.json()["scope"], "orders:read");
    assert!(unknown.header("location").contains("error=invalid_scope"));
}

#[tokio::test]
async fn the_sign_in_page_describes_scopes_and_escapes_the_descriptions() {
    let shop = shop().await;

    let page = shop
        .get(&ORDERS.replace("orders:read", "openid+orders:read+orders:write+stock"))
        .await;

    let list = "<ul><li>openid</li>\
        <li>orders:read <span class=\"note\">Read orders.</span></li>\
        <li>orders:write <span class=\"note\">\
        &lt;b&gt;Change&lt;/b&gt; &quot;orders&quot;</span></li>\
        <li>stock</li></ul>";
    assert!(page.text.contains(list), "{}", page.text);
}

#[tokio::test]
async fn metadata_lists_the_applications_scopes_first_and_each_once() {
    let shop = shop().await;

    let document = shop.get("/.well-known/openid-configuration").await.json();

    assert_eq!(
        document["scopes_supported"],
        json!([
            "orders:read",
            "orders:write",
            "stock",
            "profile",
            "openid",
            "email",
            "offline_access"
        ])
    );
}

impl World {
    async fn post_token(&self, scope: &str) -> super::Answer {
        let form = client_credentials(&scope.replace(' ', "+"));
        self.post("/v1/token", &form).await
    }
}
