//! Checks the requests that clients make to the authorization endpoint.
//!
//! 1. Client and redirect URI come first. No answer may go to that URI before it
//!    is known to belong to the client (RFC 6749 section 4.1.2.1).
//! 2. The response is a code, in the query.
//! 3. PKCE is used, with S256 (RFC 7636 section 4.3, RFC 9700 section 2.1.1).
//! 4. Every scope is known, and there is at least one.
//! 5. The requested authentication is possible (RFC 9470 section 5).

use url::form_urlencoded::Serializer;

use super::authentication::RequestedAuthentication;
use super::directory::{Client, GrantType};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::scopes::Scopes;
use super::shown_fault::ShownFault;

/// A request that may be shown to the user.
#[derive(Debug, Clone)]
pub(super) struct AuthorizationRequest {
    pub(super) client: &'static Client,
    pub(super) reply: Reply,
    pub(super) scopes: Vec<String>,
    pub(super) code_challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) authentication: RequestedAuthentication,
}

/// Where the answer goes: a registered redirect URI, with the client's own state.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
}

/// The receiver of the refusal of a request.
#[derive(Debug)]
pub(super) enum AuthorizationFault {
    /// The person at the browser, because no URI can be trusted.
    Shown(ShownFault),
    /// The client, by redirect.
    Sent(Reply, Refusal),
}

impl AuthorizationRequest {
    /// Checks `query` against the registered `redirect_uris` and the issuer's `scopes`.
    pub(super) fn parse(
        query: &str,
        redirect_uris: &[String],
        scopes: &Scopes,
    ) -> Result<Self, AuthorizationFault> {
        let parameters = Parameters::parse(query.as_bytes())
            .map_err(|refusal| AuthorizationFault::Shown(ShownFault::unreadable(refusal)))?;
        let client_id = parameters.find("client_id");
        let client = client_id
            .and_then(Client::find)
            .ok_or_else(|| AuthorizationFault::Shown(ShownFault::unknown_client(client_id)))?;
        // Compared byte for byte: RFC 9700 section 2.1 requires an exact match.
        let redirect_uri = parameters.find("redirect_uri");
        let redirect_uri = redirect_uri
            .filter(|_| client.may_use(GrantType::AuthorizationCode))
            .filter(|uri| redirect_uris.iter().any(|known| known == uri))
            .ok_or_else(|| {
                AuthorizationFault::Shown(ShownFault::unknown_redirect_uri(
                    redirect_uri,
                    redirect_uris,
                ))
            })?;
        let reply = Reply {
            redirect_uri: redirect_uri.to_owned(),
            state: parameters.find("state").map(str::to_owned),
        };
        match Self::validate(&parameters, scopes) {
            Ok((scopes, code_challenge, authentication)) => Ok(Self {
                client,
                reply,
                scopes: scopes.into_iter().map(str::to_owned).collect(),
                code_challenge: code_challenge.to_owned(),
                nonce: parameters.find("nonce").map(str::to_owned),
                authentication,
            }),
            Err(refusal) => Err(AuthorizationFault::Sent(reply, refusal)),
        }
    }

    /// The scopes, the code challenge and the authentication.
    fn validate<'p>(
        parameters: &'p Parameters,
        scopes: &Scopes,
    ) -> Result<(Vec<&'p str>, &'p str, RequestedAuthentication), Refusal> {
        match parameters.find("response_type") {
            Some("code") => {}
            Some(_) => return Err(RESPONSE_TYPE_UNKNOWN),
            None => return Err(RESPONSE_TYPE_MISSING),
        }
        if parameters
            .find("response_mode")
            .is_some_and(|mode| mode != "query")
        {
            return Err(RESPONSE_MODE_UNKNOWN);
        }
        if parameters.find("prompt") == Some("none") {
            return Err(LOGIN_REQUIRED);
        }
        let challenge = parameters.find("code_challenge").ok_or(PKCE_MISSING)?;
        if parameters.find("code_challenge_method") != Some("S256") {
            return Err(PKCE_PLAIN);
        }
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
            return Err(PKCE_MALFORMED);
        }
        let scopes = scopes.requested(parameters, GrantType::AuthorizationCode)?;
        let authentication = RequestedAuthentication::find(parameters)?;
        Ok((scopes, challenge, authentication))
    }
}

impl Reply {
    /// The redirect URI with `answer` and the state added. RFC 6749 section 4.1.2.
    pub(super) fn location(&self, answer: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(answer);
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        let separator = if self.redirect_uri.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{}{separator}{}", self.redirect_uri, query.finish())
    }
}

const RESPONSE_TYPE_MISSING: Refusal =
    Refusal::invalid_request("The authorization request must specify a 'response_type'.");
const RESPONSE_TYPE_UNKNOWN: Refusal = Refusal {
    error: "unsupported_response_type",
    description: "The response type is not supported by the authorization server.",
};
const RESPONSE_MODE_UNKNOWN: Refusal =
    Refusal::invalid_request("The only supported 'response_mode' is 'query'.");
const LOGIN_REQUIRED: Refusal = Refusal {
    error: "login_required",
    description: "The client specified not to prompt, but the user is not logged in.",
};
const PKCE_MISSING: Refusal = Refusal::invalid_request(
    "PKCE code challenge is required when the token endpoint authentication method is 'NONE'.",
);
const PKCE_PLAIN: Refusal =
    Refusal::invalid_request("The value of 'code_challenge_method' must be 'S256'.");
const PKCE_MALFORMED: Refusal =
    Refusal::invalid_request("The 'code_challenge' must be 43 base64url characters.");
