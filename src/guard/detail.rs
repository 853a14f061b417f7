//! The sentences that a refusal sends to the caller.
//!
//! A caller may know everything about its own token. The sentences are fixed, except for
//! durations and the names of registered claims. Nothing from the token is sent back.

use crate::token::{ClaimFault, TokenError, readable};

use super::bearer::BearerError;

/// The sentence of a refused token, if it contains a duration or the name of a claim.
pub(super) fn specific_token_detail(error: &TokenError) -> Option<String> {
    match error {
        TokenError::Expired { ago } => Some(format!(
            "The access token expired {} ago. Request a new one.",
            readable(*ago)
        )),
        TokenError::NotYetValid { ahead } => Some(format!(
            "The access token is not valid yet: it becomes valid in {}.",
            readable(*ahead)
        )),
        TokenError::IssuedInFuture { ahead } => Some(format!(
            "The access token was issued {} in the future, by the clock of this API. Compare the \
             clocks.",
            readable(*ahead)
        )),
        TokenError::Claim { claim, fault } if *fault == ClaimFault::Missing => {
            Some(format!("The access token lacks the claim {claim}."))
        }
        TokenError::Claim { claim, .. } => Some(format!(
            "The claim {claim} of the access token does not have the required form."
        )),
        _ => None,
    }
}

/// The sentence of a malformed request.
pub(super) fn request_detail(error: BearerError) -> &'static str {
    match error {
        BearerError::Repeated => {
            "The request has more than one Authorization header: send one, with \"Bearer <token>\"."
        }
        BearerError::InTwoPlaces | BearerError::MalformedProtocol => {
            "A WebSocket must offer its token once, as the protocol after \"bearer\", and have no \
             Authorization header."
        }
        BearerError::Missing | BearerError::MissingScheme | BearerError::Malformed => {
            "The Authorization header must have the form \"Bearer <token>\", with one token."
        }
    }
}

/// The fixed sentence of a refused token.
pub(super) fn token_detail(error: &TokenError) -> &'static str {
    match error {
        TokenError::TooLong { .. } => "The access token is longer than 8 KiB.",
        TokenError::IllegalCharacter => {
            "The access token has a character that no token has. Send the token alone, without \
             quotes, spaces and line breaks."
        }
        TokenError::Segments { .. } => {
            "The access token is not a JWT: it does not have three parts separated by dots."
        }
        TokenError::HeaderTooLong => "The header of the access token is longer than 2 KiB.",
        TokenError::Base64(_) => {
            "A part of the access token is not base64url. Send the whole token, unchanged."
        }
        TokenError::MalformedHeader => {
            "The header of the access token is not a JSON object with unique names."
        }
        TokenError::AlgorithmNotAllowed => {
            "The access token is signed with an algorithm that this API does not accept."
        }
        TokenError::Critical => {
            "The header of the access token has the member crit, which this API does not accept."
        }
        TokenError::WrongType => {
            "The type in the header of the token is not that of an access token for this API."
        }
        TokenError::MalformedKeyId => {
            "The key id of the access token is not a string of at most 256 bytes."
        }
        TokenError::UnencodedPayload => {
            "The header of the access token has the member b64, which this API does not accept."
        }
        TokenError::UnknownIssuer => {
            "The access token is from an authorization server that this API does not trust. The \
             metadata of this API names the accepted ones."
        }
        TokenError::UnknownKey => {
            "The access token is signed with a key that the authorization server of this API does \
             not publish. Check that the token is from that server."
        }
        TokenError::KeyMismatch => "The access token names a key that is for another algorithm.",
        TokenError::AmbiguousKey => {
            "The access token does not name its key, and the authorization server has several."
        }
        TokenError::BadSignature => {
            "The signature of the access token is not valid. Send the whole token, unchanged."
        }
        TokenError::MalformedPayload => {
            "The payload of the access token is not a JSON object with unique names."
        }
        TokenError::Claim { .. } => "A claim of the access token is missing or malformed.",
        TokenError::IdToken => {
            "This is an ID token. Send the access token that was issued together with it."
        }
        TokenError::LogoutToken => "This is a logout token. Send an access token.",
        TokenError::RefreshToken => {
            "This is a refresh token. Send the access token that was issued together with it."
        }
        TokenError::ProofRequired => {
            "The access token is bound to a proof of possession, which this API does not check. \
             Request a bearer token."
        }
        TokenError::WrongIssuer => {
            "The access token is from another authorization server. The metadata of this API names \
             the accepted one."
        }
        TokenError::WrongAudience => {
            "The access token is for another audience. Request a token for this API."
        }
        TokenError::ClientNotAccepted => {
            "The access token was issued to a client that this API does not accept."
        }
        TokenError::RequiredClaim { .. } => {
            "The access token lacks a claim that this API requires of every token of its issuer."
        }
        TokenError::Expired { .. } => "The access token has expired. Request a new one.",
        TokenError::NotYetValid { .. } => "The access token is not valid yet.",
        TokenError::IssuedInFuture { .. } => "The access token was issued in the future.",
        TokenError::Revoked => "The access token is revoked. Request a new one.",
    }
}
