//! All checks.

/// The word of each check, what must be true, and what to do if it is not.
#[rustfmt::skip] // A row a check.
pub const CHECKS: &[(&str, &str, &str)] = &[
    ("document", "The document describes each operation and who may call it.", "Declare a bearer, `oauth2` or `openIdConnect` scheme in `security`, and each path parameter in the path."),
    ("operation", "The operation can be called at the path in the document.", "Correct the path or the URL, and give parameters that exist with `--param`."),
    ("open_operation", "An operation without `security` answers without credentials and ignores credentials.", "Declare the security that the code enforces, or remove the guard from the route."),
    ("no_credentials", "A protected operation answers 401 to a caller without a bearer token.", "Put the guard in front of this route, or remove `security` from the document if everybody may call it."),
    ("good_token", "A good token is accepted.", "Compare the token's issuer and audience with those that the API expects; `explain` shows them."),
    ("other_name", "Other methods and other spellings of the path are not served without credentials either.", "Let the guard and the router use the same rule to match paths, or guard everything by default."),
    ("signature_changed", "A token with a wrong signature is refused.", "Verify the signature with the issuer's key before you use anything in the token."),
    ("signature_removed", "A token without a signature is refused.", "Accept only tokens of three segments, and verify the last one."),
    ("unsigned", "A token with `alg: none`, in any spelling, is refused.", "Allow only the algorithms that the issuer signs with, by their exact names (RFC 8725 section 3.1)."),
    ("public_key_as_secret", "An HMAC made with the issuer's public key is refused.", "Take the algorithm from the key, never from the token (RFC 8725 section 3.1)."),
    ("payload_changed", "A token with other claims under the old signature is refused.", "Verify the signature over the segments as they arrived."),
    ("unknown_key", "A token with an unknown `kid` is refused.", "Refuse a `kid` that the issuer's key set does not contain; do not fall back to another key."),
    ("critical_header", "A token with an unknown critical header is refused.", "Refuse a token whose `crit` names an extension that you do not support (RFC 7515 section 4.1.11)."),
    ("own_key", "A token signed by another key is refused, even if it contains that key.", "Take keys only from the issuer's key set; ignore `jwk` in the token."),
    ("linked_key", "No key is fetched from a link in the token.", "Ignore `jku` and `x5u`; take keys only from the issuer's key set (RFC 8725 section 3.10)."),
    ("expired", "A token that the issuer signed and that has expired is refused.", "Require `exp`, and compare it with the current time (RFC 9068 section 4)."),
    ("not_yet_valid", "A token whose `nbf` is in the future is refused.", "Compare `nbf` with the current time (RFC 7519 section 4.1.5)."),
    ("other_audience", "A token that the issuer signed for another audience is refused.", "Require your own identifier in `aud` (RFC 9068 section 4)."),
    ("other_issuer", "A token with another `iss` is refused.", "Compare `iss` with the issuer that you trust, character by character (RFC 9068 section 4)."),
    ("issuer_changed", "A token of one issuer that names another accepted issuer is refused.", "Verify a token only with the keys of the issuer that it names in `iss` (RFC 8725 section 3.8)."),
    ("issuer_not_accepted", "An operation refuses the tokens of an issuer that its security schemes leave out.", "Require the issuer in the operation, or add its schemes to the operation's `security`."),
    ("not_issued", "A string that resembles an opaque token, and that the issuer did not issue, is refused.", "Accept an opaque token only if the issuer's answer has `active: true`, and remember that answer under the whole token (RFC 7662 section 2.2)."),
    ("wrong_kind", "A refresh token or an ID token is refused as an access token.", "Compare `token_type`, `token_use` or another member of the issuer's answer that names the kind of the token; for a JWT, `typ` (RFC 9068 section 4)."),
    ("revoked", "A token that is revoked at the issuer is refused soon afterwards.", "Limit how long an answer of the issuer is remembered (RFC 7662 section 4)."),
    ("wrong_token", "A token given with `--refuse` is refused.", "Compare `iss`, `aud`, `exp` and the type of the token with what the API expects (RFC 9068 section 4)."),
    ("garbage", "A header without a usable token is refused with 401 or 400.", "Answer 401 to everything that cannot be read as a token."),
    ("two_headers", "Two `Authorization` fields are refused, because a proxy may read the other one.", "Refuse more than one field (RFC 6750 section 2). Node uses the first one unless `joinDuplicateHeaders` is set."),
    ("token_in_query", "A token in the URL is refused, because URLs are stored in logs and histories.", "Read tokens only from the `Authorization` header (RFC 9700 section 4.3.2)."),
    ("bound_token", "A token that is bound to a key is accepted with a proof of the key.", "Compare the proof with what the API expects: `explain --proof` shows each rule."),
    ("bound_as_bearer", "A token that is bound to a key is refused as a bearer token, with or without a proof.", "Refuse a token with `cnf` that comes with the scheme `Bearer` (RFC 9449 section 7.1)."),
    ("missing_proof", "A bound token without a proof is refused.", "Require one `DPoP` header next to the scheme `DPoP` (RFC 9449 section 4.3)."),
    ("proof_of_other_key", "A bound token with a proof by another key is refused.", "Compare the thumbprint of the proof's `jwk` with the `jkt` in the token's `cnf` (RFC 9449 section 7.1)."),
    ("proof_replayed", "A proof is accepted once.", "Remember each `jti` for as long as its proof is accepted, in all replicas together (RFC 9449 section 11.1)."),
    ("proof_for_other_url", "A proof for another URL is refused.", "Compare `htu` with the URL of the request, without query and fragment (RFC 9449 section 4.3)."),
    ("proof_for_other_method", "A proof for another method is refused.", "Compare `htm` with the method of the request (RFC 9449 section 4.3)."),
    ("proof_for_other_token", "A proof for another token is refused.", "Require `ath`, and compare it with the digest of the token (RFC 9449 section 4.3)."),
    ("old_proof", "A proof of an hour ago is refused.", "Compare `iat` with the current time, within a minute or so (RFC 9449 section 11.1)."),
    ("unbound_token", "An operation that accepts only bound tokens refuses a token that is not bound, with or without a proof.", "Refuse a token without `cnf` under every scheme, or name the scheme `Bearer` in the operation's `security` too."),
    ("missing_scope", "A token without a required scope gets 403 `insufficient_scope`, which names the scope.", "Require the operation's scopes after the token is verified (RFC 6750 section 3.1)."),
    ("foreign_origin", "Pages of other origins cannot read answers to a token.", "Allow the origins of your own pages, compared as a whole. Name them with `--origin`."),
    ("allowed_origin", "Pages of allowed origins can send a preflight without a token and can read refusals.", "Put CORS in front of the guard, and allow the header `Authorization`."),
    ("wrong_status", "The status of a refusal says why the request was refused.", "Answer 401 for a bad or missing token, 403 for a missing scope, 400 for a malformed request (RFC 6750 section 3.1)."),
    ("no_challenge", "401 and 403 carry one `Bearer` challenge.", "Send one `WWW-Authenticate: Bearer realm=\"..\"` (RFC 6750 section 3)."),
    ("error_code", "The challenge's error code fits: none without credentials, `invalid_token`, `insufficient_scope`.", "Set `error` in the challenge as RFC 6750 section 3.1 requires."),
    ("server_error", "No answer has a status from 500 to 599.", "Catch every error while the token is read, and answer 401."),
    ("stack_trace", "No answer contains a stack trace.", "Turn off the debug mode of the framework, and answer errors with fixed sentences."),
    ("no_answer", "Every request is answered.", "Look in the API's log for what closed the connection."),
    ("echo", "No answer repeats the credentials that were sent.", "Answer with fixed sentences, and write the details to the log."),
    ("slow", "No refusal takes ten times as long as a good answer.", "Do the cheap checks first, and do not fetch keys for every unknown `kid`."),
    ("plain_http", "Tokens are sent over https, except on this machine.", "Serve the API over https, or run the check where TLS ends."),
];

/// What a user can say of a token that an API must refuse, the check that the token then makes, and
/// what the report calls it.
#[rustfmt::skip] // A row a word.
pub const DECLARED: &[(&str, &str, &str)] = &[
    ("expired", "expired", "an expired token"),
    ("other_audience", "other_audience", "a token for another audience"),
    ("other_issuer", "other_issuer", "a token of another issuer"),
    ("refresh_token", "wrong_kind", "a refresh token"),
    ("id_token", "wrong_kind", "an ID token"),
    ("revoked", "revoked", "a token that was revoked before"),
    ("unbound_token", "unbound_token", "a token that is not bound"),
];

/// What to do if a check fails.
pub(super) fn fix(check: &str) -> &'static str {
    let row = CHECKS.iter().find(|(word, ..)| *word == check);
    row.map_or("", |(_, _, fix)| fix)
}
