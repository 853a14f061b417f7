//! The sentences that a refusal sends to the caller.
//!
//! A caller may know everything about its own token. The sentences are fixed, except for
//! durations and the names of registered claims. Nothing from the token is sent back.

use crate::token::{ClaimFault, ProofClaim, ProofError, TokenError, readable};
use crate::verifier::BindingError;

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
            "The access token contains a character that is not allowed. Send only the token, \
             without quotes, spaces and line breaks."
        }
        TokenError::Segments { .. } => {
            "The access token is not a JWT: it does not have three parts separated by dots."
        }
        TokenError::Encrypted => {
            "The access token is encrypted, which this API does not accept. Request a token that is \
             only signed."
        }
        TokenError::EncryptionNotAllowed => {
            "The access token is encrypted with an algorithm that this API does not accept, or it is \
             compressed."
        }
        TokenError::Undecryptable => {
            "The access token cannot be decrypted. Send the whole token, unchanged, and check that it \
             is for this API."
        }
        TokenError::EncryptedNotSigned => {
            "The encrypted access token does not contain a signed token."
        }
        TokenError::WrongDecryptionKey => {
            "The access token is encrypted to a key that is not for its authorization server."
        }
        TokenError::UnknownForm => {
            "The access token has a form that no authorization server of this API uses."
        }
        TokenError::Inactive => {
            "The authorization server says that the access token is not active. Request a new one."
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

/// The sentence for a caller that may not use its token in this way.
pub(super) fn binding_detail(error: &BindingError) -> &'static str {
    match error {
        BindingError::ProofRequired => {
            "The access token is bound to a key: send it with the scheme DPoP and a DPoP proof."
        }
        BindingError::NotBound => {
            "The access token is not bound to a key: send it with the scheme Bearer."
        }
        BindingError::UnsupportedConfirmation => {
            "The access token is bound to a key in a way that this API does not support."
        }
        BindingError::CertificateRequired => {
            "The access token is bound to a client certificate: send it over a connection that \
             was opened with this certificate."
        }
        BindingError::WrongCertificate => {
            "The access token is bound to another client certificate than that of the connection."
        }
        BindingError::BoundTokenNotAccepted => {
            "This operation accepts only bearer tokens. Request a token that is not bound to a key."
        }
        BindingError::BearerTokenNotAccepted => {
            "This operation accepts only access tokens that are bound to a key of the caller."
        }
        BindingError::Proof(error) => proof_detail(*error),
        BindingError::NonceRequired { .. } => {
            "The DPoP proof must contain the nonce of the header DPoP-Nonce. Send a new proof."
        }
        BindingError::TooManyProofs { .. } => {
            "No more DPoP proofs can be accepted now, because too many were used. Retry later."
        }
        BindingError::ProofsUnavailable => {
            "DPoP proofs cannot be accepted now, because the list of used ones is not available. \
             Retry later."
        }
    }
}

fn proof_detail(error: ProofError) -> &'static str {
    match error {
        ProofError::Missing => "The request has no DPoP header. Send a DPoP proof with the token.",
        ProofError::Repeated => "The request has more than one DPoP header: send one proof.",
        ProofError::TooLong => "The DPoP proof is longer than 8 KiB.",
        ProofError::Malformed => {
            "The DPoP proof is not a JWT: three parts in base64url, with JSON objects of few \
            members."
        }
        ProofError::WrongType => "The header of the DPoP proof does not have the typ dpop+jwt.",
        ProofError::AlgorithmNotAllowed => {
            "The DPoP proof is signed with an algorithm that this API does not accept. The challenge \
             names the accepted ones."
        }
        ProofError::Critical => {
            "The header of the DPoP proof has the member crit or b64, which this API does not accept."
        }
        ProofError::MissingKey => "The header of the DPoP proof has no public key in jwk.",
        ProofError::PrivateKey => {
            "The DPoP proof contains a private key, which is not secret any more. Create a new key, \
             and send its public part alone."
        }
        ProofError::KeyNotAccepted => {
            "The key of the DPoP proof is malformed or of a kind that this API does not accept."
        }
        ProofError::MissingClaim(claim) => missing_claim_detail(claim),
        ProofError::MalformedClaim(_) => {
            "A claim of the DPoP proof does not have the required form."
        }
        ProofError::WrongKey => {
            "The DPoP proof was signed with another key than the one of the access token."
        }
        ProofError::WrongMethod => "The DPoP proof is for another method: see its claim htm.",
        ProofError::WrongTarget => {
            "The DPoP proof is for another URL: its claim htu must be the URL of this request, \
             without the query."
        }
        ProofError::WrongToken => {
            "The DPoP proof is for another access token: its claim ath must be the SHA-256 digest of \
             this token."
        }
        ProofError::Expired => "The DPoP proof is too old. Send a new proof with each request.",
        ProofError::IssuedInFuture => {
            "The DPoP proof was issued in the future, by the clock of this API. Compare the clocks."
        }
        ProofError::BadSignature => "The signature of the DPoP proof is not valid.",
        ProofError::Replayed => {
            "The DPoP proof was used before. Send a new proof with each request."
        }
    }
}

fn missing_claim_detail(claim: ProofClaim) -> &'static str {
    match claim {
        ProofClaim::Htm => "The DPoP proof lacks the claim htm, the method of the request.",
        ProofClaim::Htu => "The DPoP proof lacks the claim htu, the URL of the request.",
        ProofClaim::Iat => "The DPoP proof lacks the claim iat, the time at which it was made.",
        ProofClaim::Jti => "The DPoP proof lacks the claim jti, its unique identifier.",
        ProofClaim::Ath => {
            "The DPoP proof lacks the claim ath, the SHA-256 digest of the access token in base64url."
        }
        ProofClaim::Nonce => "The DPoP proof lacks the claim nonce.",
    }
}
