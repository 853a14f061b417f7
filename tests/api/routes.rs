//! Each route is paired with the rule of its own operation, or the API does not start.

use poem::{Endpoint, Request, Route};
use poem_openapi::param::Path;
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, RuleError};
use poem_resource_server::testing::Issuer;

/// An API of operations that are its paths, some of them open.
macro_rules! api {
    ($name:ident, $prefix:literal, $($id:ident $method:literal $path:literal $($caller:ty)?),+) => {
        struct $name;

        #[OpenApi(prefix_path = $prefix)]
        #[allow(clippy::unused_async)]
        impl $name {
            $(
                #[oai(path = $path, method = $method)]
                async fn $id(&self $(, _caller: $caller)?) -> PlainText<&'static str> {
                    PlainText(stringify!($id))
                }
            )+
        }
    };
}

api!(Kinds, "/kinds",
    root "get" "/" BearerAuth,
    fixed "get" "/fixed",
    one "get" "/one/:id" BearerAuth,
    one_open "post" "/one/:id",
    two "get" "/two/:first/with/:second" BearerAuth,
    named_regex "get" "/named/:id<[0-9]+>" BearerAuth,
    rest "get" "/rest/*rest" BearerAuth,
    rest_open "get" "/open/*rest");

// Alone: poem 3.1.12 loses a regex when a path inserted later splits its node.
api!(Digits, "/digits", digits "get" "/<[0-9]+>" BearerAuth);

async fn status(routes: &impl Endpoint, method: &str, path: &str, token: Option<&str>) -> u16 {
    let mut request = Request::builder()
        .method(method.parse().unwrap())
        .uri(path.parse().unwrap());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = routes.get_response(request.finish()).await;
    response.status().as_u16()
}

#[tokio::test]
async fn a_path_of_every_kind_has_its_own_rule() {
    let issuer = Issuer::new();
    let service = OpenApiService::new(issuer.guard().protect(Kinds), "Kinds", "1");
    let routes = Route::new().nest("/", service);
    let token = issuer.token("");

    for (method, path, without_token) in [
        ("GET", "/kinds", 401),
        ("GET", "/kinds/fixed", 200),
        ("GET", "/kinds/one/7", 401),
        ("POST", "/kinds/one/7", 200),
        ("GET", "/kinds/two/a/with/b", 401),
        ("GET", "/kinds/named/7", 401),
        ("GET", "/kinds/rest/a/b", 401),
        ("GET", "/kinds/open/a/b", 200),
    ] {
        let found = status(&routes, method, path, None).await;
        assert_eq!(found, without_token, "{method} {path}");

        let found = status(&routes, method, path, Some(&token)).await;
        assert_eq!(found, 200, "{method} {path} with a token");
    }
}

#[tokio::test]
async fn a_path_with_a_regex_has_its_own_rule() {
    let issuer = Issuer::new();
    let service = OpenApiService::new(issuer.guard().protect(Digits), "Digits", "1");

    let routes = poem::IntoEndpoint::into_endpoint(service);

    let token = issuer.token("");
    assert_eq!(status(&routes, "GET", "/digits/7", None).await, 401);
    assert_eq!(status(&routes, "GET", "/digits/7", Some(&token)).await, 200);
}

struct Tenants;

#[OpenApi(prefix_path = "/tenants")]
#[allow(clippy::unused_async)]
impl Tenants {
    #[oai(path = "/:tenant/orders/:order", method = "get")]
    async fn order(
        &self,
        _caller: BearerAuth,
        tenant: Path<String>,
        order: Path<u32>,
    ) -> PlainText<String> {
        PlainText(format!("{} of {}", order.0, tenant.0))
    }
}

#[tokio::test]
async fn a_parameter_in_the_path_of_the_operation_is_read() {
    let issuer = Issuer::new();
    let service = OpenApiService::new(issuer.guard().protect(Tenants), "Tenants", "1");
    let routes = Route::new().nest("/", service);

    let found = status(
        &routes,
        "GET",
        "/tenants/a/orders/7",
        Some(&issuer.token("")),
    )
    .await;

    assert_eq!(found, 200);
}

api!(Open, "/same", open "get" "/:first");
api!(Closed, "/same", closed "get" "/:second" BearerAuth);
api!(OtherMethod, "/same", other "post" "/:second" BearerAuth);
api!(InPrefix, "/:tenant", orders "get" "/orders/:id" BearerAuth);
api!(InBraces, "/", orders "get" "/orders/{id}" BearerAuth);
api!(RestOfOne, "/rest", one "get" "/*one");
api!(RestOfOther, "/rest", other "get" "/*other");

struct Hidden;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Hidden {
    #[oai(path = "/hidden/:id", method = "get", hidden = true)]
    async fn hidden(&self, _id: Path<u32>) -> PlainText<&'static str> {
        PlainText("seen")
    }
}

struct Ids;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Ids {
    #[oai(path = "/one", method = "get", operation_id = "list")]
    async fn one(&self) -> PlainText<&'static str> {
        PlainText("one")
    }

    #[oai(path = "/two", method = "get", operation_id = "List")]
    async fn two(&self) -> PlainText<&'static str> {
        PlainText("two")
    }
}

fn refusal(api: impl OpenApi) -> Option<RuleError> {
    Issuer::new().guard().try_protect(api).err()
}

#[test]
fn routes_that_cannot_be_distinguished_or_described_are_refused() {
    for (name, error, message) in [
        (
            "the same form",
            refusal((Open, Closed)),
            "the operations GET /same/{first} and GET /same/{second} answer the same requests, so \
             one of them would never be called; change the path or the method of one",
        ),
        (
            "a parameter in the prefix",
            refusal(InPrefix),
            "the path /:tenant/orders/{id} has the parameter `:tenant` in its `prefix_path`, which \
             poem-openapi prints as it is written and answers with 400; move the parameter into \
             the `path` of each operation",
        ),
        (
            "braces",
            refusal(InBraces),
            "the path /orders/{id} has `{id}` in braces, which no request matches as a parameter; \
             write parameters as `:name`",
        ),
        (
            "two rests",
            refusal((RestOfOne, RestOfOther)),
            "the path /rest/*other cannot be routed beside the others: duplicate path: /rest/*other",
        ),
        (
            "hidden",
            refusal(Hidden),
            "the route GET /hidden/:param0 is hidden: poem-openapi has no metadata of it, so it \
             has no rule; remove `hidden` from its `#[oai(..)]`, or mount it as a plain route",
        ),
        (
            "ids that differ only in case",
            refusal(Ids),
            "the operations GET /one and GET /two have the ids `list` and `List`, which settings \
             do not distinguish; rename one",
        ),
    ] {
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some(message),
            "{name}"
        );
    }
    assert_eq!(refusal((Open, OtherMethod)), None);
    assert_eq!(refusal(RestOfOne), None);
}
