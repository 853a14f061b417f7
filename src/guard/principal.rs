//! The caller, as handlers see it.

use std::ops::Deref;
use std::sync::Arc;

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::token::{Claims, Scope, Verified};

use super::challenge::{Challenge, Rejection};

/// A caller whose access token passed every check.
///
/// Only a [`Guard`](super::Guard) makes one, so a handler that takes it cannot be reached
/// anonymously. In a Poem handler it is an extractor; with poem-openapi take [`BearerAuth`].
#[derive(Debug, Clone)]
pub struct Principal {
    claims: Arc<Verified<Claims>>,
}

impl Principal {
    pub(super) fn new(claims: Arc<Verified<Claims>>) -> Self {
        Self { claims }
    }

    /// `sub`: the user, or the client itself where no user takes part.
    pub fn subject(&self) -> &str {
        self.claims.subject()
    }

    /// What the token was granted.
    pub fn scope(&self) -> &Scope {
        self.claims.scope()
    }

    /// Every claim of the token.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// What `derive` makes of the claims, made once for a token that is remembered: for what
    /// would otherwise be made anew at each call. See [`Verified::derived`], also for its size.
    pub fn derived<D>(&self, derive: impl Fn(&Claims) -> D) -> D
    where
        D: Clone + Send + Sync + 'static,
    {
        self.claims.derived(derive)
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
/// It only hands over what the gate found. Poem-openapi's derive would read the header a
/// second time, by another grammar, and answer a missing one by itself.
///
/// Without a gate before it the answer is 500 `not_guarded`: it fails closed.
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

/// Put by a gate that lets callers without credentials through: see [`Rule::Optional`].
///
/// [`Rule::Optional`]: super::Rule::Optional
#[derive(Debug, Clone, Copy)]
pub(super) struct Anonymous;

fn find(request: &Request) -> Result<&Principal> {
    let extensions = request.extensions();
    extensions.get::<Principal>().ok_or_else(|| {
        let rejection = if extensions.get::<Anonymous>().is_some() {
            Rejection::MissingCredentials
        } else {
            tracing::error!(
                reason = Rejection::NotGuarded.reason(),
                "a handler wants a caller and no guard stands before it"
            );
            Rejection::NotGuarded
        };
        poem::Error::from_response(Challenge::default().answer(rejection))
    })
}
