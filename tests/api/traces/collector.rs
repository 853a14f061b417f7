//! A collector that keeps what it is sent, and reads it by the published messages of OTLP.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, status::StatusCode};
use poem::endpoint::make;
use poem::http::HeaderMap;
use poem::listener::TcpAcceptor;
use poem::{Request, Response, Route, Server, post};
use prost::Message;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

#[derive(Clone)]
pub struct Collector {
    pub address: SocketAddr,
    posts: Arc<Mutex<Vec<Post>>>,
}

struct Post {
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A span, of what its tests look at.
#[derive(Debug, Clone)]
pub struct Span {
    pub name: String,
    pub kind: SpanKind,
    pub trace: String,
    pub id: String,
    pub parent: String,
    /// The traces that it links to.
    pub links: Vec<String>,
    pub is_error: bool,
    pub attributes: Map<String, Value>,
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let posts = Arc::<Mutex<Vec<_>>>::default();
        let kept = posts.clone();
        let keep = make(move |mut request: Request| {
            let kept = kept.clone();
            async move {
                let body = request.take_body().into_vec().await.unwrap();
                let headers = request.headers().clone();
                kept.lock().unwrap().push(Post { headers, body });
                let answer = Response::builder().content_type("application/x-protobuf");
                Ok::<_, poem::Error>(answer.finish())
            }
        });
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        let routes = Route::new().at("/v1/traces", post(keep));
        tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
        Self { address, posts }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The headers of each post.
    pub fn headers(&self) -> Vec<HeaderMap> {
        let posts = self.posts.lock().unwrap();
        posts.iter().map(|post| post.headers.clone()).collect()
    }

    /// Everything that was sent, as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let posts = self.posts.lock().unwrap();
        posts.iter().flat_map(|post| post.body.clone()).collect()
    }

    /// The attributes of the sender.
    pub fn resource(&self) -> Map<String, Value> {
        let posts = self.posts.lock().unwrap();
        let post = ExportTraceServiceRequest::decode(&*posts[0].body).unwrap();
        let resource = post.resource_spans[0].resource.clone().unwrap();
        attributes(resource.attributes)
    }

    /// The spans of this kind, in the order of their ends.
    pub fn spans(&self, kind: SpanKind) -> Vec<Span> {
        let posts = self.posts.lock().unwrap();
        let spans = posts.iter().flat_map(|post| {
            let post = ExportTraceServiceRequest::decode(&*post.body).unwrap();
            let scopes = post
                .resource_spans
                .into_iter()
                .flat_map(|it| it.scope_spans);
            scopes.flat_map(|it| it.spans).map(span)
        });
        spans.filter(|span| span.kind == kind).collect()
    }
}

fn span(span: OtlpSpan) -> Span {
    assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    Span {
        kind: span.kind(),
        is_error: span.status.is_some_and(|it| it.code() == StatusCode::Error),
        name: span.name,
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        links: span
            .links
            .iter()
            .map(|it| hexadecimal(&it.trace_id))
            .collect(),
        attributes: attributes(span.attributes),
    }
}

fn attributes(list: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> Map<String, Value> {
    let value = |value: Option<AnyValue>| match value {
        Some(AnyValue::StringValue(text)) => json!(text),
        Some(AnyValue::IntValue(number)) => json!(number),
        other => panic!("{other:?}"),
    };
    list.into_iter()
        .map(|it| (it.key, value(it.value.and_then(|it| it.value))))
        .collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
