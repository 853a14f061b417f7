//! What `profile_security = "fapi2"` requires of every request: TLS, and the token in its header.

mod refusals;

use std::process::Command;

use poem::{Route, get as on_get, handler};
use poem_resource_server::Application;
use poem_resource_server::issuer::ProofMaker;
use poem_resource_server::testing::{Issuer, Listening, TestApplication};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::calls::small;
use crate::sockets::{UPGRADE, live};

const FAPI: (&str, &str) = ("profile_security", "fapi2");
const PROXY: (&str, &str) = ("http.trusted_proxies", "127.0.0.1");
/// This machine is not one of these proxies.
const OTHER_PROXY: (&str, &str) = ("http.trusted_proxies", "192.0.2.1");
const SECURE: &str = "x-forwarded-proto: https\r\n";

/// What needs no token: operations, plain routes, the pages, the document and the metadata.
const OPEN: [&str; 7] = [
    "/open",
    "/files/a",
    "/docs",
    "/docs/reference",
    "/openapi.json",
    "/openapi.yaml",
    "/.well-known/oauth-protected-resource",
];

#[handler]
fn file() -> &'static str {
    "a file"
}

async fn listen(
    application: Application,
    settings: &[(&'static str, &str)],
    issuer: &Issuer,
) -> Listening {
    let mut test = TestApplication::new(application);
    for (key, value) in settings {
        test = test.with_setting(key, *value);
    }
    test.listen(issuer).await.unwrap()
}

fn application() -> Application {
    small().open_routes("/files", |_| Route::new().at("/*rest", on_get(file)))
}

/// The status of the answer to a GET, and its reason.
async fn ask(listening: &Listening, path: &str, fields: &str) -> (u16, String) {
    let answer = send(listening, &format!("GET {path}"), fields).await;
    (answer.status, answer.reason)
}

/// What a caller reads of an answer.
struct Answer {
    status: u16,
    reason: String,
    /// The header fields, in lower case.
    head: String,
    body: String,
}

/// Sends a request of this method and path with these header fields.
async fn send(listening: &Listening, start: &str, fields: &str) -> Answer {
    let mut stream = TcpStream::connect(listening.address()).await.unwrap();
    let request = format!("{start} HTTP/1.1\r\nhost: localhost\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |it| it.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        reason: problem["reason"].as_str().unwrap_or("none").to_owned(),
        head,
        body: String::from_utf8(body).unwrap(),
    }
}

fn refused(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn without_tls_nothing_is_answered_but_the_probes() {
    let issuer = Issuer::new();
    let plain = "x-forwarded-proto: http\r\n";
    let forwarded = "forwarded: for=192.0.2.7;proto=https\r\n";
    for (row, settings, fields, has_tls) in [
        ("a proxy that got https", &[FAPI, PROXY][..], SECURE, true),
        ("a proxy that got http", &[FAPI, PROXY], plain, false),
        ("a proxy that does not say", &[FAPI, PROXY], "", false),
        (
            "a proxy with the other header",
            &[FAPI, PROXY],
            forwarded,
            false,
        ),
        ("a peer that is no proxy", &[FAPI, OTHER_PROXY], "", false),
        (
            "a peer that claims https",
            &[FAPI, OTHER_PROXY],
            SECURE,
            false,
        ),
        (
            "no profile, and a proxy that got http",
            &[PROXY],
            plain,
            true,
        ),
        (
            "no profile, and a peer that is no proxy",
            &[OTHER_PROXY],
            "",
            true,
        ),
        ("no profile, and no proxy", &[], "", true),
    ] {
        let listening = listen(application(), settings, &issuer).await;
        for path in OPEN {
            let expected = if has_tls {
                (200, "none".to_owned())
            } else {
                refused(400, "tls_required")
            };
            assert_eq!(
                ask(&listening, path, fields).await,
                expected,
                "{row}: {path}"
            );
        }
        let protected = if has_tls {
            refused(401, "missing_credentials")
        } else {
            refused(400, "tls_required")
        };
        assert_eq!(ask(&listening, "/mine", fields).await, protected, "{row}");
        for probe in ["/livez", "/readyz"] {
            assert_eq!(
                ask(&listening, probe, fields).await.0,
                200,
                "{row}: {probe}"
            );
        }
        let nothing = refused(404, "not_found");
        assert_eq!(ask(&listening, "/nothing", fields).await, nothing, "{row}");
        listening.stop().await;
    }
}

#[tokio::test]
async fn a_token_among_the_protocols_of_a_web_socket_is_not_read() {
    let issuer = Issuer::new();
    let token = issuer.token("");
    let in_protocols = format!("{UPGRADE}{SECURE}sec-websocket-protocol: bearer, {token}\r\n");

    let fapi = listen(live(), &[FAPI, PROXY], &issuer).await;
    let usual = listen(live(), &[PROXY], &issuer).await;

    let ignored = ask(&fapi, "/echo", &in_protocols).await;
    assert_eq!(ignored, refused(401, "missing_credentials"));
    assert_eq!(ask(&usual, "/echo", &in_protocols).await.0, 101);

    // Under the profile, a bound token in the header opens it.
    let holder = ProofMaker::generate();
    let bound = issuer.bound_token("", &holder);
    let proof = holder.proof("GET", "https://localhost/echo");
    let proof = proof.for_token(&bound).sign();
    let in_header = format!("{UPGRADE}{SECURE}authorization: DPoP {bound}\r\ndpop: {proof}\r\n");
    assert_eq!(ask(&fapi, "/echo", &in_header).await.0, 101);
    fapi.stop().await;
    usual.stop().await;
}

/// What the command `config` prints with this variable.
fn printed(profile: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_poem-resource-server"))
        .arg("config")
        .current_dir(std::env::temp_dir())
        .env("RESOURCE_SERVER_PROFILE_SECURITY", profile)
        .env("RESOURCE_SERVER_HTTP__TRUSTED_PROXIES", "192.0.2.1")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_config_shows_what_the_profile_implies() {
    let (fapi, usual) = (printed("fapi2"), printed(""));
    let algorithms = "[\"PS256\", \"ES256\", \"EdDSA\"]  profile_security\n";
    for row in [
        "access.binding            \"required\"                profile_security\n",
        &format!("issuer.algorithms         {algorithms}"),
        &format!("dpop.algorithms           {algorithms}"),
        "\n`profile_security` also requires, whatever the settings are:\n",
        "\n- Requests without TLS are refused (tls_required), except /livez and /readyz.\n",
        "\n- Tokens are read only from the header Authorization.\n",
        "\n- The TLS of the service is 1.3, or 1.2 with these cipher suites:\n",
        "\n    TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n",
        "\n    TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384\n",
        "\n    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n",
        "\n    TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n",
    ] {
        assert!(fapi.contains(row), "{row} in\n{fapi}");
        assert!(!usual.contains(row), "{row} in\n{usual}");
    }
    assert_eq!(fapi.matches("    TLS_").count(), 4, "{fapi}");
    assert!(
        fapi.lines().all(|line| line.chars().count() <= 80),
        "{fapi}"
    );
}
