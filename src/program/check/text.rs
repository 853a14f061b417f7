//! A report for people, at 80 columns. The verdict comes first, and then what was not made; where
//! something failed, that comes before it.

use std::fmt::Write as _;

use crate::check::{Examined, Fault, Outcome, Report, Severity, Standing, Verdict};

use crate::program::page::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, wrapped};

/// The verdict, what was not made, and the checks of each operation.
pub(crate) fn text(report: &Report) -> String {
    let style = match report.verdict() {
        Verdict::Secure => GOOD,
        Verdict::Faulty => BAD,
        Verdict::Incomplete => DOUBTFUL,
    };
    let mut text = format!("{style}{}{style:#}\n", wrapped(&headline(report), 0));
    // What failed matters more than what was not made.
    let is_faulty = report.verdict() == Verdict::Faulty;
    if !is_faulty {
        write_gaps(&mut text, report);
    }
    let examined = report.examined();
    for (operation, who) in operations(report) {
        let mut of_it = examined
            .iter()
            .filter(|it| it.operation == operation && is_shown(it))
            .peekable();
        if of_it.peek().is_none() {
            continue;
        }
        let who = who.map(|who| format!(", {who}")).unwrap_or_default();
        let _ = writeln!(text, "\n{BOLD}{operation}{BOLD:#}{who}");
        for examined in of_it {
            paragraph(&mut text, report, examined);
        }
    }
    if is_faulty {
        write_gaps(&mut text, report);
    }
    let of = |severity| {
        report
            .faults()
            .filter(|(_, fault)| fault.severity == severity)
            .count()
    };
    let _ = writeln!(
        text,
        "\n{style}{}: {}, {}{style:#} in {} requests.",
        match report.verdict() {
            Verdict::Secure => "SECURE",
            Verdict::Faulty => "INSECURE",
            Verdict::Incomplete => "INCOMPLETE",
        },
        counted(of(Severity::Fault), "fault"),
        counted(of(Severity::Warning), "warning"),
        report.requests()
    );
    text
}

/// What was not made, each reason once, and what is not part of the verdict.
fn write_gaps(text: &mut String, report: &Report) {
    for gap in report.gaps() {
        let names = format!(
            "not made: {} of {}",
            gap.checks.join(", "),
            listed(&gap.operations)
        );
        let _ = writeln!(text, "\n{FAINT}{}{FAINT:#}", wrapped(&names, 2));
        let _ = writeln!(text, "{}", wrapped(&gap.why, 6));
    }
    if !report.skipped().is_empty() {
        let names = report.skipped().join(", ");
        let skipped = format!("Left out with --skip, and not part of the verdict: {names}.");
        let _ = writeln!(text, "\n{}", wrapped(&skipped, 2));
    }
}

/// The verdict in one or two sentences.
pub(crate) fn headline(report: &Report) -> String {
    let examined = report.examined();
    let count = |result| examined.iter().filter(|it| it.result == result).count();
    let (failed, not_made) = (count(Standing::Failed), count(Standing::NotMade));
    match report.verdict() {
        Verdict::Secure => {
            let all = counted(examined.len(), "check");
            format!("SECURE: all {all} that the document calls for were made, and none failed.")
        }
        Verdict::Faulty => {
            let failed = counted(failed, "check");
            match not_made {
                0 => format!("INSECURE: {failed} failed."),
                1 => format!("INSECURE: {failed} failed. 1 more was not made."),
                more => format!("INSECURE: {failed} failed. {more} more were not made."),
            }
        }
        Verdict::Incomplete => format!(
            "INCOMPLETE: this does not show that the API is secure. {not_made} of {} not made, \
             for the reasons below.",
            match examined.len() {
                1 => "1 check was".to_owned(),
                all => format!("{all} checks were"),
            }
        ),
    }
}

/// The operations of the report, in its order, each with who may call it if it was called.
fn operations(report: &Report) -> Vec<(&str, Option<&str>)> {
    let mut operations: Vec<(&str, Option<&str>)> = Vec::new();
    for outcome in report.outcomes() {
        let name = outcome.operation.as_str();
        if operations.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let mut called = report.operations().iter();
        let called = called.find(|(called, _)| called == name);
        operations.push((name, called.map(|(_, who)| *who)));
    }
    operations
}

/// What was not made at all is at the top of the report.
fn is_shown(examined: &Examined) -> bool {
    examined.made > 0
}

/// One check of one operation.
fn paragraph(text: &mut String, report: &Report, examined: &Examined) {
    let (style, word) = match examined.result {
        Standing::Failed => (BAD, "FAILED"),
        Standing::Warned => (DOUBTFUL, "warned"),
        Standing::NotMade => (DOUBTFUL, "partly"),
        _ => (GOOD, "ok"),
    };
    let count = match (examined.made, examined.wrong) {
        (made, 0) => made.to_string(),
        (made, wrong) => format!("{wrong} of {made}"),
    };
    let check = examined.check;
    let _ = writeln!(text, "  {style}{word:<6}{style:#}  {check:<21} {count}");
    let outcomes = report.outcomes().iter();
    let wrong: Vec<_> = outcomes
        .filter(|it| it.operation == examined.operation && it.check == check)
        .filter(|it| !it.faults.is_empty())
        .collect();
    findings(text, check, &wrong);
}

/// Each finding once, with what showed it, and then each fix once.
fn findings(text: &mut String, check: &str, wrong: &[&Outcome]) {
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
        let _ = writeln!(text, "{}", wrapped(&finding(fault, check, &sent), 10));
        if !fixes.contains(&fault.fix) {
            fixes.push(fault.fix);
        }
    }
    for fix in fixes {
        let _ = writeln!(text, "{}", wrapped(&format!("fix: {fix}"), 10));
    }
}

/// What is wrong, and what showed it.
fn finding(fault: &Fault, check: &str, sent: &[&str]) -> String {
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

/// The first names, and the number of the others.
fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(MAX_SHOWN)].join(", ");
    match names.len().saturating_sub(MAX_SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// The report as JSON contains all of them.
const MAX_SHOWN: usize = 3;
