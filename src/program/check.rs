//! `check`: is an API secure, whoever wrote it?

mod junit;
mod text;
mod tokens;

use std::fs;
use std::time::Duration;

use crate::check::{CHECKS, Caller, Check, Methods, Plan, Report, Target, Verdict, is_exposed};
use crate::clock::SystemClock;
use crate::service::config::Config;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use url::Url;

use crate::program::command_line::{CheckFormat, CheckOptions};
use crate::program::failure::Failure;
use crate::program::output;

pub(crate) async fn print(config: Config, mut options: CheckOptions) -> Result<(), Failure> {
    let url = url("--url", options.url.as_deref().unwrap_or_default())?;
    if is_exposed(&url) && !options.plain_http {
        return Err(Failure::PlainHttp(url.to_string()));
    }
    let caller = Caller::new(&url, ANSWER_TIMEOUT)?;
    let target = target(&options, &url, &caller).await?;
    let found = tokens::find(&config, &mut options, &target).await?;
    let methods = if options.all_methods {
        Methods::All
    } else {
        Methods::Safe
    };
    let check = Check::new(target, found.tokens)
        .with_origins(options.origin)
        .with_methods(methods)
        .with_issuer_keys(found.issuer_keys);
    let plan = check.plan().await?;
    eprintln!("{}", introduction(&check, &plan, found.issuer.as_deref()));
    let progress = progress(plan.requests());
    let report = plan
        .run(&caller, &SystemClock::new(), || progress.inc(1))
        .await;
    progress.finish_and_clear();
    let report = report?;
    match options.format {
        CheckFormat::Text => output::print_styled(&text::text(&report))?,
        CheckFormat::Json => output::print(&json(&report))?,
        CheckFormat::Junit => output::print(&junit::junit(&report)?)?,
    }
    match report.verdict() {
        Verdict::Clean => Ok(()),
        Verdict::Faulty => Err(Failure::Insecure),
        Verdict::NothingJudged => Err(Failure::NothingJudged),
    }
}

/// Every check there is, for `docs/check.md`.
pub(crate) fn list() -> String {
    use std::fmt::Write as _;

    let mut table =
        "| check | what must be so | what to do where it is not |\n| --- | --- | --- |\n"
            .to_owned();
    for (check, meaning, fix) in CHECKS {
        let _ = writeln!(table, "| `{check}` | {meaning} | {fix} |");
    }
    table
}

async fn target(options: &CheckOptions, url: &Url, caller: &Caller) -> Result<Target, Failure> {
    if !options.operation.is_empty() {
        return Ok(Target::of_operations(
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

fn url(flag: &'static str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Failure::Url {
        flag,
        value: text
            .chars()
            .filter(|letter| !letter.is_control())
            .take(200)
            .collect(),
    })
}

/// What will be asked of whom, before anybody is.
fn introduction(check: &Check, plan: &Plan<'_>, issuer: Option<&str>) -> String {
    let target = check.target();
    let mut text = format!(
        "{}, {} operations of {}\nat most {} requests to {}",
        target.base(),
        plan.operations(),
        target.place(),
        plan.requests(),
        plan.hosts().into_iter().collect::<Vec<_>>().join(", "),
    );
    if let Some(issuer) = issuer {
        text = text + "\ntokens and keys of " + issuer;
    }
    text
}

fn json(report: &Report) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        verdict: Verdict,
        #[serde(flatten)]
        report: &'a Report,
    }

    let verdict = report.verdict();
    let text = serde_json::to_string_pretty(&Whole { verdict, report });
    text.expect("a report is plain data") + "\n"
}

/// Drawn where standard error is a terminal, and nowhere else.
fn progress(requests: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}");
    let bar = ProgressBar::new(requests.try_into().unwrap_or(u64::MAX));
    bar.with_style(style.expect("checked by the tests of the program"))
}

/// An answer that takes longer is none.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
