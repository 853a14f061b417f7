//! Finds public types that share a name.
//!
//! A type counts if the whole crate or its users can name it: `pub` and `pub(crate)`. Private
//! types, `pub(super)` and `pub(in ..)` have one place, which names the difference. Tests do
//! not count.

use std::collections::BTreeMap;

use super::source::{end_of_block, is_below_cfg_test};
use super::words::words;

/// Names that two types share on purpose, each with its reason.
pub(crate) const SHARED_NAMES: &[(&str, &str)] = &[(
    "Issuer",
    "`testing::Issuer` plays the `issuer::Issuer` that a test's tokens name",
)];

/// Each name of two types or more, with the places that define it.
pub(crate) fn shared_names<'a>(
    sources: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> BTreeMap<String, Vec<String>> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources {
        let steps: Vec<_> = file.trim_end_matches(".rs").split('/').collect();
        if steps.contains(&"tests") {
            continue;
        }
        for (name, line) in public_types(text) {
            let place = format!("{file}:{line}");
            places.entry(name).or_default().push(place);
        }
    }
    places.retain(|_, places| places.len() > 1);
    places
}

fn public_types(text: &str) -> Vec<(String, usize)> {
    let words = words(text);
    let word = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut types = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match word(at) {
            "mod" if word(at + 1) == "tests" && word(at + 2) == "{" => {
                at = end_of_block(&words, at + 2);
            }
            "pub" if !is_below_cfg_test(&words, at) => {
                let is_of_crate = word(at + 1) == "(" && word(at + 2) == "crate";
                let kind = if is_of_crate { at + 4 } else { at + 1 };
                if let "struct" | "enum" | "union" | "trait" | "type" = word(kind) {
                    types.push((word(kind + 1).to_owned(), words[kind].line));
                }
            }
            _ => {}
        }
        at += 1;
    }
    types
}
