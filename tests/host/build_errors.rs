//! What cannot be meant does not start, and the error says why.

use poem::Route;
use poem_openapi::payload::{Json, PlainText};
use poem_openapi::{Object, OpenApi};
use poem_resource_server::Application;

use crate::calls::{get, refusal, small, start};

/// An API with one operation.
macro_rules! one {
    ($name:ident, $prefix:literal, $path:literal $(, $hidden:ident)?) => {
        struct $name;

        #[OpenApi(prefix_path = $prefix)]
        #[allow(clippy::unused_async)]
        impl $name {
            #[oai(path = $path, method = "get" $(, $hidden)?)]
            async fn one(&self) -> PlainText<&'static str> {
                PlainText("one")
            }
        }
    };
}

one!(Hidden, "/", "/hidden", hidden);
one!(Shown, "/", "/hidden");
one!(PrefixParameter, "/shops/:shop", "/orders");
one!(PathParameter, "/shops", "/:shop/orders");
one!(AtDocs, "/", "/docs");
one!(BelowDocs, "/docs", "/mine");
one!(BesideDocs, "/", "/docs-of-mine");
one!(AtLivez, "/", "/livez");
one!(AtReadyz, "/", "/readyz/more");
one!(AtDocument, "/", "/openapi.json");
one!(AtYaml, "/", "/openapi.yaml");
one!(AtMetadata, "/.well-known", "/oauth-protected-resource");
one!(AtRoot, "/", "/");
one!(AtIcon, "/", "/favicon.ico");
one!(InFiles, "/files", "/list");
one!(BesideFiles, "/files-list", "/");

/// A schema of the code, with the name of the guard's own.
#[derive(Object)]
struct Problem {
    cause: String,
}

/// The same under a name of its own.
#[derive(Object)]
#[oai(rename = "ShopProblem")]
struct Renamed {
    cause: String,
}

/// An API whose answer has this schema.
macro_rules! answering {
    ($name:ident, $schema:ident) => {
        struct $name;

        #[OpenApi]
        #[allow(clippy::unused_async)]
        impl $name {
            #[oai(path = "/problem", method = "get")]
            async fn one(&self) -> Json<$schema> {
                let cause = "one".to_owned();
                Json($schema { cause })
            }
        }
    };
}

answering!(AnswersProblem, Problem);
answering!(AnswersRenamed, Renamed);

fn with_api<T: OpenApi + Send + 'static>(make: fn() -> T) -> Application {
    Application::new("One", "1").api(move |_| make())
}

const HIDDEN: &str = "the route GET /hidden is hidden: poem-openapi has no metadata of it, so it \
    has no rule; remove `hidden` from its `#[oai(..)]`, or mount it as a plain route";
const PREFIX: &str = "the path /shops/:shop/orders has the parameter `:shop` in its \
    `prefix_path`, which poem-openapi prints as it is written and answers with 400; move the \
    parameter into the `path` of each operation";

const SCHEMA: &str = "the code declares a schema named `Problem`, the name of the guard's own \
    schema; rename it with `#[oai(rename = \"..\")]`";

fn taken(what: &str, path: &str, at: &str, by: &str) -> String {
    format!(
        "{what} of the application would be at `{path}`, but `{at}` belongs to {by}; give it \
         another path"
    )
}

#[tokio::test]
async fn an_operation_that_cannot_be_meant_is_refused() {
    let operation = |path, at| taken("an operation", path, at, "the service itself");
    for (name, application, expected) in [
        ("hidden", with_api(|| Hidden), Some(HIDDEN.to_owned())),
        ("not hidden", with_api(|| Shown), None),
        (
            "a parameter in the prefix",
            with_api(|| PrefixParameter),
            Some(PREFIX.to_owned()),
        ),
        ("a parameter in the path", with_api(|| PathParameter), None),
        (
            "at the docs",
            with_api(|| AtDocs),
            Some(operation("/docs", "/docs")),
        ),
        (
            "below the docs",
            with_api(|| BelowDocs),
            Some(operation("/docs/mine", "/docs")),
        ),
        ("beside the docs", with_api(|| BesideDocs), None),
        (
            "at livez",
            with_api(|| AtLivez),
            Some(operation("/livez", "/livez")),
        ),
        (
            "below readyz",
            with_api(|| AtReadyz),
            Some(operation("/readyz/more", "/readyz")),
        ),
        (
            "at the document",
            with_api(|| AtDocument),
            Some(operation("/openapi.json", "/openapi.json")),
        ),
        (
            "at the YAML",
            with_api(|| AtYaml),
            Some(operation("/openapi.yaml", "/openapi.yaml")),
        ),
        (
            "at the metadata",
            with_api(|| AtMetadata),
            Some(operation(
                "/.well-known/oauth-protected-resource",
                "/.well-known/oauth-protected-resource",
            )),
        ),
        ("at the root", with_api(|| AtRoot), None),
        ("at the icon", with_api(|| AtIcon), None),
        (
            "the guard's schema",
            with_api(|| AnswersProblem),
            Some(SCHEMA.to_owned()),
        ),
        ("a schema of its own", with_api(|| AnswersRenamed), None),
    ] {
        let error = refusal(application, &[]).await;

        let expected = expected.map(|text| format!("the service cannot be built: {text}"));
        assert_eq!(error, expected, "{name}");
    }
}

#[tokio::test]
async fn plain_routes_lie_where_nothing_else_does() {
    let plain = |path: &str| small().open_routes(path, |_| Route::new());
    let not_a_path = |path: &str| {
        format!(
            "plain routes must be at a path as in `/reports`, without parameters, found `{path}`"
        )
    };
    for (name, application, expected) in [
        ("a path of their own", plain("/files"), None),
        ("a slash at the end", plain("/files/"), None),
        (
            "beside an operation",
            with_api(|| BesideFiles).open_routes("/files", |_| Route::new()),
            None,
        ),
        (
            "around an operation",
            with_api(|| InFiles).open_routes("/files", |_| Route::new()),
            Some(taken(
                "an operation",
                "/files/list",
                "/files",
                "plain routes",
            )),
        ),
        (
            "below the docs",
            plain("/docs/files"),
            Some(taken(
                "plain routes",
                "/docs/files",
                "/docs",
                "the service itself",
            )),
        ),
        (
            "around the metadata",
            plain("/.well-known"),
            Some(taken(
                "plain routes",
                "/.well-known",
                "/.well-known/oauth-protected-resource",
                "the service itself",
            )),
        ),
        (
            "twice",
            plain("/files").open_routes("/files/new", |_| Route::new()),
            Some(taken(
                "plain routes",
                "/files/new",
                "/files",
                "plain routes",
            )),
        ),
        (
            "a parameter",
            plain("/files/:id"),
            Some(not_a_path("/files/:id")),
        ),
        ("no slash", plain("files"), Some(not_a_path("files"))),
        ("the root", plain("/"), Some(not_a_path("/"))),
    ] {
        let error = refusal(application, &[]).await;

        let expected = expected.map(|text| format!("the service cannot be built: {text}"));
        assert_eq!(error, expected, "{name}");
    }
}

#[tokio::test]
async fn without_docs_their_paths_are_free_and_else_empty() {
    let off = &[("docs.enabled", "false")];
    let hosted = start(small(), off).await;
    for path in [
        "/docs",
        "/docs/",
        "/docs/reference",
        "/openapi.json",
        "/openapi.yaml",
        "/",
    ] {
        let answer = get(&hosted, path).await;

        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.reason(), "not_found", "{path}");
    }
    for (path, application) in [
        ("/docs", with_api(|| AtDocs)),
        ("/docs/mine", with_api(|| BelowDocs)),
        ("/openapi.json", with_api(|| AtDocument)),
    ] {
        let hosted = start(application, off).await;

        assert_eq!(get(&hosted, path).await.text, "one", "{path}");
    }
    let metadata = get(&hosted, "/.well-known/oauth-protected-resource").await;
    assert!(!metadata.text.contains("/docs"), "{}", metadata.text);
}
