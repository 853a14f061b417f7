//! Finds the files of a floor that use each other in a circle.
//!
//! 1. A file uses the file that *defines* an item, whichever module it takes the item from.
//! 2. `mod child;` and `pub use child::Item` are how Rust builds modules, and no use. A parent
//!    uses its child when its code names something of the child.
//! 3. A child uses its parent when it names an item that the parent's file itself defines.
//! 4. Files that reach each other form a cycle.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Path, Source};

/// Files that reach each other, and the uses among them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    pub(crate) files: BTreeSet<String>,
    uses: Vec<String>,
}

impl Cycle {
    pub(crate) fn shown(&self) -> String {
        let files: Vec<_> = self.files.iter().map(String::as_str).collect();
        format!(
            "cycle of {}:\n    {}",
            files.join(", "),
            self.uses.join("\n    ")
        )
    }
}

/// Every cycle of every floor.
pub(crate) fn cycles(sources: &[Source]) -> Vec<Cycle> {
    let house = House::new(sources);
    let uses = house.uses();
    let mut cycles = Vec::new();
    let mut known: BTreeSet<usize> = BTreeSet::new();
    for &start in uses.keys() {
        if known.contains(&start) {
            continue;
        }
        let reached = reach(&uses, start);
        let of_cycle = reached
            .iter()
            .filter(|&&end| reach(&uses, end).contains(&start));
        let of_cycle: BTreeSet<usize> = of_cycle.copied().collect();
        if of_cycle.is_empty() {
            continue;
        }
        known.extend(&of_cycle);
        cycles.push(house.cycle(&uses, &of_cycle));
    }
    cycles
}

/// Which file uses which, and where it says so.
type Uses = BTreeMap<usize, BTreeMap<usize, String>>;

fn reach(uses: &Uses, start: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start];
    while let Some(file) = next.pop() {
        for &used in uses.get(&file).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(used) {
                next.push(used);
            }
        }
    }
    reached
}

struct House<'a> {
    sources: &'a [Source],
    modules: BTreeMap<&'a [String], usize>,
}

impl<'a> House<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let modules = sources.iter().enumerate();
        let modules = modules.map(|(at, source)| (source.module.as_slice(), at));
        Self {
            sources,
            modules: modules.collect(),
        }
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::new();
        for (at, source) in self
            .sources
            .iter()
            .enumerate()
            .filter(|(_, it)| !it.is_test())
        {
            for (used, line, item) in self.used_by(source) {
                let other = &self.sources[used];
                let is_of_floor = source.module.first() == other.module.first();
                if used != at && is_of_floor && !other.is_test() {
                    let text = || format!("{}:{line} uses `{item}` of {}", source.file, other.file);
                    uses.entry(at).or_default().entry(used).or_insert_with(text);
                }
            }
        }
        uses
    }

    /// The files that a file uses: with the line, and the name that it uses.
    fn used_by(&self, source: &Source) -> Vec<(usize, usize, String)> {
        let mut used = Vec::new();
        let mut add = |path: Vec<String>, line: usize| {
            if let Some(file) = self.definer(&path, MAX_STEPS) {
                used.push((file, line, path.last().cloned().unwrap_or_default()));
            }
        };
        for binding in &source.bindings {
            let Some(path) = self.absolute(source, &binding.path) else {
                continue;
            };
            let is_module = self.modules.contains_key(path.as_slice());
            let is_named = source.names.contains(&binding.name);
            // What a module is bound for shows in the paths below.
            if !(is_module && is_named) && (is_named || !binding.is_public) {
                add(path, binding.path.line);
            }
        }
        for path in &source.paths {
            if let Some(absolute) = self.absolute(source, path) {
                add(absolute, path.line);
            }
        }
        used
    }

    /// The path from the crate's root; none for what is not of this crate.
    fn absolute(&self, source: &Source, path: &Path) -> Option<Vec<String>> {
        if let Some(path) = path.rooted() {
            return Some(path);
        }
        let (first, rest) = path.steps.split_first()?;
        let mut child = path.scope.clone();
        child.push(first.clone());
        if self.modules.contains_key(child.as_slice()) {
            child.extend_from_slice(rest);
            return Some(child);
        }
        let bound = source.bindings.iter().find(|binding| {
            binding.name == *first && !std::ptr::eq(&raw const binding.path, path)
        })?;
        let mut path = bound.path.rooted()?;
        path.extend_from_slice(rest);
        Some(path)
    }

    /// The file that defines what a path from the root names.
    fn definer(&self, path: &[String], steps: usize) -> Option<usize> {
        let lengths = (0..=path.len()).rev();
        let (&file, item) = lengths
            .map(|length| path.split_at(length))
            .find_map(|(module, rest)| Some((self.modules.get(module)?, rest)))?;
        let Some((item, rest)) = item.split_first() else {
            return Some(file);
        };
        let source = &self.sources[file];
        if source.defined.contains(item) || steps == 0 {
            return Some(file);
        }
        let mut bindings = source.bindings.iter();
        if let Some(binding) = bindings.find(|binding| binding.name == *item) {
            let mut path = self.absolute(source, &binding.path)?;
            path.extend_from_slice(rest);
            return self.definer(&path, steps - 1);
        }
        let globs = source.bindings.iter().filter(|binding| binding.name == "*");
        for glob in globs {
            let Some(mut path) = self.absolute(source, &glob.path) else {
                continue;
            };
            path.pop();
            let defines = |at: &&usize| self.sources[**at].defined.contains(item);
            if let Some(&file) = self.modules.get(path.as_slice()).filter(defines) {
                return Some(file);
            }
        }
        Some(file)
    }

    fn cycle(&self, uses: &Uses, files: &BTreeSet<usize>) -> Cycle {
        let among = files.iter().flat_map(|file| {
            let of_file = uses.get(file).into_iter().flatten();
            of_file.filter(|(other, _)| files.contains(other))
        });
        Cycle {
            files: files
                .iter()
                .map(|&file| self.sources[file].file.clone())
                .collect(),
            uses: among.map(|(_, text)| text.clone()).collect(),
        }
    }
}

/// Re-exports of re-exports end somewhere.
const MAX_STEPS: usize = 20;
