//! Security schemes of somebody else beside ours: each decides on its own credentials.

mod document;
mod names;

use poem::{EndpointExt, Request, Response, Route, handler};
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, SecurityScheme, auth};
use poem_resource_server::guard::{
    Access, AccessMode, BearerAuth, Challenge, OperationAccess, OptionalBearerAuth, Principal, Rule,
};
use poem_resource_server::testing::Issuer;
use serde_json::Value;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

#[derive(SecurityScheme)]
#[oai(
    ty = "api_key",
    key_name = "X-Key",
    key_in = "header",
    checker = "known_key"
)]
struct ApiKey(String);

#[allow(clippy::unused_async)] // As poem-openapi calls it.
async fn known_key(_: &Request, key: auth::ApiKey) -> Option<String> {
    (key.key == "good").then_some(key.key)
}

#[derive(SecurityScheme)]
enum OptionalKey {
    Key(ApiKey),
    #[oai(fallback)]
    Nobody,
}

#[derive(SecurityScheme)]
enum CallerOrKey {
    Caller(BearerAuth),
    Key(ApiKey),
}

#[derive(SecurityScheme)]
enum Anyone {
    Caller(BearerAuth),
    Key(ApiKey),
    #[oai(fallback)]
    Nobody,
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<String> {
        PlainText("nobody".to_owned())
    }

    #[oai(path = "/optional", method = "get", operation_id = "optional")]
    async fn optional(
        &self,
        #[oai(scope = "ApiScope::Read")] OptionalBearerAuth(caller): OptionalBearerAuth,
    ) -> PlainText<String> {
        PlainText(caller.map_or("nobody".to_owned(), |caller| caller.subject().to_owned()))
    }

    #[oai(path = "/key", method = "get", operation_id = "key")]
    async fn key(&self, #[oai(scope = "ApiScope::Read")] key: ApiKey) -> PlainText<String> {
        PlainText(key.0)
    }

    #[oai(path = "/optional_key", method = "get", operation_id = "optional_key")]
    async fn optional_key(&self, key: OptionalKey) -> PlainText<String> {
        PlainText(match key {
            OptionalKey::Key(key) => key.0,
            OptionalKey::Nobody => "nobody".to_owned(),
        })
    }

    #[oai(path = "/either", method = "get", operation_id = "either")]
    async fn either(&self, #[oai(scope = "ApiScope::Read")] who: CallerOrKey) -> PlainText<String> {
        PlainText(match who {
            CallerOrKey::Caller(caller) => caller.subject().to_owned(),
            CallerOrKey::Key(key) => key.0,
        })
    }

    #[oai(path = "/both", method = "get", operation_id = "both")]
    async fn both(&self, key: ApiKey, caller: BearerAuth) -> PlainText<String> {
        PlainText(format!("{} with {}", caller.subject(), key.0))
    }

    #[oai(path = "/anyone", method = "get", operation_id = "anyone")]
    async fn anyone(&self, who: Anyone) -> PlainText<String> {
        PlainText(match who {
            Anyone::Caller(caller) => caller.subject().to_owned(),
            Anyone::Key(key) => key.0,
            Anyone::Nobody => "nobody".to_owned(),
        })
    }
}

#[handler]
fn greet(caller: Option<&Principal>) -> String {
    caller.map_or("nobody".to_owned(), |caller| caller.subject().to_owned())
}

fn access(mode: AccessMode, anonymous: &[&str], scoped: &[&str]) -> Access {
    let access = Access::default()
        .with_mode(mode)
        .with_anonymous(anonymous.iter().copied());
    scoped.iter().fold(access, |access, id| {
        let added = OperationAccess::default().with_scope("more".parse().unwrap());
        access.with_operation(*id, added)
    })
}

/// The rule of each operation by its id, as one word, its scopes and the other schemes.
fn rules(access: Access) -> Result<Vec<String>, String> {
    let guarded = Issuer::new().guard().with_access(access).try_protect(Api);
    let guarded = guarded.map_err(|error| error.to_string())?;
    let printed = guarded.rules().iter().map(|operation| {
        let (word, requirement) = match &operation.rule {
            Rule::Anonymous => ("anonymous", None),
            Rule::Optional(requirement) => ("optional", Some(requirement)),
            Rule::Protected(requirement) => ("protected", Some(requirement)),
            other => panic!("an unknown rule: {other:?}"),
        };
        let mut words = vec![word.to_owned()];
        let scopes = requirement.and_then(|it| it.scopes().first());
        words.extend(scopes.map(ToString::to_string));
        words.extend(operation.other_schemes.iter().map(ToString::to_string));
        words.retain(|word| !word.is_empty());
        words.join(" ")
    });
    Ok(printed.collect())
}

#[test]
#[rustfmt::skip] // A row a line.
fn only_our_own_scheme_makes_rules() {
    use AccessMode::{All, Declared};

    let open = ["optional_key", "anyone"];
    for (name, access, expected) in [
        ("as declared", access(Declared, &[], &[]),
            ["anonymous", "optional read", "anonymous ApiKey", "anonymous ApiKey",
             "optional read ApiKey", "optional ApiKey", "optional ApiKey"]),
        ("everything", access(All, &open, &[]),
            ["protected", "protected read", "anonymous ApiKey", "anonymous ApiKey",
             "optional read ApiKey", "optional ApiKey", "optional ApiKey"]),
        ("everything that may be open is", access(All, &["open", "optional", "optional_key", "anyone"], &[]),
            ["anonymous", "optional read", "anonymous ApiKey", "anonymous ApiKey",
             "optional read ApiKey", "optional ApiKey", "optional ApiKey"]),
        ("a scope asks for a token", access(Declared, &[], &["open", "optional", "either", "both", "anyone"]),
            ["protected more", "protected read more", "anonymous ApiKey", "anonymous ApiKey",
             "protected read more ApiKey", "protected more ApiKey", "protected more ApiKey"]),
        ("a scope asks for a token, in mode all", access(All, &["optional_key"], &["either", "anyone"]),
            ["protected", "protected read", "anonymous ApiKey", "anonymous ApiKey",
             "protected read more ApiKey", "optional ApiKey", "protected more ApiKey"]),
    ] {
        assert_eq!(rules(access).unwrap(), expected, "{name}");
    }
}

#[test]
fn a_combination_that_cannot_be_intended_is_refused() {
    use AccessMode::{All, Declared};

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a scope where there is no token", access(Declared, &[], &["key"]),
            "`access.operations.key` has a requirement for tokens, but the operation `key` takes no token: its code declares only the scheme `ApiKey`; remove the setting, or let the operation take a `BearerAuth`"),
        ("the same with a fallback", access(All, &["anyone"], &["optional_key"]),
            "`access.operations.optional_key` has a requirement for tokens, but the operation `optional_key` takes no token: its code declares only the scheme `ApiKey`; remove the setting, or let the operation take a `BearerAuth`"),
        ("open by another scheme in mode all", access(All, &["anyone"], &[]),
            "`access.mode` is `all`, but the operation optional_key is open to callers without credentials: its scheme `ApiKey` has a fallback; remove the fallback, or name the operation in `access.anonymous`"),
        ("open by both in mode all", access(All, &["optional_key"], &[]),
            "`access.mode` is `all`, but the operation anyone is open to callers without credentials: its scheme `ApiKey` has a fallback; remove the fallback, or name the operation in `access.anonymous`"),
        ("anonymous with a key", access(All, &["key", "optional_key", "anyone"], &[]),
            "`access.anonymous` names the operation `key`, which requires credentials by its declaration in the code; remove it from one of them"),
        ("anonymous with a key or a token", access(All, &["either", "optional_key", "anyone"], &[]),
            "`access.anonymous` names the operation `either`, which requires credentials by its declaration in the code; remove it from one of them"),
    ];

    for (name, access, message) in rows {
        assert_eq!(rules(access).unwrap_err(), message, "{name}");
    }
}

async fn call(routes: &Route, path: &str, token: Option<&str>, key: Option<&str>) -> Response {
    let mut request = Request::builder().uri(path.parse().unwrap());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(key) = key {
        request = request.header("X-Key", key);
    }
    poem::Endpoint::get_response(routes, request.finish()).await
}

#[tokio::test]
#[rustfmt::skip] // A row a line.
async fn each_scheme_decides_on_its_own_credentials() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let guard = issuer.guard().with_challenge(Challenge::new("shop"));
    let service = OpenApiService::new(guard.protect(Api), "Schemes", "1");
    let routes = Route::new()
        .at("/greet", greet.with(guard.identify()))
        .nest("/", service);
    let (good, poor) = (issuer.token("read"), issuer.token("other"));
    let (good, poor, bad) = (Some(good.as_str()), Some(poor.as_str()), Some("a.b"));
    let key = Some("good");
    for (name, path, token, sent_key, status, body) in [
        ("optional, nobody", "/optional", None, None, 200, "nobody"),
        ("optional, known", "/optional", good, None, 200, "ada"),
        ("optional, lacking", "/optional", poor, None, 403, "insufficient_scope"),
        ("optional, bad", "/optional", bad, None, 401, "not_three_segments"),
        ("greet, nobody", "/greet", None, None, 200, "nobody"),
        ("greet, known", "/greet", poor, None, 200, "ada"),
        ("greet, bad", "/greet", bad, None, 401, "not_three_segments"),
        ("key", "/key", None, key, 200, "good"),
        ("key, none", "/key", None, None, 401, ""),
        ("key, wrong", "/key", None, Some("bad"), 401, ""),
        ("key, a token instead", "/key", good, None, 401, ""),
        ("key, any token beside", "/key", bad, key, 200, "good"),
        ("key or nobody, nobody", "/optional_key", None, None, 200, "nobody"),
        ("key or nobody, key", "/optional_key", None, key, 200, "good"),
        ("either, token", "/either", good, None, 200, "ada"),
        ("either, lacking", "/either", poor, key, 403, "insufficient_scope"),
        ("either, key", "/either", None, key, 200, "good"),
        ("either, bad token and key", "/either", bad, key, 401, "not_three_segments"),
        ("either, nobody", "/either", None, None, 401, ""),
        ("both", "/both", good, key, 200, "ada with good"),
        ("both, token alone", "/both", good, None, 401, ""),
        ("both, key alone", "/both", None, key, 401, "missing_credentials"),
        ("both, bad token", "/both", bad, key, 401, "not_three_segments"),
        ("anyone, nobody", "/anyone", None, None, 200, "nobody"),
        ("anyone, token", "/anyone", good, None, 200, "ada"),
        ("anyone, key", "/anyone", None, key, 200, "good"),
        ("anyone, bad token", "/anyone", bad, None, 401, "not_three_segments"),
    ] {
        let response = call(&routes, path, token, sent_key).await;

        let challenge = response.header("www-authenticate").map(str::to_owned);
        assert_eq!(response.status().as_u16(), status, "{name}");
        let text = response.into_body().into_string().await.unwrap();
        if status == 200 {
            assert_eq!(text, body, "{name}");
        } else if !body.is_empty() {
            let problem: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(problem["reason"], body, "{name}");
            let challenge = challenge.unwrap();
            assert!(challenge.starts_with("Bearer realm=\"shop\""), "{name}: {challenge}");
        }
    }
}
