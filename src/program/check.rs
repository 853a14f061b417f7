//! `check`: does a running API verify tokens correctly?

mod arguments;
mod embedded;
mod found;
mod given;
mod issuer;
mod json;
mod junit;
mod revocation;
mod text;
mod tokens;

use std::fs;
use std::time::Duration;

use crate::check::{
    CHECKS, Caller, Check, Methods, Plan, Target, Verdict, authorization_servers, is_exposed,
};
use crate::clock::SystemClock;
use crate::service::config::Config;
use indicatif::{ProgressBar, ProgressStyle};
use url::Url;

use crate::program::command_line::{CheckFormat, CheckOptions};
use crate::program::failure::Failure;
use crate::program::output;

use found::Found;

pub(crate) async fn print(config: Config, mut options: CheckOptions) -> Result<(), Failure> {
    let url = arguments::url("--url", options.url.as_deref().unwrap_or_default())?;
    if is_exposed(&url) && !options.plain_http {
        return Err(Failure::PlainHttp(url.to_string()));
    }
    let caller = Caller::new(&url, ANSWER_TIMEOUT)?;
    let target = target(&options, &url, &caller).await?;
    let values = arguments::values(&options, &target)?;
    let Found {
        tokens,
        issuers,
        missing,
        is_issuer_unreachable,
        running: _running,
    } = Box::pin(tokens::find(&config, &mut options, &target)).await?;
    let named = issuers.iter().filter(|issuer| !issuer.keys.is_empty());
    let named: Vec<_> = named.map(|issuer| issuer.identifier.clone()).collect();
    let listed = authorization_servers(&url, &caller).await;
    let methods = if options.all_methods {
        Methods::All
    } else {
        Methods::Safe
    };
    let revocation = revocation::wanted(&config, &options);
    let check = Check::new(target, tokens)
        .with_origins(options.origin)
        .with_methods(methods)
        .with_values(values)
        .with_skipped(options.skip)
        .with_issuers(issuers)
        .with_listed_issuers(listed)
        .with_missing_issuers(missing)
        .with_revocation(revocation);
    let clock = SystemClock::new();
    let check = check.ask_for_bindings(&caller, &clock).await?;
    let plan = check.plan(&clock).await?;
    eprintln!("{}", introduction(&check, &plan, &named));
    let progress = progress(plan.requests());
    let report = plan.run(&caller, &clock, || progress.inc(1)).await;
    progress.finish_and_clear();
    let report = report?;
    match options.format {
        CheckFormat::Text => output::print_styled(&text::text(&report))?,
        CheckFormat::Json => output::print(&json::json(&report))?,
        CheckFormat::Junit => output::print(&junit::junit(&report)?)?,
    }
    match report.verdict() {
        Verdict::Secure => Ok(()),
        Verdict::Faulty => Err(Failure::Insecure),
        Verdict::Incomplete if is_issuer_unreachable => Err(Failure::IssuerUnreachable),
        Verdict::Incomplete => Err(Failure::Incomplete),
    }
}

/// Every check, for `docs/check.md`.
pub(crate) fn list() -> String {
    use std::fmt::Write as _;

    let mut table =
        "| check | what must be true | what to do if it is not |\n| --- | --- | --- |\n".to_owned();
    for (check, meaning, fix) in CHECKS {
        let _ = writeln!(table, "| `{check}` | {meaning} | {fix} |");
    }
    table
}

async fn target(options: &CheckOptions, url: &Url, caller: &Caller) -> Result<Target, Failure> {
    if !options.operation.is_empty() {
        return Ok(Target::from_operations(
            url,
            &options.operation,
            &options.anonymous,
        )?);
    }
    let spec = options.spec.as_deref();
    match spec.map(|spec| (spec, Url::parse(spec))) {
        None => Ok(Target::find(url, None, caller).await?),
        Some((_, Ok(spec))) => Ok(Target::find(url, Some(&spec), caller).await?),
        Some((path, Err(_))) => {
            let body = fs::read(path).map_err(|source| Failure::Read {
                path: path.into(),
                source,
            })?;
            Ok(Target::parse(url, &body, path)?)
        }
    }
}

/// What the check will do, before it sends the first request.
fn introduction(check: &Check, plan: &Plan<'_>, issuers: &[String]) -> String {
    let target = check.target();
    let mut text = format!(
        "{}, {} operations of {}\nat most {} requests to {}",
        target.base(),
        plan.operations(),
        target.place(),
        plan.requests(),
        plan.hosts().into_iter().collect::<Vec<_>>().join(", "),
    );
    if !issuers.is_empty() {
        text = text + "\ntokens and keys of " + &issuers.join(", ");
    }
    text
}

/// Drawn only if standard error is a terminal.
fn progress(requests: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}");
    let bar = ProgressBar::new(requests.try_into().unwrap_or(u64::MAX));
    bar.with_style(style.expect("checked by the tests of the program"))
}

/// The maximum time for an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
