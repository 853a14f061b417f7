//! Finds the paths in one file that lead through the crate's root.

use super::words::Word;

const CRATE: &str = "poem_resource_server";

/// A path that leads through the crate's root.
pub(crate) struct Import {
    pub(crate) line: usize,
    /// The first step from the root.
    pub(crate) target: String,
    pub(crate) in_tests: bool,
}

/// Paths that start at `crate`, `super` or the crate's name, and pass the root.
pub(crate) fn imports(module: &[&str], words: &[Word]) -> Vec<Import> {
    let word = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let mut imports = Vec::new();
    // Inline modules around the current word: name, and the brace depth that ends it.
    let mut inline: Vec<(&str, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < words.len() {
        match word(at) {
            "{" => {
                depth += 1;
                if at >= 2 && word(at - 2) == "mod" {
                    inline.push((word(at - 1), depth));
                }
            }
            "}" => {
                inline.retain(|(_, ends)| *ends != depth);
                depth = depth.saturating_sub(1);
            }
            "crate" | "super" | CRATE if at == 0 || word(at - 1) != "::" => {
                let mut next = at + 1;
                let mut supers = usize::from(word(at) == "super");
                while supers > 0 && word(next) == "::" && word(next + 1) == "super" {
                    supers += 1;
                    next += 2;
                }
                let from_root = supers == 0 || supers == module.len() + inline.len();
                let renamed = word(next) == "as";
                if from_root && (renamed || word(next) == "::") {
                    let in_tests = module.contains(&"tests")
                        || inline.iter().any(|(name, _)| *name == "tests");
                    imports.extend(targets(words, next + 1).into_iter().map(|target| Import {
                        line: words[at].line,
                        target,
                        in_tests,
                    }));
                }
                at = next - 1;
            }
            _ => {}
        }
        at += 1;
    }
    imports
}

/// The first step of a path, or of each path in a group.
fn targets(words: &[Word], start: usize) -> Vec<String> {
    let mut targets = Vec::new();
    let mut depth = 0;
    let mut fresh = true;
    for word in words.iter().skip(start) {
        match word.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," => fresh = depth == 1,
            _ if fresh => {
                targets.push(word.text.clone());
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    targets
}
