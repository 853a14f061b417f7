//! The meaning of each reason, and what to do about it: one list for people.

/// The meaning of a reason, and the fix.
pub fn advice(reason: &str) -> (&'static str, &'static str) {
    REASONS
        .iter()
        .find(|(word, ..)| *word == reason)
        .map_or(UNKNOWN, |(_, meaning, fix)| (*meaning, *fix))
}

/// Every reason for which a request is refused or fails, its meaning and the fix. First come those
/// of the guard, in the order of its checks, then those of the server.
#[rustfmt::skip] // A row a line.
pub const REASONS: &[(&str, &str, &str)] = &[
    ("missing_credentials", "The request has no access token.", "Send `Authorization: Bearer <access token>`, or `DPoP` instead of `Bearer` for a token that is bound to a key."),
    ("missing_scheme", "The `Authorization` header is a token without the scheme `Bearer`.", "Send `Authorization: Bearer <access token>`."),
    ("repeated_authorization", "The request has more than one `Authorization` header.", "Send one. Look for a proxy that adds its own."),
    ("malformed_authorization", "The `Authorization` header does not have the form `Bearer <token>`.", "Send the token alone after `Bearer` and a space, without quotes."),
    ("credentials_in_two_places", "The request has credentials in `Authorization` and in `Sec-WebSocket-Protocol`.", "Send the token in one of them."),
    ("malformed_websocket_token", "`Sec-WebSocket-Protocol` contains `bearer`, but not one token directly after it.", "Open the WebSocket with the protocols `[\"bearer\", token]`, each of them once."),
    ("tls_required", "The request came without TLS, and `profile_security` requires it.", "Call the https URL. If a proxy terminates TLS, let it report the scheme, and list it in `http.trusted_proxies`."),
    ("too_many_requests", "The caller or its address has sent too many requests.", "Wait for the time in `Retry-After`, or raise `rate.*`."),
    ("no_keys", "There are no keys to verify with, because the issuer cannot be reached.", "The log and `/readyz?verbose` say why its keys cannot be fetched."),
    ("too_long", "The token is longer than 8 KiB.", "Configure the issuer to put less into it, for example fewer groups."),
    ("illegal_character", "The token has a character that no token has.", "Copy the whole token and nothing else: no quotes, spaces or line breaks."),
    ("not_three_segments", "The token does not have three parts.", "Send an access token in the form of a JWT. An opaque token cannot be verified here."),
    ("header_too_long", "The header of the token is longer than 2 KiB.", "Configure the issuer to leave certificates out of it."),
    ("malformed_header", "The header of the token is not a JSON object with unique names.", "Copy the whole token. If it is complete, the issuer is at fault."),
    ("algorithm_not_allowed", "The token is signed with an algorithm that is not accepted, or not signed.", "Configure the issuer to sign with RS256 or another accepted algorithm."),
    ("critical_header", "The header of the token has the member `crit`, which names extensions that are not supported.", "Configure the issuer to leave `crit` out."),
    ("wrong_type", "The token is not an access token, or not of a type in `issuer.token_types`.", "Send the access token, and not another token from the same response. `issuer.token_types` lists the accepted values of `typ`."),
    ("malformed_kid", "The key id of the token is not a string of at most 256 bytes.", "The issuer is at fault."),
    ("unencoded_payload", "The payload of the token is not encoded (RFC 7797).", "Configure the issuer to leave `b64` out."),
    ("unknown_key", "The issuer has no key with this id. Usually, the token is from another issuer.", "Compare the token's `iss` with `issuer.url`. A new key is known after `issuer.cooldown` at the latest."),
    ("key_mismatch", "The key with this id is published for another algorithm than the one that the token's header names.", "Compare the header's `alg` with the `alg` of the key, which `doctor` shows. If they differ, the issuer's key set or the token is wrong: ask the issuer's operator."),
    ("ambiguous_key", "The token does not name a key, and the issuer has several.", "Configure the issuer to name the key."),
    ("bad_base64", "A part of the token is not base64url.", "Copy the whole token. A part of it is missing or altered."),
    ("bad_signature", "The signature was not made with this key over these bytes.", "Copy the whole token. If it is complete, it was altered."),
    ("malformed_payload", "The payload is not a JSON object with unique names.", "The issuer is at fault."),
    ("missing_claim", "A claim is missing that every access token must have.", "Configure the issuer to add `iss`, `aud`, `sub` and `exp`."),
    ("malformed_claim", "A claim does not have the required type or form.", "Correct it at the issuer. `explain` names the claim."),
    ("id_token", "This is an ID token, which informs a client about the user who signed in.", "Send the access token from the same response."),
    ("logout_token", "This is a logout token or another security event token (`events`).", "Send an access token. A logout token is for the client that it names."),
    ("refresh_token", "This is a refresh token, with which a client gets new access tokens from the issuer.", "Send the access token from the same response. Send a refresh token only to the issuer."),
    ("unknown_issuer", "The token is from an issuer that is not trusted.", "Set `issuer.url` or `issuers.<name>.url` to exactly the token's `iss`, if you trust it."),
    ("wrong_issuer", "The token is from another issuer.", "Set `issuer.url` to exactly the token's `iss`, if you trust it."),
    ("client_not_accepted", "The issuer's settings (status 401) or the operation (status 403) do not accept the client of the token.", "Use another client, or add the client to `issuers.<name>.clients` or to `access.operations.<id>.clients`."),
    ("required_claim", "The token lacks a claim that every token of its issuer must have, or the claim has another value.", "See `issuers.<name>.required_claims`. Configure the issuer to add the claim."),
    ("wrong_audience", "The token is for another audience.", "Request a token for this API, or set `issuer.audience` to the audience of the token."),
    ("expired", "The token has expired.", "Request a new one. If it is new, compare the clocks of the issuer and of this machine."),
    ("not_yet_valid", "The token is not valid yet.", "Compare the clocks of the issuer and of this machine."),
    ("issued_in_future", "The token was issued in the future.", "Compare the clocks of the issuer and of this machine."),
    ("denylist_stale", "The denylist is older than `denylist.max_age`, because Redis cannot be reached.", "The log says why Redis does not answer. `denylist.on_failure = \"last_known\"` continues without it."),
    ("revoked", "The token is on the denylist.", "Request a new one. An operator revoked this token, its user or its client."),
    ("proof_required", "The token is bound to a key (DPoP), and it came as a bearer token.", "Send `Authorization: DPoP <token>` and a new proof in the header `DPoP`. `token --dpop` and `proof` make both."),
    ("not_bound", "The token is not bound to a key, and it came with the scheme `DPoP`.", "Send `Authorization: Bearer <token>`, or request a bound token."),
    ("unsupported_confirmation", "The claim `cnf` of the token has a member that is not supported, so nobody can prove to have this key.", "Configure the issuer to bind tokens with `jkt` (DPoP) or `x5t#S256` (a client certificate)."),
    ("certificate_required", "The token is bound to a client certificate, and the connection has none.", "Call over TLS with the certificate with which the token was requested. Behind a proxy, see `http.client_certificate_header`."),
    ("wrong_certificate", "The token is bound to another client certificate than that of the connection.", "Call with the certificate with which the token was requested."),
    ("bound_token_not_accepted", "The token is bound to a key, and the operation accepts only bearer tokens.", "Request a token that is not bound, or set `access.binding` or `access.operations.<id>.binding` to `either`."),
    ("bearer_token_not_accepted", "The token is not bound to a key, and the operation accepts only bound tokens.", "Request a bound token, for example with `token --dpop`, or set `access.binding` or `access.operations.<id>.binding` to `either`."),
    ("missing_proof", "The token came with the scheme `DPoP`, but the request has no header `DPoP`.", "Send a new proof in the header `DPoP` with each request."),
    ("repeated_proof", "The request has more than one `DPoP` header.", "Send one. Look for a proxy that adds its own."),
    ("proof_too_long", "The proof is longer than 8 KiB.", "Leave certificates and other additions out of the proof."),
    ("malformed_proof", "The proof is not a JWT: three parts of base64url, with JSON objects that have unique names and few members.", "Send the whole proof and nothing else. A library for DPoP makes the form."),
    ("proof_wrong_type", "The `typ` in the header of the proof is not `dpop+jwt`.", "Set `typ` to `dpop+jwt`. Do not send an access token or an ID token as a proof."),
    ("proof_algorithm_not_allowed", "The proof is signed with an algorithm that is not accepted, or not signed.", "Sign with an algorithm that `algs` of the challenge lists, for example ES256. See `dpop.algorithms`."),
    ("proof_critical_header", "The header of the proof has the member `crit` or `b64`, which is not supported.", "Leave these members out."),
    ("proof_without_key", "The header of the proof has no `jwk`, or it is not an object.", "Put the public key into `jwk`."),
    ("proof_with_private_key", "The `jwk` of the proof contains a private or a symmetric key.", "Create a new key, because this one is not secret any more, and put only its public members into `jwk`."),
    ("proof_key_not_accepted", "The `jwk` of the proof is malformed, does not fit its `alg`, or is of a kind that is not accepted.", "Use a key on P-256 or P-384, an Ed25519 key, or an RSA key of 2048 to 8192 bits."),
    ("missing_htm", "The proof lacks `htm`, the method of the request.", "Set `htm` to the method, for example `GET`."),
    ("missing_htu", "The proof lacks `htu`, the URL of the request.", "Set `htu` to the URL without the query."),
    ("missing_iat", "The proof lacks `iat`, the time at which it was made.", "Set `iat` to the current time in seconds since 1970."),
    ("missing_jti", "The proof lacks `jti`, its unique identifier.", "Set `jti` to a new random string in each proof."),
    ("missing_ath", "The proof lacks `ath`, the digest of the access token. Some guides leave it out, because the token endpoint does not require it.", "Set `ath` to the SHA-256 digest of the access token in base64url without padding."),
    ("malformed_htm", "The `htm` of the proof is not a string, or it is empty.", "Set `htm` to the method, for example `GET`."),
    ("malformed_htu", "The `htu` of the proof is not a string, or it is empty.", "Set `htu` to the URL without the query."),
    ("malformed_iat", "The `iat` of the proof is not a number of seconds since 1970.", "Set `iat` to the current time as a number in seconds, not in milliseconds and not as a string."),
    ("malformed_jti", "The `jti` of the proof is not a string, or it is empty.", "Set `jti` to a new random string in each proof."),
    ("malformed_ath", "The `ath` of the proof is not 43 characters of base64url.", "Set `ath` to the SHA-256 digest of the access token in base64url without padding. Do not encode the digest in hexadecimal."),
    ("malformed_nonce", "The `nonce` of the proof is not a string, or it is empty.", "Copy it from the header `DPoP-Nonce` of the last response of this API, or leave it out."),
    ("proof_wrong_key", "The proof is by another key than the one that the token is bound to.", "Sign with the key with which the token was requested. A client that creates a new key needs a new token."),
    ("proof_wrong_method", "The `htm` of the proof is not the method of the request.", "Make a proof for each request. `htm` is compared with case: `GET`, not `get`."),
    ("proof_wrong_url", "The `htu` of the proof is not the URL of the request.", "Make a proof for each request, with the URL that the caller uses, without the query. Behind a proxy, set `http.public_url` or `http.trusted_proxies`."),
    ("proof_wrong_token", "The `ath` of the proof is not the digest of this token.", "Make a proof for each token. `ath` is the SHA-256 digest of the token as it is sent."),
    ("proof_expired", "The proof is older than `dpop.max_age`.", "Make a new proof for each request. If it is new, compare the clocks of the caller and of this machine."),
    ("proof_issued_in_future", "The `iat` of the proof is further ahead than `dpop.max_age`.", "Compare the clocks of the caller and of this machine, or send the proof with the nonce that this API requires."),
    ("missing_nonce", "The proof lacks the nonce that this API requires (`dpop.nonce`).", "Make a new proof with the `nonce` of the header `DPoP-Nonce`, and send the request again."),
    ("stale_nonce", "The nonce of the proof has expired, or it is from another server.", "Make a new proof with the `nonce` of the header `DPoP-Nonce`, and send the request again. Replicas need the same `dpop.secret`."),
    ("proof_bad_signature", "The signature of the proof was not made with the key in its `jwk`.", "Sign with the private key that belongs to `jwk`. A signature of ES256 is 64 bytes (`r` and `s`), not DER."),
    ("proof_replayed", "The proof was used before.", "Make a new proof for each request, also for a retry."),
    ("too_many_proofs", "The memory for used proofs is full.", "Retry after the time in `Retry-After`. If it happens often, raise its limit (`dpop.replay`) or lower `dpop.max_age`."),
    ("proofs_unavailable", "The server with the used proofs (Redis) does not answer.", "The log says why. See `dpop.replay`."),
    ("issuer_not_accepted", "The operation does not accept tokens of this issuer.", "Request a token of an issuer in `access.operations.<id>.issuers`, or add the issuer there."),
    ("insufficient_user_authentication", "The user signed in too weakly or too long ago for the operation (RFC 9470).", "Sign in again with the `acr_values` and the `max_age` of the challenge. A token without a user has neither `acr` nor `auth_time` and is always refused."),
    ("insufficient_scope", "The token lacks a scope that the operation requires.", "Request the scope that the challenge names, and grant it to the client."),
    ("claim_not_accepted", "The token lacks a claim value that the operation requires, or has one that it refuses.", "See `access.operations.<id>.claims` and `not_claims`, and give the value to the user or client."),
    ("not_owner", "A parameter of the request does not equal the claim that it must equal.", "Call with the caller's own value, once and in the plain spelling. See `access.operations.<id>.owner`."),
    ("not_guarded", "A handler requires a caller, but no guard protects it.", "Mount the API with `guard.protect`, or the route with `guard.require`."),
    ("not_found", "There is nothing at this path.", "Compare the path with the OpenAPI document."),
    ("method_not_allowed", "The path does not support this method.", "Use a method that the header `Allow` lists."),
    ("bad_request", "The request is not valid.", "Compare the request with the OpenAPI document."),
    ("misdirected", "The request names a host that is not this service, and the service listens only for this machine.", "Call it as `127.0.0.1` or `localhost`, or set `http.public_url`."),
    ("malformed_client_certificate", "A trusted proxy sent `http.client_certificate_header` more than once, with several certificates, or in another form than `http.client_certificate_format`.", "Let the proxy set this header, and not append to it. Correct `http.client_certificate_format`. See docs/binding.md."),
    ("head_too_long", "The head of the request is larger than `http.max_head_size`, or has more fields than `http.max_header_fields`.", "Send fewer or shorter header fields, or raise the limit."),
    ("body_too_long", "The body of the request is larger than `http.max_body_size`, or than the limit of the operation.", "Send a smaller body, or raise the limit."),
    ("timeout", "The response was not ready within `http.request_timeout`, or the body of the request stalled.", "Retry. If it happens often, the operation is too slow or the limit too short."),
    ("memory_spent", "The memory for all callers (`http.memory`) is used up.", "Retry after the time in `Retry-After`. If it happens often, raise `http.memory`."),
    ("too_many_upgraded", "There are `http.max_upgraded` WebSockets or other upgraded connections.", "Retry later, or raise `http.max_upgraded`."),
    ("early_bytes", "The caller sent data on an upgraded connection before the upgrade was accepted.", "Wait for the response with status 101 before you send data."),
    ("internal_error", "The request failed inside the service.", "The log has a line with the same request id."),
    ("panicked", "The handler of the operation panicked.", "This is a fault of the application. The log has a line with the same trace id."),
    ("stopping", "`/readyz`: the service is stopping.", "Send new callers to another replica."),
    ("denylist_not_read", "`/readyz`: the shared denylist has not been read yet.", "The log says why Redis does not answer. See `denylist.wait_for_list`."),
    ("condition_failed", "`/readyz`: a readiness check of the application fails.", "`/readyz?verbose` at the admin listener names the check and its error."),
];

const UNKNOWN: (&str, &str) = ("There is no description of this reason.", "");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_its_own_meaning_and_fix() {
        for (reason, meaning, fix) in REASONS {
            assert_eq!(advice(reason), (*meaning, *fix), "{reason}");
        }
        assert_eq!(advice("no reason"), UNKNOWN);
    }
}
