//! What `scripts/test` makes of a stage that is skipped.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory of programs, without Node and kubectl, gone with the test.
struct Programs(PathBuf);

impl Programs {
    fn new() -> Self {
        let name = format!("poem-resource-server-stages-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).expect("a directory for the test");
        for program in [
            "bash", "cat", "dirname", "env", "grep", "mktemp", "realpath", "rm",
        ] {
            let found = ["/usr/bin", "/bin"].map(|it| Path::new(it).join(program));
            let found = found.into_iter().find(|it| it.exists());
            symlink(found.expect(program), directory.join(program)).expect("a link");
        }
        Self(directory)
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn in_ci_a_stage_is_skipped_only_where_it_may_be() {
    let programs = Programs::new();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("true", "kubernetes", 0, "0 passed, 0 failed, 1 skipped"),
        ("true", "postman", 1, "0 passed, 1 failed, 0 skipped"),
        ("", "postman", 0, "0 passed, 0 failed, 1 skipped"),
        ("false", "postman", 0, "0 passed, 0 failed, 1 skipped"),
    ];
    for (ci, stage, code, last_line) in rows {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/test");

        let run = Command::new(script)
            .arg(stage)
            .env("PATH", &programs.0)
            .env("CI", ci)
            .output()
            .expect("bash runs it");

        let said = String::from_utf8_lossy(&run.stdout);
        assert_eq!(run.status.code(), Some(code), "{ci} {stage}: {said}");
        assert_eq!(said.lines().last(), Some(last_line), "{said}");
        assert!(said.contains("is not installed"), "{said}");
    }
}
