//! What is known of an application before it starts: enough for its document.

use poem_openapi::registry::MetaApi;
use poem_openapi::{ContactObject, LicenseObject, OpenApi, OpenApiService, ServerObject, Webhook};
use serde_json::Value;

use crate::docs::Icon;
use crate::guard::{self, Access, BearerAuth, OperationRule, RuleError};
use crate::service::config::Contact;
#[cfg(feature = "dev")]
use crate::token::{Scope, ScopeToken};

/// What is known of an application before it starts.
#[derive(Clone)]
pub(crate) struct Outline {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(super) description: String,
    pub(super) contact: Option<Contact>,
    pub(super) license: Option<(String, Option<String>)>,
    /// The icon of the pages. If it is `None`, the pages show the first letter of the title.
    pub(crate) icon: Option<Icon>,
    /// Where the operations are mounted: empty, or a path without a slash at its end.
    pub(crate) base_path: String,
    /// The default of `access.anonymous`.
    pub(crate) anonymous: Vec<String>,
    /// What the code requires of the operations, without the settings.
    pub(in crate::service) access: Access,
    /// What scopes allow, by their names.
    pub(super) described_scopes: Vec<(&'static str, &'static str)>,
    pub(super) operations: Types,
    pub(super) webhooks: Option<fn() -> Value>,
}

/// The operations by their types alone.
#[derive(Clone, Copy)]
pub(super) struct Types {
    meta: fn() -> Vec<MetaApi>,
    rules: fn(&Access) -> Result<Vec<OperationRule>, RuleError>,
    print: fn(&Outline, &str, Option<&Contact>) -> String,
}

impl Outline {
    pub(super) fn new(title: &str, version: &str) -> Self {
        Self {
            title: title.to_owned(),
            version: version.to_owned(),
            description: String::new(),
            contact: None,
            license: None,
            icon: None,
            base_path: String::new(),
            anonymous: Vec::new(),
            access: Access::default(),
            described_scopes: Vec::new(),
            operations: Types::from_api::<()>(),
            webhooks: None,
        }
    }

    /// The operations as poem-openapi describes them.
    pub(crate) fn meta(&self) -> Vec<MetaApi> {
        (self.operations.meta)()
    }

    /// The rule of each operation, where the settings say this.
    pub(crate) fn rules(&self, access: &Access) -> Result<Vec<OperationRule>, RuleError> {
        (self.operations.rules)(access)
    }

    /// The scopes that the application describes or requires, each with what it allows.
    pub(crate) fn scopes(&self) -> Vec<(&'static str, &'static str)> {
        let mut scopes = self.described_scopes.clone();
        let meta = self.meta();
        let operations = meta.iter().flat_map(|api| &api.paths);
        let security = operations
            .flat_map(|path| &path.operations)
            .flat_map(|operation| &operation.security);
        let required = security.filter_map(|schemes| schemes.get(BearerAuth::NAME));
        for scope in required.flatten() {
            if !scopes.iter().any(|(name, _)| name == scope) {
                scopes.push((scope, ""));
            }
        }
        scopes
    }

    /// Every scope that a call of [`Application::require`](super::Application::require) names.
    #[cfg(feature = "dev")]
    pub(crate) fn required_scopes(&self) -> impl Iterator<Item = &ScopeToken> {
        let requirements = self.access.in_code.requirements();
        requirements
            .flat_map(guard::Requirement::scopes)
            .flat_map(Scope::iter)
    }

    /// The document as poem-openapi prints it, for callers at `public_url`. A `contact` by
    /// setting replaces the application's own.
    pub(crate) fn spec(&self, public_url: &str, contact: Option<&Contact>) -> Value {
        let text = (self.operations.print)(self, public_url, contact);
        let mut spec: Value = serde_json::from_str(&text).expect("poem-openapi emits JSON");
        if let Some(webhooks) = self.webhooks {
            add_webhooks(&mut spec, webhooks());
        }
        spec
    }
}

impl Types {
    pub(super) fn from_api<T: OpenApi + 'static>() -> Self {
        Self {
            meta: T::meta,
            rules: guard::rules::<T>,
            print: |outline, public_url, contact| {
                let api = guard::ApiTypes::<T>::new();
                let service = OpenApiService::new(api, &outline.title, &outline.version);
                describe(service, outline, public_url, contact).spec()
            },
        }
    }
}

/// The webhooks of `W` as poem-openapi prints them.
pub(super) fn webhooks<W: Webhook>() -> Value {
    let service = OpenApiService::new((), "", "").webhooks::<W>();
    serde_json::from_str(&service.spec()).expect("poem-openapi emits JSON")
}

fn describe<T>(
    service: OpenApiService<T, ()>,
    outline: &Outline,
    public_url: &str,
    contact: Option<&Contact>,
) -> OpenApiService<T, ()> {
    let server = format!("{public_url}{}", outline.base_path);
    let mut service = service.server(ServerObject::new(server));
    if !outline.description.is_empty() {
        service = service.description(&outline.description);
    }
    let operators = ContactObject::new().name("The operators of this API");
    service = service.contact(match contact.or(outline.contact.as_ref()) {
        Some(Contact::Email(address)) => operators.email(address),
        Some(Contact::Url(url)) => operators.url(url),
        None => operators,
    });
    if let Some((name, url)) = &outline.license {
        let license = LicenseObject::new(name);
        service = service.license(match url {
            Some(url) => license.url(url),
            None => license,
        });
    }
    service
}

/// Adds what a document that describes nothing else says of webhooks.
fn add_webhooks(spec: &mut Value, described: Value) {
    let Value::Object(mut described) = described else {
        return;
    };
    if let Some(webhooks) = described.remove("webhooks") {
        spec["webhooks"] = webhooks;
    }
    let schemas = described
        .get_mut("components")
        .and_then(|components| components.get_mut("schemas"))
        .and_then(Value::as_object_mut);
    for (name, schema) in schemas.map(std::mem::take).into_iter().flatten() {
        spec["components"]["schemas"][name] = schema;
    }
}
