//! What operators see of a request that is refused because it came without TLS, and what is answered
//! without TLS.

use poem_resource_server::issuer::ProofMaker;
use poem_resource_server::testing::{Issuer, Listening};
use serde_json::Value;

use super::{FAPI, PROXY, SECURE, application, ask, listen, refused, send};
use crate::captured::Lines;

const PAGE: &str = "https://app.example";

/// The file of the salt of an audit log.
struct Salt(std::path::PathBuf);

impl Salt {
    fn write(test: &str) -> Self {
        let name = format!("{test}-salt-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, "0123456789abcdef0123456789abcdef\n").unwrap();
        Self(path)
    }

    fn setting(&self) -> (&'static str, &str) {
        ("audit.salt_file", self.0.to_str().unwrap())
    }
}

impl Drop for Salt {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What operators read.
async fn metrics(listening: &Listening) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/metrics", listening.admin());
    let answer = client.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn field<'a>(line: &'a Value, name: &str) -> &'a str {
    line[name].as_str().unwrap_or("none")
}

#[tokio::test]
async fn a_request_without_tls_is_audited_logged_and_counted_also_if_it_needs_no_token() {
    let issuer = Issuer::new();
    let salt = Salt::write("fapi-refusals");
    let listening = listen(application(), &[FAPI, PROXY, salt.setting()], &issuer).await;
    let token = format!("authorization: Bearer {}\r\n", issuer.token("read"));
    let (lines, _guard) = Lines::capture();

    #[rustfmt::skip] // A row a line.
    let rows = [
        // The path, the route in the log, the operation in the metrics, and that of the audit line.
        ("/open", "/open", "open", Some("open")),
        ("/mine", "/mine", "mine", Some("mine")),
        ("/files/a", "/files", "/files", Some("none")),
        ("/docs/reference", "/docs", "/docs", None),
        ("/openapi.json", "/openapi.json", "/openapi.json", None),
    ];
    for (path, route, operation, audited) in rows {
        let seen = lines.with_target("audit").len();

        let answer = ask(&listening, path, &token).await;

        assert_eq!(answer, refused(400, "tls_required"), "{path}");
        let logged = lines.with_target("access").pop().unwrap();
        assert_eq!(
            (field(&logged, "route"), field(&logged, "reason")),
            (route, "tls_required"),
            "{logged}"
        );
        let lines = lines.with_target("audit").split_off(seen);
        let found: Vec<_> = lines.iter().map(|it| field(it, "operation")).collect();
        assert_eq!(found, Vec::from_iter(audited), "{path}");
        for line in &lines {
            assert_eq!(
                (field(line, "outcome"), field(line, "reason")),
                ("refused", "tls_required"),
                "{line}"
            );
            assert_eq!(line["request_id"], logged["request_id"], "{line}");
            // The token was not read.
            for name in ["issuer", "client_id", "subject", "token_id"] {
                assert!(line.get(name).is_none(), "{name} in {line}");
            }
        }
        let (_, page) = metrics(&listening).await;
        let sample = format!(
            "http_requests_total{{operation=\"{operation}\",status=\"400\",reason=\"tls_required\"}} 1\n"
        );
        assert!(page.contains(&sample), "{sample} in {page}");
    }
    let (_, page) = metrics(&listening).await;
    let judged = "token_verifications_total{outcome=\"refused\"} 0\n";
    assert!(page.contains(judged), "{page}");

    // With TLS, the open operation is answered, and no decision is audited.
    let seen = lines.with_target("audit").len();
    let answered = (200, "none".to_owned());
    assert_eq!(ask(&listening, "/open", SECURE).await, answered);
    assert_eq!(lines.with_target("audit").len(), seen);
    listening.stop().await;
}

#[tokio::test]
async fn without_tls_a_token_is_not_read_and_its_proof_is_not_used_up() {
    let issuer = Issuer::new();
    let listening = listen(application(), &[FAPI, PROXY], &issuer).await;
    let holder = ProofMaker::generate();
    let token = issuer.bound_token("read", &holder);
    let proof = holder.proof("GET", "https://localhost/mine");
    let proof = proof.for_token(&token).sign();
    let credentials = format!("authorization: DPoP {token}\r\ndpop: {proof}\r\n");
    let secure = format!("{credentials}{SECURE}");

    let without = ask(&listening, "/mine", &credentials).await;
    let with = ask(&listening, "/mine", &secure).await;
    let again = ask(&listening, "/mine", &secure).await;

    assert_eq!(without, refused(400, "tls_required"));
    assert_eq!(with, (200, "none".to_owned()));
    assert_eq!(again, refused(401, "proof_replayed"));
    let (_, page) = metrics(&listening).await;
    let accepted = "dpop_proofs_total{outcome=\"accepted\"} 1\n";
    assert!(page.contains(accepted), "{page}");
    listening.stop().await;
}

/// These answers do not depend on the token of the caller, and contain nothing of the API.
#[tokio::test]
async fn preflights_and_requests_that_nothing_serves_are_answered_in_the_same_way_without_tls() {
    let issuer = Issuer::new();
    let origins = ("cors.allowed_origins", PAGE);
    let listening = listen(application(), &[FAPI, PROXY, origins], &issuer).await;
    let preflight = format!("origin: {PAGE}\r\naccess-control-request-method: GET\r\n");
    let foreign = "origin: https://other.example\r\naccess-control-request-method: GET\r\n";
    let token = format!("authorization: Bearer {}\r\n", issuer.token("read"));

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("OPTIONS /mine", &*preflight, 204, "none"),
        ("OPTIONS /open", &preflight, 204, "none"),
        ("OPTIONS /nothing", &preflight, 204, "none"),
        ("OPTIONS /mine", foreign, 405, "method_not_allowed"),
        ("POST /mine", "", 405, "method_not_allowed"),
        ("DELETE /open", &token, 405, "method_not_allowed"),
        ("GET /nothing", &token, 404, "not_found"),
        ("POST /nothing", "", 404, "not_found"),
        // It is on the listener for operators.
        ("GET /metrics", &token, 404, "not_found"),
        ("GET /livez", "", 200, "none"),
        ("POST /livez", "", 405, "method_not_allowed"),
    ];
    for (start, fields, status, reason) in rows {
        let without = send(&listening, start, fields).await;
        let with = send(&listening, start, &format!("{fields}{SECURE}")).await;

        assert_eq!(
            (without.status, &*without.reason),
            (status, reason),
            "{start}"
        );
        assert_eq!((with.status, &*with.reason), (status, reason), "{start}");
        assert_eq!(without.body, with.body, "{start}");
    }

    // A page reads the reason of the refusal of the call that follows its preflight.
    let answer = send(&listening, "GET /mine", &format!("origin: {PAGE}\r\n")).await;
    assert_eq!((answer.status, &*answer.reason), (400, "tls_required"));
    let readable = format!("access-control-allow-origin: {PAGE}\r\n");
    assert!(answer.head.contains(&readable), "{}", answer.head);
    assert_eq!(metrics(&listening).await.0, 200);
    listening.stop().await;
}

/// Whether one of their paths or methods exists is for the routes below them to decide.
#[tokio::test]
async fn below_plain_routes_and_paths_of_the_service_every_request_needs_tls() {
    let issuer = Issuer::new();
    let listening = listen(application(), &[FAPI, PROXY], &issuer).await;
    for (start, status, reason) in [
        ("POST /files/a", 405, "method_not_allowed"),
        ("POST /docs", 405, "method_not_allowed"),
        ("GET /docs/nothing", 404, "not_found"),
        (
            "GET /.well-known/oauth-protected-resource/nothing",
            404,
            "not_found",
        ),
    ] {
        let without = send(&listening, start, "").await;
        let with = send(&listening, start, SECURE).await;

        assert_eq!(
            (without.status, &*without.reason),
            (400, "tls_required"),
            "{start}"
        );
        assert_eq!((with.status, &*with.reason), (status, reason), "{start}");
    }
    listening.stop().await;
}
