//! Compares an answer with the expectation of its attempt.
//!
//! An answer that is neither right nor wrong shows nothing. Then the result is an error: why, and
//! what to add.

use http::StatusCode;
use http::header::AUTHORIZATION;

use crate::description::challenge::ReceivedChallenge;
use crate::description::request::Inputs;
use crate::token::Scope;

use super::answer::Answer;
use super::attempt::Attempt;
use super::forge::CANARY;
use super::opaque_token::OpaqueBinding;
use super::report::Fault;
use super::target::printable;

/// The faults that an answer shows, or why it shows nothing.
pub(super) type Judged = Result<Vec<Fault>, String>;

/// Credentials in an answer are a fault; a name from the token is only a warning.
pub(super) fn find_echo(attempt: &Attempt, answer: &Answer) -> Option<Fault> {
    let status = answer.status.as_u16();
    if attempt.secrets.iter().any(|secret| answer.holds(secret)) {
        return Some(Fault::new(
            "echo",
            format!("{status} repeats the credentials"),
        ));
    }
    let is_named = answer.holds(CANARY);
    is_named.then(|| Fault::warning("echo", format!("{status} repeats a name from the token")))
}

pub(super) fn judge_open(attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
    let status = answer.status.as_u16();
    if matches!(status, 401 | 403) {
        let found = format!("{status}, although the document requires no credentials");
        return vec![Fault::new("open_operation", found)];
    }
    let is_found =
        answer.is_served() || answer.status.is_redirection() || wants_upgrade(attempt, answer);
    let is_bare = !attempt.headers.contains_key(AUTHORIZATION);
    if is_bare && !is_found && !(attempt.inputs == Inputs::MadeUp && is_complaint(answer.status)) {
        return vec![Fault::new("operation", answer.status.as_str())];
    }
    if attempt.check == "foreign_origin"
        && answer.allows_credentials()
        && answer.allows_reading(&attempt.sent)
    {
        let found = "pages of any origin may call with the visitor's cookies";
        return vec![Fault::new("foreign_origin", found)];
    }
    Vec::new()
}

pub(super) fn judge_good(attempt: &Attempt, answer: &Answer) -> Judged {
    let status = answer.status;
    let is_complaint = attempt.inputs == Inputs::MadeUp && is_complaint(status);
    if answer.is_served() || is_complaint || wants_upgrade(attempt, answer) {
        return Ok(Vec::new());
    }
    let (_, challenges) = challenges(attempt, answer);
    let is_unknown = attempt.opaque == OpaqueBinding::Unknown;
    let parameter = |name| challenges.first().and_then(|it| it.parameter(name));
    match status {
        StatusCode::UNAUTHORIZED if parameter("error") == Some(STEP_UP) => {
            Err(NEEDS_A_SIGN_IN.to_owned())
        }
        StatusCode::UNAUTHORIZED if is_unknown && answer.may_mean_bound() => {
            Err(MAY_BE_BOUND.to_owned())
        }
        StatusCode::UNAUTHORIZED => {
            let code = parameter("error").filter(|code| is_word(code));
            let found = format!("401 {}", code.unwrap_or_default());
            Ok(vec![Fault::new("good_token", found.trim_end())])
        }
        StatusCode::FORBIDDEN => {
            let scope = parameter("scope").and_then(|scope| scope.parse::<Scope>().ok());
            Err(match scope.filter(|scope| !scope.is_empty()) {
                Some(scope) => format!(
                    "403 for the good token: it lacks the scope `{}`. Request it with \
                     --scope, once for each scope.",
                    printable(&scope.to_string())
                ),
                None => LACKS_A_RIGHT.to_owned(),
            })
        }
        status => Ok(vec![Fault::new(
            "operation",
            format!("{} for a good token", status.as_u16()),
        )]),
    }
}

/// 400 says that the header contains no token. Then the challenge is not checked.
pub(super) fn judge_malformed(attempt: &Attempt, answer: &Answer) -> Judged {
    match answer.status.as_u16() {
        400 | 431 => Ok(Vec::new()),
        // A header without a token may count as missing or as bad credentials.
        401 => Ok(judge_challenge(
            attempt,
            answer,
            &[None, Some("invalid_token"), Some("invalid_request")],
        )),
        _ => judge_refusal(attempt, answer, &[401, 400], None),
    }
}

pub(super) fn judge_forbidden(attempt: &Attempt, answer: &Answer, required: &[Scope]) -> Judged {
    let mut faults = judge_refusal(attempt, answer, &[403], Some("insufficient_scope"))?;
    let (_, challenges) = challenges(attempt, answer);
    if let Some(challenge) = challenges.first().filter(|_| answer.status == 403) {
        let named = challenge
            .parameter("scope")
            .and_then(|named| named.parse::<Scope>().ok());
        if !named.is_some_and(|named| required.iter().any(|set| named.covers(set))) {
            let sets: Vec<_> = required.iter().map(|set| format!("`{set}`")).collect();
            let found = format!("the challenge does not name {}", sets.join(" or "));
            faults.push(Fault::warning(attempt.check, found));
        }
    }
    Ok(faults)
}

pub(super) fn judge_preflight(attempt: &Attempt, answer: &Answer, origin: &str) -> Vec<Fault> {
    let status = answer.status;
    let found = if !status.is_success() {
        format!("the preflight is answered {}", status.as_u16())
    } else if !answer.allows_reading(origin) {
        "the preflight does not allow the origin".to_owned()
    } else if !answer.allows_authorization() {
        "the preflight does not allow the header `Authorization`".to_owned()
    } else {
        return Vec::new();
    };
    vec![Fault::new(attempt.check, found)]
}

pub(super) fn judge_unreadable(attempt: &Attempt, answer: &Answer, origin: &str) -> Vec<Fault> {
    if !answer.allows_reading(origin) {
        return Vec::new();
    }
    let found = format!("pages of {origin} may read the answer");
    vec![Fault::new(attempt.check, found)]
}

pub(super) fn judge_readable(attempt: &Attempt, answer: &Answer, origin: &str) -> Vec<Fault> {
    if answer.allows_reading(origin) {
        return Vec::new();
    }
    let status = answer.status.as_u16();
    let found = format!("{status} without `Access-Control-Allow-Origin`");
    vec![Fault::new(attempt.check, found)]
}

/// Refused with one of these statuses, and for 401 and 403 with a challenge.
pub(super) fn judge_refusal(
    attempt: &Attempt,
    answer: &Answer,
    due: &[u16],
    error: Option<&'static str>,
) -> Judged {
    let status = answer.status.as_u16();
    if due.contains(&status) {
        return Ok(judge_challenge(attempt, answer, &[error]));
    }
    if answer.is_served() {
        return Ok(vec![Fault::new(attempt.check, served(answer))]);
    }
    let due: Vec<_> = due.iter().map(u16::to_string).collect();
    let found = format!("{status} in place of {}", due.join(" or "));
    if attempt.inputs == Inputs::MadeUp && is_complaint(answer.status) {
        return Err(format!(
            "{found}: the API refused the made-up values before the credentials. Give values \
             that exist with --param NAME=VALUE, or with examples in the document."
        ));
    }
    if wants_upgrade(attempt, answer) {
        return Err(format!(
            "{found}: the API refused the protocol before the credentials. Let the guard decide \
             before the handshake, or describe the 101 in the document."
        ));
    }
    // For another scheme, 400 says as much as 401.
    if attempt.check == "no_credentials" && status == 400 {
        return Ok(vec![Fault::warning("wrong_status", found)]);
    }
    Ok(vec![Fault::new("wrong_status", found)])
}

/// A refusal of a bound token whose proof is missing or wrong, or of a token that should be bound. A
/// warning, if the API refuses bound tokens (`is_bound_refused`): it does not know what `cnf` means, as
/// RFC 9449 section 7.2 allows.
pub(super) fn judge_unproven(attempt: &Attempt, answer: &Answer, is_bound_refused: bool) -> Judged {
    if answer.status == StatusCode::UNAUTHORIZED {
        let challenges = ["Bearer", "DPoP"].map(|scheme| answer.challenges_for(scheme));
        if challenges.iter().all(Vec::is_empty) {
            return Ok(vec![Fault::new("no_challenge", "401 without a challenge")]);
        }
        return Ok(Vec::new());
    }
    if answer.is_served() && is_bound_refused {
        return Ok(vec![Fault::warning(attempt.check, served(answer))]);
    }
    judge_refusal(attempt, answer, &[401, 400], None)
}

/// The scheme of the attempt, and the challenges for it. Where tokens are bound, a challenge for
/// bound tokens alone is right too.
fn challenges(attempt: &Attempt, answer: &Answer) -> (&'static str, Vec<ReceivedChallenge>) {
    let bearer = answer.challenges_for("Bearer");
    let is_bound = attempt.presented.is_some() || (bearer.is_empty() && attempt.holder.is_some());
    if is_bound {
        ("DPoP", answer.challenges_for("DPoP"))
    } else {
        ("Bearer", bearer)
    }
}

/// One challenge, with one of these error codes.
fn judge_challenge(attempt: &Attempt, answer: &Answer, due: &[Option<&str>]) -> Vec<Fault> {
    let status = answer.status.as_u16();
    let (scheme, challenges) = challenges(attempt, answer);
    let [challenge] = &challenges[..] else {
        let found = match challenges.len() {
            0 => format!("{status} without a `{scheme}` challenge"),
            several => format!("{status} with {several} `{scheme}` challenges"),
        };
        return vec![Fault::new("no_challenge", found)];
    };
    let found = challenge.parameter("error");
    if due.contains(&found) {
        return Vec::new();
    }
    let shown = |code| {
        if is_word(code) {
            code
        } else {
            "an unknown code"
        }
    };
    vec![match (found, due) {
        (None, _) => Fault::warning("error_code", format!("{status} without an error code")),
        (Some(code), [None]) => {
            let found = format!("{status} with {} for no token", shown(code));
            Fault::warning("error_code", found)
        }
        (Some(code), _) => Fault::new("error_code", format!("{status} with {}", shown(code))),
    }]
}

pub(super) fn served(answer: &Answer) -> String {
    format!("{}: the caller is served", answer.status.as_u16())
}

/// Whether the operation answered only that it serves another protocol.
fn wants_upgrade(attempt: &Attempt, answer: &Answer) -> bool {
    match answer.status {
        StatusCode::UPGRADE_REQUIRED => true,
        StatusCode::BAD_REQUEST => attempt.is_upgrade,
        _ => false,
    }
}

/// Whether the status is about the request and not about the caller.
fn is_complaint(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 401 | 403)
}

/// Whether this can be shown on a terminal, where the words of an API may end up.
fn is_word(code: &str) -> bool {
    code.len() < 32
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// RFC 9470 section 3.
const STEP_UP: &str = "insufficient_user_authentication";
const NEEDS_A_SIGN_IN: &str = "401 for the good token: it is valid, but the operation requires a \
    stronger or more recent sign-in. Pass the token of a user who signed in as the challenge \
    describes, with --token @FILE.";
pub(super) const MAY_BE_BOUND: &str = "The API refuses the given token as a bearer token, and has a \
    challenge for DPoP. Only the issuer can read whether the token is bound to a key. If it is, add \
    --dpop, and name the file of its key with --key. If it is not, get another token and add it \
    with --token @FILE.";
const LACKS_A_RIGHT: &str = "403 for the good token: it is valid, and lacks a scope, a claim or \
    another right. Request a scope with --scope, use another client, or add a claim with --claim \
    for the embedded issuer.";
