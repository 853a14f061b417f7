//! The explanation as a page for people: the verdict first, the operations at the end.

use std::fmt::Write as _;

use crate::doctor::with_own_keys;
use crate::verifier::{ExplainedRule, Explanation, RuleState, advice};

use crate::program::operations::MayCall;
use crate::program::page::{BAD, BOLD, DOUBTFUL, FAINT, GOOD, wrapped};

/// The page. `trusted` has the name and the identifier of each trusted issuer.
pub(super) fn text(
    explanation: &Explanation,
    trusted: &[(String, String)],
    operations: &[MayCall],
    notes: &[String],
) -> String {
    let mut text = verdict(explanation, trusted, operations);
    for warning in explanation.warnings() {
        let warning = wrapped(warning, 9);
        let warning = warning.trim_start();
        let _ = writeln!(text, "\n{DOUBTFUL}Warning:{DOUBTFUL:#} {warning}");
    }
    for note in notes {
        let _ = writeln!(text, "\n{}", wrapped(note, 0));
    }
    if let Some(members) = explanation.encryption() {
        let _ = writeln!(
            text,
            "\n{BOLD}Encryption{BOLD:#}, which nobody has signed\n"
        );
        for (name, value) in members {
            let _ = writeln!(text, "  {name:<12} {value}");
        }
    }
    let proven = match explanation.is_opaque() {
        true => "as the issuer states them",
        false if explanation.is_accepted() => "verified",
        false => "unverified",
    };
    for (part, members) in [
        ("Header", explanation.header()),
        ("Claims", explanation.claims()),
    ] {
        if part == "Header" && explanation.is_opaque() {
            continue;
        }
        let _ = writeln!(text, "\n{BOLD}{part}{BOLD:#}, {proven}\n");
        match members {
            None if explanation.is_opaque() => {
                text.push_str("  none: the issuer has stated nothing about the token\n");
            }
            None => text.push_str("  cannot be read\n"),
            Some(members) => {
                for (name, value) in members {
                    let _ = writeln!(text, "  {name:<12} {value}");
                }
            }
        }
    }
    let _ = writeln!(
        text,
        "\n{BOLD}Rules{BOLD:#}, in the order in which the service applies them\n"
    );
    for rule in explanation.rules() {
        text.push_str(&row(rule));
    }
    let _ = writeln!(text, "\n{BOLD}May call{BOLD:#}\n");
    text + &table(explanation, operations)
}

fn verdict(
    explanation: &Explanation,
    trusted: &[(String, String)],
    operations: &[MayCall],
) -> String {
    let verdict = match explanation.likely_cause() {
        Some(cause) => refusal(explanation, trusted, cause),
        None => acceptance(explanation, operations),
    };
    match judge(explanation, trusted) {
        Some((name, identifier)) if explanation.is_refused() => {
            verdict + &field("issuer", &format!("{name} ({identifier})")) + "\n"
        }
        Some((name, identifier)) => {
            verdict + "\n" + &field("issuer", &format!("{name} ({identifier})")) + "\n"
        }
        None => verdict,
    }
}

/// The issuer that judged the token: the one that the token names.
fn judge<'a>(
    explanation: &Explanation,
    trusted: &'a [(String, String)],
) -> Option<&'a (String, String)> {
    let mut rules = explanation.rules().iter();
    let is_named = rules.any(|rule| rule.name == "issuer" && rule.state == RuleState::Passed);
    let name = explanation.judge().filter(|_| is_named)?;
    trusted.iter().find(|(known, _)| known == name)
}

fn acceptance(explanation: &Explanation, operations: &[MayCall]) -> String {
    if explanation.is_unknown() {
        let what = wrapped(
            "the token is opaque, so only its issuer knows what it is.",
            11,
        );
        return format!("{DOUBTFUL}Undecided:{DOUBTFUL:#} {}\n", what.trim_start());
    }
    if !explanation.is_accepted() {
        let what = "no rule that could be examined is broken, but without the issuer's keys \
             nobody knows who signed the token.";
        let what = wrapped(what, 11);
        return format!("{DOUBTFUL}Undecided:{DOUBTFUL:#} {}\n", what.trim_start());
    }
    let mut protected = operations.iter().filter(|it| it.reads_token).peekable();
    if protected.peek().is_some() && protected.all(|it| !it.lacks.is_empty()) {
        let what = "it lacks what each protected operation requires: see the end.";
        return format!("{DOUBTFUL}Accepted, but{DOUBTFUL:#} {what}\n");
    }
    format!("{GOOD}Accepted:{GOOD:#} the token keeps every rule.\n")
}

fn refusal(
    explanation: &Explanation,
    trusted: &[(String, String)],
    cause: &ExplainedRule,
) -> String {
    let reason = cause.reason.unwrap_or_default();
    let (meaning, fix) = advice(reason);
    let mut text = format!("{BAD}Refused:{BAD:#} {}\n\n", wrapped(meaning, 0));
    let mut add = |name, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{}", field(name, value));
        }
    };
    add("reason", reason);
    add("found", &cause.found);
    if cause.name == "issuer" && trusted.len() > 1 {
        for (position, (name, identifier)) in trusted.iter().take(MAX_ISSUERS_SHOWN).enumerate() {
            let label = if position == 0 { "wanted" } else { "or" };
            add(label, &format!("{name} ({identifier})"));
        }
        match trusted.len().saturating_sub(MAX_ISSUERS_SHOWN) {
            0 => {}
            more => add("or", &format!("one of {more} more, which `config` shows")),
        }
    } else {
        add("wanted", &cause.wanted);
    }
    add(
        "fix",
        &with_keys_of_judge(explanation, trusted, reason, fix),
    );
    let logged = explanation.failed_rule().filter(|rule| *rule != cause);
    if let Some(logged) = logged.and_then(|rule| Some((rule.reason?, rule.name))) {
        let (reason, name) = logged;
        let what = format!(
            "A service answers with the reason {reason}, because it applies the rule `{name}` first."
        );
        add("note", &what);
    }
    text
}

/// The advice with the keys of the issuer whose rules apply to the token.
fn with_keys_of_judge(
    explanation: &Explanation,
    trusted: &[(String, String)],
    reason: &str,
    advice: &str,
) -> String {
    let only = match trusted {
        [(name, _)] => Some(name.as_str()),
        _ => None,
    };
    match explanation.judge().or(only) {
        // The issuer of the token may need a name of its own.
        Some(name) if reason != "unknown_issuer" => with_own_keys(name, advice),
        _ => advice.to_owned(),
    }
}

/// A name and its value, which may have several lines.
pub(super) fn field(name: &str, value: &str) -> String {
    let value = wrapped(value, 10);
    format!("  {name:<6}  {}", value.trim_start())
}

pub(super) fn row(rule: &ExplainedRule) -> String {
    let (style, mark) = match rule.state {
        RuleState::Passed => (GOOD, "passed"),
        RuleState::Failed => (BAD, "FAILED"),
        RuleState::WouldFail => (BAD, "would fail"),
        RuleState::NotExamined => (FAINT, "-"),
    };
    let found = match rule.state {
        RuleState::NotExamined => format!("not examined: {}", rule.found),
        _ => rule.found.clone(),
    };
    let line = format!("  {style}{mark:<10}{style:#}  {:<12}  {found}", rule.name);
    let mut text = line.trim_end().to_owned() + "\n";
    if rule.is_broken() {
        let _ = writeln!(text, "{:28}wanted: {}", "", rule.wanted);
    }
    text
}

/// One line for each operation.
fn table(explanation: &Explanation, operations: &[MayCall]) -> String {
    let width = operations.iter().map(|it| it.operation.len()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    for row in operations {
        let (style, word, why) = answer(explanation, row);
        let line = format!("  {:<width$}  {style}{word}{style:#}{why}", row.operation);
        let _ = writeln!(text, "{line}");
    }
    if operations.is_empty() {
        text.push_str("  The application has no operations.\n");
    }
    text
}

fn answer(explanation: &Explanation, row: &MayCall) -> (anstyle::Style, &'static str, String) {
    let lacks = match row.lacks.as_slice() {
        [] => String::new(),
        lacks => format!("lacks {}", lacks.join(", ")),
    };
    if !row.reads_token {
        return (GOOD, "yes", ", with or without a token".to_owned());
    }
    let open = if row.is_open {
        "; yes without a token"
    } else {
        ""
    };
    if explanation.is_refused() {
        let lacks = match lacks.as_str() {
            "" => String::new(),
            lacks => format!(", and it {lacks}"),
        };
        return (BAD, "no", format!(", the token is refused{lacks}{open}"));
    }
    if !lacks.is_empty() {
        return (BAD, "no", format!(", {lacks}{open}"));
    }
    let request = match row.undecided.as_slice() {
        [] => String::new(),
        undecided => format!(", depends on the request: {}", undecided.join(", ")),
    };
    if explanation.is_accepted() {
        let style = if request.is_empty() { GOOD } else { DOUBTFUL };
        return (style, "yes", request);
    }
    if explanation.is_unknown() {
        return (
            DOUBTFUL,
            "unknown",
            format!(", only the issuer knows its rights{open}"),
        );
    }
    let why = format!(", if the issuer signed the token{request}");
    (DOUBTFUL, "yes", why)
}

/// More identifiers do not help.
const MAX_ISSUERS_SHOWN: usize = 10;

#[cfg(all(test, feature = "dev"))]
mod tests;
