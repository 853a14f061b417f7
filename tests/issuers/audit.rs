//! The audit log with two issuers.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::world::World;

/// What is logged on this thread, on which everything of a test runs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_has_two_hashes_and_each_is_always_the_same() {
    let name = format!("issuers-audit-salt-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    let world = World::with(&[("audit.salt_file", file.to_str().unwrap())]).await;
    std::fs::remove_file(&file).unwrap();
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());

    for token in [&staff, &partner, &staff, &partner] {
        assert_eq!(world.whoami(token).await.status, 200);
    }

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let all = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let audited: Vec<Value> = all
        .filter(|line: &Value| line["target"] == "audit")
        .collect();
    assert_eq!(audited.len(), 4, "{text}");
    let subject = |line: usize| audited[line]["subject"].as_str().unwrap();
    assert_eq!((subject(0), subject(1)), (subject(2), subject(3)));
    assert_ne!(subject(0), subject(1));
    assert_eq!(audited[0]["issuer"], world.staff.issuer());
    assert_eq!(audited[1]["issuer"], world.partners.issuer());
}
