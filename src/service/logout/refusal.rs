//! Why a request to sign a user out is refused or fails.

use http::StatusCode;

use crate::guard::{BearerError, Problem};
use crate::service::denylist::StoreError;
use crate::token::SignOutError;

/// The first check that a request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogoutRefusal {
    /// The media type is that of no form.
    #[error("the media type is that of no form")]
    MediaType,
    /// The body is too large or malformed.
    #[error("the body is too large or malformed")]
    Body,
    /// There is not one bearer token.
    #[error(transparent)]
    Credentials(#[from] BearerError),
    /// The token is not valid.
    #[error(transparent)]
    Token(#[from] SignOutError),
    /// The body of a global token revocation names no user.
    #[error(transparent)]
    User(SignOutError),
    /// `sub` of the token is not in `logout.senders`.
    #[error("the sender is not accepted")]
    SenderNotAccepted,
    /// The user is known to an issuer whose tokens are not accepted here.
    #[error("the issuer of the user is not known")]
    UnknownUser,
    /// The keys of the issuer cannot be fetched.
    #[error("there are no keys of the issuer")]
    NoKeys,
    /// The denial is not in force everywhere.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LogoutRefusal {
    /// Whether the request may be valid, and this service could not do what it asks for.
    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Self::NoKeys | Self::Store(_))
    }

    /// The answer to a global token revocation, as Okta documents it. The answers to the other forms
    /// have the same reasons.
    pub(super) fn problem(&self) -> Problem {
        let (status, reason, detail) = match self {
            Self::MediaType => (
                StatusCode::BAD_REQUEST,
                "logout_wrong_media_type",
                "Send JSON, a form with `logout_token`, or a security event token.",
            ),
            Self::Body => (
                StatusCode::BAD_REQUEST,
                "logout_malformed_body",
                "The body is larger than 16 KiB, or it is malformed.",
            ),
            Self::User(error) => (
                StatusCode::BAD_REQUEST,
                error.reason(),
                "The body must be a JSON object whose only member `sub_id` has the format `email` or `iss_sub`.",
            ),
            Self::Credentials(error) => (
                StatusCode::UNAUTHORIZED,
                error.reason(),
                "Send the signed token of the issuer as `Authorization: Bearer <token>`.",
            ),
            Self::Token(error) => (
                StatusCode::UNAUTHORIZED,
                error.reason(),
                "The token by which the issuer requests the sign-out is not valid here.",
            ),
            Self::SenderNotAccepted => (
                StatusCode::FORBIDDEN,
                "logout_sender_not_accepted",
                "The `sub` of the token may not sign users out here.",
            ),
            Self::UnknownUser => (
                StatusCode::NOT_FOUND,
                "logout_unknown_user",
                "The user belongs to an issuer whose tokens are not accepted here.",
            ),
            Self::NoKeys => (
                StatusCode::SERVICE_UNAVAILABLE,
                "logout_no_keys",
                "The keys of the issuer cannot be fetched. Send the request again.",
            ),
            Self::Store(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.reason(), NOT_DONE),
        };
        Problem {
            status,
            detail,
            reason,
        }
    }
}

const NOT_DONE: &str = "The user is not signed out everywhere. Send a new request.";
