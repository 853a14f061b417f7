//! The paths of the service itself, and the rules for other paths.
//!
//! An application's operation or route that takes a path of the service would hide one of
//! the two, so it is an error when the service is built.

use std::collections::BTreeMap;

use super::BuildError;
use super::application::{Operations, PlainRoutes};
use super::config::Config;

/// The protected-resource metadata (RFC 9728).
pub(super) const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";

/// Where issuers sign users out, if they can.
pub(super) const LOGOUT: &str = "/oauth2/global-token-revocation";

/// What is always answered by the service itself, each path with everything below it.
pub(super) const OWN: [&str; 3] = [RESOURCE_METADATA, "/livez", "/readyz"];

/// Those of [`OWN`] that report the health of the service.
pub(super) const PROBES: [&str; 2] = ["/livez", "/readyz"];

/// Whether the service itself answers at `path`.
pub(super) fn is_reserved(path: &str) -> bool {
    let mut own = OWN.iter().chain(&crate::docs::PATHS);
    path == "/" || own.any(|at| is_within(path, at))
}

fn reserved(config: &Config) -> impl Iterator<Item = &'static str> {
    let docs = crate::docs::PATHS.into_iter();
    OWN.into_iter()
        .chain(docs.take_while(|_| config.docs.enabled))
        .chain(config.logout.enabled.then_some(LOGOUT))
}

/// Checks that nothing is at a path that something else has.
pub(super) fn check(
    operations: &Operations,
    base_path: &str,
    plain: &[PlainRoutes],
    config: &Config,
) -> Result<(), BuildError> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for path in reserved(config) {
        taken.insert(path.to_owned(), "the service itself");
    }
    for routes in plain {
        let path = routes.path.trim_end_matches('/');
        let is_path = path.starts_with('/') && !path.contains([':', '*', '<']);
        if !is_path {
            let path = routes.path.clone();
            return Err(BuildError::NotAPath { path });
        }
        if let Some((at, by)) = overlapping(&taken, path) {
            return Err(taken_by(path, at, by, "plain routes"));
        }
        taken.insert(path.to_owned(), "plain routes");
    }
    let mut paths: Vec<_> = operations.table.keys().collect();
    paths.sort();
    for path in paths {
        let path = full_path(base_path, path);
        if let Some((at, by)) = below(&taken, &path) {
            return Err(taken_by(&path, at, by, "an operation"));
        }
    }
    Ok(())
}

/// The path of an operation as callers send it.
pub(super) fn full_path(base_path: &str, path: &str) -> String {
    match path {
        "/" if !base_path.is_empty() => base_path.to_owned(),
        path => format!("{base_path}{path}"),
    }
}

/// Whether `path` is `at` or below it.
pub(super) fn is_within(path: &str, at: &str) -> bool {
    path.strip_prefix(at)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn below<'a>(taken: &'a BTreeMap<String, &str>, path: &str) -> Option<(&'a str, &'a str)> {
    let mut taken = taken.iter();
    let found = taken.find(|(at, _)| is_within(path, at));
    found.map(|(at, by)| (at.as_str(), *by))
}

fn overlapping<'a>(taken: &'a BTreeMap<String, &str>, path: &str) -> Option<(&'a str, &'a str)> {
    let mut taken = taken.iter();
    let found = taken.find(|(at, _)| is_within(path, at) || is_within(at, path));
    found.map(|(at, by)| (at.as_str(), *by))
}

fn taken_by(path: &str, at: &str, by: &str, what: &'static str) -> BuildError {
    BuildError::PathTaken {
        what,
        path: path.to_owned(),
        by: by.to_owned(),
        at: at.to_owned(),
    }
}
