//! All checks.

/// The word of each check, what must be true, and what to do if it is not.
#[rustfmt::skip] // A row a check.
pub const CHECKS: &[(&str, &str, &str)] = &[
    ("document", "The document says who may call each operation.", "Declare a bearer, `oauth2` or `openIdConnect` scheme in `security`."),
    ("operation", "The operation can be called.", "Give its parameters examples in the document."),
    ("open_operation", "What declares no security answers without credentials, and looks at none.", "Declare the security that the code enforces, or take the guard from the route."),
    ("no_credentials", "A protected operation answers 401 to a caller without a bearer token.", "Put the guard before this route: whoever declares security must enforce it."),
    ("good_token", "A good token is let through.", "Ask `explain` what is wrong with the token, or with the API's issuer and audience."),
    ("other_name", "Another method or spelling of the path is not let through either.", "Guard what is routed, not what is written: match the guard and the route by the same rule."),
    ("signature_changed", "A token whose signature does not fit is refused.", "Verify the signature with the issuer's key before anything in the token is believed."),
    ("signature_removed", "A token without a signature is refused.", "Take tokens of three segments only, and verify the last one."),
    ("unsigned", "A token that says `alg: none`, in any spelling, is refused.", "Allow the algorithms that the issuer signs with, by their exact names, and no other (RFC 8725 section 3.1)."),
    ("public_key_as_secret", "An HMAC made with the issuer's public key is refused.", "Take the algorithm from the key, never from the token (RFC 8725 section 3.1)."),
    ("payload_changed", "A token with other claims under the old signature is refused.", "Verify the signature over the segments as they came."),
    ("unknown_key", "A token that names a key nobody has is refused.", "Refuse a `kid` that the issuer's key set does not have; do not fall back on another key."),
    ("critical_header", "A token with an unknown critical header is refused.", "Refuse what `crit` names and you do not know (RFC 7515 section 4.1.11)."),
    ("own_key", "A token signed by another key is refused, though it brings the key along.", "Take keys from the issuer's key set alone; ignore `jwk` in the token."),
    ("linked_key", "No key is fetched from a link in the token.", "Ignore `jku` and `x5u`; take keys from the issuer's key set alone (RFC 8725 section 3.10)."),
    ("wrong_token", "A token given to be refused is refused.", "Compare `iss`, `aud`, `exp` and the kind of token with what the API expects (RFC 9068 section 4)."),
    ("garbage", "What is no token is refused with 401 or 400.", "Answer 401 for whatever cannot be read as a token."),
    ("two_headers", "Two `Authorization` fields are refused: a proxy may read the other one.", "Refuse more than one field (RFC 6750 section 2); Node keeps the first unless `joinDuplicateHeaders` is set."),
    ("token_in_query", "A token in the URL is refused: URLs end up in logs and histories.", "Take tokens from the `Authorization` header alone (RFC 9700 section 4.3.2)."),
    ("missing_scope", "A token without a required scope is answered 403 `insufficient_scope`, which names it.", "Require the operation's scopes after the token is verified (RFC 6750 section 3.1)."),
    ("foreign_origin", "Pages of other origins may not read answers to a token.", "Allow the origins of your own pages by name, compared whole; say `--origin` if these are."),
    ("allowed_origin", "Pages of allowed origins may ask first without a token, and read refusals.", "Put CORS before the guard, and allow the header `Authorization`."),
    ("wrong_status", "A refusal has the status that says why.", "401 for a bad or missing token, 403 for a missing scope, 400 for a broken request (RFC 6750 section 3.1)."),
    ("no_challenge", "401 and 403 carry one `Bearer` challenge.", "Send one `WWW-Authenticate: Bearer realm=\"..\"` (RFC 6750 section 3)."),
    ("error_code", "The challenge's error code fits: none without credentials, `invalid_token`, `insufficient_scope`.", "Set `error` in the challenge as RFC 6750 section 3.1 has it."),
    ("server_error", "No answer is the server's own fault.", "Catch what reading a token can throw, and answer 401."),
    ("no_answer", "Every request is answered.", "See the API's log for what ended the connection."),
    ("echo", "No answer repeats what was sent as credentials.", "Answer with fixed sentences; keep the details for the log."),
    ("slow", "No refusal takes ten times as long as a good answer.", "Refuse cheaply first; do not fetch keys for every unknown `kid`."),
    ("plain_http", "Tokens travel by https alone, but on this machine.", "Serve the API by https, or check it from where TLS ends."),
];

/// What to do if a check fails.
pub(super) fn fix(check: &str) -> &'static str {
    let row = CHECKS.iter().find(|(word, ..)| *word == check);
    row.map_or("", |(_, _, fix)| fix)
}
