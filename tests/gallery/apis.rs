//! The gallery: APIs that are wrong in one thing each.

mod bound;
pub(crate) mod opaque;
mod signatures;

use std::sync::LazyLock;
use std::time::Duration;

use poem::endpoint::{make, make_sync};
use poem::http::{HeaderValue, StatusCode, Uri};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route};
use poem_resource_server::clock::ManualClock;

use crate::parts::{
    Api, Refusal, answering, by_origin, is_own, refused, require_scope, segment, shown, token,
    verified, verified_without, verifying,
};
use crate::world::KEY;

pub(crate) use bound::{
    ignores_cnf, requires_bound, requires_bound_with_one_challenge, skips_of_proofs,
};
pub(crate) use signatures::{
    accepts_none, accepts_none_in_capitals, follows_jku, takes_key_of_token,
    takes_public_key_as_secret, verifies_nothing,
};

pub(crate) fn right() -> Api {
    verifying(|token| async move { verified(&token).await })
}

/// Verifies everything except this claim.
pub(crate) fn skips(claim: &'static str) -> Api {
    verifying(move |token| async move { verified_without(&token, claim).await })
}

pub(crate) fn shows_a_stack_trace() -> Api {
    changed(|mut response| {
        if response.status() == 401 {
            response
                .set_body("Traceback (most recent call last):\n  File \"/app/main.py\", line 9");
        }
        response
    })
}

pub(crate) fn fails_on_garbage() -> Api {
    let guarded = |request: Request| async move {
        match token(&request) {
            Ok(token) if segment(&token, 0).is_none() => {
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            _ => answer(&request).await,
        }
    };
    answering(guarded, is_own)
}

pub(crate) fn guards_the_wrong_route() -> Api {
    let open = || poem::get(make_sync(|_| "anybody"));
    Route::new()
        .at(
            "/api/hello",
            poem::get(make(|request| async move { answer(&request).await })),
        )
        .at("/api/whoami", open())
        .at("/api/reports", open())
        .map_to_response()
        .boxed()
}

pub(crate) fn guards_one_spelling() -> Api {
    let everything = poem::endpoint::make(|request: Request| async move {
        let path = request.uri().path();
        match path {
            "/api/whoami" | "/api/reports" => answer(&request).await,
            "/api/hello" => "hello".into_response(),
            _ if path
                .trim_end_matches('/')
                .eq_ignore_ascii_case("/api/whoami") =>
            {
                "anybody".into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    });
    by_origin(everything, is_own)
}

pub(crate) fn sends_no_challenge() -> Api {
    changed(|mut response| {
        response.headers_mut().remove("www-authenticate");
        response
    })
}

pub(crate) fn refuses_with_403() -> Api {
    changed(|mut response| {
        if response.status().is_client_error() {
            response.set_status(StatusCode::FORBIDDEN);
        }
        response
    })
}

pub(crate) fn redirects() -> Api {
    changed(|response| match response.status().as_u16() {
        401 => {
            poem::web::Redirect::see_other(Uri::from_static("/sign-in").to_string()).into_response()
        }
        _ => response,
    })
}

pub(crate) fn echoes() -> Api {
    let guarded = |request: Request| async move {
        let mut response = answer(&request).await;
        if let (401, Ok(token)) = (response.status().as_u16(), token(&request)) {
            response.set_body(format!("cannot read {token}"));
        }
        response
    };
    answering(guarded, is_own)
}

pub(crate) fn opens_to_every_origin() -> Api {
    answering(|request| async move { answer(&request).await }, |_| true)
}

pub(crate) fn compares_the_end_of_origins() -> Api {
    let allows: fn(&str) -> bool = |origin| origin.ends_with("app.test");
    answering(|request| async move { answer(&request).await }, allows)
}

pub(crate) fn guards_before_cors() -> Api {
    let guarded_first = right().around(|whole, request| async move {
        let is_guarded = !request.uri().path().ends_with("/hello");
        match token(&request) {
            Err(refusal) if is_guarded => Ok(refused(refusal)),
            _ => whole.call(request).await,
        }
    });
    guarded_first.boxed()
}

pub(crate) fn requires_no_scope() -> Api {
    let guarded = |request: Request| async move {
        let claims = match token(&request) {
            Ok(token) => verified(&token).await,
            Err(refusal) => Err(refusal),
        };
        claims.map_or_else(refused, |claims| shown(&claims))
    };
    answering(guarded, is_own)
}

pub(crate) fn names_no_scope() -> Api {
    changed(|mut response| {
        if response.status() == 403 {
            let plain = HeaderValue::from_static("Bearer realm=\"api\"");
            response.headers_mut().insert("www-authenticate", plain);
        }
        response
    })
}

pub(crate) fn takes_token_from_url() -> Api {
    let guarded = |mut request: Request| async move {
        let query = request.uri().query().unwrap_or_default().to_owned();
        if let Some(token) = query.strip_prefix("access_token=") {
            let field = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
            request.headers_mut().insert("authorization", field);
        }
        answer(&request).await
    };
    answering(guarded, is_own)
}

pub(crate) fn takes_the_first_header() -> Api {
    let guarded = |mut request: Request| async move {
        if let Some(first) = request.headers().get("authorization").cloned() {
            request.headers_mut().insert("authorization", first);
        }
        answer(&request).await
    };
    answering(guarded, is_own)
}

pub(crate) fn refuses_all() -> Api {
    verifying(|_| async { Err(Refusal::Invalid) })
}

pub(crate) fn panics_on_garbage() -> Api {
    verifying(|token| async move {
        segment(&token, 0).expect("every token has a header");
        verified(&token).await
    })
}

pub(crate) static SLOW_CLOCK: LazyLock<ManualClock> = LazyLock::new(ManualClock::new);

/// Like an API that fetches keys for every unknown `kid`.
pub(crate) fn slow_over_unknown_keys() -> Api {
    verifying(|token| async move {
        if segment(&token, 0)
            .is_some_and(|says| says["kid"].is_string() && says["kid"] != KEY.kid())
        {
            SLOW_CLOCK.advance(Duration::from_secs(1));
        }
        verified(&token).await
    })
}

/// The right answer, changed.
fn changed(change: fn(Response) -> Response) -> Api {
    answering(
        move |request| async move { change(answer(&request).await) },
        is_own,
    )
}

/// The right answer to a caller.
pub(crate) async fn answer(request: &Request) -> Response {
    let claims = async {
        let claims = verified(&token(request)?).await?;
        require_scope(request, &claims)?;
        Ok(claims)
    };
    claims.await.map_or_else(refused, |claims| shown(&claims))
}
