//! An API with an operation of each kind, whose gates, document, requests and answers can be
//! made to differ.

use poem::http::HeaderValue;
use poem::{EndpointExt, Request, Response, Route};
use poem_openapi::param::Path;
use poem_openapi::payload::{Json, PlainText};
use poem_openapi::{OAuthScopes, Object, OpenApi, OpenApiService, SecurityScheme};
use poem_resource_server::guard::{
    Access, AccessMode, BearerAuth, Document, Guard, Guarded, OperationAccess,
};
use poem_resource_server::issuer::{Issuer as Identifier, Metadata};
use poem_resource_server::testing::{Issuer, Walk, WalkReport};
use serde_json::{Value, json};

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read reports.
    #[oai(rename = "read")]
    Read,
}

/// A caller, or nobody.
#[derive(SecurityScheme)]
enum Visitor {
    Known(#[expect(dead_code, reason = "who it is decides nothing here")] BearerAuth),
    #[oai(fallback)]
    Anonymous,
}

/// A report.
#[derive(Object)]
struct Filed {
    #[oai(validator(max_length = 20))]
    title: String,
    author: Option<String>,
}

pub struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }

    #[oai(path = "/visit", method = "get", operation_id = "visit")]
    async fn visit(&self, _visitor: Visitor) -> PlainText<&'static str> {
        PlainText("visit")
    }

    #[oai(path = "/reports/:id", method = "put", operation_id = "file")]
    async fn file(
        &self,
        #[oai(scope = "ApiScope::Read")] _caller: BearerAuth,
        id: Path<u32>,
        report: Json<Filed>,
    ) -> Json<Filed> {
        let author = Some(format!("the author of {}", id.0));
        Json(Filed {
            author: report.0.author.or(author).filter(|_| id.0 != 7),
            title: report.0.title,
        })
    }
}

/// As the code declares it.
pub fn declared() -> Access {
    Access::default()
}

/// Everything but `visit`, which declares that it needs nobody.
pub fn all() -> Access {
    Access::default()
        .with_mode(AccessMode::All)
        .with_anonymous(["visit"])
}

/// `file` requires another scope.
pub fn with_more() -> Access {
    with(OperationAccess::default().with_scope("more".parse().unwrap()))
}

/// `file` requires this besides.
pub fn with(file: OperationAccess) -> Access {
    Access::default().with_operation("file", file)
}

pub fn service(guard: &Guard) -> OpenApiService<Guarded<Api>, ()> {
    OpenApiService::new(guard.protect(Api), "Reports", "1")
}

/// The API and its document, which agree until one of these makes them differ.
#[derive(Clone)]
pub struct Reports {
    pub enforced: Access,
    pub documented: Access,
    pub document: fn(&mut Value),
    pub request: fn(&mut Request),
    pub answer: fn(&mut Response),
}

impl Reports {
    pub fn new() -> Self {
        Self {
            enforced: declared(),
            documented: declared(),
            document: |_| {},
            request: |_| {},
            answer: |_| {},
        }
    }

    pub async fn walk(&self) -> WalkReport {
        let issuer = Issuer::new();
        let guard = issuer.guard().with_access(self.documented.clone());
        let guard = guard.with_metadata(metadata());
        let document = guard.document(&service(&guard)).unwrap();
        let mut document = document.as_value().clone();
        (self.document)(&mut document);
        let (request, answer) = (self.request, self.answer);
        let guard = issuer.guard().with_access(self.enforced.clone());
        let endpoint = Route::new()
            .nest("/v1", service(&guard))
            .before(move |mut caller: Request| async move {
                request(&mut caller);
                Ok(caller)
            })
            .after(move |result: poem::Result<Response>| async move {
                let mut response = result.unwrap_or_else(poem::Error::into_response);
                answer(&mut response);
                Ok::<_, poem::Error>(response)
            });
        let document = Document::from(document);
        let walk = Walk::new(&endpoint, &document, &issuer).below("/v1");
        walk.run().await
    }
}

/// The challenge, rewritten.
pub fn rewrite(response: &mut Response, change: impl Fn(&str) -> String) {
    if let Some(challenge) = response.header("www-authenticate") {
        let changed = HeaderValue::try_from(change(challenge)).unwrap();
        response.headers_mut().insert("www-authenticate", changed);
    }
}

fn metadata() -> Metadata {
    let issuer = "https://id.example/oauth2/default";
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let identifier = Identifier::parse(issuer).unwrap();
    Metadata::parse(document.to_string().as_bytes(), &identifier, &[]).unwrap()
}
