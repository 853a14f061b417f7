//! The sentences of refusals.

use poem_resource_server::dev::AccessToken;
use serde_json::Value;

use crate::world::World;

/// A row for each sentence: the token, and what its holder may know about it.
#[rustfmt::skip] // A row a line.
fn sentences(world: &World) -> Vec<(&'static str, AccessToken, &'static str)> {
    let good = || world.token();
    let now = good().claims()["iat"].as_u64().unwrap();
    let claim = |name: &str, value: Value| good().claim(name, value);
    vec![
        ("expired", claim("exp", (now - 3_780).into()), "The access token expired 1 h 3 min ago. Request a new one."),
        ("not yet valid", claim("nbf", (now + 300).into()), "The access token is not valid yet: it becomes valid in 5 min."),
        ("issued in the future", claim("iat", (now + 61).into()), "The access token was issued 1 min 1 s in the future, by the clock of this API. Compare the clocks."),
        ("another audience", claim("aud", "api://s3cret".into()), "The access token is for another audience. Request a token for this API."),
        ("another issuer", claim("iss", "https://s3cret.example".into()), "The access token is from an authorization server that this API does not trust. The metadata of this API names the accepted ones."),
        ("an unknown key", good().header("kid", "s3cret"), "The access token is signed with a key that the authorization server of this API does not publish. Check that the token is from that server."),
        ("no subject", good().without("sub"), "The access token lacks the claim sub."),
        ("a malformed subject", claim("sub", 7.into()), "The claim sub of the access token does not have the required form."),
        ("an ID token", claim("nonce", "s3cret".into()), "This is an ID token. Send the access token that was issued together with it."),
    ]
}

#[tokio::test]
async fn a_refusal_says_what_the_holder_of_the_token_may_know_and_repeats_nothing_from_it() {
    let world = World::start().await;

    for (name, token, sentence) in sentences(&world) {
        let answer = world.whoami(&world.sign(&token)).await;

        assert_eq!(answer.status, 401, "{name}");
        assert_eq!(answer.json()["detail"], sentence, "{name}");
        let challenge = answer.header("www-authenticate").unwrap();
        let description = format!("error_description=\"{sentence}\"");
        assert!(challenge.ends_with(&description), "{name}: {challenge}");
        let whole = format!("{challenge} {}", answer.body);
        assert!(!whole.contains("s3cret"), "{name}: {whole}");
    }
    assert_eq!(world.whoami(&world.sign(&world.token())).await.status, 200);
}
