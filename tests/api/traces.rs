//! A span for each call, sent to a collector.

mod collector;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::access::tempfile;
use crate::answer::Answer;
use crate::captured::Lines;
use crate::world::World;
use collector::{Collector, Span};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

async fn traced(settings: &[(&'static str, &str)]) -> (World, Collector) {
    let collector = Collector::start().await;
    let endpoint = collector.endpoint();
    let ours = [
        ("telemetry.otlp_endpoint", endpoint.as_str()),
        ("telemetry.service_name", "shop"),
    ];
    let settings = [settings, &ours].concat();
    (World::with(&settings).await, collector)
}

async fn hello_in(world: &World, traceparent: &str) -> Answer {
    let request = world.request(Method::GET, "/api/nothing");
    Answer::to(request.header("traceparent", traceparent)).await
}

/// The spans of calls, without those by which a world sees that it is there.
fn calls(collector: &Collector) -> Vec<Span> {
    let mut calls = collector.spans(SpanKind::Server);
    calls.retain(|it| it.name != "GET /openapi.json");
    calls
}

#[tokio::test]
async fn each_call_is_a_span_with_its_outcome() {
    let (world, collector) = traced(&[]).await;
    let token = world.sign(&world.token());

    let hello = world.get("/api/hello").await;
    world.whoami(&token).await;
    world.whoami("a.b.c").await;
    world.get("/nothing/1?x=2").await;
    Answer::to(world.request(Method::POST, "/api/hello")).await;
    Answer::to(world.request("BREW".parse().unwrap(), "/api/hello")).await;
    world.get("/livez").await;
    world.get("/readyz").await;
    world.end().await;

    let calls = calls(&collector);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("GET /api/hello", Some("/api/hello"), 200, "ok"),
        ("GET /api/whoami", Some("/api/whoami"), 200, "ok"),
        ("GET /api/whoami", Some("/api/whoami"), 401, "bad_base64"),
        ("GET", None, 404, "not_found"),
        ("POST /api/hello", Some("/api/hello"), 405, "method_not_allowed"),
        ("other /api/hello", Some("/api/hello"), 405, "method_not_allowed"),
    ];
    assert_eq!(calls.len(), rows.len(), "probes are no calls: {calls:?}");
    for (call, (name, route, status, reason)) in calls.iter().zip(rows) {
        assert_eq!(call.name, name);
        let attributes = &call.attributes;
        assert_eq!(
            attributes.get("http.route"),
            route.map(|it| json!(it)).as_ref(),
            "{name}"
        );
        assert_eq!(attributes["http.response.status_code"], status, "{name}");
        assert_eq!(attributes["poem_resource_server.reason"], reason, "{name}");
        assert_eq!(attributes["url.scheme"], "http", "{name}");
        assert_eq!(call.parent, "", "{name}");
        assert!(!call.is_error, "{name}");
    }
    let id = &calls[0].attributes["poem_resource_server.request_id"];
    assert_eq!(id.as_str(), hello.header("x-request-id"));
    let resource = collector.resource();
    assert_eq!(resource["service.name"], "shop");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_trace_is_named_in_log_lines_and_in_problems_alone() {
    let salt = tempfile("0123456789abcdef0123456789abcdef");
    let salt = ("audit.salt_file", salt.path().to_str().unwrap());
    let (world, collector) = traced(&[salt]).await;
    let token = world.sign(&world.token());
    let (lines, _guard) = Lines::capture();

    let accepted = world.whoami(&token).await;
    let refused = world.whoami("a.b.c").await;
    let head = Answer::to(world.request(Method::HEAD, "/api/whoami")).await;
    world.end().await;

    let calls = calls(&collector);
    assert!(!accepted.body.contains(&calls[0].trace));
    assert_eq!(refused.json()["trace_id"], calls[1].trace);
    assert_eq!(refused.json()["reason"], "bad_base64");
    let length = |answer: &Answer| answer.header("content-length").unwrap().to_owned();
    assert_eq!(length(&refused), refused.body.len().to_string());
    assert_ne!(length(&head), "0");
    for target in ["access", "audit"] {
        let logged = lines.with_target(target);
        for (line, call) in logged.iter().zip(&calls) {
            assert_eq!(line["trace_id"], call.trace, "{line}");
        }
        assert_eq!(logged.len(), 3, "{logged:?}");
    }
}

#[tokio::test]
async fn without_a_collector_there_is_no_trace() {
    let world = World::start().await;
    let (lines, _guard) = Lines::capture();

    let refused = hello_in(&world, &format!("00-{TRACE}-{PARENT}-01")).await;

    assert_eq!(refused.json().get("trace_id"), None);
    assert_eq!(lines.with_target("access")[0].get("trace_id"), None);
}

#[tokio::test]
async fn a_callers_trace_is_continued_with_its_sampling_decision() {
    let (world, collector) = traced(&[("telemetry.sample_ratio", "0")]).await;

    let sent = hello_in(&world, &format!("00-{TRACE}-{PARENT}-01")).await;
    let not_sent = hello_in(&world, &format!("00-{TRACE}-{PARENT}-00")).await;
    let not_continued = hello_in(&world, &format!("00-{TRACE}-{PARENT}-01-")).await;
    world.end().await;

    let calls = calls(&collector);
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].trace, TRACE);
    assert_eq!(calls[0].parent, PARENT);
    assert_eq!(sent.json()["trace_id"], TRACE);
    assert_eq!(not_sent.json()["trace_id"], TRACE);
    assert_ne!(not_continued.json()["trace_id"], TRACE);
}

#[tokio::test]
async fn a_callers_trace_is_only_linked_to_where_it_is_not_to_be_continued() {
    let (world, collector) = traced(&[("telemetry.continue_traces", "false")]).await;

    let answer = hello_in(&world, &format!("00-{TRACE}-{PARENT}-00")).await;
    world.end().await;

    let calls = calls(&collector);
    assert_eq!(calls[0].links, [TRACE]);
    assert_eq!(calls[0].parent, "");
    assert_ne!(calls[0].trace, TRACE);
    assert_eq!(answer.json()["trace_id"], calls[0].trace);
}

#[tokio::test]
async fn exchanges_with_the_issuer_are_spans_that_link_to_the_waiting_calls() {
    let (world, collector) = traced(&[]).await;
    world.clock.advance(std::time::Duration::from_secs(40));
    world.issuer.rotate();
    let token = world.sign(&world.token());

    assert_eq!(world.whoami(&token).await.status, 200);
    world.end().await;

    let whoami = calls(&collector).pop().unwrap();
    let exchanges = collector.spans(SpanKind::Client);
    assert!(
        exchanges.len() >= 3,
        "metadata, keys, and keys again: {exchanges:?}"
    );
    for exchange in &exchanges {
        assert_eq!(exchange.name, "GET");
        assert_eq!(exchange.parent, "");
        assert_eq!(exchange.attributes["http.response.status_code"], 200);
        assert_eq!(exchange.attributes["server.address"], "127.0.0.1");
        assert!(!exchange.is_error);
    }
    let waited_for: Vec<_> = exchanges.iter().filter(|it| !it.links.is_empty()).collect();
    assert_eq!(waited_for.len(), 1, "{exchanges:?}");
    assert_eq!(waited_for[0].links, [whoami.trace]);
}

#[tokio::test]
async fn the_issuer_receives_the_trace_and_its_failure_is_recorded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 4096];
        let length = stream.read(&mut head).await.unwrap();
        let answer = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        String::from_utf8_lossy(&head[..length]).into_owned()
    });
    let collector = Collector::start().await;
    let world = World::with_issuer(
        &format!("http://{address}"),
        &[("telemetry.otlp_endpoint", &collector.endpoint())],
    )
    .await;
    let head = asked.await.unwrap();
    world.end().await;

    let exchange = &collector.spans(SpanKind::Client)[0];
    let logged = format!(
        "\r\ntraceparent: 00-{}-{}-01\r\n",
        exchange.trace, exchange.id
    );
    assert!(head.contains(&logged), "{head}");
    assert!(!head.contains("tracestate"), "{head}");
    assert!(exchange.is_error);
    assert_eq!(exchange.attributes["error.type"], "503");
    let url = format!("http://{address}/.well-known/openid-configuration");
    assert_eq!(exchange.attributes["url.full"], url);
}

#[tokio::test]
async fn a_collector_is_sent_its_headers_and_no_secret_of_a_caller() {
    let headers = "api-key=se%20same,x-tenant=us";
    let (world, collector) = traced(&[("telemetry.otlp_headers", headers)]).await;
    let token = world.sign(&world.token());
    let call = world.request(Method::GET, "/api/whoami/canary-path?q=canary-query");
    let call = call.header("x-canary", "canary-header");

    world.whoami(&token).await;
    Answer::to(call.bearer_auth("canary.to.ken").body("canary-body")).await;
    world.end().await;

    for headers in collector.headers() {
        assert_eq!(headers["api-key"], "se same");
        assert_eq!(headers["x-tenant"], "us");
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert!(!headers.contains_key("traceparent"), "it would never end");
    }
    assert_eq!(calls(&collector).len(), 2);
    let sent = String::from_utf8_lossy(&collector.bytes()).into_owned();
    for secret in [&token[..40], "canary", "dev-client", "se same"] {
        assert!(!sent.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn an_unreachable_collector_delays_no_call() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let world = World::with(&[("telemetry.otlp_endpoint", &endpoint)]).await;

    for _ in 0..600 {
        assert_eq!(world.get("/api/hello").await.status, 200);
    }
    world.end().await;
}
