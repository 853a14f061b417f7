//! The floors of the crate and their imports, the shape of the files, and the words in them.
//!
//! 1. Read each file as words. Comments, strings and characters are not code.
//! 2. Collect every path that starts at `crate`, `super` or the crate's name, in `use` lines and elsewhere.
//! 3. Its first step from the crate's root is a floor, which the floor of the file must be allowed to import.
//! 4. Within a floor, the files form no cycle: see [`cycles`].
//! 5. No two types that the whole crate can name share a name: see [`names`].
//! 6. Each file is short and has a name: see [`files`]. Names and comments are plain: see [`wording`].
//!
//! This reads text and not types, so it does not see a path that a macro makes.

use cycle_cases::CYCLES;
use cycles::{Cycle, cycles};
use files::below;
use floors::{FLOORS, FOR_TESTS};
use imports::{Import, imports};
use names::{SHARED_NAMES, shared_names};
use source::Source;
use words::words;

#[path = "layers/cycle_cases.rs"]
mod cycle_cases;
#[path = "layers/cycles.rs"]
mod cycles;
#[path = "layers/files.rs"]
mod files;
#[path = "layers/floors.rs"]
mod floors;
#[path = "layers/imports.rs"]
mod imports;
#[path = "layers/names.rs"]
mod names;
#[path = "layers/pages.rs"]
mod pages;
#[path = "layers/public_api.rs"]
mod public_api;
#[path = "layers/source.rs"]
mod source;
#[path = "layers/stages.rs"]
#[cfg(unix)]
mod stages;
#[path = "layers/wording.rs"]
mod wording;
#[path = "layers/words.rs"]
mod words;

#[test]
fn imports_run_downwards() {
    let faults: Vec<_> = below("src")
        .iter()
        .flat_map(|(file, text)| upward_imports(file, text))
        .collect();

    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_files_of_a_floor_form_no_cycle() {
    let sources: Vec<_> = below("src")
        .iter()
        .map(|(file, text)| Source::read(file, text))
        .collect();

    let faults: Vec<_> = cycles(&sources).iter().map(Cycle::shown).collect();

    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_two_public_types_share_a_name() {
    let sources = below("src");
    let texts = sources.iter().map(|(file, text)| (&**file, &**text));

    let mut shared = shared_names(texts);

    for (name, reason) in SHARED_NAMES {
        assert!(
            shared.remove(*name).is_some(),
            "not shared: {name}, {reason}"
        );
    }
    assert!(shared.is_empty(), "\n{shared:#?}");
}

#[test]
fn an_upward_import_is_found_wherever_it_is_written() {
    #[rustfmt::skip]
    let rows = [
        ("use line", "token/jws.rs", "use crate::guard::Guard;"),
        ("one of a group", "issuer.rs", "use crate::{token::Jws, verifier::{Verifier}};"),
        ("group over lines", "issuer.rs", "use crate::{\n    token,\n    guard,\n};"),
        ("path in code", "verifier.rs", "fn f() { let g = crate::guard::Guard::new(); }"),
        ("path with spaces", "verifier.rs", "use crate :: guard :: Guard;"),
        ("through super", "issuer/fetch.rs", "use super::super::guard::Guard;"),
        ("through super in a nested module", "token.rs", "mod inner { use super::super::guard; }"),
        ("by the crate's name", "guard.rs", "use poem_resource_server::service::config;"),
        ("re-exported by the root", "token.rs", "use crate::Guard;"),
        ("all of the root", "token.rs", "use crate::*;"),
        ("root under a new name", "token.rs", "use crate as house;"),
        ("after a lifetime", "token.rs", "fn f<'a>(x: &'a str) -> crate::guard::Guard<'a> {}"),
        ("after a raw string", "token.rs", "const S: &str = r#\"\"\"#; use crate::guard;"),
        ("the clock", "clock.rs", "use crate::token::Claims;"),
        ("time in the lowest floor", "token.rs", "use crate::clock::Clock;"),
        ("the verifier in the issuer", "issuer/fetch.rs", "use crate::verifier::Verifier;"),
        ("dev beside service", "dev/mint.rs", "use crate::issuer::Metadata;"),
        ("service beside dev", "service.rs", "use crate::dev::Issuer;"),
        ("testing in the service", "service/docs.rs", "use crate::testing::Walk;"),
        ("testing in dev", "dev.rs", "use crate::testing::Issuer;"),
        ("a test of a lower floor", "token/tests.rs", "use crate::guard::Guard;"),
        ("the program in the service", "service/app.rs", "use crate::program::serve;"),
        ("the guide in the program", "program.rs", "use crate::api::Api;"),
        ("the service in the guide", "api.rs", "use poem_resource_server::service::App;"),
        ("the guard in the guide's main", "main.rs", "use poem_resource_server::guard::Guard;"),
        ("the host in the service", "service/app.rs", "use crate::Application;"),
        ("a file of no floor", "shed.rs", ""),
    ];

    for (name, file, text) in rows {
        let found = upward_imports(file, text).len();

        assert_eq!(found, 1, "{name}");
    }
}

#[test]
fn a_downward_import_is_accepted() {
    #[rustfmt::skip]
    let rows = [
        ("one floor down", "guard.rs", "use crate::verifier::Verifier;"),
        ("all floors down", "service.rs", "use crate::{clock::Clock, guard::Guard, token::Jws};"),
        ("same floor", "issuer/fetch.rs", "use crate::issuer::Metadata; use super::key_set;"),
        ("namesake of a floor inside a floor", "dev/mint.rs", "use super::issuer::Issuer;"),
        ("nested module's parent", "token.rs", "mod inner { use super::guard; }"),
        ("dev", "dev.rs", "use crate::token::Claims; use crate::clock::Clock;"),
        ("testing", "testing/walk.rs", "use crate::dev::User; use crate::guard::Guard;"),
        ("the service in testing", "testing/application.rs", "use crate::service::Service;"),
        ("test file using dev", "issuer/tests.rs", "use crate::dev::Issuer; use super::*;"),
        ("test folder using dev", "issuer/tests/stale.rs", "use crate::dev::Issuer;"),
        ("test module using dev", "token.rs", "mod tests { use crate::dev::Issuer; use super::*; }"),
        ("the root", "lib.rs", "pub use crate::guard::Guard;"),
        ("the command line", "program/serve.rs", "use crate::{service::App, dev::DevIssuer, check::Check};"),
        ("the guide", "main.rs", "mod api; use poem_resource_server::Application;"),
        ("the guide's operations", "api.rs", "use poem_resource_server::guard::BearerAuth;"),
        ("the rule of loopback in check", "check/caller.rs", "use crate::issuer::is_loopback;"),
        ("line comment", "token.rs", "// crate::guard\n/// [`crate::guard::Guard`]\n//! crate::dev"),
        ("block comment", "token.rs", "/* crate::guard /* crate::dev */ crate::service */"),
        ("string", "token.rs", "const S: &str = \"\\\"crate::guard\";"),
        ("raw string", "token.rs", "const S: &str = r##\"\"# crate::guard\"##;"),
        ("character", "token.rs", "const Q: [char; 2] = ['\"', '\\'']; // crate::guard"),
        ("visibility", "token.rs", "pub(crate) fn f() {} pub(super) fn g() {}"),
        ("somebody else's module", "token.rs", "use serde::guard; use poem::dev;"),
    ];

    for (name, file, text) in rows {
        let found = upward_imports(file, text);

        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn a_cycle_is_found_and_its_twin_is_not() {
    for (name, files, expected) in CYCLES {
        let sources: Vec<_> = (files.iter())
            .map(|(file, text)| Source::read(file, text))
            .collect();

        let found = cycles(&sources);
        let found: Vec<Vec<&str>> = (found.iter())
            .map(|cycle| cycle.files.iter().map(String::as_str).collect())
            .collect();

        let expected: Vec<_> = (expected.iter()).map(|&files| files.to_vec()).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_shared_name_is_found_and_its_twin_is_not() {
    #[rustfmt::skip]
    let rows = [
        ("structs", "pub struct A;", 1),
        ("another kind", "#[derive(Debug)] pub(crate) enum A {}", 1),
        ("a trait", "pub(crate) trait A {}", 1),
        ("an alias", "pub type A = u8;", 1),
        ("after a test", "#[cfg(test)] mod tests { fn f() {} } pub struct A;", 1),
        ("another name", "pub struct B;", 0),
        ("a private type", "struct A;", 0),
        ("a type of one module", "pub(super) struct A;", 0),
        ("a type of one folder", "pub(in crate::guard) struct A;", 0),
        ("a type of a test", "mod tests { pub struct A; }", 0),
        ("a type for tests", "#[cfg(test)] pub struct A;", 0),
        ("a function", "pub fn A() {}", 0),
        ("a re-export", "pub use crate::token::A;", 0),
        ("a comment", "// pub struct A;", 0),
    ];

    for (name, text, expected) in rows {
        let found = shared_names([("token.rs", "pub struct A;"), ("guard.rs", text)]);

        assert_eq!(found.len(), expected, "{name}: {found:?}");
    }
}

/// The module a file holds: `issuer/fetch.rs` is `[issuer, fetch]`.
fn module(file: &str) -> Vec<&str> {
    file.trim_end_matches(".rs").split('/').collect()
}

fn upward_imports(file: &str, text: &str) -> Vec<String> {
    let module = module(file);
    // The root may use everything.
    if module[0] == "lib" {
        return Vec::new();
    }
    let Some((floor, allowed)) = FLOORS.iter().find(|(floor, _)| *floor == module[0]) else {
        return vec![format!("src/{file}: `{}` has no floor", module[0])];
    };
    imports(&module, &words(text))
        .into_iter()
        .filter(|import| {
            let target = import.target.as_str();
            target != *floor
                && !allowed.contains(&target)
                && !(import.in_tests && FOR_TESTS.contains(&target))
        })
        .map(|import| {
            let Import { line, target, .. } = import;
            format!("src/{file}:{line}: `{floor}` may not import `{target}`")
        })
        .collect()
}
