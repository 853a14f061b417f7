//! A thousand issuers: what their keys take in memory, and how their refreshes are spread.

use std::time::Duration;

use poem::endpoint::make_sync;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{IntoResponse, Request, Response, Route, Server};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::program::Program;

const ISSUERS: usize = 1_000;
/// An unoptimized program has larger futures.
const MOST_MIB: f64 = if cfg!(debug_assertions) { 80.0 } else { 64.0 };

/// Serves the discovery document and the keys of the issuers `/0`, `/1` and so on.
async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0");
    let acceptor = listener.into_acceptor().await.unwrap();
    let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
    let base = format!("http://{address}");
    // Okta publishes two RSA keys.
    let keys = [1, 2].map(|_| SigningKey::generate(SigningAlgorithm::Rs256).public_jwk());
    let jwks = json!({ "keys": keys }).to_string();
    let at = base.clone();
    let discovery = make_sync(move |request: Request| -> Response {
        let issuer = format!("{at}/{}", request.raw_path_param("issuer").unwrap());
        let document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let document = document.to_string();
        document
            .with_content_type("application/json")
            .into_response()
    });
    let routes = Route::new()
        .at("/:issuer/.well-known/openid-configuration", discovery)
        .at(
            "/:issuer/keys",
            make_sync(move |_| jwks.clone().with_content_type("application/json")),
        );
    tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
    base
}

async fn readiness(program: &Program) -> String {
    let mut stream = program.connect().await;
    let head = "GET /readyz?verbose HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_issuers_take_little_memory_and_refresh_at_different_times() {
    let base = serve().await;
    let settings: Vec<_> = (0..ISSUERS)
        .flat_map(|number| {
            let key = |last: &str| format!("ISSUERS__TENANT{number}__{last}");
            [
                (key("URL"), format!("{base}/{number}")),
                (key("AUDIENCES"), "api://default".to_owned()),
            ]
        })
        .chain([("READINESS__ISSUERS".to_owned(), "all".to_owned())])
        .collect();
    let settings: Vec<_> = (settings.iter())
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();

    let program = Program::start(&settings).await;

    let mut text = readiness(&program).await;
    for _ in 0..600 {
        if text.starts_with("HTTP/1.1 200") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        text = readiness(&program).await;
    }
    let failed = text
        .lines()
        .filter(|line| line.starts_with("last error: ") && *line != "last error: none");
    assert!(
        text.starts_with("HTTP/1.1 200"),
        "{:?}",
        failed.collect::<std::collections::BTreeSet<_>>()
    );
    assert_eq!(text.matches("usable keys: 2").count(), ISSUERS);
    let waits: Vec<u64> = (text.lines())
        .filter_map(|line| line.strip_prefix("next fetch: in ")?.strip_suffix(" s"))
        .map(|wait| wait.parse().unwrap())
        .collect();
    assert_eq!(waits.len(), ISSUERS + 1);
    let (first, last) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
    assert!(
        last - first > 30,
        "all refresh within {first} s to {last} s"
    );
    // The requests of the start have ended, and their memory is returned.
    let mut resident = program.resident_mib();
    for _ in 0..60 {
        if resident < MOST_MIB {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        resident = program.resident_mib();
    }
    println!("| {ISSUERS} idle issuers | {resident:.0} MiB |");
    assert!(resident < MOST_MIB, "{resident:.1} MiB");
}
