//! `[docs]`: the document and its pages.

use figment::value::Value;
use url::Url;

use crate::service::config::placeholder;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::Scope;

/// What the document and its pages contain besides the API.
#[derive(Debug, Clone)]
pub struct DocsConfig {
    /// Whether the document and its pages are served.
    pub enabled: bool,
    /// The public client that Swagger UI signs people in as.
    pub client_id: Option<String>,
    /// The scopes that are offered although no operation requires them.
    pub scopes: Scope,
    /// The contact for questions about the API.
    pub contact: Option<Contact>,
}

/// The contact for questions about the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// A web page.
    Url(String),
    /// An e-mail address.
    Email(String),
}

impl DocsConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            enabled: reader.read("docs.enabled", value::boolean),
            client_id: reader.read_optional("docs.client_id", placeholder::filled_in),
            scopes: reader.read("docs.scopes", value::scope),
            contact: reader.read_optional("docs.contact", contact),
        }
    }
}

impl Contact {
    /// An https URL or an e-mail address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Ok(url) = Url::parse(text) {
            return (url.scheme() == "https").then(|| Self::Url(url.into()));
        }
        let (local, host) = text.split_once('@')?;
        let is_address = !local.is_empty() && host.contains('.') && !host.contains('@');
        (is_address && !text.contains(char::is_whitespace)).then(|| Self::Email(text.to_owned()))
    }
}

fn contact(value: &Value) -> Result<Contact, Fault> {
    Contact::parse(&value::filled_text(value)?).ok_or_else(|| {
        Fault::new("must be an https URL or an e-mail address")
            .fix("write it as \"https://example.com/support\" or \"support@example.com\"")
    })
}
