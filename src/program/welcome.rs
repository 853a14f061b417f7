//! The first output of `serve`: the addresses of the service, and the next command to type. With
//! JSON logs, it is one line of the log instead.

use std::fmt;

use http::Method;

use crate::guard::{OperationRule, Rule};
use crate::service::application::Outline;
use crate::service::config::{Config, Listen};
use crate::service::rules_by_issuer;
use crate::token::{Scope, Validation};

/// The addresses of a service that starts to serve.
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
        for operation in self.shown() {
            let Some(id) = operation.operation_id else {
                continue;
            };
            let url = self.url_of(operation);
            rows.push((id, format!("{url}  {}", access(operation))));
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
        rows.extend(self.issuers());
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
    /// The addresses as one line of the log, because a log in JSON has no other lines.
    pub(crate) fn log(&self) {
        let Self { outline, url, .. } = self;
        let profile = &self.config.profile;
        let issuers = rules_by_issuer(self.config).unwrap_or_default();
        let names: Vec<_> = issuers.iter().map(|(name, _)| *name).collect();
        tracing::info!(
            title = outline.title,
            version = outline.version,
            %profile,
            url,
            listen = %self.listen,
            admin = self.admin.map(tracing::field::display),
            issuer = issuers.first().map(|(_, rules)| rules.issuer()),
            audience = issuers.first().map(|(_, rules)| rules.audiences().collect::<Vec<_>>().join(",")),
            issuers = (issuers.len() > 1).then(|| names.join(",")),
            embedded_issuer = self.has_embedded_issuer,
            "service started"
        );
    }

    /// The issuer and its audience, or a row for each of several issuers.
    fn issuers(&self) -> Vec<(&'static str, String)> {
        let note = if self.has_embedded_issuer {
            " (embedded)"
        } else {
            ""
        };
        let issuers = rules_by_issuer(self.config).unwrap_or_default();
        let audiences = |rules: &Validation| rules.audiences().collect::<Vec<_>>().join(", ");
        match &*issuers {
            [(_, only)] => vec![
                ("issuer", format!("{}{note}", only.issuer())),
                ("audience", audiences(only)),
            ],
            several => {
                let shown = several.iter().take(MAX_ISSUERS_SHOWN).map(|(name, rules)| {
                    let (issuer, audiences) = (rules.issuer(), audiences(rules));
                    ("issuer", format!("{name}: {issuer}{note} for {audiences}"))
                });
                let more = several.len().saturating_sub(MAX_ISSUERS_SHOWN);
                let more = (more > 0).then(|| ("issuer", format!("and {more} more")));
                shown.chain(more).collect()
            }
        }
    }

    /// A call with a token of the embedded issuer.
    fn write_next(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut protected = self.callable().filter(|it| required_scope(it).is_some());
        let Some(operation) = protected.next() else {
            return Ok(());
        };
        let program = std::env::args().next();
        let program = program.unwrap_or_else(|| env!("CARGO_PKG_NAME").to_owned());
        let listen = match self.config.dev.listen.to_string().as_str() {
            "127.0.0.1:3001" => String::new(),
            other => format!("RESOURCE_SERVER_DEV__LISTEN={other} "),
        };
        let scope = match required_scope(operation) {
            Some(scope) if !scope.is_empty() => scope.to_string(),
            // The embedded issuer grants no token without a scope.
            _ => self.config.docs.scopes.to_string(),
        };
        let scope: String = scope
            .split_whitespace()
            .flat_map(|scope| [" --scope ", scope])
            .collect();
        let socket = match self.listen {
            Listen::Unix(path) => format!(" --unix-socket {}", path.display()),
            Listen::Address(_) => String::new(),
        };
        let authority = match &self.config.http.tls {
            Some(tls) => format!(" --cacert {}", tls.cert.display()),
            None => String::new(),
        };
        writeln!(f, "\nIn another terminal:\n")?;
        writeln!(f, "  TOKEN=$({listen}{program} token{scope})")?;
        writeln!(
            f,
            "  curl -i{socket}{authority} -H \"Authorization: Bearer $TOKEN\" {}",
            self.url_of(operation)
        )?;
        let Some(other) = self.config.dev.issuers.first() else {
            return Ok(());
        };
        let all = self.config.dev.issuers.join(",");
        let listen = format!("{listen}RESOURCE_SERVER_DEV__ISSUERS={all} ");
        writeln!(f, "\nWith a token of the issuer {other}:\n")?;
        writeln!(
            f,
            "  TOKEN=$({listen}{program} token --issuer-name {other}{scope})"
        )
    }

    /// The first operation that needs no token and the first that needs one, or else the first
    /// two of the same kind.
    fn shown(&self) -> Vec<&OperationRule> {
        let is_open = |it: &&OperationRule| matches!(it.rule, Rule::Anonymous);
        let open = self.callable().find(is_open);
        let protected = self.callable().find(|it| !is_open(it));
        match (open, protected) {
            (Some(open), Some(protected)) => vec![open, protected],
            _ => self.callable().take(2).collect(),
        }
    }

    /// The operations that one line of `curl` calls: GET, without parameters in the path.
    fn callable(&self) -> impl Iterator<Item = &OperationRule> {
        let rules = self.rules.iter();
        rules.filter(|it| it.method == Method::GET && !it.path.contains('{'))
    }

    fn url_of(&self, operation: &OperationRule) -> String {
        let (url, base_path) = (self.url, &self.outline.base_path);
        format!("{url}{base_path}{}", operation.path)
    }
}

/// The scopes that a token needs for a protected operation. `None` if it is not protected, or if it
/// requires claims that the embedded issuer does not issue.
fn required_scope(operation: &OperationRule) -> Option<&Scope> {
    match &operation.rule {
        Rule::Protected(requirement) if requirement.is_of_scopes_alone() => {
            Some(requirement.least_scope())
        }
        _ => None,
    }
}

/// Who may call an operation.
fn access(operation: &OperationRule) -> String {
    let other = !operation.other_schemes.is_empty();
    match &operation.rule {
        Rule::Anonymous if other => "(other credentials)".to_owned(),
        Rule::Anonymous => "(no token needed)".to_owned(),
        Rule::Optional(_) => "(token optional)".to_owned(),
        Rule::Protected(requirement) if requirement.scopes().is_empty() => "(token)".to_owned(),
        Rule::Protected(requirement) => {
            let sets: Vec<_> = requirement.scopes().iter().map(Scope::to_string).collect();
            format!("(token with {})", sets.join(", or "))
        }
    }
}

/// `config` shows all of them.
const MAX_ISSUERS_SHOWN: usize = 10;
const MIN_NAME_WIDTH: usize = 9;
/// A longer name moves only its own address.
const MAX_NAME_WIDTH: usize = 16;

#[cfg(test)]
mod tests;
