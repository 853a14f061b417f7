//! Calls every operation of a document.

use poem::{Endpoint, Request};
use serde_json::Value;
use url::Url;

use crate::description::operation::{Operation, Unreadable};
use crate::description::request::{Inputs, SampleRequest};
use crate::guard::Document;

use super::answer::Answer;
use super::attempt::{Attempt, Expectation, GOOD, RequiredClaim, attempts};
use super::server::{base_path, origin};
use super::{Issuer, WalkReport};

/// Makes a request that the user supplies.
type Example<'a> = Box<dyn Fn() -> Request + Send + Sync + 'a>;

/// A walk through an API: see [`testing`](super).
///
/// ```
/// use poem::Route;
/// use poem_openapi::{OpenApi, OpenApiService, payload::PlainText};
/// use poem_resource_server::guard::BearerAuth;
/// use poem_resource_server::testing::{Issuer, Walk};
///
/// struct Api;
///
/// #[OpenApi]
/// impl Api {
///     #[oai(path = "/whoami", method = "get", operation_id = "whoami")]
///     async fn whoami(&self, caller: BearerAuth) -> PlainText<String> {
///         PlainText(caller.subject().to_owned())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let issuer = Issuer::new();
/// let guard = issuer.guard();
/// let service = OpenApiService::new(guard.protect(Api), "My API", "1.0").server("/api");
/// let document = guard.document(&service).unwrap();
/// let routes = Route::new().nest("/api", service);
///
/// let report = Walk::new(&routes, &document, &issuer).run().await;
///
/// report.assert_clean();
/// # }
/// ```
///
/// It accepts any [`Endpoint`]. An endpoint that forwards requests walks another server.
pub struct Walk<'a, E> {
    endpoint: &'a E,
    document: &'a Value,
    issuer: &'a Issuer,
    base_path: String,
    /// The scheme and the authority of the URLs that callers use.
    origin: Url,
    examples: Vec<(&'a str, Example<'a>)>,
    claims: Vec<(&'a str, &'a str, Value)>,
}

impl<'a, E: Endpoint> Walk<'a, E> {
    /// A walk through the operations of `document`, which `endpoint` serves to callers with tokens
    /// of `issuer`. The operations are expected below the path of the document's first server.
    pub fn new(endpoint: &'a E, document: &'a Document, issuer: &'a Issuer) -> Self {
        let document = document.as_value();
        Self {
            endpoint,
            document,
            issuer,
            base_path: base_path(document),
            origin: origin(document),
            examples: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Expects the operations below this path, where the API is nested.
    #[must_use]
    pub fn below(self, path: &str) -> Self {
        Self {
            base_path: path.trim_end_matches('/').to_owned(),
            ..self
        }
    }

    /// The URL that the app believes callers use, as in `https://api.example`: that of
    /// [`Guard::with_public_url`](crate::guard::Guard::with_public_url). Only its scheme, host and port
    /// count, for proofs of tokens that are bound to a key. The default is the URL of the document's
    /// first server, or `http://localhost` if that is a path alone.
    ///
    /// # Panics
    ///
    /// If `url` is not an absolute URL.
    #[must_use]
    pub fn with_public_url(self, url: &str) -> Self {
        let origin = Url::parse(url).expect("a public URL is absolute");
        Self { origin, ..self }
    }

    /// A request that `operation` (its id, or its method and path) accepts, with its whole path
    /// and without credentials; it is called for each attempt. Its answer must be described.
    ///
    /// ```no_run
    /// # async fn example(walk: poem_resource_server::testing::Walk<'_, poem::Route>) {
    /// use poem::Request;
    /// use poem::http::Method;
    ///
    /// let create = || {
    ///     Request::builder()
    ///         .method(Method::POST)
    ///         .uri_str("/api/reports")
    ///         .content_type("application/json")
    ///         .body(r#"{"title": "Costs"}"#)
    /// };
    /// walk.with_example("create", create).run().await.assert_clean();
    /// # }
    /// ```
    #[must_use]
    pub fn with_example(
        mut self,
        operation: &'a str,
        request: impl Fn() -> Request + Send + Sync + 'a,
    ) -> Self {
        self.examples.push((operation, Box::new(request)));
        self
    }

    /// A claim that `operation` requires by setting, and an accepted value. The document does not
    /// name such claims. The walk also tries a token without the claim and one with another value.
    #[must_use]
    pub fn with_claim(
        mut self,
        operation: &'a str,
        claim: &'a str,
        value: impl Into<Value>,
    ) -> Self {
        self.claims.push((operation, claim, value.into()));
        self
    }

    /// Calls all operations and returns what was found.
    pub async fn run(&self) -> WalkReport {
        let mut report = WalkReport::default();
        let operations: Vec<_> = Operation::all(self.document).collect();
        if operations.is_empty() {
            report.add_of_document("the document", "it has no operation".to_owned());
        }
        for name in self.unknown_names(&operations) {
            let text = "there is no such operation in the document".to_owned();
            report.add_of_document(name, text);
        }
        for operation in operations.iter().flatten() {
            if let Some(parameter) = operation.misplaced_parameter() {
                let text = format!("the path `{}` lacks `{{{parameter}}}`", operation.path);
                report.add_of_document(&operation.name, text);
            }
        }
        let mut has_found = false;
        for reach in self.issuer.reaches() {
            self.issuer.bring_about(reach);
            for operation in operations.iter().flatten() {
                let claims = self.claims_of(operation);
                for attempt in attempts(&operation.rule, &claims, self.issuer, reach) {
                    if self.is_ours(operation, &attempt, &mut report) {
                        has_found |= self.try_it(operation, &attempt, &mut report).await;
                    }
                }
            }
        }
        if let Some(first) = self.issuer.reaches().first() {
            self.issuer.bring_about(*first);
        }
        if report.calls() > 0 && !has_found {
            report.replace_all(
                "404 for every call: say where the API is mounted, with `Walk::below`",
            );
        }
        for Unreadable {
            name,
            why,
            is_foreign,
            ..
        } in operations.into_iter().filter_map(Result::err)
        {
            if is_foreign {
                report.note(format!("{name}: left out, because {why}"));
            } else {
                report.add_of_document(&name, why);
            }
        }
        report
    }

    /// Whether our token decides alone. Where another scheme takes part, the credentials of
    /// that scheme can only come from an example.
    fn is_ours(
        &self,
        operation: &Operation<'_>,
        attempt: &Attempt,
        report: &mut WalkReport,
    ) -> bool {
        let Some(other) = operation.other_schemes.first() else {
            return true;
        };
        let is_refused = attempt.expected != Expectation::Through;
        let has_example = (self.examples.iter()).any(|(name, _)| *name == operation.name);
        if !has_example {
            report.note(format!(
                "{}: takes `{other}` too, so a good token was not tried; `Walk::with_example` \
                 can send both",
                operation.name
            ));
        }
        is_refused || has_example && attempt.name == GOOD
    }

    /// Returns whether its path exists.
    async fn try_it(
        &self,
        operation: &Operation<'_>,
        attempt: &Attempt,
        report: &mut WalkReport,
    ) -> bool {
        let example = (self.examples.iter()).find(|(name, _)| *name == operation.name);
        let request = || match example {
            Some((_, example)) => (example(), Inputs::Known),
            None => sample_request(operation, &self.base_path),
        };
        let (first, inputs) = request();
        let path = first.uri().to_string();
        let mut answer = self.send(first, attempt, None).await;
        report.count_call();
        if let Some(nonce) = answer
            .required_nonce()
            .filter(|_| attempt.credentials.has_proof())
        {
            answer = self.send(request().0, attempt, Some(&nonce)).await;
            report.count_call();
        }
        let faults = answer.faults(operation, &attempt.expected, inputs);
        let is_shown = answer.status.is_success()
            || answer.status.is_redirection()
            || answer.wants_upgrade(operation);
        if faults.is_empty() && attempt.name == GOOD && !is_shown {
            let said = answer.quoted();
            report.note(format!(
                "{}: a good token met {}, not a success; `Walk::with_example` takes a better \
                 request than {path}, to which the answer was: {said}",
                operation.name,
                answer.status.as_u16()
            ));
        }
        for text in faults {
            report.add(&operation.name, &attempt.name, text);
        }
        answer.status != poem::http::StatusCode::NOT_FOUND
    }

    async fn send(&self, mut request: Request, attempt: &Attempt, nonce: Option<&str>) -> Answer {
        attempt
            .credentials
            .add_to(&mut request, &self.origin, nonce);
        Answer::read(self.endpoint.get_response(request).await).await
    }

    fn claims_of(&self, operation: &Operation<'_>) -> Vec<RequiredClaim<'_>> {
        let of_it = (self.claims.iter()).filter(|(name, ..)| *name == operation.name);
        of_it
            .map(|(_, name, value)| RequiredClaim { name, value })
            .collect()
    }

    fn unknown_names<U>(&self, operations: &[Result<Operation<'_>, U>]) -> Vec<&'a str> {
        let examples = self.examples.iter().map(|(name, _)| *name);
        let claims = self.claims.iter().map(|(name, ..)| *name);
        let is_known = |name: &str| operations.iter().flatten().any(|known| known.name == name);
        let mut unknown: Vec<_> = examples.chain(claims).collect();
        unknown.retain(|name| !is_known(name));
        unknown
    }
}

fn sample_request(operation: &Operation<'_>, base_path: &str) -> (Request, Inputs) {
    let sample = SampleRequest::new(operation, base_path, &[]);
    let builder = Request::builder()
        .method(sample.method)
        .uri_str(sample.path);
    let builder = (sample.headers.iter()).fold(builder, |builder, (name, value)| {
        builder.header(name.as_str(), value.as_str())
    });
    let request = match sample.body {
        Some(body) => builder.body(body),
        None => builder.finish(),
    };
    (request, sample.inputs)
}
