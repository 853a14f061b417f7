//! A report for programs, as JSON.

use crate::check::{Examined, Gap, Report, Verdict};
use serde::Serialize;

pub(crate) fn json(report: &Report) -> String {
    #[derive(Serialize)]
    struct Whole<'a> {
        verdict: Verdict,
        not_made: Vec<Gap>,
        checks: Vec<Examined>,
        #[serde(flatten)]
        report: &'a Report,
    }

    let whole = Whole {
        verdict: report.verdict(),
        not_made: report.gaps(),
        checks: report.examined(),
        report,
    };
    let text = serde_json::to_string_pretty(&whole);
    text.expect("a report is plain data") + "\n"
}
