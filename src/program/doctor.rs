//! `doctor`: shows what is wrong with each issuer, and how to fix it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::doctor::{Diagnosis, Doctor, EXAMINATIONS, NOT_REACHED, Status};
use crate::issuer::Issuer;
use crate::service;
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::token::{Scope, Validation};
use crate::verifier::DEFAULT_ISSUER;

use crate::program::command_line::{DoctorFormat, DoctorOptions};
use crate::program::explain;
use crate::program::failure::Failure;
use crate::program::issuers::{Issuers, NamedIssuer};
use crate::program::output;
use crate::program::page::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, wrapped};
use crate::program::token;

pub(crate) async fn print(
    application: &dyn Hosted,
    config: Config,
    options: DoctorOptions,
    url: Option<String>,
) -> Result<(), Failure> {
    let name = options.client.issuer_name.as_deref();
    let mut diagnoses = Vec::new();
    if let Some(url) = &url {
        let issuers = with_url(config, name, url)?;
        let issuer = issuers.named(name.unwrap_or(DEFAULT_ISSUER));
        diagnoses.push(examine(application, &issuer, &options, Some(url)).await?);
    } else {
        let issuers = Issuers::new(config)?;
        let examined = match name {
            None => issuers.all(),
            name => vec![issuers.select(name)?],
        };
        for issuer in examined {
            diagnoses.push(examine(application, &issuer, &options, None).await?);
        }
    }
    match options.format {
        DoctorFormat::Text => output::print_styled(&page(&diagnoses))?,
        DoctorFormat::Json => output::print(&json(&diagnoses))?,
    }
    conclusion(&diagnoses).map(|_| ()).map_err(Failure::Ill)
}

/// The settings with this URL for the issuer that is examined. It may be no issuer.
fn with_url(mut config: Config, name: Option<&str>, url: &str) -> Result<Issuers, Failure> {
    let are_embedded = !config.has_issuer();
    let issuer = Issuer::parse(url).ok();
    match name.filter(|name| *name != DEFAULT_ISSUER) {
        None => config.issuer.url = issuer,
        Some(name) => {
            let issuers = Issuers::new(config)?;
            issuers.select(Some(name))?;
            config = issuers.into_config();
            if let Some(rules) = config.issuers.get_mut(name) {
                rules.url = issuer;
            }
        }
    }
    Ok(Issuers::replaced(config, are_embedded))
}

async fn examine(
    application: &dyn Hosted,
    issuer: &NamedIssuer<'_>,
    options: &DoctorOptions,
    url: Option<&str>,
) -> Result<Diagnosis, Failure> {
    let client = issuer.client();
    if client.id.is_some() != client.secret.is_some() {
        issuer.credentials(Scope::none())?;
    }
    let scope = match issuer.scope(token::parse(&options.scope)?) {
        scope if scope.is_empty() => token::parse(&issuer.offered_scope(application.outline()))?,
        scope => scope,
    };
    let identifier = match (url, issuer.issuer()) {
        (Some(url), _) => url.to_owned(),
        (None, Some(issuer)) => issuer.to_string(),
        (None, None) => String::new(),
    };
    let config = issuer.config();
    let token = match options.token.as_deref() {
        Some(token) => Some(explain::token(Some(token))?),
        None => None,
    };
    let rules = issuer
        .rules()
        .unwrap_or_else(|| Validation::new(&*identifier, config.issuer.audience.clone()));
    let doctor = Doctor {
        name: issuer.name.to_owned(),
        is_embedded: issuer.is_embedded && url.is_none(),
        jwks_hosts: issuer.jwks_hosts().to_vec(),
        fetch: service::fetch(&config.issuer)?,
        policy: service::refresh_policy(config, issuer.name),
        rules,
        client: issuer.credentials(scope).ok(),
        introspection: config.introspection(issuer.name).cloned(),
        decryption_keys: service::decryption_keys(config, issuer.name).to_vec(),
        token,
        clock: Arc::new(SystemClock::new()),
        issuer: identifier,
    };
    Ok(doctor.examine().await)
}

/// One object, or a list of them for several issuers.
fn json(diagnoses: &[Diagnosis]) -> String {
    let text = match diagnoses {
        [only] => serde_json::to_string_pretty(only),
        several => serde_json::to_string_pretty(&serde_json::json!({ "issuers": several })),
    };
    text.expect("findings are plain data") + "\n"
}

/// A section for each issuer. With several, each begins with its name and ends with its conclusion.
fn page(diagnoses: &[Diagnosis]) -> String {
    if let [only] = diagnoses {
        let mut page = text(only, only.issuer());
        if only.is_healthy() {
            let _ = writeln!(page, "\n{GOOD}{}{GOOD:#}", only.conclusion());
        }
        return page;
    }
    let mut page = String::new();
    for diagnosis in diagnoses {
        let title = format!("{}: {}", diagnosis.name(), diagnosis.issuer());
        let style = if diagnosis.is_healthy() { GOOD } else { BAD };
        page += &text(diagnosis, &title);
        let _ = writeln!(page, "\n{style}{}{style:#}\n", diagnosis.conclusion());
    }
    if let Ok(conclusion) = conclusion(diagnoses) {
        let _ = writeln!(page, "{GOOD}{conclusion}{GOOD:#}");
    }
    page
}

/// What it comes to. The error names the issuers with which something is wrong.
fn conclusion(diagnoses: &[Diagnosis]) -> Result<String, String> {
    let all = diagnoses.len();
    let ill: Vec<_> = diagnoses.iter().filter(|it| !it.is_healthy()).collect();
    match (&*ill, diagnoses) {
        ([], [only]) => Ok(only.conclusion().to_owned()),
        ([], _) => Ok(format!("The service can work with all {all} issuers.")),
        ([only], [_]) => Err(only.conclusion().to_owned()),
        (ill, _) => {
            let names: Vec<_> = ill.iter().map(|it| it.name()).collect();
            let (number, names) = (ill.len(), names.join(", "));
            Err(format!(
                "something is wrong with {number} of {all} issuers: {names}"
            ))
        }
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

fn text(diagnosis: &Diagnosis, title: &str) -> String {
    let mut text = format!("{BOLD}{title}{BOLD:#}\n\n");
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
    text
}

/// Where the second column begins.
const INDENT: usize = 32;
const WIDTH: usize = 80 - INDENT;
