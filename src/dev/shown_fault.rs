//! A fault that is shown to the person at the browser, because no redirect URI can be trusted
//! (RFC 6749 section 4.1.2.1).

use super::directory::PUBLIC_CLIENT_ID;
use super::refusal::Refusal;

/// What is wrong, what was found, and what to do.
#[derive(Debug)]
pub(super) struct ShownFault {
    pub(super) description: &'static str,
    /// The value at fault, as the request has it.
    pub(super) found: Option<String>,
    pub(super) steps: Vec<String>,
}

impl ShownFault {
    /// The form of the request cannot be read.
    pub(super) fn unreadable(refusal: Refusal) -> Self {
        Self {
            description: refusal.description,
            found: None,
            steps: vec!["Go back to the page where you started, and sign in again.".to_owned()],
        }
    }

    /// The person answered a sign-in page again, or too late.
    pub(super) fn expired() -> Self {
        Self {
            description: "This page has expired.",
            found: None,
            steps: vec!["Close it, and sign in again where you came from.".to_owned()],
        }
    }

    /// No client has this id.
    pub(super) fn unknown_client(found: Option<&str>) -> Self {
        Self {
            description: "Invalid value for 'client_id' parameter.",
            found: found.map(str::to_owned),
            steps: vec![
                format!("Enter the client ID {PUBLIC_CLIENT_ID}: people sign in with this client."),
                "If the client belongs to another issuer, set that issuer: issuer.url, or the \
                 variable OKTA_OAUTH2_ISSUER."
                    .to_owned(),
            ],
        }
    }

    /// The client cannot sign people in, or the redirect URI is not one of `registered`.
    pub(super) fn unknown_redirect_uri(found: Option<&str>, registered: &[String]) -> Self {
        Self {
            description: "The 'redirect_uri' parameter must be a Login redirect URI in the client \
                          app settings.",
            found: found.map(str::to_owned),
            steps: vec![
                format!(
                    "Open the documentation of the API at an address whose redirect URI is \
                     registered for {PUBLIC_CLIENT_ID}: {}.",
                    registered.join(", ")
                ),
                "If callers use another address, set http.public_url: its redirect URI is then \
                 registered too."
                    .to_owned(),
            ],
        }
    }
}
