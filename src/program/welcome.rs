//! What `serve` prints first: where everything is, and what to type next. With JSON logs it is
//! a line of the log instead.

use std::fmt;

use http::Method;

use crate::guard::{OperationRule, Rule};
use crate::service::application::Outline;
use crate::service::config::{Config, Listen};

/// The addresses of a service that begins to serve.
pub(crate) struct Welcome<'a> {
    pub(crate) outline: &'a Outline,
    pub(crate) config: &'a Config,
    pub(crate) rules: &'a [OperationRule],
    pub(crate) listen: &'a Listen,
    pub(crate) url: &'a str,
    pub(crate) admin: Option<&'a Listen>,
    pub(crate) has_embedded_issuer: bool,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { outline, url, .. } = self;
        let profile = &self.config.profile;
        let (title, version) = (&outline.title, &outline.version);
        writeln!(f, "{title} {version}, profile {profile}\n")?;
        let mut rows = Vec::new();
        if let Listen::Unix(_) = self.listen {
            rows.push(("socket", self.listen.to_string()));
        }
        for operation in [self.first_open(), self.first_protected()] {
            let named = operation.and_then(|it| Some((it.operation_id?, it)));
            rows.extend(named.map(|(id, it)| (id, self.url_of(it))));
        }
        if self.config.docs.enabled {
            rows.push(("docs", format!("{url}/docs")));
        }
        rows.extend(self.admin.map(|admin| {
            let metrics = match admin {
                Listen::Address(address) => format!("http://{address}/metrics"),
                Listen::Unix(path) => format!("/metrics at {}", path.display()),
            };
            ("metrics", metrics)
        }));
        rows.extend(self.config.issuer.url.as_ref().map(|issuer| {
            let note = if self.has_embedded_issuer {
                " (embedded)"
            } else {
                ""
            };
            ("issuer", format!("{issuer}{note}"))
        }));
        rows.push(("audience", self.config.issuer.audience.as_str().to_owned()));
        let width = rows.iter().map(|(name, _)| name.len()).max();
        let width = width
            .unwrap_or_default()
            .clamp(MIN_NAME_WIDTH, MAX_NAME_WIDTH);
        for (name, value) in rows {
            writeln!(f, "  {name:<width$} {value}")?;
        }
        if self.has_embedded_issuer {
            self.write_next(f)?;
        }
        writeln!(f)
    }
}

impl Welcome<'_> {
    /// The addresses as one line of the log: between lines of JSON, nothing else may be.
    pub(crate) fn log(&self) {
        let Self { outline, url, .. } = self;
        let Config {
            profile, issuer, ..
        } = self.config;
        tracing::info!(
            title = outline.title,
            version = outline.version,
            %profile,
            url,
            listen = %self.listen,
            admin = self.admin.map(tracing::field::display),
            issuer = issuer.url.as_ref().map(tracing::field::display),
            audience = issuer.audience.as_str(),
            embedded_issuer = self.has_embedded_issuer,
            "service started"
        );
    }

    /// A call with a token of the embedded issuer.
    fn write_next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(operation) = self.first_protected() else {
            return Ok(());
        };
        let program = std::env::args().next();
        let program = program.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
        let listen = match self.config.dev.listen.to_string().as_str() {
            "127.0.0.1:3001" => String::new(),
            other => format!("RESOURCE_SERVER_DEV__LISTEN={other} "),
        };
        let scope = match &operation.rule {
            Rule::Protected(requirement) if !requirement.scope().is_empty() => {
                requirement.scope().to_string()
            }
            _ => self.config.docs.scopes.to_string(),
        };
        let scope: String = scope
            .split_whitespace()
            .flat_map(|scope| [" --scope ", scope])
            .collect();
        writeln!(f, "\nIn another terminal:\n")?;
        writeln!(f, "  TOKEN=$({listen}{program} token{scope})")?;
        writeln!(
            f,
            "  curl -i -H \"Authorization: Bearer $TOKEN\" {}",
            self.url_of(operation)
        )
    }

    fn first_open(&self) -> Option<&OperationRule> {
        let mut rules = self.callable();
        rules.find(|it| matches!(it.rule, Rule::Anonymous))
    }

    fn first_protected(&self) -> Option<&OperationRule> {
        let mut rules = self.callable();
        rules.find(|it| matches!(it.rule, Rule::Protected(_)))
    }

    /// Those that a line of `curl` calls: without parameters in their paths.
    fn callable(&self) -> impl Iterator<Item = &OperationRule> {
        let rules = self.rules.iter();
        rules.filter(|it| it.method == Method::GET && !it.path.contains('{'))
    }

    fn url_of(&self, operation: &OperationRule) -> String {
        let (url, base_path) = (self.url, &self.outline.base_path);
        format!("{url}{base_path}{}", operation.path)
    }
}

const MIN_NAME_WIDTH: usize = 9;
/// A longer name moves its own address alone.
const MAX_NAME_WIDTH: usize = 16;
