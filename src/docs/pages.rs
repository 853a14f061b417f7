//! The document and its pages for a guard without the host.

use std::sync::Arc;

use poem::{IntoEndpoint, Route};
use poem_openapi::{OpenApi, OpenApiService, Webhook};

use crate::guard::{DescribedIssuer, Document, Guard, Guarded, RuleError, rules, spec};

use super::{Documents, Icon, SignIn};

/// The document of a guarded API and its pages, for any Poem app.
///
/// They are at `/docs` (Swagger UI with sign-in), `/docs/reference`, `/openapi.json` and
/// `/openapi.yaml`, and follow the issuer's metadata.
///
/// ```no_run
/// use poem::Route;
/// use poem_openapi::{OpenApi, OpenApiService};
/// use poem_resource_server::docs::Pages;
/// use poem_resource_server::guard::{Guard, RuleError};
///
/// fn routes(guard: &Guard, api: impl OpenApi + 'static) -> Result<Route, RuleError> {
///     let service = OpenApiService::new(guard.try_protect(api)?, "My API", "1.0");
///     let pages = Pages::new(guard, &service)?
///         .with_base_path("/api")
///         .with_client_id("{clientId}");
///     Ok(Route::new().nest("/api", service).nest("/", pages))
/// }
/// ```
#[must_use = "pages are served once they are mounted"]
pub struct Pages {
    guard: Guard,
    print: Box<Print>,
    sign_in: SignIn,
    icon: Option<Icon>,
}

/// Prints the document of the guard for these issuers.
type Print = dyn Fn(&Guard, &[DescribedIssuer]) -> Document + Send + Sync;

impl Pages {
    /// The pages of `service`, whose operations `guard` protects.
    ///
    /// # Errors
    ///
    /// A [`RuleError`] as [`Guard::try_protect`] gave before.
    pub fn new<T: OpenApi, W: Webhook>(
        guard: &Guard,
        service: &OpenApiService<Guarded<T>, W>,
    ) -> Result<Self, RuleError> {
        let (spec, rules) = (spec(service)?, rules::<T>(guard.access())?);
        Ok(Self {
            guard: guard.clone(),
            print: Box::new(move |guard, issuers| {
                Document::complete(spec.clone(), &rules, guard, issuers)
            }),
            sign_in: SignIn {
                proof_algorithms: guard.proof_algorithms(),
                ..SignIn::default()
            },
            icon: None,
        })
    }

    /// The path at which the API is nested, as in `/api`.
    pub fn with_base_path(mut self, path: &str) -> Self {
        path.trim_end_matches('/')
            .clone_into(&mut self.sign_in.base_path);
        self
    }

    /// The public client with which people sign in, by authorization code with PKCE.
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.sign_in.client_id = Some(client_id.into());
        self
    }

    /// The icon of the pages, in place of the first letter of the title.
    ///
    /// # Panics
    ///
    /// If `media_type` does not begin with `image/`.
    pub fn with_icon(mut self, media_type: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.icon = Some(Icon::new(media_type, bytes));
        self
    }
}

impl IntoEndpoint for Pages {
    type Endpoint = Route;

    fn into_endpoint(self) -> Route {
        let (guard, issuers) = (self.guard.clone(), self.guard);
        let print = self.print;
        let documents = Documents::new(
            move |described| print(&guard, described),
            move || issuers.described_issuers(),
            self.sign_in,
            self.icon,
        );
        Arc::new(documents).add_to(Route::new())
    }
}
