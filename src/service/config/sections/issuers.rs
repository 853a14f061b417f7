//! `[issuers]`: the issuers whose tokens are accepted besides `[issuer]`, and further rules for each.
//!
//! `[issuers.default]` adds rules to the issuer of `[issuer]`, which is named `default`.

use std::collections::BTreeMap;
use std::time::Duration;

use figment::value::Value;

use super::decryption;
use super::introspection::IntrospectionConfig;
use super::issuer::{IssuerConfig, algorithms, audience, issuer, token_types};
use super::issuer_rules::IssuerRules;
use super::limits::MAX_LEEWAY;
use crate::issuer::Issuer;
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::Audience;
use crate::verifier::DEFAULT_ISSUER;

/// The rules by name. `default` is given to `first`.
pub(in crate::service::config) fn read(
    reader: &mut Reader<'_>,
    first: &mut IssuerConfig,
) -> BTreeMap<String, IssuerRules> {
    let mut issuers: BTreeMap<String, IssuerRules> = BTreeMap::new();
    for (key, value) in reader.below("issuers") {
        if let Err(fault) = read_setting(&mut issuers, key, value) {
            reader.note(key, fault, value);
        }
    }
    let settings = issuers.remove(DEFAULT_ISSUER);
    if let Some(rules) = settings {
        first.jwks_hosts.extend(rules.jwks_hosts.iter().cloned());
        first.rules = rules;
    }
    for (name, rules) in &mut issuers {
        let section = format!("issuers.{name}.introspection");
        rules.introspection = IntrospectionConfig::read(reader, &section);
        check_complete(reader, name, rules);
    }
    check_distinct(reader, first, &issuers);
    issuers
}

fn read_setting(
    issuers: &mut BTreeMap<String, IssuerRules>,
    key: &Key,
    value: &Value,
) -> Result<(), Fault> {
    let [_, name, setting @ ..] = key.segments() else {
        return Ok(());
    };
    if !is_name(name) {
        return Err(Fault::new("is in a section whose name is not allowed")
            .found(name)
            .fix(PLAIN_NAME));
    }
    let rules = issuers.entry(name.clone()).or_default();
    let setting: Vec<&str> = setting.iter().map(String::as_str).collect();
    match setting.as_slice() {
        ["url"] if name == DEFAULT_ISSUER => {
            return Err(Fault::new("must not be set here")
                .fix("set `issuer.url`, which is the URL of the issuer `default`"));
        }
        ["url"] => rules.url = Some(issuer(value)?),
        ["audiences"] => rules.audiences = audiences(value)?,
        ["leeway"] if value.as_str() == Some("") => rules.leeway = None,
        ["leeway"] => {
            rules.leeway = Some(value::duration(value, &(Duration::ZERO..=MAX_LEEWAY))?);
        }
        ["algorithms"] => rules.algorithms = algorithms(value)?,
        ["jwks_hosts"] => rules.jwks_hosts = value::hosts(value)?,
        ["token_types"] => rules.token_types = token_types(value)?,
        ["clients"] => rules.clients = value::list(value, &[',', ' '])?,
        ["scope_claim"] => rules.scope_claims = value::list(value, &[',', ' '])?,
        ["audience_claim"] => rules.audience_claim = optional_text(value)?,
        ["docs_client_id"] if name == DEFAULT_ISSUER => {
            return Err(Fault::new("must not be set here")
                .fix("set `docs.client_id`, which is the client at the issuer `default`"));
        }
        ["docs_client_id"] => rules.docs_client_id = optional_text(value)?,
        ["subject_claim"] => rules.subject_claim = optional_text(value)?,
        ["decryption_keys"] if name == DEFAULT_ISSUER => {
            return Err(Fault::new("must not be set here")
                .fix("set `issuer.decryption_keys`, which are the keys of the issuer `default`"));
        }
        ["decryption_keys"] => rules.decryption_keys = decryption::keys(value)?,
        ["introspection", _] if name == DEFAULT_ISSUER => {
            return Err(Fault::new("must not be set here")
                .fix("set it in the section [issuer], which is the issuer `default`"));
        }
        ["client", _] if name == DEFAULT_ISSUER => {
            return Err(Fault::new("must not be set here").fix(
                "set it in the section [client], which is the client of the issuer `default`",
            ));
        }
        ["client", setting] => rules.client.set(setting, value)?,
        ["required_claims", claim] => {
            let values = value::list(value, &[','])?;
            rules.required_claims.insert((*claim).to_owned(), values);
        }
        _ => {}
    }
    Ok(())
}

fn audiences(value: &Value) -> Result<Vec<Audience>, Fault> {
    let texts = value::list(value, &[',', ' '])?;
    value::each(&texts, |text| {
        audience(&Value::from(text.as_str())).map_err(|fault| fault.found(text))
    })
}

fn optional_text(value: &Value) -> Result<Option<String>, Fault> {
    let text = value::text(value)?;
    Ok((!text.is_empty()).then_some(text))
}

fn check_complete(reader: &mut Reader<'_>, name: &str, rules: &IssuerRules) {
    let key = |last: &str| format!("issuers.{name}.{last}");
    let (url, audiences) = (key("url"), key("audiences"));
    if rules.url.is_none() {
        let fault = Fault::new("must be set").found("");
        let fault = fault.fix("write the URL of the issuer, as its tokens have it in `iss`");
        reader.note_conflict(&url, &[], fault);
    }
    if rules.audiences.is_empty() {
        let fault = Fault::new("must list at least one audience").found("");
        let fault = fault.fix("list what tokens for this API have in `aud`");
        reader.note_conflict(&audiences, &[], fault);
    }
}

/// One issuer judges a token, so no two may have the same identifier.
fn check_distinct(
    reader: &mut Reader<'_>,
    first: &IssuerConfig,
    issuers: &BTreeMap<String, IssuerRules>,
) {
    let mut seen: Vec<(String, &Issuer)> = Vec::new();
    seen.extend(first.url.iter().map(|url| ("issuer.url".to_owned(), url)));
    for (name, rules) in issuers {
        let Some(url) = &rules.url else { continue };
        let key = format!("issuers.{name}.url");
        if let Some((other, _)) = seen.iter().find(|(_, it)| it.as_str() == url.as_str()) {
            let fault = Fault::new(format!("must not be the same as `{other}`"));
            let fault = fault.fix("write another issuer, or remove one of the two");
            reader.note_conflict(&key, &[other], fault);
        } else {
            seen.push((key, url));
        }
    }
}

/// Whether an issuer can have this name.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.chars().all(is_plain)
}

/// The names that issuers can have.
pub(super) const PLAIN_NAME: &str =
    "name the issuer with at most 64 characters of a-z, 0-9, - and _";
const MAX_NAME_BYTES: usize = 64;
