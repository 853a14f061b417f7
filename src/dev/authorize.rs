//! `GET /v1/authorize` shows the sign-in page, `POST` takes its answer.
//!
//! The page posts back only a random handle that no other site knows, so no other
//! site can answer for the user.

use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::web::Data;
use poem::{Body, Request, Response, handler};

use super::access_token::unix_secs;
use super::authentication::Authentication;
use super::authority::Authority;
use super::authorization_request::{AuthorizationFault, AuthorizationRequest, Reply};
use super::directory::User;
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::shown_fault::ShownFault;
use super::sign_in_page;
use super::user_grant::UserGrant;

/// RFC 6749 section 4.1.1.
#[handler]
pub(super) fn ask(Data(authority): Data<&Arc<Authority>>, request: &Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    match AuthorizationRequest::parse(query, &authority.redirect_uris, &authority.scopes) {
        Ok(request) => {
            let now = authority.clock.monotonic();
            let handle = authority.sign_ins.keep(request.clone(), now);
            sign_in_page::sign_in(&request, &authority.scopes, &handle)
        }
        Err(AuthorizationFault::Shown(fault)) => sign_in_page::error(&fault),
        Err(AuthorizationFault::Sent(reply, refusal)) => send_back(&reply, refusal),
    }
}

/// RFC 6749 section 4.1.2.
#[handler]
pub(super) async fn answer(
    Data(authority): Data<&Arc<Authority>>,
    request: &Request,
    body: Body,
) -> Response {
    let form = match Parameters::from_form(request, body).await {
        Ok(form) => form,
        Err(refusal) => return sign_in_page::error(&ShownFault::unreadable(refusal)),
    };
    let now = authority.clock.monotonic();
    let handle = form.find("request").unwrap_or_default();
    let Some(request) = authority.sign_ins.redeem(handle, now) else {
        return sign_in_page::error(&ShownFault::expired());
    };
    let reply = request.reply.clone();
    let Some(user) = form.find("user").and_then(User::find) else {
        return send_back(&reply, ACCESS_DENIED);
    };
    let authentication = Authentication {
        user,
        class: request.authentication.class,
        time_secs: unix_secs(authority.clock.now()),
    };
    let code = authority
        .codes
        .keep(UserGrant::new(authentication, request), now);
    redirect(&reply.location(&[("code", &code)]))
}

fn send_back(reply: &Reply, refusal: Refusal) -> Response {
    redirect(&reply.location(&[
        ("error", refusal.error),
        ("error_description", refusal.description),
    ]))
}

/// 303, so that the browser never sends the form again. RFC 9700 section 4.12.
fn redirect(location: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, location)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::REFERRER_POLICY, "no-referrer")
        .finish()
}

const ACCESS_DENIED: Refusal = Refusal {
    error: "access_denied",
    description: "The resource owner denied the request.",
};
