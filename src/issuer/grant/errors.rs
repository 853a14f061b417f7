//! Why no token was granted, and what to do: one catalogue for the commands `token`, `doctor` and
//! `check`.

use crate::issuer::FetchError;

/// Why no token was granted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The discovery document names no token endpoint.
    #[error("the issuer has no token endpoint")]
    NoTokenEndpoint,
    /// The token endpoint is on a host that has not been allowed.
    #[error(
        "the issuer's token endpoint is on the host {host:?}, which is not the issuer's, so the \
         client secret was not sent"
    )]
    EndpointElsewhere {
        /// That host.
        host: String,
    },
    /// The token endpoint cannot be reached.
    #[error("cannot reach the token endpoint")]
    Fetch(#[source] FetchError),
    /// The issuer refused (RFC 6749 section 5.2).
    #[error("the issuer refused: {error}{}", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// The registered error code.
        error: String,
        /// The issuer's own words.
        description: Option<String>,
    },
    /// The answer is not a token response.
    #[error("the issuer's answer is not a token response")]
    Malformed,
    /// The issuer ignored the DPoP proof of the request.
    #[error("the issuer granted a token that is not bound to the key of the DPoP proof")]
    NotBound,
    /// The access token has other characters than a bearer token (RFC 6750 section 2.1).
    #[error("the issuer's access token has characters that no bearer token has")]
    NotABearerToken,
}

impl GrantError {
    /// Whether the issuer may require a DPoP proof from the client. Some answer `invalid_grant`, which
    /// has no other meaning for client credentials.
    pub fn may_require_proof(&self) -> bool {
        let codes = ["invalid_dpop_proof", "use_dpop_nonce", "invalid_grant"];
        matches!(self, Self::Refused { error, .. } if codes.contains(&error.as_str()))
    }

    /// What to do about it, in whole sentences.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Refused { error, .. } => fix(error),
            Self::EndpointElsewhere { .. } => {
                "Compare the host with the issuer's console. If you trust it, add it to \
                 `client.token_hosts`."
            }
            Self::NoTokenEndpoint => {
                "Compare the issuer with its console: its discovery document names no \
                 `token_endpoint`."
            }
            Self::Fetch(FetchError::Certificate { fault }) => fault.fix(),
            Self::Fetch(_) => {
                "Check whether a firewall or a proxy blocks the connection to the token endpoint. \
                 `issuer.connect_timeout` and `issuer.timeout` limit the wait."
            }
            Self::NotBound => {
                "Configure the issuer to bind the tokens of this client (DPoP), or request a \
                 bearer token, without --dpop."
            }
            Self::Malformed | Self::NotABearerToken => {
                "Compare the `token_endpoint` of the issuer's discovery document with the \
                 issuer's console."
            }
        }
    }
}

/// Every error code with a known cause, its meaning and the fix. The codes are those of RFC 6749
/// section 5.2, RFC 8707 section 2 and RFC 9449 section 5, as issuers use them.
#[rustfmt::skip] // A row a line.
pub const GRANT_ERRORS: &[(&str, &str, &str)] = &[
    ("invalid_client", "The issuer does not know the client, or the secret is wrong.", "Compare the client's id and secret with the issuer's console. If both are right, send them in the other way: `client.auth` (--client-auth) selects `client_secret_basic` or `client_secret_post`."),
    ("invalid_scope", "The issuer does not grant the requested scopes, or it requires at least one.", "Request a scope that the authorization server has (--scope), or add the scope there. In Okta: Security > API > (your server) > Scopes. Okta grants no scope that was not requested, and requires at least one."),
    ("access_denied", "No access policy of the issuer admits this client.", "Add an access policy with a rule that admits the client. In Okta: Security > API > (your server) > Access Policies. In a new org, the server `default` has no policy."),
    ("unauthorized_client", "The client may not use the client-credentials grant.", "Allow client credentials for this client, and in the rule of the access policy."),
    ("unsupported_grant_type", "The issuer does not offer the client-credentials grant.", "Allow client credentials for this client, and in the rule of the access policy, or use a token of another grant."),
    ("invalid_target", "The issuer does not know the requested resource.", "Set `client.resource` (--resource) to the identifier that the issuer has for this API."),
    ("invalid_resource", "The issuer does not know the requested resource.", "Set `client.resource` (--resource) to the identifier that the issuer has for this API."),
    ("invalid_request", "Something is missing in the token request.", "Read the issuer's error description. Some issuers require the name of the API that the token is for: set `client.audience` (--client-audience), for Auth0 for example, or `client.resource` (--resource), for issuers that implement RFC 8707."),
    ("invalid_dpop_proof", "The issuer requires a DPoP proof from this client, or refuses the one that it got.", "Request a token that is bound to a key: `token --dpop`, `check --dpop`. With --dpop, compare the clock of this machine with that of the issuer. In Okta, an API Services app requires DPoP by default. The switch is in Applications > (your application) > General > General Settings."),
    ("use_dpop_nonce", "The issuer requires a DPoP proof with a nonce from this client.", "Request a token that is bound to a key: `token --dpop`, `check --dpop`. With --dpop, the issuer has refused its own nonce: try again."),
    ("invalid_grant", "The issuer refuses the grant. For client credentials, some issuers answer this if the DPoP proof is missing.", "Request a token that is bound to a key: `token --dpop`, `check --dpop`. If that is refused too, read the issuer's error description. The issuer's log may contain more."),
    ("server_error", "The issuer failed.", "Try again. If the error remains, look at the issuer's log."),
    ("temporarily_unavailable", "The issuer is overloaded or under maintenance.", "Try again later. If the error remains, look at the issuer's log."),
];

/// The fix for an error code.
fn fix(code: &str) -> &'static str {
    let row = GRANT_ERRORS.iter().find(|(known, ..)| *known == code);
    row.map_or(UNKNOWN, |(_, _, fix)| fix)
}

const UNKNOWN: &str = "Read the issuer's error description. The issuer's log may contain more.";
