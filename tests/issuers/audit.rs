//! The audit log with two issuers.

use crate::captured::Lines;
use crate::world::World;

#[tokio::test]
async fn the_same_subject_of_two_issuers_has_two_hashes_and_each_is_always_the_same() {
    let name = format!("issuers-audit-salt-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    let world = World::with(&[("audit.salt_file", file.to_str().unwrap())]).await;
    std::fs::remove_file(&file).unwrap();
    let (lines, _guard) = Lines::capture();
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());

    for token in [&staff, &partner, &staff, &partner] {
        assert_eq!(world.whoami(token).await.status, 200);
    }

    let audited = lines.with_target("audit");
    assert_eq!(audited.len(), 4, "{audited:#?}");
    let subject = |line: usize| audited[line]["subject"].as_str().unwrap();
    assert_eq!((subject(0), subject(1)), (subject(2), subject(3)));
    assert_ne!(subject(0), subject(1));
    assert_eq!(audited[0]["issuer"], world.staff.issuer());
    assert_eq!(audited[1]["issuer"], world.partners.issuer());
}
