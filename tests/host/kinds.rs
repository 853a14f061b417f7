//! Operations of many kinds, without a token of ours, so that they answer alike everywhere.

mod keys;

use std::marker::PhantomData;

use poem::error::NotFoundError;
use poem::http::StatusCode;
use poem::middleware::SetHeader;
use poem::{Body, Endpoint, EndpointExt, Request, Route};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::{Attachment, Binary, Json, PlainText, Response};
use poem_openapi::types::multipart::Upload;
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use poem_openapi::{
    ApiRequest, ApiResponse, Enum, Multipart, Object, OpenApi, OpenApiService, Tags, Webhook,
};

pub use keys::Keys;

#[derive(Tags)]
pub enum Tag {
    /// What is read.
    Reading,
}

#[derive(Enum, Debug)]
pub enum Colour {
    Red,
    Green,
}

#[derive(Object, Debug, Clone)]
pub struct Item {
    #[oai(validator(min_length = 2, max_length = 20))]
    pub name: String,
    #[oai(default)]
    pub count: u32,
}

#[derive(Object)]
pub struct Page<T: ParseFromJSON + ToJSON + Type> {
    pub entries: Vec<T>,
}

#[derive(ApiRequest)]
pub enum AnyBody {
    Item(Json<Item>),
    Text(PlainText<String>),
    Bytes(Binary<Vec<u8>>),
}

#[derive(ApiResponse)]
pub enum Found {
    #[oai(status = 200)]
    Here(Json<Item>, #[oai(header = "X-Version")] u32),
    #[oai(status = 202)]
    Later,
    #[oai(status = 404)]
    Missing(Json<Item>),
}

#[derive(ApiResponse)]
pub enum Refused {
    #[oai(status = 409)]
    Taken(Json<Item>),
}

#[derive(ApiResponse)]
#[oai(bad_request_handler = "said")]
pub enum Handled {
    #[oai(status = 200)]
    Done,
    #[oai(status = 422)]
    Wrong(PlainText<String>),
}

#[allow(clippy::needless_pass_by_value)] // What poem-openapi calls takes it by value.
fn said(error: poem::Error) -> Handled {
    Handled::Wrong(PlainText(error.to_string()))
}

#[derive(Multipart)]
pub struct Form {
    title: String,
    file: Upload,
}

#[Webhook]
#[allow(dead_code)]
pub trait Hooks {
    /// An item was sold.
    #[oai(method = "post")]
    fn sold(&self, item: Json<Sold>);
}

#[derive(Object)]
pub struct Sold {
    pub item: Item,
}

fn word() -> String {
    "hello".to_owned()
}

fn marked(endpoint: impl Endpoint) -> impl Endpoint {
    endpoint.with(SetHeader::new().overriding("x-transformed", "yes"))
}

#[derive(Clone, Copy)]
pub struct Kinds;

#[OpenApi(prefix_path = "/kinds", tag = "Tag::Reading")]
#[allow(clippy::unused_async)]
impl Kinds {
    /// The list
    ///
    /// Of all kinds.
    #[oai(path = "/", method = "get", operation_id = "list", deprecated)]
    async fn list(&self) -> Json<Vec<Item>> {
        Json(vec![])
    }

    #[oai(path = "/", method = "post", operation_id = "add")]
    async fn add(&self, item: Json<Item>) -> Result<Found, Refused> {
        match item.name.as_str() {
            "taken" => Err(Refused::Taken(item)),
            "missing" => Ok(Found::Missing(item)),
            "later" => Ok(Found::Later),
            _ => Ok(Found::Here(item, 7)),
        }
    }

    #[oai(path = "/query", method = "get", operation_id = "query")]
    async fn query(
        &self,
        /// A number.
        #[oai(validator(maximum(value = "9")))]
        number: Query<u8>,
        colour: Query<Option<Colour>>,
        #[oai(default = "word")] word: Query<String>,
        #[oai(name = "tag")] tags: Query<Vec<String>>,
        #[oai(explode = false)] ids: Query<Vec<u16>>,
    ) -> PlainText<String> {
        PlainText(format!(
            "{} {:?} {} {:?} {:?}",
            number.0, colour.0, word.0, tags.0, ids.0
        ))
    }

    #[oai(path = "/header", method = "get", operation_id = "header")]
    async fn header(
        &self,
        #[oai(name = "X-Number")] number: Header<i32>,
        #[oai(name = "X-Words")] words: Header<Vec<String>>,
    ) -> PlainText<String> {
        PlainText(format!("{} {:?}", number.0, words.0))
    }

    #[oai(path = "/one/:id", method = "get", operation_id = "one")]
    async fn one(&self, id: Path<u16>) -> PlainText<String> {
        PlainText(format!("one {}", id.0))
    }

    #[oai(path = "/one/:id", method = "delete", operation_id = "remove")]
    async fn remove(&self, id: Path<u16>) -> Response<PlainText<String>> {
        Response::new(PlainText(id.0.to_string()))
            .status(StatusCode::ACCEPTED)
            .header("x-removed", "1")
    }

    #[oai(path = "/one/latest", method = "get", operation_id = "latest")]
    async fn latest(&self) -> PlainText<&'static str> {
        PlainText("latest")
    }

    #[oai(path = "/:kind/of/:name", method = "get", operation_id = "two")]
    async fn two(&self, kind: Path<Colour>, name: Path<String>) -> PlainText<String> {
        PlainText(format!("{:?} {}", kind.0, name.0))
    }

    #[oai(path = "/rest/*rest", method = "get", operation_id = "rest")]
    async fn rest(&self, request: &Request) -> PlainText<String> {
        PlainText(request.raw_path_param("rest").unwrap_or("none").to_owned())
    }

    #[oai(path = "/many", method = "put", method = "patch")]
    async fn many(&self, body: AnyBody) -> PlainText<String> {
        PlainText(match body {
            AnyBody::Item(item) => format!("item {}", item.name),
            AnyBody::Text(text) => format!("text {}", text.0),
            AnyBody::Bytes(bytes) => format!("bytes {}", bytes.len()),
        })
    }

    #[oai(path = "/upload", method = "post", operation_id = "upload")]
    async fn upload(&self, form: Form) -> PlainText<String> {
        let name = form.file.file_name().unwrap_or("none").to_owned();
        let bytes = form.file.into_vec().await.unwrap();
        PlainText(format!("{} {name} {}", form.title, bytes.len()))
    }

    #[oai(path = "/stream", method = "post", operation_id = "stream")]
    async fn stream(&self, body: Binary<Body>) -> Binary<Body> {
        Binary(body.0)
    }

    #[oai(path = "/file", method = "get", operation_id = "file")]
    async fn file(&self) -> Attachment<Vec<u8>> {
        Attachment::new(vec![1, 2, 3]).filename("three.bin")
    }

    #[oai(path = "/nothing", method = "get", operation_id = "nothing")]
    async fn nothing(&self) {}

    #[oai(path = "/handled", method = "get", operation_id = "handled")]
    async fn handled(&self, #[oai(name = "number")] _number: Query<u8>) -> Handled {
        Handled::Done
    }

    #[oai(path = "/fails/:how", method = "get", operation_id = "fails")]
    async fn fails(&self, how: Path<String>) -> poem::Result<PlainText<String>> {
        match how.0.as_str() {
            "missing" => Err(NotFoundError.into()),
            _ => Err(poem::Error::from_status(StatusCode::CONFLICT)),
        }
    }

    #[oai(
        path = "/transformed",
        method = "get",
        operation_id = "transformed",
        transform = "marked"
    )]
    async fn transformed(&self) -> PlainText<&'static str> {
        PlainText("transformed")
    }
}

pub struct Store<T>(pub PhantomData<T>);

#[OpenApi]
#[allow(clippy::unused_async)]
impl<T: ParseFromJSON + ToJSON + Type + Send + Sync + 'static> Store<T> {
    #[oai(path = "/store", method = "post", operation_id = "store")]
    async fn store(&self, entry: Json<T>) -> Json<Page<T>> {
        Json(Page {
            entries: vec![entry.0],
        })
    }
}

pub type Everything = (Kinds, Keys, Store<Item>);

pub fn everything() -> Everything {
    (Kinds, Keys, Store(PhantomData))
}

/// As poem-openapi alone serves it.
pub fn plain() -> Route {
    Route::new().nest("/", service())
}

pub fn service() -> OpenApiService<Everything, &'static dyn Hooks> {
    OpenApiService::new(everything(), "Kinds", "1").webhooks::<&dyn Hooks>()
}

/// The same in the host.
pub fn hosted() -> poem_resource_server::Application {
    poem_resource_server::Application::new("Kinds", "1")
        .api(|_| everything())
        .webhooks::<&dyn Hooks>()
}
