//! A guard without the service, and encrypted tokens of its issuer.

use poem::Request;
use poem_resource_server::dev::{CLIENT_ID, DevIssuer, DevOptions};
use poem_resource_server::guard::{Guard, Requirement};
use tokio::net::TcpListener;

use crate::seal::{KEYS, header, seal};

#[tokio::test]
async fn a_guard_with_the_key_accepts_encrypted_tokens_and_one_without_it_refuses_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = DevIssuer::start(listener, DevOptions::default()).unwrap();
    let signed = issuer.sign(&issuer.token_for_client(CLIENT_ID, &[]));
    let token = seal(&KEYS[0], &header(), &signed);
    let builder = || Guard::builder(issuer.issuer(), issuer.audience());

    for (builder, expected) in [
        (builder().with_decryption_keys([KEYS[0].key()]), None),
        (
            builder().with_decryption_keys([KEYS[1].key()]),
            Some("undecryptable"),
        ),
        (builder(), Some("encrypted_token")),
    ] {
        let guard = builder.start().unwrap();
        guard.keys().unwrap().first_attempt().await.unwrap();
        let request = Request::builder().header("authorization", format!("Bearer {token}"));
        let request = request.finish();

        let admitted = guard.admit(&request, &Requirement::default()).await;

        assert_eq!(admitted.err().map(|it| it.reason()), expected);
    }
}
