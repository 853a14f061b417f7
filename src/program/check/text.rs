//! A report for people, at 80 columns.

use std::fmt::Write as _;

use crate::check::{Fault, Outcome, Report, Severity, Verdict};

use crate::program::page::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, wrapped};

/// What a report says that has neither faults nor anything that speaks for the API.
pub(crate) const NOTHING_JUDGED: &str = "Nothing was judged: no protected operation answered a \
    request that must be refused. See above what was not made, and why; declare the security of \
    operations in the document, or name them with --operation.";

/// One paragraph an operation: what was checked, what is wrong and what to do.
pub(crate) fn text(report: &Report) -> String {
    let mut text = String::new();
    for (operation, who) in report.operations() {
        let _ = writeln!(text, "\n{BOLD}{operation}{BOLD:#}, {who}");
        let outcomes = report.outcomes().iter();
        let of_it: Vec<_> = outcomes
            .filter(|outcome| outcome.operation == *operation)
            .collect();
        let mut checks: Vec<&str> = Vec::new();
        for outcome in &of_it {
            if !checks.contains(&outcome.check) {
                checks.push(outcome.check);
            }
        }
        for check in checks {
            let of_check = of_it.iter().filter(|outcome| outcome.check == check);
            paragraph(&mut text, check, of_check.copied());
        }
    }
    for outcome in report.outcomes() {
        let is_called = report
            .operations()
            .iter()
            .any(|(name, _)| *name == outcome.operation);
        if is_called {
            continue;
        }
        let name = &outcome.operation;
        if let Some(why) = &outcome.not_made {
            let why = wrapped(why, 2);
            let _ = writeln!(text, "\n{BOLD}{name}{BOLD:#}, not checked\n{why}");
        } else {
            let _ = writeln!(text, "\n{BOLD}{name}{BOLD:#}");
            paragraph(&mut text, outcome.check, std::iter::once(outcome));
        }
    }
    let of = |severity| {
        report
            .faults()
            .filter(|(_, fault)| fault.severity == severity)
            .count()
    };
    let (faults, warnings) = (of(Severity::Fault), of(Severity::Warning));
    let style = match report.verdict() {
        Verdict::Clean => GOOD,
        Verdict::Faulty => BAD,
        Verdict::NothingJudged => DOUBTFUL,
    };
    let _ = writeln!(
        text,
        "\n{style}{}, {}{style:#} in {} requests.",
        counted(faults, "fault"),
        counted(warnings, "warning"),
        report.requests()
    );
    if report.verdict() == Verdict::NothingJudged {
        let _ = writeln!(text, "{style}{}{style:#}", wrapped(NOTHING_JUDGED, 0));
    }
    text
}

/// One check of one operation.
fn paragraph<'a>(text: &mut String, check: &str, outcomes: impl Iterator<Item = &'a Outcome>) {
    let outcomes: Vec<_> = outcomes.collect();
    let made = outcomes
        .iter()
        .filter(|outcome| outcome.not_made.is_none())
        .count();
    let wrong: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.faults.is_empty())
        .collect();
    let why = outcomes
        .iter()
        .find_map(|outcome| outcome.not_made.as_deref());
    let severities = wrong
        .iter()
        .flat_map(|outcome| &outcome.faults)
        .map(|fault| fault.severity);
    let (style, word) = match severities.max_by_key(|severity| *severity == Severity::Fault) {
        Some(Severity::Fault) => (BAD, "FAILED"),
        Some(Severity::Warning) => (DOUBTFUL, "warned"),
        None if made == 0 => (FAINT, "-"),
        None => (GOOD, "ok"),
    };
    let count = match (made, wrong.len()) {
        (0, _) => "not made".to_owned(),
        (made, 0) => made.to_string(),
        (made, wrong) => format!("{wrong} of {made}"),
    };
    let _ = writeln!(text, "  {style}{word:<6}{style:#}  {check:<21} {count}");
    if let Some(why) = why {
        let _ = writeln!(text, "{}", wrapped(why, 10));
    }
    let faults: Vec<_> = wrong.iter().flat_map(|outcome| &outcome.faults).collect();
    let mut fixes: Vec<&str> = Vec::new();
    for (position, fault) in faults.iter().enumerate() {
        if faults[..position].contains(fault) {
            continue;
        }
        let sent = wrong
            .iter()
            .filter(|outcome| outcome.faults.contains(fault));
        let sent: Vec<_> = sent.map(|outcome| outcome.sent.as_str()).collect();
        let _ = writeln!(text, "{}", wrapped(&told(fault, check, &sent), 10));
        if !fixes.contains(&fault.fix) {
            fixes.push(fault.fix);
        }
    }
    for fix in fixes {
        let _ = writeln!(text, "{}", wrapped(&format!("fix: {fix}"), 10));
    }
}

/// What is wrong, and what showed it.
fn told(fault: &Fault, check: &str, sent: &[&str]) -> String {
    let name = if fault.check == check {
        String::new()
    } else {
        format!("{}: ", fault.check)
    };
    let shown = sent[..sent.len().min(MAX_SHOWN)].join(", ");
    let more = match sent.len().saturating_sub(MAX_SHOWN) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    match shown.as_str() {
        "" => format!("{name}{}", fault.found),
        shown => format!("{name}{} ({shown}{more})", fault.found),
    }
}

fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// The report as JSON has them all.
const MAX_SHOWN: usize = 3;
