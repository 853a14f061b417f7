//! Finds stack traces in an answer, in the forms of eight languages.
//!
//! A trace may be inside JSON, with its line ends escaped, or inside a page of HTML.

use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

/// The language whose stack trace is in this text.
pub(super) fn language(text: &str) -> Option<&'static str> {
    let text = unescaped(text);
    let found = FORMS.matches(text.as_bytes()).into_iter().next()?;
    Some(LANGUAGES[found].0)
}

/// The text with its line ends and quotes as the trace was printed.
fn unescaped(text: &str) -> String {
    let mut text = text.replace("\\r", "").replace("\\n", "\n");
    for (escaped, plain) in ESCAPES {
        if text.contains(escaped) {
            text = text.replace(escaped, plain);
        }
    }
    text
}

static FORMS: LazyLock<RegexSet> = LazyLock::new(|| {
    let forms = LANGUAGES.iter().map(|(_, form)| form);
    let mut forms = RegexSetBuilder::new(forms);
    forms.unicode(false);
    forms.build().expect("the forms are checked by the tests")
});

/// A form of each language's traces that prose and data do not have.
const LANGUAGES: &[(&str, &str)] = &[
    ("Python", r"Traceback \(most recent call last\)"),
    ("Python", r#"File "[^"\n]+", line [0-9]+, in "#),
    (
        "Java",
        r"\bat [0-9A-Za-z_$./@<>-]+\(([0-9A-Za-z_$-]+\.(java|kt|scala|groovy)(:[0-9]+)?|Native Method|Unknown Source)\)",
    ),
    (
        ".NET",
        r"\bat [0-9A-Za-z_.`<>\[\],+|-]+\([^)\n]*\) in [^\n]+:line [0-9]+",
    ),
    (
        ".NET",
        r"(?m)^ +at [0-9A-Za-z_`<>]+(\.[0-9A-Za-z_`<>\[\]|+]+)+\([^)\n]*\)\s*$\s+at [0-9A-Za-z_`<>]+(\.[0-9A-Za-z_`<>\[\]|+]+)+\(",
    ),
    ("Rust", r"thread '[^'\n]*' (\([0-9]+\) )?panicked at "),
    ("Rust", r"(?m)^ +at [^\n ]+\.rs:[0-9]+(:[0-9]+)?\s*$"),
    (
        "JavaScript",
        r"\bat ([^\n()]+ \()?(file://|node:|/|[A-Za-z]:\\)[^\n()]*:[0-9]+:[0-9]+\)?",
    ),
    ("Go", r"goroutine [0-9]+ \[[a-z][^\]\n]*\]:"),
    ("Go", r"\.go:[0-9]+ \+0x[0-9a-f]+"),
    ("Ruby", r"\.rb:[0-9]+:in [`'][^'\n]+'"),
    ("PHP", r"(?m)^#[0-9]+ [^\n]*\.php\([0-9]+\): "),
    (
        "PHP",
        r"\.php( on line |:)(<b>)?[0-9]+(</b>)?\s+Stack trace:",
    ),
    ("PHP", r"in (<b>)?[^\n<]+\.php(</b>)? on line (<b>)?[0-9]+"),
];

const ESCAPES: [(&str, &str); 11] = [
    ("\\t", "    "),
    ("\\\"", "\""),
    ("\\/", "/"),
    ("\\u0027", "'"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("<br>", "\n"),
];
