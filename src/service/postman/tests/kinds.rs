//! Streams, forms and the formats of parameters.

use futures_util::stream::{self, BoxStream};
use poem_openapi::payload::{EventStream, PlainText};
use poem_openapi::types::multipart::Upload;
use poem_openapi::{ApiResponse, Multipart, OpenApi};
use serde_json::{Value, json};

use super::super::examples;
use super::{Access, BearerAuth, Visitor, files_of, parse};

#[derive(Multipart)]
#[allow(dead_code)] // Only the declaration counts here.
struct Album {
    title: String,
    /// The front.
    cover: Upload,
    pages: Vec<Upload>,
    count: Option<u32>,
}

/// The answer of a WebSocket.
#[derive(ApiResponse)]
enum Switched {
    /// The connection is a WebSocket from now on.
    #[oai(status = 101)]
    Protocols,
}

struct Kinds;

#[OpenApi]
impl Kinds {
    #[oai(path = "/events", method = "get", operation_id = "events")]
    async fn events(&self, _caller: BearerAuth) -> EventStream<BoxStream<'static, u32>> {
        EventStream::new(Box::pin(stream::empty()))
    }

    #[oai(path = "/live", method = "get", operation_id = "live")]
    async fn live(&self, _caller: BearerAuth) -> Switched {
        Switched::Protocols
    }

    #[oai(path = "/either", method = "get", operation_id = "either")]
    async fn either(&self, _caller: Visitor) -> EventStream<BoxStream<'static, u32>> {
        EventStream::new(Box::pin(stream::empty()))
    }

    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> EventStream<BoxStream<'static, u32>> {
        EventStream::new(Box::pin(stream::empty()))
    }

    #[oai(path = "/albums", method = "put", operation_id = "album")]
    async fn album(&self, _album: Album) -> PlainText<&'static str> {
        PlainText("album")
    }
}

fn items() -> Vec<Value> {
    let files = files_of(|| Kinds, Access::default());
    let collection = parse(&files.collection);
    collection["item"].as_array().unwrap().clone()
}

#[test]
fn a_stream_is_called_only_by_callers_whom_it_refuses() {
    let items = items();

    let names: Vec<_> = items
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Get an access token",
            "events without a token",
            "events with a tampered token",
            "live without a token",
            "live with a tampered token",
            "either with a tampered token",
            "album with a token",
            "album without a token",
        ]
    );
}

#[test]
fn a_form_is_sent_as_form_data_with_files_to_choose() {
    let items = items();
    let album = &items.last().unwrap()["request"];

    assert_eq!(album["header"], json!([]));
    assert_eq!(album["body"]["mode"], "formdata");
    assert_eq!(
        album["body"]["formdata"],
        json!([
            { "key": "title", "type": "text", "value": "title" },
            { "key": "cover", "type": "file", "src": [], "description": "The front." },
            { "key": "pages", "type": "file", "src": [] },
            { "key": "count", "type": "text", "value": "1", "disabled": true },
        ])
    );
}

#[test]
fn a_parameter_without_an_example_has_one_of_its_format() {
    let string = |format: &str| json!({ "type": "string", "format": format });
    let of_code = json!({ "type": "string", "format": "uuid", "example": "1-2" });
    for (name, schema, expected) in [
        (
            "a UUID",
            string("uuid"),
            "6fa459ea-ee8a-4ca4-894e-db77e160355e",
        ),
        ("a UUID with an example", of_code, "1-2"),
        ("another string", string("colour"), "id"),
    ] {
        let parameter = json!({ "name": "id", "in": "path", "schema": schema });

        assert_eq!(examples::text(&parameter), expected, "{name}");
    }
}
