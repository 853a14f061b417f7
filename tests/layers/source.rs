//! Reads one file: what it defines, what it binds by `use`, and which paths its code names.
//!
//! Tests are left out: a module called `tests` may use everything above it, and so may an
//! item below `#[cfg(test)]`.

use std::collections::BTreeSet;

use super::words::{Word, words};

const CRATE: &str = "poem_resource_server";

/// One file of `src/`.
pub(crate) struct Source {
    /// Its path below `src/`.
    pub(crate) file: String,
    /// `issuer/fetch.rs` is `[issuer, fetch]`; `lib.rs` is the empty path.
    pub(crate) module: Vec<String>,
    /// The items that this file itself defines.
    pub(crate) defined: BTreeSet<String>,
    pub(crate) bindings: Vec<Binding>,
    /// The paths of two steps or more in its code, outside of `use`.
    pub(crate) paths: Vec<Path>,
    /// Every name in its code, outside of `use`.
    pub(crate) names: BTreeSet<String>,
}

/// A name that `use` brings into the file; `*` for all of a module.
pub(crate) struct Binding {
    pub(crate) name: String,
    pub(crate) path: Path,
    /// Whether it is a re-export, which is no use of its own.
    pub(crate) is_public: bool,
}

/// A path in the code.
pub(crate) struct Path {
    pub(crate) line: usize,
    /// The module that it is read in, inline modules included.
    pub(crate) scope: Vec<String>,
    pub(crate) steps: Vec<String>,
}

impl Path {
    /// The path from the crate's root, if it says by itself where it begins.
    pub(crate) fn rooted(&self) -> Option<Vec<String>> {
        let mut base = match self.steps.first()?.as_str() {
            "crate" | CRATE => Vec::new(),
            "self" | "super" => self.scope.clone(),
            _ => return None,
        };
        let supers = self
            .steps
            .iter()
            .take_while(|step| *step == "super")
            .count();
        base.truncate(base.len().saturating_sub(supers));
        base.extend_from_slice(&self.steps[supers.max(1)..]);
        Some(base)
    }
}

impl Source {
    pub(crate) fn is_test(&self) -> bool {
        self.module.iter().any(|step| step == "tests")
    }

    pub(crate) fn read(file: &str, text: &str) -> Self {
        let module = file.trim_end_matches(".rs").split('/');
        let module: Vec<String> = module.map(str::to_owned).collect();
        let mut source = Self {
            file: file.to_owned(),
            module: if file == "lib.rs" { Vec::new() } else { module },
            defined: BTreeSet::new(),
            bindings: Vec::new(),
            paths: Vec::new(),
            names: BTreeSet::new(),
        };
        source.read_words(&words(text));
        source
    }

    fn read_words(&mut self, words: &[Word]) {
        let word = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
        // Inline modules around the current word: name, and the brace depth that ends it.
        let mut inline: Vec<(&str, usize)> = Vec::new();
        let (mut depth, mut at) = (0, 0);
        while at < words.len() {
            let is_test = is_below_cfg_test(words, at);
            match word(at) {
                "{" => depth += 1,
                "}" => {
                    inline.retain(|(_, ends)| *ends != depth);
                    depth = depth.saturating_sub(1);
                }
                "mod" if word(at + 2) == "{" && (is_test || word(at + 1) == "tests") => {
                    at = end_of_block(words, at + 2);
                }
                "mod" if word(at + 2) == "{" => {
                    self.defined.insert(word(at + 1).to_owned());
                    inline.push((word(at + 1), depth + 1));
                    at += 1;
                }
                "use" if word(at + 1) != "<" => {
                    let is_public = at > 0 && matches!(word(at - 1), "pub" | ")");
                    let line = words[at].line;
                    let mut leaves = Vec::new();
                    at = tree(words, at + 1, &[], &mut leaves);
                    for (name, steps) in leaves.into_iter().filter(|_| !is_test) {
                        let path = self.path(line, &inline, steps);
                        self.bindings.push(Binding {
                            name,
                            path,
                            is_public,
                        });
                    }
                }
                "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static"
                    if depth == inline.len() =>
                {
                    self.defined.insert(word(at + 1).to_owned());
                }
                "macro_rules" => _ = self.defined.insert(word(at + 2).to_owned()),
                "crate" if at >= 2 && word(at - 1) == "in" && word(at - 2) == "(" => {
                    // The path of a visibility: `pub(in crate::service)`.
                    while word(at + 1) != ")" && at < words.len() {
                        at += 1;
                    }
                }
                name if is_name(name)
                    && (at == 0 || !matches!(word(at - 1), "::" | "." | "mod")) =>
                {
                    let mut steps = vec![name.to_owned()];
                    let line = words[at].line;
                    while word(at + 1) == "::" && is_name(word(at + 2)) {
                        steps.push(word(at + 2).to_owned());
                        at += 2;
                    }
                    self.names.insert(steps[0].clone());
                    if steps.len() > 1 {
                        let path = self.path(line, &inline, steps);
                        self.paths.push(path);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn path(&self, line: usize, inline: &[(&str, usize)], steps: Vec<String>) -> Path {
        let inline = inline.iter().map(|(name, _)| (*name).to_owned());
        let scope = self.module.iter().cloned().chain(inline).collect();
        Path { line, scope, steps }
    }
}

/// The leaves of a `use` tree, each with the name that it binds; ends at `,`, `}` or `;`.
fn tree(
    words: &[Word],
    start: usize,
    prefix: &[String],
    leaves: &mut Vec<(String, Vec<String>)>,
) -> usize {
    let word = |at: usize| words.get(at).map_or(";", |word| word.text.as_str());
    let mut steps = prefix.to_vec();
    let mut at = start;
    let mut name = None;
    loop {
        match word(at) {
            "::" => {}
            "as" => {
                name = Some(word(at + 1).to_owned());
                at += 1;
            }
            "{" => {
                while !matches!(word(at), "}" | ";") {
                    at = tree(words, at + 1, &steps, leaves);
                }
                return at + 1;
            }
            "," | "}" | ";" => {
                if steps.len() > prefix.len() {
                    if steps.len() > 1 && steps.last().is_some_and(|step| step == "self") {
                        steps.pop();
                    }
                    let last = steps.last().cloned().unwrap_or_default();
                    leaves.push((name.unwrap_or(last), steps));
                }
                return at;
            }
            step => steps.push(step.to_owned()),
        }
        at += 1;
    }
}

fn is_name(word: &str) -> bool {
    let first = word.chars().next();
    first.is_some_and(|first| first.is_alphabetic() || first == '_')
}

/// Whether the item at `at` has `#[cfg(test)]` right before it.
pub(crate) fn is_below_cfg_test(words: &[Word], at: usize) -> bool {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let before = &words[at.saturating_sub(mark.len())..at];
    before.iter().map(|word| word.text.as_str()).eq(mark)
}

pub(crate) fn end_of_block(words: &[Word], start: usize) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate().skip(start) {
        match word.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    words.len()
}
