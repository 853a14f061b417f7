//! A report for CI, as `JUnit` XML: a suite for each operation, a case for each attempt.

use crate::check::{Outcome, Report, Severity, Verdict};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::program::failure::Failure;

use super::text::headline;

pub(crate) fn junit(report: &Report) -> Result<String, Failure> {
    let mut suites = vec![verdict(report)];
    for outcome in report.outcomes() {
        let known = suites
            .iter()
            .position(|suite| suite.name.as_str() == outcome.operation);
        let index = known.unwrap_or_else(|| {
            suites.push(TestSuite::new(outcome.operation.as_str()));
            suites.len() - 1
        });
        suites[index].add_test_case(case(outcome));
    }
    let mut whole = quick_junit::Report::new("poem-resource-server check");
    whole.add_test_suites(suites);
    whole
        .to_string()
        .map_err(|error| Failure::Junit(error.to_string()))
}

/// The verdict as a case of its own, because CI servers accept a report with skipped cases.
fn verdict(report: &Report) -> TestSuite {
    let status = match report.verdict() {
        Verdict::Incomplete => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            let reasons = report.gaps().into_iter().map(|gap| gap.why);
            status.set_message(headline(report));
            status.set_description(reasons.collect::<Vec<_>>().join("\n"));
            status
        }
        // The failed cases contain the details.
        _ => TestCaseStatus::success(),
    };
    let mut suite = TestSuite::new("the whole check");
    suite.add_test_case(TestCase::new("verdict", status));
    suite
}

fn case(outcome: &Outcome) -> TestCase {
    let texts = |severity| {
        let faults = outcome
            .faults
            .iter()
            .filter(move |fault| fault.severity == severity);
        let texts =
            faults.map(|fault| format!("{}: {}\nfix: {}", fault.check, fault.found, fault.fix));
        texts.collect::<Vec<_>>().join("\n")
    };
    let (faults, warnings) = (texts(Severity::Fault), texts(Severity::Warning));
    let status = if !faults.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(faults.lines().next().unwrap_or_default());
        status.set_description(faults);
        status
    } else if let Some(why) = &outcome.not_made {
        let mut status = TestCaseStatus::skipped();
        status.set_message(why.as_str());
        status
    } else {
        TestCaseStatus::success()
    };
    let name = match outcome.sent.as_str() {
        "" => outcome.check.to_owned(),
        sent => format!("{}: {sent}", outcome.check),
    };
    let mut case = TestCase::new(name, status);
    if !warnings.is_empty() {
        case.set_system_out(warnings);
    }
    case
}
