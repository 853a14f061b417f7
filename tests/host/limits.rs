//! Limits that a setting gives to one operation.

use poem_openapi::OpenApi;
use poem_openapi::payload::{Binary, PlainText};
use poem_resource_server::Application;
use poem_resource_server::testing::{Issuer, TestApplication};

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
