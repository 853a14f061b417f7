//! What the log says about a refused proof.

use serde_json::{Value, json};

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

#[tokio::test]
async fn the_log_has_the_method_and_the_algorithm_of_a_refused_proof() {
    let world = World::start().await;
    let holder = Holder::new(&world);
    let post = holder.proof().claim("htm", "POST");
    let long = holder.proof().claim("htm", "SECRET".repeat(9));
    let (lines, guard) = Lines::capture();

    for proof in [post, long] {
        let answer = holder.call(&world, proof).await;
        assert_eq!(
            (answer.status, &*word(&answer)),
            (401, "proof_wrong_method")
        );
    }
    assert_eq!(word(&holder.call(&world, holder.proof()).await), "ok");
    world
        .reload(&[("dpop.algorithms", "PS256 EdDSA")])
        .await
        .unwrap();
    let answer = holder.call(&world, holder.proof()).await;
    assert_eq!(word(&answer), "proof_algorithm_not_allowed");
    world.end().await;
    drop(guard);

    let logged = lines.with_target("access");
    let values = |line: &Value| {
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        (text("wanted"), text("found"))
    };
    let found: Vec<_> = logged.iter().map(values).collect();
    let pair = |wanted: &str, found: &str| (Some(wanted.to_owned()), Some(found.to_owned()));
    let expected = [
        pair("GET", "POST"),
        pair("GET", "not a name"),
        (None, None),
        pair("PS256 EdDSA", "ES256"),
    ];
    assert_eq!(found, expected, "{logged:#?}");
}
