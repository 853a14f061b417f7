//! The pages outside of the code: their links, the size of the README and the width of lines.
//!
//! 1. A link to a file of the repository names a file or folder that exists.
//! 2. A link to a heading names a heading of that page, in the form that forges give it.
//! 3. A line of prose fits the width of the page. Tables, code and generated text do not have to.
//!
//! Links to other hosts are not followed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

const MAX_README_BYTES: usize = 12 * 1024;
const MAX_COLUMNS: usize = 125;

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = pages(root);

    let faults = faults(&pages, |path| root.join(path).exists());

    assert!(pages.len() > 15, "{:?}", pages.keys());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_readme_stays_below_its_size() {
    let readme = include_str!("../../README.md");

    assert!(readme.len() < MAX_README_BYTES, "{} bytes", readme.len());
}

#[test]
fn no_line_of_prose_is_wider_than_the_page() {
    let pages = pages(Path::new(env!("CARGO_MANIFEST_DIR")));
    let pages = pages
        .iter()
        .filter(|(page, _)| !page.ends_with("CHANGELOG.md"));

    let wide: Vec<String> = pages
        .flat_map(|(page, content)| wide_lines(content).map(move |it| (page, it)))
        .map(|(page, line)| format!("{}: {line}", page.display()))
        .collect();

    assert!(wide.is_empty(), "\n{}", wide.join("\n"));
}

#[test]
fn a_wide_line_is_found() {
    let wide = "word ".repeat(26);
    let wide = wide.trim();
    for (row, content, found) in [
        ("a wide line", wide.to_owned(), vec![wide]),
        ("a line of the right width", "a".repeat(MAX_COLUMNS), vec![]),
        ("a table", format!("| {wide} |"), vec![]),
        ("a block of code", format!("```\n{wide}\n```"), vec![]),
        (
            "generated text",
            format!("<!-- a -->\n{wide}\n<!-- /a -->"),
            vec![],
        ),
        (
            "a line after it",
            format!("<!-- a -->\n<!-- /a -->\n{wide}"),
            vec![wide],
        ),
        (
            "a line after a comment",
            format!("<!-- a -->\n{wide}"),
            vec![wide],
        ),
    ] {
        assert_eq!(wide_lines(&content).collect::<Vec<_>>(), found, "{row}");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    for (row, content, fault) in [
        ("a page", "[b](b.md)", None),
        ("a heading", "[b](b.md#the-end-of-it)", None),
        ("its own heading", "# One, `two`\n[one](#one-two)", None),
        ("another host", "[x](https://example.com/none)", None),
        ("a block of code", "```\n[x](none.md)\n```", None),
        ("no page", "[x](none.md)", Some("docs/a.md: none.md")),
        ("no heading", "[b](b.md#none)", Some("docs/a.md: b.md#none")),
        (
            "a heading in code",
            "```\n# one\n```\n[x](#one)",
            Some("docs/a.md: #one"),
        ),
    ] {
        let pages = [("docs/a.md", content), ("docs/b.md", "## The end of it")];
        let pages = pages
            .map(|(path, text)| (PathBuf::from(path), text.to_owned()))
            .into();

        let faults = faults(&pages, |path| path == Path::new("docs/b.md"));

        assert_eq!(faults.first().map(String::as_str), fault, "{row}");
    }
}

type Pages = BTreeMap<PathBuf, String>;

/// Links that lead nowhere, each as `page: link`.
fn faults(pages: &Pages, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for (page, content) in pages {
        for link in links(content) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                normal(&page.parent().unwrap_or(Path::new("")).join(file))
            };
            let is_there = pages.contains_key(&target) || exists(&target);
            let has_heading = heading.is_empty()
                || (pages.get(&target)).is_some_and(|it| headings(it).any(|it| it == heading));
            if !is_there || !has_heading {
                faults.push(format!("{}: {link}", page.display()));
            }
        }
    }
    faults
}

/// The pages of the repository by path, except those of other packages.
fn pages(root: &Path) -> Pages {
    let mut pages = Pages::new();
    let mut folders = vec![PathBuf::new(), "docs".into(), "examples/shop".into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = folder.join(entry.file_name());
            if path.extension().is_some_and(|it| it == "md") {
                let content = fs::read_to_string(entry.path()).expect("a page in UTF-8");
                pages.insert(path, content);
            } else if folder.starts_with("docs") && entry.path().is_dir() {
                folders.push(path);
            }
        }
    }
    pages
}

/// The targets of links, except those on other hosts.
fn links(content: &str) -> impl Iterator<Item = &str> {
    prose(content)
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target)
        .filter(|target| !target.contains("://"))
}

/// The headings in the form of links: lower case, hyphens for spaces, no other signs.
fn headings(content: &str) -> impl Iterator<Item = String> {
    prose(content)
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|heading| {
            let is_kept = |it: &char| it.is_alphanumeric() || "-_ ".contains(*it);
            heading.chars().filter(is_kept).collect::<String>()
        })
        .map(|heading| heading.replace(' ', "-"))
}

/// The lines of prose that are wider than the page.
fn wide_lines(content: &str) -> impl Iterator<Item = &str> {
    let mut is_generated = false;
    prose(content).filter(move |line| {
        if line.starts_with("<!-- ") {
            let end = line.replacen("<!-- ", "<!-- /", 1);
            is_generated = !line.starts_with("<!-- /") && content.contains(&end);
        }
        let is_table = line.trim_start().starts_with('|');
        !is_generated && !is_table && line.chars().count() > MAX_COLUMNS
    })
}

/// The lines outside of blocks of code.
fn prose(content: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    content.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
