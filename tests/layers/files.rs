//! The shape of the files of `src` and `tests`: each is one short story, and its name says which.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 300;
const NAMES_OF_NOTHING: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "types"];

/// Every `.rs` file of a folder of the repository: its path below the folder, and its contents.
pub(crate) fn below(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is readable") {
            let path: PathBuf = entry.expect("the folder is readable").path();
            if path.is_dir() {
                // The packages of the browser tests are not ours.
                if !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).expect("found below it");
                let text = fs::read_to_string(&path).expect("source is UTF-8");
                files.push((below.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

/// Every file of `src` and `tests`, with its path in the repository.
pub(crate) fn all() -> Vec<(String, String)> {
    let of_folder = |folder: &'static str| {
        let files = below(folder).into_iter();
        files.map(move |(file, text)| (format!("{folder}/{file}"), text))
    };
    of_folder("src").chain(of_folder("tests")).collect()
}

/// The faults of the shape of a file, which has this path in the repository.
fn misshapen(file: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES {
        faults.push(format!("{file}: {lines} lines, at most {MAX_LINES}"));
    }
    if file.ends_with("/mod.rs") {
        faults.push(format!("{file}: name it after its module"));
    }
    for step in file.trim_end_matches(".rs").split('/') {
        if NAMES_OF_NOTHING.contains(&step) {
            faults.push(format!("{file}: `{step}` names no concept"));
        }
    }
    faults
}

#[test]
fn every_file_is_one_short_story_with_a_name() {
    let files = all();

    let faults: Vec<_> = (files.iter())
        .flat_map(|(file, text)| misshapen(file, text))
        .collect();

    let has = |folder| files.iter().any(|(file, _)| file.starts_with(folder));
    assert!(has("src/") && has("tests/"), "files of both folders");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_misshapen_file_is_found() {
    let line = "fn f() {}\n";
    #[rustfmt::skip]
    let rows = [
        ("limit reached", "src/token.rs", MAX_LINES, 0),
        ("limit passed", "src/token.rs", MAX_LINES + 1, 1),
        ("limit passed by a test", "tests/api/tls.rs", MAX_LINES + 1, 1),
        ("utils module", "src/guard/utils.rs", 1, 1),
        ("common folder", "tests/common/jws.rs", 1, 1),
        ("mod.rs", "src/guard/mod.rs", 1, 1),
        ("name that contains a bad one", "src/guard/media_types.rs", 1, 0),
    ];

    for (name, file, lines, expected) in rows {
        let found = misshapen(file, &line.repeat(lines)).len();

        assert_eq!(found, expected, "{name}");
    }
}
