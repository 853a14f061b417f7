//! A report for CI, as `JUnit` XML: a suite for each operation, a case for each attempt.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::check::{Outcome, Report, Severity, Verdict};
use crate::program::failure::Failure;

use super::text::headline;

pub(crate) fn junit(report: &Report) -> Result<String, Failure> {
    let mut suites = vec![verdict(report)];
    for outcome in report.outcomes() {
        let case = Case::new(outcome);
        match suites.iter_mut().find(|it| it.name == outcome.operation) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite {
                name: outcome.operation.clone(),
                cases: vec![case],
            }),
        }
    }
    let xml = to_xml(&suites).map_err(|error| Failure::Junit(error.to_string()))?;
    Ok(String::from_utf8_lossy(&xml).into_owned())
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    problem: Option<Problem>,
    warnings: String,
}

/// An element below a case. Its name is its kind.
struct Problem {
    kind: &'static str,
    message: String,
    description: String,
}

/// The verdict as a case of its own, because CI servers accept a report with skipped cases.
fn verdict(report: &Report) -> Suite {
    let problem = match report.verdict() {
        Verdict::Incomplete => {
            let reasons = report.gaps().into_iter().map(|gap| gap.why);
            Some(Problem {
                kind: ERROR,
                message: headline(report),
                description: reasons.collect::<Vec<_>>().join("\n"),
            })
        }
        // The failed cases contain the details.
        _ => None,
    };
    Suite {
        name: "the whole check".to_owned(),
        cases: vec![Case {
            name: "verdict".to_owned(),
            problem,
            warnings: String::new(),
        }],
    }
}

impl Case {
    fn new(outcome: &Outcome) -> Self {
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
        let problem = if faults.is_empty() {
            outcome.not_made.as_ref().map(|why| Problem {
                kind: SKIPPED,
                message: why.clone(),
                description: String::new(),
            })
        } else {
            Some(Problem {
                kind: FAILURE,
                message: faults.lines().next().unwrap_or_default().to_owned(),
                description: faults,
            })
        };
        let name = match outcome.sent.as_str() {
            "" => outcome.check.to_owned(),
            sent => format!("{}: {sent}", outcome.check),
        };
        Self {
            name,
            problem,
            warnings,
        }
    }
}

fn to_xml(suites: &[Suite]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 4);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    writer
        .create_element("testsuites")
        .with_attribute(("name", "poem-resource-server check"))
        .with_attributes(counts(&all()).each())
        .write_inner_content(|writer| suites.iter().try_for_each(|it| write_suite(writer, it)))?;
    writer.write_indent()?;
    Ok(writer.into_inner())
}

fn write_suite(writer: &mut Writer<Vec<u8>>, suite: &Suite) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attribute(("name", &*allowed(&suite.name)))
        .with_attributes(counts(&suite.cases.iter()).each())
        .write_inner_content(|writer| suite.cases.iter().try_for_each(|it| write_case(writer, it)))
        .map(drop)
}

fn write_case(writer: &mut Writer<Vec<u8>>, case: &Case) -> io::Result<()> {
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", &*allowed(&case.name)));
    if case.problem.is_none() && case.warnings.is_empty() {
        return element.write_empty().map(drop);
    }
    let children = |writer: &mut Writer<Vec<u8>>| {
        if let Some(it) = &case.problem {
            let element = writer
                .create_element(it.kind)
                .with_attribute(("message", &*allowed(&it.message)));
            if it.description.is_empty() {
                element.write_empty()?;
            } else {
                element.write_text_content(BytesText::new(&allowed(&it.description)))?;
            }
        }
        if !case.warnings.is_empty() {
            let warnings = allowed(&case.warnings);
            let element = writer.create_element("system-out");
            element.write_text_content(BytesText::new(&warnings))?;
        }
        Ok(())
    };
    element.write_inner_content(children).map(drop)
}

/// The counts of a suite or of all, as attributes.
struct Counts([(&'static str, String); 4]);

impl Counts {
    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, count)| (*name, count.as_str()))
    }
}

fn counts<'a>(cases: &(impl Iterator<Item = &'a Case> + Clone)) -> Counts {
    let of = |kind| {
        let kinds = cases.clone().filter_map(|it| it.problem.as_ref());
        kinds.filter(|it| it.kind == kind).count().to_string()
    };
    Counts([
        ("tests", cases.clone().count().to_string()),
        ("skipped", of(SKIPPED)),
        ("errors", of(ERROR)),
        ("failures", of(FAILURE)),
    ])
}

/// The characters that XML 1.0 allows (section 2.2).
fn allowed(text: &str) -> String {
    let is_allowed = |it: &char| match it {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => *other >= ' ',
    };
    text.chars().filter(is_allowed).collect()
}

const ERROR: &str = "error";
const FAILURE: &str = "failure";
const SKIPPED: &str = "skipped";

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(problem: Option<Problem>, warnings: &str) -> String {
        let case = Case {
            name: "a \"b\" <c>\u{1}".to_owned(),
            problem,
            warnings: warnings.to_owned(),
        };
        let suite = Suite {
            name: "d & e".to_owned(),
            cases: vec![case],
        };
        String::from_utf8(to_xml(&[suite]).expect("memory")).expect("UTF-8")
    }

    #[test]
    fn a_case_is_written_with_its_verdict_and_every_character_escaped() {
        let failure = Problem {
            kind: FAILURE,
            message: "x > y".to_owned(),
            description: "x > y\nfix: z\u{1b}".to_owned(),
        };

        let success = xml(None, "");
        let failed = xml(Some(failure), "w < v");

        let start = |failures| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <testsuites name=\"poem-resource-server check\" tests=\"1\" skipped=\"0\" \
                 errors=\"0\" failures=\"{failures}\">\n    <testsuite name=\"d &amp; e\" tests=\"1\" \
                 skipped=\"0\" errors=\"0\" failures=\"{failures}\">\n        \
                 <testcase name=\"a &quot;b&quot; &lt;c&gt;\""
            )
        };
        let end = "    </testsuite>\n</testsuites>\n";
        assert_eq!(success, format!("{}/>\n{end}", start(0)));
        let children = "            <failure message=\"x &gt; y\">x &gt; y\nfix: z</failure>\n            \
             <system-out>w &lt; v</system-out>\n        </testcase>\n";
        assert_eq!(failed, format!("{}>\n{children}{end}", start(1)));
    }
}
