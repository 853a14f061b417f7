//! Paths with regular expressions, which poem 3.1.12 loses at random beside other paths.

use poem::{Endpoint, Request};
use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;
use poem_resource_server::Application;
use poem_resource_server::testing::{Issuer, TestApplication};

macro_rules! paths {
    ($($id:ident $path:literal),+) => {
        struct Paths;

        #[OpenApi]
        #[allow(clippy::unused_async)]
        impl Paths {
            $(
                #[oai(path = $path, method = "get")]
                async fn $id(&self) -> PlainText<&'static str> {
                    PlainText($path)
                }
            )+
        }
    };
}

paths!(
    digits "/items/<[0-9]+>",
    digits_below "/items/<[0-9]+>/below",
    letters "/items/<[a-f]+>",
    named "/items/:id",
    fixed "/items/12",
    shorter "/it",
    longer "/items-of-old/<[0-9]+>",
    rest "/items/:id/*rest",
    other "/other/:id"
);

#[tokio::test]
async fn a_path_with_an_expression_is_found_whatever_is_beside_it() {
    // The order of a HashMap differs from table to table.
    for _ in 0..20 {
        let application = Application::new("Paths", "1").api(|_| Paths);
        let hosted = TestApplication::new(application);
        let hosted = hosted.start(&Issuer::new()).await.unwrap();

        for (path, found) in [
            ("/items/7", "/items/<[0-9]+>"),
            ("/items/12", "/items/12"),
            ("/items/7/below", "/items/<[0-9]+>/below"),
            ("/items/abc", "/items/<[a-f]+>"),
            ("/items/xyz", "/items/:id"),
            ("/items/7/other", "/items/:id/*rest"),
            ("/it", "/it"),
            ("/items-of-old/7", "/items-of-old/<[0-9]+>"),
            ("/other/7", "/other/:id"),
        ] {
            let response = hosted.get_response(Request::builder().uri_str(path).finish());

            let text = response.await.into_body().into_string().await.unwrap();
            assert_eq!(text, found, "{path}");
        }
        for path in ["/it7", "/items-of-old/x", "/items/"] {
            let response = hosted.get_response(Request::builder().uri_str(path).finish());

            assert_eq!(response.await.status(), 404, "{path}");
        }
    }
}
