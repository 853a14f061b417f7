//! `doctor`: shows what is wrong with an issuer, and how to fix it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::doctor::{Diagnosis, Doctor, EXAMINATIONS, NOT_REACHED, Status};
use crate::service;
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::verifier::DEFAULT_ISSUER;

use crate::program::command_line::{DoctorFormat, DoctorOptions};
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::output;
use crate::program::page::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, wrapped};
use crate::program::token;

pub(crate) async fn print(
    application: &dyn Hosted,
    config: Config,
    options: DoctorOptions,
    issuer: Option<String>,
) -> Result<(), Failure> {
    let issuer = match issuer {
        Some(issuer) => issuer,
        None => embedded::issuer(&config)?.0.to_string(),
    };
    if config.client.id.is_some() != config.client.secret.is_some() {
        return Err(Failure::NoClient);
    }
    let requested = [token::parse(&options.scope)?, config.client.scope.clone()];
    let scope = match requested.into_iter().find(|scope| !scope.is_empty()) {
        Some(scope) => scope,
        None => token::parse(&embedded::scope(application.outline(), &config))?,
    };
    let doctor = Doctor {
        jwks_hosts: config.issuer.jwks_hosts.clone(),
        fetch: service::fetch(&config.issuer)?,
        policy: service::refresh_policy(&config, DEFAULT_ISSUER),
        leeway: config.issuer.leeway,
        token_types: config.issuer.token_types.clone(),
        algorithms: config.issuer.algorithms.clone(),
        audience: config.issuer.audience.clone(),
        client: token::credentials(&config, scope).ok(),
        clock: Arc::new(SystemClock::new()),
        issuer,
    };
    let diagnosis = doctor.examine().await;
    match options.format {
        DoctorFormat::Text => output::print_styled(&text(&diagnosis))?,
        DoctorFormat::Json => {
            let text = serde_json::to_string_pretty(&diagnosis);
            output::print(&(text.expect("findings are plain data") + "\n"))?;
        }
    }
    if diagnosis.is_healthy() {
        Ok(())
    } else {
        Err(Failure::Ill(diagnosis.conclusion()))
    }
}

/// Every examination, for `docs/doctor.md`.
pub(crate) fn list() -> String {
    let mut table =
        "| check | what must be true | what to do otherwise |\n| --- | --- | --- |\n".to_owned();
    for (check, meaning, fix) in EXAMINATIONS {
        let _ = writeln!(table, "| `{check}` | {meaning} | {fix} |");
    }
    table
}

fn text(diagnosis: &Diagnosis) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#}\n\n", diagnosis.issuer());
    let mut not_reached = Vec::new();
    for finding in diagnosis.findings() {
        let (style, word) = match finding.status {
            Status::Passed => (GOOD, "ok"),
            Status::Warned => (DOUBTFUL, "warned"),
            Status::Failed => (BAD, "FAILED"),
            Status::Skipped if finding.found == NOT_REACHED => {
                not_reached.push(finding.check);
                continue;
            }
            Status::Skipped => (FAINT, "-"),
        };
        let check = finding.check;
        // A long URL gets a line of its own.
        let is_long = finding.found.split(' ').any(|word| word.len() > WIDTH);
        let indent = if is_long { 10 } else { INDENT };
        let found = wrapped(&finding.found, indent);
        if is_long {
            let _ = writeln!(text, "  {style}{word:<6}{style:#}  {check}\n{found}");
        } else {
            let found = found.trim_start();
            let _ = writeln!(text, "  {style}{word:<6}{style:#}  {check:<21} {found}");
        }
        if !finding.fix.is_empty() {
            let _ = writeln!(
                text,
                "{}",
                wrapped(&format!("fix: {}", finding.fix), indent)
            );
        }
    }
    if !not_reached.is_empty() {
        let names = format!("not examined: {}", not_reached.join(", "));
        let _ = writeln!(
            text,
            "  {FAINT}-{FAINT:#}       {}",
            wrapped(&names, 10).trim_start()
        );
    }
    if diagnosis.is_healthy() {
        let _ = writeln!(text, "\n{GOOD}{}{GOOD:#}", diagnosis.conclusion());
    }
    text
}

/// Where the second column begins.
const INDENT: usize = 32;
const WIDTH: usize = 80 - INDENT;
