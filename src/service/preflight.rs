//! Finds the settings that the machine or the API does not accept, before anything starts.
//!
//! 1. Each file of `http.tls`, `denylist.file` and `audit.salt_file` can be used.
//! 2. Each operation that a setting names exists, and its rule can be made.
//!
//! All problems are collected, so that they can be reported together with those of the
//! settings themselves. The service checks the same again when it is built.

mod rules;
mod unknown;

use std::error::Error;
use std::io;
use std::path::Path;

use crate::guard::Access;

use super::application::Outline;
use super::audit::{Audit, AuditError, MAX_SALT_BYTES, MIN_SALT_BYTES};
use super::config::{Config, ConfigProblem, Fault, OperationConfig, TlsConfig};
use super::denylist::{self, DenylistError};
use super::server::{Certificate, TlsError};
use super::xml;

use unknown::unknown_operation;

/// Every problem of `config` for an application with this outline.
pub(crate) fn problems(outline: &Outline, config: &Config) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    if let Some(tls) = &config.http.tls {
        problems.extend(certificate_problems(config, tls));
    }
    if let Err(error) = denylist::read(config.denylist.file.as_deref()) {
        problems.push(denylist_problem(config, &error));
    }
    if let Err(error) = Audit::open(&config.audit) {
        problems.push(audit_problem(config, &error));
    }
    problems.extend(rules::problems(outline, config));
    problems.extend(limit_problems(outline, config));
    problems
}

fn certificate_problems(config: &Config, tls: &TlsConfig) -> Vec<ConfigProblem> {
    let faults = Certificate::problems(tls.files());
    let problem = |error: TlsError| {
        let (key, fault) = match &error {
            TlsError::File { key, path, source } => (*key, unreadable(path, source)),
            TlsError::Content { key, what, .. } => {
                let fault = Fault::new(format!("must name a file with a {what} in PEM form"));
                (*key, fault.fix("name such a file"))
            }
            TlsError::Pair(cause) => {
                let fault = Fault::new(format!(
                    "cannot be used with `http.tls.cert`, because {}",
                    plain(&**cause)
                ));
                let fix = "name the private key that belongs to the certificate, or the \
                           certificate that belongs to the key";
                ("http.tls.key", fault.fix(fix))
            }
            TlsError::Authorities(_) => {
                let fault = Fault::new("must contain a certificate of an authority");
                let fix = "name a file with the certificates of the authorities that issue the \
                           certificates of callers";
                ("http.tls.client_ca", fault.fix(fix))
            }
        };
        config.problem(key, fault)
    };
    faults.into_iter().map(problem).collect()
}

/// What rustls found, in words.
fn plain(error: &(dyn Error + Send + Sync + 'static)) -> String {
    let Some(error) = error.downcast_ref() else {
        return error.to_string();
    };
    match error {
        rustls::Error::InconsistentKeys(_) => {
            "the private key does not belong to the certificate".to_owned()
        }
        rustls::Error::InvalidCertificate(_) => {
            "the first certificate of the chain is not a valid X.509 certificate".to_owned()
        }
        rustls::Error::General(text) => text.clone(),
        other => other.to_string(),
    }
}

fn denylist_problem(config: &Config, error: &DenylistError) -> ConfigProblem {
    let fault = match error {
        DenylistError::File { path, source } => unreadable(path, source),
        DenylistError::Content { source, .. } => {
            let fault = Fault::new(format!("must name a JSON list of denials, but {source}"));
            fault.fix("write it as docs/operations.md describes it")
        }
        other => Fault::new(format!("cannot be used: {other}")).fix("correct the file"),
    };
    config.problem("denylist.file", fault)
}

fn audit_problem(config: &Config, error: &AuditError) -> ConfigProblem {
    let fault = match error {
        AuditError::File { path, source } => unreadable(path, source),
        AuditError::Length { path, found } => {
            let (least, most) = (MIN_SALT_BYTES, MAX_SALT_BYTES);
            let fault = Fault::new(format!("must name a file of {least} to {most} bytes"));
            let fault = fault.found_as(format!("\"{}\" with {found} bytes", path.display()));
            fault.fix("create one with `openssl rand -hex 32`")
        }
    };
    config.problem("audit.salt_file", fault)
}

fn unreadable(path: &Path, error: &io::Error) -> Fault {
    let fault = Fault::new("must name a file that can be read");
    let fault = fault.found_as(format!("\"{}\": {error}", path.display()));
    fault.fix("name a file that exists and that the user of this service can read")
}

/// The limits of single operations.
fn limit_problems(outline: &Outline, config: &Config) -> Vec<ConfigProblem> {
    let Ok(rules) = outline.rules(&Access::default()) else {
        return Vec::new();
    };
    let meta = outline.meta();
    let mut ids: Vec<_> = rules.iter().filter_map(|rule| rule.operation_id).collect();
    ids.sort_unstable();
    let problem = |(id, limits): (&String, &OperationConfig)| {
        let is = |known: &str| known.eq_ignore_ascii_case(id);
        let Some(rule) = rules.iter().find(|rule| rule.operation_id.is_some_and(is)) else {
            return Some(unknown_operation(config, "operations", id, &ids.join(", ")));
        };
        let is_too_large = limits
            .max_body_bytes
            .is_some_and(|it| it > xml::MAX_XML_BYTES);
        (is_too_large && xml::is_read_by(rule, &meta)).then(|| {
            let fault = Fault::new(
                "must be at most 16KiB, because the operation reads XML, and the time of the \
                 parser grows with the square of the size (RUSTSEC-2026-0194)",
            );
            let fix = "write 16KiB or less, or let the operation read JSON";
            config.problem(&format!("operations.{id}.max_body_size"), fault.fix(fix))
        })
    };
    config.operations.iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests;
