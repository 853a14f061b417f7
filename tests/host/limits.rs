//! Limits that a setting gives to one operation.

use poem_openapi::OpenApi;
use poem_openapi::payload::{Binary, Json, PlainText, Xml};
use poem_resource_server::Application;
use poem_resource_server::testing::{Issuer, TestApplication};
use serde_json::Value;

use crate::calls::refusal;

struct Uploads;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Uploads {
    #[oai(path = "/small/:id", method = "post", operation_id = "small")]
    async fn small(&self, body: Binary<Vec<u8>>) -> PlainText<String> {
        PlainText(body.len().to_string())
    }

    #[oai(path = "/large", method = "post", operation_id = "large")]
    async fn large(&self, body: Binary<Vec<u8>>) -> PlainText<String> {
        PlainText(body.len().to_string())
    }
}

struct Notes;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Notes {
    #[oai(path = "/xml", method = "post", operation_id = "add_xml")]
    async fn add_xml(&self, note: Xml<Value>) -> PlainText<String> {
        PlainText(note.0.to_string())
    }

    #[oai(path = "/json", method = "post", operation_id = "add_json")]
    async fn add_json(&self, note: Json<Value>) -> PlainText<String> {
        PlainText(note.0.to_string())
    }
}

fn notes() -> Application {
    Application::new("Notes", "1")
        .base_path("/api")
        .api(|_| Notes)
}

fn uploads() -> Application {
    Application::new("Uploads", "1").api(|_| Uploads)
}

#[tokio::test]
async fn one_operation_may_take_more_or_less_than_the_others() {
    let test = TestApplication::new(uploads().base_path("/v1"))
        .with_setting("http.max_body_size", "2KiB")
        .with_setting("operations.small.max_body_size", "1KiB")
        .with_setting("operations.LARGE.max_body_size", "4KiB");
    let listening = test.listen(&Issuer::new()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    for (path, bytes, status) in [
        ("/v1/small/1", 1024, 200),
        ("/v1/small/1", 1025, 413),
        ("/v1/large", 4096, 200),
        ("/v1/large", 4097, 413),
    ] {
        let request = client.post(format!("http://{}{path}", listening.address()));
        let request = request.header("content-type", "application/octet-stream");
        let answer = request.body(vec![7; bytes]).send().await.unwrap();

        assert_eq!(answer.status().as_u16(), status, "{path} {bytes}");
    }
    listening.stop().await;
}

#[tokio::test]
async fn an_operation_that_reads_xml_takes_16_kib_and_its_neighbour_takes_more() {
    let listening = TestApplication::new(notes()).listen(&Issuer::new()).await;
    let listening = listening.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let xml = |bytes| {
        let text = "x".repeat(bytes - "<n><text></text></n>".len());
        ("xml", format!("<n><text>{text}</text></n>"))
    };
    let json = |bytes| {
        let text = "x".repeat(bytes - "{'text':''}".len());
        ("json", format!("{{\"text\":\"{text}\"}}"))
    };

    for ((kind, body), status) in [
        (xml(16 * 1024), 200),
        (xml(16 * 1024 + 1), 413),
        (json(16 * 1024 + 1), 200),
        (json(1024 * 1024), 200),
    ] {
        let bytes = body.len();
        let request = client.post(format!("http://{}/api/{kind}", listening.address()));
        let request = request.header("content-type", format!("application/{kind}"));
        let answer = request.body(body).send().await.unwrap();

        assert_eq!(answer.status().as_u16(), status, "{kind} {bytes}");
    }
    listening.stop().await;
}

#[tokio::test]
async fn more_xml_than_is_safe_is_an_error() {
    let rows = [
        ("operations.add_xml.max_body_size", "16KiB", true),
        ("operations.add_xml.max_body_size", "17KiB", false),
        ("operations.add_json.max_body_size", "17KiB", true),
        ("http.max_body_size", "2MiB", true),
    ];
    for (key, value, is_accepted) in rows {
        let refused = refusal(notes(), &[(key, value)]).await;

        let said = refused.as_deref().unwrap_or_default();
        assert_eq!(refused.is_none(), is_accepted, "{key} {value}: {said}");
        assert!(is_accepted || said.contains("reads XML"), "{said}");
    }
}

#[tokio::test]
async fn limits_of_an_unknown_operation_are_an_error_that_names_the_known() {
    let known = refusal(uploads(), &[("operations.small.max_body_size", "1KiB")]).await;
    let unknown = refusal(uploads(), &[("operations.smal.max_body_size", "1KiB")]).await;

    assert_eq!(known, None);
    assert_eq!(
        unknown.unwrap(),
        "the service cannot be built: `operations` names the operation `smal`, which does not \
         exist; there are: small, large"
    );
}
