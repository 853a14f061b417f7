//! `htu`: the URL that the caller used.

use poem_resource_server::verifier::Proofs;

use crate::world::{Call, URL, World};

async fn word(world: &World, call_uri: &str, host: Option<&str>, htu: &str) -> String {
    let token = world.bound_token();
    let mut proof = world.proof(&token);
    proof.claims["htu"] = htu.into();
    let mut call = Call::dpop(&token, &world.sign(&proof)).to(call_uri);
    if let Some(host) = host {
        call.headers.push(("host", host.to_owned()));
    }
    world.call(&call).await.reason()
}

#[tokio::test]
async fn the_url_is_below_the_public_url_whatever_the_request_says() {
    let world = World::new();
    for (uri, htu, expected) in [
        ("/orders", URL, "admitted"),
        ("/orders?page=2", URL, "admitted"),
        ("/orders", "https://API.example:443/orders", "admitted"),
        ("/orders", "https://api.example/%6Frders", "admitted"),
        ("/%6frders", URL, "admitted"),
        ("/orders/", URL, "proof_wrong_url"),
        (
            "/orders//7",
            "https://api.example/orders/7",
            "proof_wrong_url",
        ),
        (
            "/orders%2F7",
            "https://api.example/orders/7",
            "proof_wrong_url",
        ),
        ("/Orders", URL, "proof_wrong_url"),
        ("/orders", "http://api.example/orders", "proof_wrong_url"),
        (
            "/orders",
            "https://api.example.org/orders",
            "proof_wrong_url",
        ),
        (
            "/orders",
            "https://api.example:8443/orders",
            "proof_wrong_url",
        ),
        (
            "/orders",
            "https://user@api.example/orders",
            "proof_wrong_url",
        ),
        ("/orders", "/orders", "proof_wrong_url"),
        (
            "/orders",
            "https://evil.example/?https://api.example/orders",
            "proof_wrong_url",
        ),
    ] {
        let host = Some("internal.example:8080");
        assert_eq!(word(&world, uri, host, htu).await, expected, "{uri} {htu}");
    }
}

#[tokio::test]
async fn without_a_public_url_the_url_is_that_of_the_request() {
    let world = World::with_proofs(Proofs::default()).without_public_url();
    for (host, htu, expected) in [
        (
            Some("localhost:3000"),
            "http://localhost:3000/orders",
            "admitted",
        ),
        (Some("LOCALHOST:80"), "http://localhost/orders", "admitted"),
        (Some("[::1]:3000"), "http://[::1]:3000/orders", "admitted"),
        (
            Some("localhost:3000"),
            "http://localhost:3001/orders",
            "proof_wrong_url",
        ),
        (
            Some("localhost:3000"),
            "https://localhost:3000/orders",
            "proof_wrong_url",
        ),
        (
            Some("localhost:3000/x"),
            "http://localhost:3000/x/orders",
            "proof_wrong_url",
        ),
        (
            Some("a@localhost"),
            "http://a@localhost/orders",
            "proof_wrong_url",
        ),
        (None, "http:///orders", "proof_wrong_url"),
    ] {
        assert_eq!(
            word(&world, "/orders", host, htu).await,
            expected,
            "{host:?} {htu}"
        );
    }
    // The authority of an absolute URI or of HTTP/2 counts more than the header.
    let absolute = "http://localhost:3000/orders";
    assert_eq!(
        word(&world, absolute, Some("other"), absolute).await,
        "admitted"
    );
}

#[tokio::test]
async fn two_hosts_are_no_host() {
    let world = World::new().without_public_url();
    let token = world.bound_token();
    let mut proof = world.proof(&token);
    proof.claims["htu"] = "http://localhost/orders".into();
    let mut call = Call::dpop(&token, &world.sign(&proof));
    call.headers.push(("host", "localhost".to_owned()));
    call.headers.push(("host", "localhost".to_owned()));

    assert_eq!(world.call(&call).await.reason(), "proof_wrong_url");
}
