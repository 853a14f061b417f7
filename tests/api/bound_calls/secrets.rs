//! What the log says about a proof for another URL.

use serde_json::json;

use crate::answer::Answer;
use crate::bound_calls::{Holder, word};
use crate::captured::Lines;
use crate::world::World;

#[tokio::test]
async fn nothing_secret_of_a_proof_reaches_the_log() {
    let world = World::start().await;
    let holder = Holder::new(&world);
    let long = format!("https://other.example/{}?SECRET", "a".repeat(5 * 1024));
    let shown_long = format!("https://other.example/{} ..", "a".repeat(178));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("https://other.example/orders", Some("https://other.example/orders")),
        ("https://other.example/orders?code=SECRET#SECRET", Some("https://other.example/orders")),
        ("https://SECRET:SECRET@other.example/orders", Some("https://other.example/orders")),
        ("https://SECRET@other.example?SECRET", Some("https://other.example")),
        ("SECRET:SECRET@other.example/orders", Some("other.example/orders")),
        ("//SECRET:S@CRET@other.example", Some("//other.example")),
        ("https://other.example/\u{0}\n\r\u{1b}[31m{\"level\":\"ERROR\"}\u{202e}", Some("https://other.example/????[31m{\"level\":\"ERROR\"}?")),
        ("?SECRET", Some("")),
        ("#SECRET", Some("")),
        (&*long, Some(&*shown_long)),
    ];
    let (lines, guard) = Lines::capture();

    for (htu, _) in rows {
        let proof = holder.proof().claim("htu", htu).claim("jti", "SECRET");
        let proof = proof
            .with_nonce("SECRET")
            .claim("more", json!({ "SECRET": "SECRET" }));
        let answer = Answer::to(holder.request(&world, &proof.sign())).await;
        assert_eq!(
            (answer.status, &*word(&answer)),
            (401, "proof_wrong_url"),
            "{htu}"
        );
        assert!(!answer.body.contains("SECRET"), "{}", answer.body);
    }
    assert_eq!(word(&holder.call(&world, holder.proof()).await), "ok");
    let wanted = format!("http://{}/api/whoami", world.address);
    world.end().await;
    drop(guard);

    let logged = lines.with_target("access");
    assert_eq!(logged.len(), rows.len() + 1);
    for (line, (htu, shown)) in logged.iter().zip(&rows) {
        assert_eq!(line["reason"], "proof_wrong_url", "{htu}");
        assert_eq!(line["found"].as_str(), *shown, "{htu}");
        assert_eq!(line["wanted"].as_str(), Some(&*wanted), "{htu}");
    }
    let own: Vec<_> = logged.iter().map(ToString::to_string).collect();
    assert!(!own.concat().contains("SECRET"), "{own:#?}");
    let token = holder.token.rsplit('.').next().unwrap();
    assert!(!own.concat().contains(token), "{own:#?}");
}
