//! The rules for introspection that concern several settings.
//!
//! 1. An Okta org authorization server needs introspection of every token and a list of clients.
//! 2. At most one issuer with introspection has no prefix, so that an opaque token belongs to one.
//! 3. Answers are remembered in the cache.
//! 4. An operation that requires introspection accepts only issuers that have it.

use std::collections::BTreeMap;

use crate::guard::OperationAccess;
use crate::issuer::{IntrospectionMode, Issuer};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::sections::access::AccessConfig;
use crate::service::config::sections::introspection::IntrospectionConfig;
use crate::service::config::sections::issuer::IssuerConfig;
use crate::service::config::sections::issuer_rules::IssuerRules;
use crate::verifier::DEFAULT_ISSUER;

/// An issuer of the settings.
pub(super) struct Introspected<'a> {
    name: &'a str,
    section: String,
    url: &'a Issuer,
    clients: &'a [String],
    config: &'a IntrospectionConfig,
}

/// Every issuer with a URL.
pub(super) fn issuers<'a>(
    first: &'a IssuerConfig,
    others: &'a BTreeMap<String, IssuerRules>,
) -> Vec<Introspected<'a>> {
    let default = first.url.iter().map(|url| Introspected {
        name: DEFAULT_ISSUER,
        section: "issuer".to_owned(),
        url,
        clients: &first.rules.clients,
        config: &first.introspection,
    });
    let others = others.iter().filter_map(|(name, rules)| {
        Some(Introspected {
            name,
            section: format!("issuers.{name}"),
            url: rules.url.as_ref()?,
            clients: &rules.clients,
            config: &rules.introspection,
        })
    });
    default.chain(others).collect()
}

pub(super) fn check(
    issuers: &[Introspected<'_>],
    access: &AccessConfig,
    has_cache: bool,
    reader: &mut Reader<'_>,
) {
    for issuer in issuers {
        check_org_server(issuer, reader);
    }
    let asked = || issuers.iter().filter(|it| it.config.mode.is_some());
    let plain = |it: &&Introspected<'_>| it.config.policy().is_some_and(|it| it.prefix.is_empty());
    let mut without_prefix = asked().filter(plain);
    if let (Some(first), Some(second)) = (without_prefix.next(), without_prefix.next()) {
        let other = format!("{}.introspection.prefix", first.section);
        let fault = Fault::new(format!(
            "must be set, because `{other}` is not set either: an opaque token could belong to \
             both issuers"
        ));
        let fault = fault.found("");
        let key = format!("{}.introspection.prefix", second.section);
        let fix = "write how the opaque tokens of this issuer begin, or set the other prefix";
        reader.note_conflict(&key, &[&other], fault.fix(fix));
    }
    if !has_cache && asked().next().is_some() {
        let fault = Fault::new("must be true, because answers of an issuer are remembered there");
        let fix = "write true, or set `introspection.mode` of each issuer to \"off\"";
        reader.note_conflict("cache.enabled", &[], fault.fix(fix));
    }
    check_operations(issuers, access, reader);
}

/// Every app of an organization gets tokens for the same audience, and only the organization can
/// verify them.
fn check_org_server(issuer: &Introspected<'_>, reader: &mut Reader<'_>) {
    let Err(error) = issuer.url.refuse_org_server() else {
        return;
    };
    let is_always = issuer.config.mode == Some(IntrospectionMode::Always);
    let mode = format!("{}.introspection.mode", issuer.section);
    let clients = format!("issuers.{}.clients", issuer.name);
    if is_always && issuer.clients.is_empty() {
        let fault = Fault::new(
            "must not be empty for an Okta org authorization server, because every app of the \
             organization gets tokens for the same audience",
        );
        let fix = "list the ids of the clients that may call this API";
        reader.note_conflict(&clients, &[], fault.found("").fix(fix));
    } else if !is_always {
        let key = format!("{}.url", issuer.section);
        let fix = format!(
            "{}; without it, set `{mode}` to \"always\" and list the accepted clients in `{clients}`",
            error.fix()
        );
        reader.note_conflict(&key, &[], Fault::new(error.fault()).fix(fix));
    }
}

fn check_operations(issuers: &[Introspected<'_>], access: &AccessConfig, reader: &mut Reader<'_>) {
    let named = |section: &'static str, all: &BTreeMap<String, OperationAccess>| {
        let requires = all
            .iter()
            .filter(|(_, it)| it.requirement.must_introspect());
        let row = |(name, it): (&String, &OperationAccess)| {
            (
                Key::dotted(section).join(name).join("introspect"),
                it.issuers.clone(),
            )
        };
        requires.map(row).collect::<Vec<_>>()
    };
    let mut rows = named("access.operations", &access.operations);
    rows.extend(named("access.tags", &access.tags));
    rows.extend(named("access.paths", &access.paths));
    if access.all.requirement.must_introspect() {
        let key = Key::dotted("access.all.introspect");
        rows.push((key, access.all.issuers.clone()));
    }
    for (key, accepted) in rows {
        let is_accepted = |it: &&Introspected<'_>| {
            accepted.is_empty() || accepted.iter().any(|name| name == it.name)
        };
        let mut lacking = issuers.iter().filter(is_accepted);
        let lacking = lacking.find(|it| it.config.mode.is_none());
        if let Some(lacking) = lacking {
            let fault = Fault::new(format!(
                "requires introspection, and `{}.introspection.mode` is \"off\"",
                lacking.section
            ));
            let fix = "set the mode to \"opaque\" or \"always\", or leave this issuer out of the \
                       `issuers` of the operation";
            reader.note_key(&key, fault.fix(fix));
        }
    }
}
