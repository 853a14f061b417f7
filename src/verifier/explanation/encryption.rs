//! The rules on an encrypted token, before those on the signed token inside of it.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::token::{
    ContentEncryption, DecryptedToken, DecryptionKey, Jwe, KeyEncryption, TokenError, decrypt,
};
use crate::verifier::{TrustedIssuer, TrustedIssuers, Verifier, VerifyError};

use super::Explanation;
use super::rule::{Evaluation, ExplainedRule, said};
use super::shown::read;

/// An encrypted token, and what a key made of it.
pub(super) struct OpenedToken {
    header: Option<Map<String, Value>>,
    form: Result<(), TokenError>,
    decrypted: Option<Result<DecryptedToken, TokenError>>,
    /// The key that decrypted it, or those that were tried.
    keys: String,
    owner: Option<Result<(), TokenError>>,
}

impl Verifier {
    /// Decrypts a token, if there are keys and it has the form of an encrypted one.
    pub(super) fn open(&self, token: &str) -> Option<OpenedToken> {
        let header = read(token.split('.').next().unwrap_or_default());
        let has_enc = header.as_ref().is_some_and(|it| it.contains_key("enc"));
        if token.split('.').count() != 5 || !has_enc || !self.issuers().decrypt() {
            return None;
        }
        let issuers = self.issuers();
        let (form, decrypted, keys) = match Jwe::parse(token) {
            Ok(jwe) => {
                let keys = issuers.candidates(&jwe);
                let decrypted = decrypt(&keys, &jwe);
                let shown = shown_keys(issuers, &keys, decrypted.as_ref().ok());
                (Ok(()), Some(decrypted), shown)
            }
            Err(error) => (Err(error), None, String::new()),
        };
        let owner = decrypted.as_ref().and_then(|it| it.as_ref().ok());
        let owner = owner.and_then(|it| check_owner(issuers, it));
        Some(OpenedToken {
            header,
            form,
            decrypted,
            keys,
            owner,
        })
    }

    /// The signed token inside of an encrypted one; any other token as it is.
    pub(super) fn signed_form<'a>(&self, token: &'a str) -> Cow<'a, str> {
        match self.open(token) {
            Some(opened) if !opened.is_closed() => opened.signed().to_owned().into(),
            _ => token.into(),
        }
    }
}

impl OpenedToken {
    /// Whether no key decrypts it.
    pub(super) fn is_closed(&self) -> bool {
        !matches!(self.decrypted, Some(Ok(_)))
    }

    /// The token inside; empty if it is closed.
    pub(super) fn signed(&self) -> &str {
        match &self.decrypted {
            Some(Ok(decrypted)) => decrypted.token(),
            _ => "",
        }
    }

    /// Adds what is known about the encryption to the explanation of the signed token.
    pub(super) fn add_to(self, explanation: &mut Explanation) {
        let mut rules = self.rules();
        let is_signed = self.signed().split('.').count() == 3;
        let content = if is_signed {
            Evaluation::Kept
        } else {
            Err::<(), _>(TokenError::EncryptedNotSigned).into()
        };
        let wanted = "a signed token, which is not encrypted again";
        rules.push(ExplainedRule::new(
            "content",
            content,
            String::new(),
            wanted,
        ));
        // Nothing else is wrong with a content that is not a signed token.
        let others = explanation.rules.drain(..);
        rules.extend(others.filter(|rule| is_signed || !rule.is_broken()));
        if let Some(owner) = self.owner.clone() {
            let place = rules.iter().position(|rule| rule.name == "issuer");
            let wanted = "a key of the issuer that the token names";
            let rule = ExplainedRule::new("issuer's key", owner.into(), self.keys, wanted);
            rules.insert(place.map_or(rules.len(), |place| place + 1), rule);
        }
        explanation.rules = rules;
        explanation.encryption = self.header;
        explanation.mark_failed();
    }

    /// The explanation of a token that no key decrypts. Nothing else can be read in it.
    pub(super) fn explain_closed(self, verdict: Result<(), VerifyError>) -> Explanation {
        let mut explanation = Explanation {
            rules: self.rules(),
            encryption: self.header,
            header: None,
            claims: None,
            judge: None,
            unverified: None,
            verdict,
        };
        explanation.mark_failed();
        explanation
    }

    fn rules(&self) -> Vec<ExplainedRule> {
        let header = self.header.as_ref();
        let found = format!("{} with {}", said(header, "alg"), said(header, "enc"));
        let wanted = format!(
            "{} with {}, without `zip` and `crit`",
            KeyEncryption::ALL.map(KeyEncryption::name).join(", "),
            ContentEncryption::ALL
                .map(ContentEncryption::name)
                .join(", "),
        );
        let decryption = match &self.decrypted {
            Some(Err(TokenError::Undecryptable)) => Err::<(), _>(TokenError::Undecryptable).into(),
            Some(_) => Evaluation::Kept,
            None => Evaluation::NotExamined("the encryption is refused"),
        };
        let wanted_key = "encrypted to a key of `decryption_keys`";
        let mut rules = vec![
            ExplainedRule::new("encryption", self.form.clone().into(), found, &wanted),
            ExplainedRule::new("decryption", decryption, self.keys.clone(), wanted_key),
        ];
        // Bytes that are no text are no signed token.
        if let Some(Err(error @ TokenError::EncryptedNotSigned)) = &self.decrypted {
            let content = Err::<(), _>(error.clone()).into();
            rules.push(ExplainedRule::new(
                "content",
                content,
                String::new(),
                "a signed token",
            ));
        }
        rules
    }
}

/// Whether the key belongs to the issuer that the token names; `None` if it names none that is
/// trusted.
fn check_owner(
    issuers: &TrustedIssuers,
    decrypted: &DecryptedToken,
) -> Option<Result<(), TokenError>> {
    let claims = read(decrypted.token().split('.').nth(1)?)?;
    let issuer = issuers.find(claims.get("iss")?.as_str()?)?;
    Some(if issuer.decrypts_with(decrypted.key()) {
        Ok(())
    } else {
        Err(TokenError::WrongDecryptionKey)
    })
}

fn shown_keys(
    issuers: &TrustedIssuers,
    tried: &[Arc<DecryptionKey>],
    decrypted: Option<&DecryptedToken>,
) -> String {
    let shown = |key: &Arc<DecryptionKey>| {
        let owns = |issuer: &Arc<TrustedIssuer>| issuer.decrypts_with(key.thumbprint());
        let owners = issuers.all().into_iter().filter(owns);
        let owners: Vec<_> = owners.map(|issuer| issuer.name().to_owned()).collect();
        let name = key.key_id().map(|it| format!("kid {it:?}, "));
        format!(
            "{}thumbprint {} ({})",
            name.unwrap_or_default(),
            key.thumbprint(),
            owners.join(", ")
        )
    };
    let is_used =
        |key: &&Arc<DecryptionKey>| decrypted.is_none_or(|it| it.key() == key.thumbprint());
    let keys: Vec<_> = tried.iter().filter(is_used).map(shown).collect();
    match (decrypted, keys.as_slice()) {
        (_, []) => "no key may be used for this algorithm".to_owned(),
        (Some(_), keys) => keys.join("; "),
        (None, keys) => format!("tried {}", keys.join("; ")),
    }
}
