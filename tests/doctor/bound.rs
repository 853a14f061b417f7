//! Whether the issuer binds tokens, as the metadata and the token endpoint say.

use poem_resource_server::dev::{CLIENT_SECRET, SCOPE};
use poem_resource_server::doctor::{Doctor, Status};
use poem_resource_server::issuer::ClientCredentials;
use serde_json::json;

use super::{client, dev_issuer, doctor};
use crate::issuer::{Script, Scripted};

/// The row on bound tokens.
async fn bound_tokens(url: &str, client: Option<ClientCredentials>) -> (Status, String) {
    let doctor = Doctor {
        client,
        ..doctor(url)
    };
    let diagnosis = doctor.examine().await;
    let mut rows = diagnosis.findings().iter();
    let row = rows.find(|it| it.check == "bound_tokens").unwrap();
    assert_eq!(row.status == Status::Warned, !row.fix.is_empty(), "{row:?}");
    (row.status, row.found.clone())
}

fn offer_keys(script: &mut Script) {
    script.metadata.body["dpop_signing_alg_values_supported"] = json!(["ES256", "EdDSA"]);
}

fn offer_certificates(script: &mut Script) {
    script.metadata.body["tls_client_certificate_bound_access_tokens"] = json!(true);
}

#[tokio::test]
async fn the_metadata_says_to_what_the_issuer_binds_tokens() {
    let keys = "to a key (DPoP): ES256, EdDSA";
    let certificates = "to a certificate (mTLS)";
    let both = format!("{keys}; {certificates}");
    let not_at_all = "the metadata offers no bound tokens";
    for (expected, offers_keys, offers_certificates) in [
        (not_at_all, false, false),
        (keys, true, false),
        (certificates, false, true),
        (&both, true, true),
    ] {
        let issuer = Scripted::start(|script, _| {
            if offers_keys {
                offer_keys(script);
            }
            if offers_certificates {
                offer_certificates(script);
            }
        });
        let row = bound_tokens(&issuer.await.url(), None).await;

        assert_eq!(row, (Status::Passed, expected.to_owned()));
    }
}

#[tokio::test]
async fn a_client_that_gets_no_bound_token_is_warned_of_and_one_that_needs_none_is_not() {
    for (row, offers_keys, status, said) in [
        (
            "keys are offered",
            true,
            Status::Warned,
            "to a key (DPoP): ES256, EdDSA; the issuer granted a token that is not bound to the key of the DPoP proof",
        ),
        (
            "keys are not offered",
            false,
            Status::Passed,
            "the metadata offers no bound tokens",
        ),
    ] {
        let issuer = Scripted::start(|script, _| {
            // Whatever the request is, the token is one that nothing is bound to.
            script.token.body = json!({ "access_token": "a.b.c", "token_type": "Bearer" });
            if offers_keys {
                offer_keys(script);
            }
        });
        let issuer = issuer.await;

        let (found, text) = bound_tokens(&issuer.url(), Some(client("secret", &[]))).await;

        assert_eq!(found, status, "{row}: {text}");
        assert!(text.starts_with(said), "{row}: {text}");
        assert_eq!(issuer.proofs().len(), usize::from(offers_keys), "{row}");
    }
}

#[tokio::test]
async fn a_client_that_gets_a_bound_token_passes() {
    let issuer = dev_issuer().await;
    let client = client(CLIENT_SECRET, &[SCOPE]);

    let (status, text) = bound_tokens(&issuer.issuer(), Some(client)).await;

    assert_eq!(status, Status::Passed, "{text}");
    assert!(text.ends_with("; this client can get one"), "{text}");
}
