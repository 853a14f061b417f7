//! The words of names and comments: plain technical English.
//!
//! 1. No part of a name in the code is one of [`REJECTED`], in snake case or camel case.
//! 2. No function is called `of` or `of_..`: its name says what it makes or finds.
//! 3. No comment contains one of [`REJECTED`] as a word, except `tell` in the imperative.
//!
//! Strings are not read: some are the words of others, and tests compare the rest.

use super::files::all;
use super::words::words;

const REJECTED: [&str; 27] = [
    "anew",
    "debtor",
    "debtors",
    "door",
    "doors",
    "forgive",
    "forgiven",
    "he",
    "heard",
    "heart",
    "his",
    "lasting",
    "lies",
    "mend",
    "mended",
    "stands",
    "stood",
    "stranger",
    "strangers",
    "tell",
    "tells",
    "told",
    "vouch",
    "vouches",
    "whoever",
    "witness",
    "won",
];

/// The words of a file that are rejected, each with its line.
fn rejected(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut is_after_fn = false;
    for word in words(text) {
        let name = &word.text;
        if let Some(part) = parts(name).find(|part| REJECTED.contains(&part.as_str())) {
            faults.push(format!("{file}:{}: `{part}` in `{name}`", word.line));
        }
        if is_after_fn && (name == "of" || name.starts_with("of_")) {
            faults.push(format!("{file}:{}: a function called `{name}`", word.line));
        }
        is_after_fn = name == "fn";
    }
    for (number, line) in (1..).zip(text.lines()) {
        let Some(comment) = line.trim_start().strip_prefix("//") else {
            continue;
        };
        let words = comment.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.map(str::to_lowercase) {
            if word != "tell" && REJECTED.contains(&word.as_str()) {
                faults.push(format!("{file}:{number}: `{word}` in a comment"));
            }
        }
    }
    faults
}

/// The parts of a name: `DevIssuer` and `dev_issuer` are `dev` and `issuer`.
fn parts(name: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && was_lower) {
            parts.push(String::new());
        }
        was_lower = c.is_lowercase() || c.is_ascii_digit();
        if let Some(part) = parts.last_mut().filter(|_| c != '_') {
            part.extend(c.to_lowercase());
        }
    }
    parts.into_iter()
}

#[test]
fn names_and_comments_are_plain() {
    // The lists of this file are strings, which are not read.
    let faults: Vec<_> = (all().iter())
        .flat_map(|(file, text)| rejected(file, text))
        .collect();

    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_rejected_word_is_found() {
    #[rustfmt::skip]
    let rows = [
        ("a function", "fn is_told() {}", 1),
        ("a type", "struct OpenDoor;", 1),
        ("a variable", "let told = 1;", 1),
        ("a field", "struct A { witness: u8 }", 1),
        ("a constant", "const MAX_DOORS: u8 = 1;", 1),
        ("a comment", "// It is told.", 1),
        ("documentation", "/// Whoever calls.", 1),
        ("two in a comment", "//! He tells.", 2),
        ("the name `of`", "fn of() {}", 1),
        ("a name that begins with `of`", "pub fn of_claims() {}", 1),
        ("a part of another word", "fn threshold() { other(); }", 0),
        ("a name that contains `of`", "fn size_of() { of(1); }", 0),
        ("a string", "let a = \"told\";", 0),
        ("the imperative", "/// Tell the caller.", 0),
        ("code after a comment", "// Fine.\nlet told = 1;", 1),
    ];

    for (name, text, expected) in rows {
        let found = rejected("src/a.rs", text);

        assert_eq!(found.len(), expected, "{name}: {found:?}");
    }
}
