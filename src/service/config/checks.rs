//! The rules that several settings must satisfy together.
//!
//! 1. Every profile other than `dev` has an issuer.
//! 2. `issuer.refresh_min` is not longer than `issuer.refresh_max`.
//! 3. No two listeners have the same address.
//! 4. Introspection fits the issuers: see [`introspection`].
//! 5. There are few decryption keys: see [`decryption`].

mod decryption;
mod introspection;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::problem::Fault;
use super::profile::Profile;
use super::reader::Reader;
use super::sections::access::AccessConfig;
use super::sections::dev::DevConfig;
use super::sections::http::{AdminConfig, HttpConfig};
use super::sections::issuer::IssuerConfig;
use super::sections::issuer_rules::IssuerRules;
use super::sections::listen::Listen;

/// The settings that have rules in common.
pub(super) struct Together<'a> {
    pub(super) profile: &'a Profile,
    pub(super) issuer: &'a IssuerConfig,
    pub(super) issuers: &'a BTreeMap<String, IssuerRules>,
    pub(super) access: &'a AccessConfig,
    pub(super) has_cache: bool,
    pub(super) has_issuer: bool,
    pub(super) http: &'a HttpConfig,
    pub(super) admin: &'a AdminConfig,
    pub(super) dev: &'a DevConfig,
}

pub(super) fn check(settings: &Together<'_>, reader: &mut Reader<'_>) {
    check_issuer(settings, reader);
    check_refresh(settings.issuer, reader);
    check_listeners(settings, reader);
    decryption::check(settings.issuer, settings.issuers, reader);
    let issuers = introspection::issuers(settings.issuer, settings.issuers);
    introspection::check(&issuers, settings.access, settings.has_cache, reader);
}

fn check_issuer(settings: &Together<'_>, reader: &mut Reader<'_>) {
    if settings.has_issuer || settings.profile.is_dev() {
        return;
    }
    let profile = settings.profile;
    let fault = Fault::new(format!("must be set in profile \"{profile}\""))
        .found("")
        .fix(format!(
            "set OKTA_OAUTH2_ISSUER, or `url` under [issuer] in config/{profile}.toml"
        ));
    reader.note_conflict("issuer.url", &[], fault);
}

fn check_refresh(issuer: &IssuerConfig, reader: &mut Reader<'_>) {
    if issuer.refresh_min > issuer.refresh_max {
        let fault = Fault::new("must not be longer than `issuer.refresh_max`");
        let fault = fault.fix("write a shorter time, or raise `issuer.refresh_max`");
        reader.note_conflict("issuer.refresh_min", &["issuer.refresh_max"], fault);
    }
}

fn check_listeners(settings: &Together<'_>, reader: &mut Reader<'_>) {
    let mut listeners = Vec::new();
    let admin = settings.admin.listen.as_ref();
    listeners.extend(settings.http.listen.address().map(|it| ("http.listen", it)));
    listeners.extend(
        admin
            .and_then(Listen::address)
            .map(|it| ("admin.listen", it)),
    );
    // With an issuer configured, the embedded one does not listen.
    if !settings.has_issuer {
        listeners.push(("dev.listen", settings.dev.listen));
    }
    for (position, (key, address)) in listeners.iter().enumerate() {
        let earlier = listeners[..position].iter();
        for (other, _) in earlier.filter(|(_, it)| collide(*it, *address)) {
            let fault = Fault::new(format!("must not share an address with `{other}`"));
            let fault = fault.fix("write another port");
            reader.note_conflict(key, &[other, "issuer.url"], fault);
        }
    }
}

fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let same_host =
        one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && same_host
}
