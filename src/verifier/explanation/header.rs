//! The rules on the form of a token and on its header.

use serde_json::{Map, Value};

use crate::token::{
    Algorithm, Jws, MAX_TOKEN_BYTES, TokenError, TokenType, UnverifiedHeader, UnverifiedToken,
    Validation,
};

use super::rule::{Evaluation, ExplainedRule, said};

/// The rules on the form of a token.
pub(super) fn rules_on_form(token: &str) -> Vec<ExplainedRule> {
    let unverified = UnverifiedToken::new(token);
    let bytes = token.len();
    let length = if bytes > MAX_TOKEN_BYTES {
        Err(TokenError::TooLong { bytes })
    } else {
        Ok(())
    };
    vec![
        ExplainedRule::new(
            "length",
            length.into(),
            format!("{bytes} bytes"),
            &format!("at most {MAX_TOKEN_BYTES} bytes"),
        ),
        ExplainedRule::new(
            "characters",
            unverified.check_characters().into(),
            String::new(),
            "letters, digits, `-`, `_` and `.`",
        ),
        ExplainedRule::new(
            "parts",
            match Jws::parse(token) {
                Err(error @ TokenError::Encrypted) => Err::<(), _>(error).into(),
                _ => unverified.check_segments().into(),
            },
            token.split('.').count().to_string(),
            "3 parts, joined by dots",
        ),
        ExplainedRule::new(
            "header",
            unverified.header().into(),
            String::new(),
            "a JSON object with unique names, at most 2 KiB",
        ),
    ]
}

/// The rules on the members of its header, which are shown as in `members`.
pub(super) fn rules_on_header(
    token: &str,
    members: Option<&Map<String, Value>>,
    validation: Option<&Validation>,
) -> Vec<ExplainedRule> {
    let header = UnverifiedToken::new(token).header().ok();
    let judge = |judge: &dyn Fn(&UnverifiedHeader) -> Result<(), TokenError>| {
        header.as_ref().map_or(
            Evaluation::NotExamined("the header cannot be read"),
            |header| judge(header).into(),
        )
    };
    let allowed =
        |algorithm: Algorithm| validation.map_or(Ok(()), |it| it.check_algorithm(algorithm));
    let of_type = |token_type: Option<TokenType>| {
        validation.map_or(Ok(()), |it| it.check_token_type(token_type))
    };
    let algorithms = validation.map_or(&Algorithm::ALL[..], Validation::algorithms);
    let algorithms: Vec<_> = algorithms.iter().map(|it| it.name()).collect();
    let types = validation.map_or(&[][..], Validation::token_types).iter();
    let types: Vec<_> = types.map(|it| it.name()).collect();
    let types = match types.as_slice() {
        [] => "absent, or one of JWT and at+jwt".to_owned(),
        types => types.join(" or "),
    };
    let rule = |name, member, evaluation, wanted: &str| {
        ExplainedRule::new(name, evaluation, said(members, member), wanted)
    };
    vec![
        rule(
            "algorithm",
            "alg",
            judge(&|header| header.algorithm.clone().and_then(allowed)),
            &format!("one of {}", algorithms.join(", ")),
        ),
        rule(
            "critical",
            "crit",
            judge(&|header| header.critical.clone()),
            "absent",
        ),
        rule(
            "type",
            "typ",
            judge(&|header| header.token_type.clone().and_then(of_type)),
            &types,
        ),
        rule(
            "key id",
            "kid",
            judge(&|header| header.key_id.clone()),
            "a string of at most 256 bytes",
        ),
        rule(
            "payload form",
            "b64",
            judge(&|header| header.encoding.clone()),
            "absent",
        ),
    ]
}
