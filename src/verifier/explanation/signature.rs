//! The rules on the key of a token and on its signature.

use serde_json::{Map, Value};

use crate::token::{Jws, KeySet, UnverifiedToken};

use super::rule::{Evaluation, ExplainedRule, said};

/// The rules on key, encoding and signature, with the current keys.
pub(super) fn rules(
    token: &str,
    header: Option<&Map<String, Value>>,
    keys: Option<&KeySet>,
) -> Vec<ExplainedRule> {
    let unverified = UnverifiedToken::new(token);
    let jws = Jws::parse(token);
    let found = match (&jws, keys) {
        (Err(_), _) => Err(REFUSED),
        (_, None) => Err("the issuer's keys are not available"),
        (Ok(jws), Some(keys)) => Ok((jws, keys.find(jws.header()))),
    };
    let key = match &found {
        Ok((_, key)) => key.as_ref().map_err(Clone::clone).into(),
        Err(why) => Evaluation::NotExamined(why),
    };
    let encoding = match unverified.check_segments() {
        Ok(()) => (unverified.payload().and_then(|_| unverified.signature())).into(),
        Err(_) => Evaluation::NotExamined("the token does not have three parts"),
    };
    let signature = match (&found, encoding) {
        (Ok((jws, Ok(key))), Evaluation::Kept) => key.verify(jws).into(),
        (Ok((_, Ok(_))), _) => Evaluation::NotExamined("a part cannot be decoded"),
        (Ok((_, Err(_))), _) => Evaluation::NotExamined("there is no key for it"),
        (Err(why), _) => Evaluation::NotExamined(why),
    };
    vec![
        ExplainedRule::new(
            "key",
            key,
            said(header, "kid"),
            "a key that the issuer publishes for this algorithm",
        ),
        ExplainedRule::new(
            "encoding",
            encoding,
            String::new(),
            "base64url without padding",
        ),
        ExplainedRule::new("signature", signature, String::new(), "made with that key"),
    ]
}

const REFUSED: &str = "the form or the header is refused";
