//! The routes, and which of them a script of the service's pages may use.

use std::sync::Arc;

use poem::http::{HeaderValue, Method, StatusCode, header, uri};
use poem::middleware::Cors;
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, get, post};

use super::authority::Authority;
use super::behaviour::{KEYS, OAUTH_METADATA, OPENID_CONFIGURATION};
use super::proof_of_key::{DPOP, DPOP_NONCE};
use super::refusal::Refusal;
use super::{authorize, introspection, metadata, token_endpoint};

/// The whole site, from the origin down.
///
/// A host name that is not this machine's gets 421: a page on another site could have its own name
/// resolve to 127.0.0.1 (DNS rebinding), and read tokens.
pub(super) fn routes(
    default: &Arc<Authority>,
    further: Vec<Arc<Authority>>,
    allowed_origins: &Arc<[String]>,
) -> impl Endpoint + use<> {
    let cors = || cors(allowed_origins);
    let mut site = Route::new();
    for authority in further.into_iter().chain([default.clone()]) {
        // RFC 8414 section 3.1 puts the issuer's path behind the well-known one.
        let rfc_8414 = format!("{OAUTH_METADATA}{}", authority.path);
        let metadata = get(metadata::oauth_metadata).with(cors());
        site = site
            .nest(authority.path.clone(), issuer(&authority, allowed_origins))
            .at(rfc_8414, metadata.data(authority));
    }
    site.at("/oauth2/v1/keys", get(metadata::keys).with(cors()))
        .at("/oauth2/:server/*rest", metadata::other_server)
        .at(
            OPENID_CONFIGURATION,
            get(metadata::organisation_metadata).with(cors()),
        )
        .data(default.clone())
        .around(require_own_host)
}

/// The endpoints of one issuer.
fn issuer(authority: &Arc<Authority>, allowed_origins: &Arc<[String]>) -> impl Endpoint + use<> {
    let cors = || cors(allowed_origins);
    Route::new()
        .at(
            OPENID_CONFIGURATION,
            get(metadata::openid_configuration).with(cors()),
        )
        .at(OAUTH_METADATA, get(metadata::oauth_metadata).with(cors()))
        .at(KEYS, get(metadata::keys).with(cors()))
        .at("/v1/token", post(token_endpoint::exchange).with(cors()))
        .at("/v1/authorize", get(authorize::ask).post(authorize::answer))
        .at("/v1/introspect", post(introspection::introspect))
        .at("/v1/revoke", post(introspection::revoke))
        .data(authority.clone())
}

async fn require_own_host<E: Endpoint>(
    endpoint: Arc<E>,
    request: Request,
) -> poem::Result<Response> {
    if names_this_machine(&request) {
        return endpoint
            .call(request)
            .await
            .map(IntoResponse::into_response);
    }
    let refusal = Refusal::invalid_request("The request names another host than this issuer has.");
    let mut response = refusal.into_response();
    response.set_status(StatusCode::MISDIRECTED_REQUEST);
    Ok(response)
}

/// A request without a host does not come from a browser.
fn names_this_machine(request: &Request) -> bool {
    let target = request.uri().authority().map(uri::Authority::as_str);
    let hosts = request.headers().get_all(header::HOST).iter();
    let mut named = (target.map(str::as_bytes).into_iter()).chain(hosts.map(HeaderValue::as_bytes));
    named.all(|authority| {
        let authority = uri::Authority::try_from(authority).ok();
        authority.is_some_and(|it| OWN_HOSTS.contains(&&*it.host().to_ascii_lowercase()))
    })
}

const OWN_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Swagger UI runs in a page of the service, so on another origin than ours. Pages of all other
/// origins get 403.
///
/// It sends no cookies, and this issuer does not read any.
fn cors(allowed_origins: &Arc<[String]>) -> Cors {
    let allowed = Arc::clone(allowed_origins);
    Cors::new()
        // An empty list of Poem's own would mean every origin.
        .allow_origins_fn(move |origin| allowed.iter().any(|it| it == origin))
        .allow_methods([Method::GET, Method::POST])
        .allow_header(header::AUTHORIZATION)
        .allow_header(header::CONTENT_TYPE)
        .allow_header("x-requested-with")
        .allow_header(DPOP)
        .expose_header(DPOP_NONCE)
}
