//! What each reason means and what to do about it: one list for people.

/// The meaning of a reason, and the fix.
pub fn advice(reason: &str) -> (&'static str, &'static str) {
    REASONS
        .iter()
        .find(|(word, ..)| *word == reason)
        .map_or(UNKNOWN, |(_, meaning, fix)| (*meaning, *fix))
}

/// Every reason for which a call is refused, its meaning and the fix, in the order of checks.
#[rustfmt::skip] // A row a line.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("missing_credentials", "The request has no bearer credentials.", "Send `Authorization: Bearer <access token>`."),
    ("repeated_authorization", "The request has more than one `Authorization` header.", "Send one; look for a proxy that adds its own."),
    ("malformed_authorization", "The header is not of the form `Bearer <token>`.", "Send the token alone after `Bearer` and a space, without quotes."),
    ("credentials_in_two_places", "The request has credentials in `Authorization` and in `Sec-WebSocket-Protocol`.", "Send the token in one of them."),
    ("malformed_websocket_token", "`Sec-WebSocket-Protocol` names `bearer`, and not one token directly after it.", "Open the WebSocket with the protocols `[\"bearer\", token]`, each of them once."),
    ("too_many_requests", "The caller, or its address, has called too often.", "Wait as long as `Retry-After` says, or raise `rate.*`."),
    ("no_keys", "There are no keys to verify with: the issuer is out of reach.", "See the log for why its keys cannot be fetched, and `/readyz`."),
    ("too_long", "The token is longer than 8 KiB.", "Have the issuer put less into it, groups for example."),
    ("illegal_character", "The token has a character that no token has.", "Copy it whole and alone: no quotes, blanks or line ends."),
    ("not_three_segments", "The token does not have three parts.", "Send an access token in JWT form; an opaque one cannot be verified here."),
    ("header_too_long", "The token's header is longer than 2 KiB.", "Have the issuer leave certificates out of it."),
    ("malformed_header", "The token's header is not one JSON object with unique names.", "Copy the token whole; if it is whole, its issuer is at fault."),
    ("algorithm_not_allowed", "The token is signed by an algorithm that is not allowed, or not at all.", "Have the issuer sign with RS256 or another of the list."),
    ("critical_header", "The token says that something must be understood that is not.", "Have the issuer leave `crit` out."),
    ("wrong_type", "The token is of another kind than an access token.", "Send the access token, not another one of the same answer; `issuer.token_types` says which `typ` is required."),
    ("malformed_kid", "The token's key id is not a text of at most 256 bytes.", "Its issuer is at fault."),
    ("unencoded_payload", "The token's payload is not encoded (RFC 7797).", "Have the issuer leave `b64` out."),
    ("unknown_key", "The issuer has no key of this id.", "Compare the token's issuer with `issuer.url`; a new key is known after `issuer.cooldown` at the latest."),
    ("key_mismatch", "The key with this id is published for another algorithm than the one that the token's header names.", "Compare the header's `alg` with the `alg` of the key, which `doctor` shows. If they differ, the issuer's key set or the token is wrong: ask the issuer's operator."),
    ("ambiguous_key", "The token names no key, and the issuer has several.", "Have the issuer name the key."),
    ("bad_base64", "A part of the token is not base64url.", "Copy the token whole: a part of it is missing or altered."),
    ("bad_signature", "The signature was not made with that key over these bytes.", "Copy the token whole; if it is whole, somebody altered it."),
    ("malformed_payload", "The payload is not one JSON object with unique names.", "Its issuer is at fault."),
    ("missing_claim", "A claim is missing that every access token must have.", "Have the issuer add `iss`, `aud`, `sub` and `exp`."),
    ("malformed_claim", "A claim is not of the type or form that it must have.", "Have the issuer mend it; `explain` names it."),
    ("id_token", "This is an ID token: it tells a client who signed in.", "Send the access token of the same answer."),
    ("logout_token", "This is a logout token or another security event token (`events`).", "Send an access token; a logout token is for the client that it names."),
    ("refresh_token", "This is a refresh token: it gets new access tokens from its issuer.", "Send the access token of the same answer, and this one to the issuer alone."),
    ("proof_required", "The token is bound to a proof (DPoP, mTLS), which is not checked here.", "Ask for a bearer token."),
    ("wrong_issuer", "The token is from another issuer.", "Set `issuer.url` to the token's `iss`, to the byte, if you trust it."),
    ("wrong_audience", "The token is meant for another audience.", "Ask for a token for this API, or set `issuer.audience` to what it names."),
    ("expired", "The token has expired.", "Ask for a new one; if it is new, compare the clocks."),
    ("not_yet_valid", "The token is not valid yet.", "Compare the clocks of the issuer and of this machine."),
    ("issued_in_future", "The token was issued in the future.", "Compare the clocks of the issuer and of this machine."),
    ("denylist_stale", "The denylist is older than `denylist.max_age`: those who share it are out of reach.", "See the log for why Redis does not answer; `denylist.on_failure = \"last_known\"` goes on without."),
    ("revoked", "The token is on the denylist.", "Ask for a new one; an operator has revoked this one, its bearer or its client."),
    ("insufficient_scope", "The token lacks a scope that the operation requires.", "Ask for the scope that the challenge names, and grant it to the client."),
    ("claim_not_accepted", "The token lacks a claim value that the operation requires.", "See `access.operations.<id>.claims`, and give the value to the user or client."),
    ("not_guarded", "A handler wants a caller, and no guard stands before it.", "Mount the API by `guard.protect`, or the route by `guard.require`."),
];

const UNKNOWN: (&str, &str) = ("There is no more to say about it.", "");
