//! The caller, as handlers see it.

use std::ops::Deref;
use std::sync::Arc;

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::token::{Claims, Derived, Memo, Scope, Verified};
use crate::verifier::Authenticated;

use super::bearer::AuthorizationScheme;
use super::challenge::{Asked, Challenge};
use super::rejection::Rejection;

/// A caller whose access token passed every check.
///
/// Only a [`Guard`](super::Guard) makes one, so a handler that takes it cannot be reached
/// anonymously. In a Poem handler it is an extractor. With poem-openapi, take [`BearerAuth`].
///
/// ```
/// use poem::handler;
/// use poem_resource_server::guard::Principal;
///
/// #[handler]
/// fn whoami(caller: &Principal) -> String {
///     format!("{} may {}", caller.subject(), caller.scope())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Principal {
    claims: Arc<Verified<Claims>>,
    /// The challenge of the guard, for a handler that refuses the call.
    challenge: Arc<Challenge>,
}

impl Principal {
    pub(super) fn new(caller: Authenticated, challenge: Arc<Challenge>) -> Self {
        Self {
            claims: caller.into_claims(),
            challenge,
        }
    }

    /// `sub`: the user, or the client itself if no user takes part.
    pub fn subject(&self) -> &str {
        self.claims.subject()
    }

    /// The scopes that were granted to the token.
    pub fn scope(&self) -> &Scope {
        self.claims.scope()
    }

    /// Every claim of the token.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The value that `D` derives from the claims. It is derived once for a remembered token, not at
    /// each call. See [`Derived`] for what is kept, and [`PerToken`](super::PerToken) for a response.
    pub fn derived<D: Derived>(&self) -> D {
        self.claims.derived()
    }
}

impl Principal {
    /// What rules found in the claims.
    pub(super) fn memo(&self) -> &Memo {
        self.claims.memo()
    }

    /// An error with which a handler refuses the call: 403 with the challenge of the guard, and
    /// a problem with this reason and this sentence.
    ///
    /// `reason` is a stable word for logs, metrics and programs: lower case letters, digits and
    /// `_`. `detail` is one sentence for the caller. It must not contain anything secret.
    ///
    /// ```
    /// use poem::{Result, handler};
    /// use poem_resource_server::guard::Principal;
    ///
    /// #[handler]
    /// fn close(caller: &Principal) -> Result<String> {
    ///     if caller.claims().get("region").is_none() {
    ///         return Err(caller.deny("no_region", "The account has no region."));
    ///     }
    ///     Ok("closed".to_owned())
    /// }
    /// ```
    pub fn deny(&self, reason: &'static str, detail: &'static str) -> poem::Error {
        self.refuse(Rejection::Denied { reason, detail })
    }

    /// An error with which a handler refuses the call, with the challenge of the guard.
    pub(super) fn refuse(&self, rejection: Rejection) -> poem::Error {
        let problem = rejection.problem();
        // A token with a key for proofs came with the scheme `DPoP`, and any other one with `Bearer`.
        let proof_key = self.claims.confirmation().and_then(|it| it.proof_key());
        let scheme = match proof_key {
            Some(_) => AuthorizationScheme::Dpop,
            None => AuthorizationScheme::Bearer,
        };
        let asked = Asked {
            scheme,
            ..Asked::default()
        };
        let response = self.challenge.answer_to(asked, rejection.clone());
        let mut error = poem::Error::from_response(response);
        // The extensions of an error replace those of its response.
        error.set_data(problem);
        error.set_data(rejection);
        error
    }
}

impl<'a> FromRequest<'a> for Principal {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        find(request).cloned()
    }
}

impl<'a> FromRequest<'a> for &'a Principal {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        find(request)
    }
}

/// The security scheme of a guarded poem-openapi operation: its caller.
///
/// It only returns the caller that the gate found. Poem-openapi's derive would read the header a
/// second time, by another grammar, and would answer a missing header by itself.
///
/// Without a gate, the response is 500 `not_guarded`: it fails closed.
///
/// ```
/// use poem_openapi::{OAuthScopes, OpenApi, payload::PlainText};
/// use poem_resource_server::guard::BearerAuth;
///
/// #[derive(OAuthScopes)]
/// enum ApiScope {
///     /// Read reports.
///     #[oai(rename = "reports:read")]
///     ReportsRead,
/// }
///
/// struct Api;
///
/// #[OpenApi]
/// impl Api {
///     /// Only a caller whose token has the scope `reports:read`.
///     #[oai(path = "/report", method = "get", operation_id = "report")]
///     async fn report(&self, #[oai(scope = "ApiScope::ReportsRead")] caller: BearerAuth) -> PlainText<String> {
///         PlainText(format!("the report of {}", caller.subject()))
///     }
/// }
/// ```
///
/// # Browsers
///
/// A browser cannot set `Authorization` on a WebSocket. Where an operation documents the answer
/// 101, and on plain routes behind [`Guard::require`](super::Guard::require), the gate also
/// accepts the token as a protocol: `new WebSocket(url, ["bearer", token])`. Protocols of the
/// application may follow. The handler sees neither `bearer` nor the token.
///
/// Some proxies log the header `Sec-WebSocket-Protocol`. Configure them not to, and keep tokens
/// short-lived. Do not send a token in the query: it is never read there.
#[derive(Debug, Clone)]
pub struct BearerAuth(pub Principal);

impl BearerAuth {
    /// The scheme's name in the document.
    pub const NAME: &'static str = "BearerAuth";

    pub(super) fn register_scheme(registry: &mut Registry) {
        registry.create_security_scheme(
            Self::NAME,
            MetaSecurityScheme {
                ty: "http",
                description: Some("An access token of the API's issuer."),
                name: None,
                key_in: None,
                scheme: Some("bearer"),
                bearer_format: Some("JWT"),
                flows: None,
                openid_connect_url: None,
            },
        );
    }
}

impl Deref for BearerAuth {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.0
    }
}

impl<'a> ApiExtractor<'a> for BearerAuth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        Self::register_scheme(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![Self::NAME]
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        find(request).cloned().map(Self)
    }
}

/// The caller of an operation that anybody may call: identified by a valid token, or anonymous
/// without a token. An invalid token is refused.
///
/// ```
/// use poem_openapi::{OpenApi, payload::PlainText};
/// use poem_resource_server::guard::OptionalBearerAuth;
///
/// struct Api;
///
/// #[OpenApi]
/// impl Api {
///     #[oai(path = "/greet", method = "get", operation_id = "greet")]
///     async fn greet(&self, OptionalBearerAuth(caller): OptionalBearerAuth) -> PlainText<String> {
///         PlainText(match caller {
///             Some(caller) => format!("hello {}", caller.subject()),
///             None => "hello guest".to_owned(),
///         })
///     }
/// }
/// ```
///
/// Outside of poem-openapi, use [`Guard::identify`](super::Guard::identify).
#[derive(Debug, Clone)]
pub struct OptionalBearerAuth(pub Option<Principal>);

impl<'a> ApiExtractor<'a> for OptionalBearerAuth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        BearerAuth::register_scheme(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BearerAuth::NAME]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if request.extensions().get::<Anonymous>().is_some() {
            return Ok(Self(None));
        }
        find(request).cloned().map(|caller| Self(Some(caller)))
    }
}

/// Inserted by a gate that admits callers without credentials. It has the challenge for an
/// extractor that requires credentials: see [`Rule::Optional`].
///
/// [`Rule::Optional`]: super::Rule::Optional
#[derive(Debug, Clone)]
pub(super) struct Anonymous(pub(super) Arc<Challenge>);

fn find(request: &Request) -> Result<&Principal> {
    let extensions = request.extensions();
    extensions.get::<Principal>().ok_or_else(|| {
        let answer = if let Some(Anonymous(challenge)) = extensions.get() {
            challenge.answer(Rejection::MissingCredentials)
        } else {
            tracing::error!(
                reason = Rejection::NotGuarded.reason(),
                "a handler requires a caller and no guard is mounted before it"
            );
            Challenge::default().answer(Rejection::NotGuarded)
        };
        poem::Error::from_response(answer)
    })
}
