//! The pages that a person sees: sign in and consent, or what is wrong and what to do.
//!
//! They are plain HTML without script. Everything that comes from a request or from
//! the application is escaped. The `Content-Security-Policy` of the page allows this one
//! style sheet and these two form targets.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::Response;
use poem::http::{StatusCode, header};
use url::Url;

use super::authentication::RequestedAuthentication;
use super::authorization_request::AuthorizationRequest;
use super::directory::User;
use super::scopes::Scopes;
use super::shown_fault::ShownFault;

/// Asks who signs in, and shows the requested scopes with their descriptions and the requested
/// authentication.
///
/// The form carries only `handle`, under which the request itself is kept.
pub(super) fn sign_in(request: &AuthorizationRequest, scopes: &Scopes, handle: &str) -> Response {
    let requested = request.scopes.iter();
    let scopes: Vec<String> = requested.map(|scope| item(scope, scopes)).collect();
    let users: Vec<String> = User::ALL
        .iter()
        .map(|user| {
            let name = escape(user.name);
            format!("<button name=\"user\" value=\"{name}\">Sign in as {name}</button>")
        })
        .collect();
    let body = format!(
        "<h1>Sign in</h1>\
         <p><strong>{client}</strong> requests:</p><ul>{scopes}</ul>{authentication}\
         <form method=\"post\">\
         <input type=\"hidden\" name=\"request\" value=\"{handle}\">\
         {users}<button name=\"cancel\" value=\"yes\">Cancel</button></form>\
         <p class=\"note\">Development issuer: there are no passwords and no other factors.</p>",
        scopes = scopes.concat(),
        authentication = authentication(&request.authentication),
        users = users.concat(),
        client = escape(request.client.id),
        handle = escape(handle),
    );
    // Browsers apply `form-action` to the redirect that follows a form as well.
    let targets = format!("'self' {}", redirect_source(&request.reply.redirect_uri));
    page(StatusCode::OK, &body, &targets)
}

/// Shows an error to the person, where no client may be notified.
pub(super) fn error(fault: &ShownFault) -> Response {
    let found = fault.found.as_ref().map(|found| {
        let found = escape(found);
        format!("<p>The request has: <code>{found}</code></p>")
    });
    let steps: Vec<String> = (fault.steps.iter())
        .map(|step| format!("<li>{}</li>", escape(step)))
        .collect();
    let body = format!(
        "<h1>Sign-in refused</h1><p>{description}</p>{found}\
         <h2>What to do</h2><ul>{steps}</ul>\
         <p class=\"note\">Development issuer: it serves this machine only.</p>",
        description = escape(fault.description),
        found = found.unwrap_or_default(),
        steps = steps.concat(),
    );
    page(StatusCode::BAD_REQUEST, &body, "'none'")
}

/// The class with which the user signs in, and the maximum age of the sign-in.
fn authentication(requested: &RequestedAuthentication) -> String {
    let class = requested.class;
    let age = requested.max_age.map(|max_age| {
        format!(
            " The sign-in may be at most {} s old, so you sign in again.",
            max_age.as_secs()
        )
    });
    format!(
        "<p>You sign in with <strong>{}</strong> (<code>{}</code>).{}</p>",
        class.description(),
        class.name(),
        age.unwrap_or_default()
    )
}

/// A scope, and next to it the application's description.
fn item(scope: &str, scopes: &Scopes) -> String {
    let name = escape(scope);
    match scopes.description(scope) {
        Some(description) => format!(
            "<li>{name} <span class=\"note\">{}</span></li>",
            escape(description)
        ),
        None => format!("<li>{name}</li>"),
    }
}

fn page(status: StatusCode, body: &str, form_action: &str) -> Response {
    let style = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{style}'; form-action {form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::X_FRAME_OPTIONS, "DENY")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <link rel=\"icon\" href=\"data:,\">\
             <title>Development issuer</title><style>{STYLE}</style></head>\
             <body><main>{body}</main></body></html>"
        ))
}

/// A redirect URI as a policy names it: by origin, or for an app by scheme.
fn redirect_source(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(uri) if uri.origin().is_tuple() => uri.origin().ascii_serialization(),
        Ok(uri) => format!("{}:", uri.scheme()),
        Err(_) => String::new(),
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

const STYLE: &str = include_str!("sign_in_page.css");
