//! One operation as the document describes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::Value;

use crate::guard::{Requirement, Rule};
use crate::token::Scope;

use super::challenge;
use super::schema::resolve;
use super::scheme;

/// An operation, read from the document and from nothing else.
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Value,
    /// Its id, or its method and path.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "the walk's"))]
    pub(crate) name: Cow<'a, str>,
    pub(crate) method: Method,
    pub(crate) path: &'a str,
    /// Who may call, by the document.
    pub(crate) rule: Rule,
    /// Schemes that take no bearer token, beside one that does. Without a token, they decide.
    pub(crate) other_schemes: Vec<&'a str>,
    path_item: &'a Value,
    described: &'a Value,
}

/// An operation that cannot be walked, and why.
pub(crate) struct Unreadable<'a> {
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "the walk's"))]
    pub(crate) name: Cow<'a, str>,
    /// Its method and path.
    #[cfg_attr(not(feature = "service"), expect(dead_code, reason = "the check's"))]
    pub(crate) place: String,
    pub(crate) why: String,
    /// Whether nothing is wrong: it takes no bearer token.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "the walk's"))]
    pub(crate) is_foreign: bool,
}

/// Why a rule cannot be read.
enum RuleFault {
    /// It takes no bearer token, but something else.
    Foreign(String),
    Broken(String),
}

impl<'a> Operation<'a> {
    /// Every operation, in the order of the document, read one by one.
    pub(crate) fn all(document: &'a Value) -> impl Iterator<Item = Result<Self, Unreadable<'a>>> {
        places(document).map(move |place| Self::read(document, place))
    }

    /// How many there are, without reading any.
    #[cfg_attr(not(feature = "service"), expect(dead_code, reason = "the check's"))]
    pub(crate) fn count(document: &'a Value) -> usize {
        places(document).count()
    }

    fn read(document: &'a Value, place: Place<'a>) -> Result<Self, Unreadable<'a>> {
        let Place {
            path,
            path_item,
            method,
            described,
        } = place;
        let name = described["operationId"].as_str();
        let name = name.map_or_else(|| format!("{method} {path}").into(), Cow::Borrowed);
        match rule(document, described) {
            Ok((rule, other_schemes)) => Ok(Self {
                document,
                name,
                method,
                path,
                rule,
                other_schemes,
                path_item,
                described,
            }),
            Err(fault_of_rule) => {
                let is_foreign = matches!(fault_of_rule, RuleFault::Foreign(_));
                let (RuleFault::Foreign(why) | RuleFault::Broken(why)) = fault_of_rule;
                Err(Unreadable {
                    name,
                    place: format!("{method} {path}"),
                    why,
                    is_foreign,
                })
            }
        }
    }

    /// The sets of scopes of which a caller needs one; empty if no scope is needed.
    pub(crate) fn scopes(&self) -> &[Scope] {
        match &self.rule {
            Rule::Anonymous => &[],
            Rule::Optional(requirement) | Rule::Protected(requirement) => requirement.scopes(),
        }
    }

    /// The security schemes that it accepts.
    #[cfg_attr(not(feature = "service"), expect(dead_code, reason = "the check's"))]
    pub(crate) fn security_schemes(&self) -> Vec<&'a Value> {
        let security = (self.described.get("security")).or_else(|| self.document.get("security"));
        let ways = security.and_then(Value::as_array).into_iter().flatten();
        let names = ways.filter_map(Value::as_object).flatten();
        let schemes = &self.document["components"]["securitySchemes"];
        let resolved = names.map(|(name, _)| resolve(self.document, &schemes[name]));
        resolved.take(MAX_LISTED).collect()
    }

    /// Its parameters and those of its path, at most [`MAX_LISTED`] of them.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'a Value> {
        let document = self.document;
        [self.described, self.path_item]
            .into_iter()
            .filter_map(|of| of["parameters"].as_array())
            .flatten()
            .take(MAX_LISTED)
            .map(move |parameter| resolve(document, parameter))
    }

    /// A path parameter that is not part of the path, so that no caller can send it.
    pub(crate) fn misplaced_parameter(&self) -> Option<&'a str> {
        let document = self.document;
        let of_it = [self.described, self.path_item].into_iter();
        let parameters = of_it.filter_map(|of| of["parameters"].as_array()).flatten();
        let parameters = parameters.take(MAX_LISTED);
        parameters
            .map(|parameter| resolve(document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .filter_map(|parameter| parameter["name"].as_str())
            .find(|name| !self.path.contains(&format!("{{{name}}}")))
    }

    /// Whether the document describes a 101, as a WebSocket does.
    pub(crate) fn requires_upgrade(&self) -> bool {
        let switching = StatusCode::SWITCHING_PROTOCOLS;
        answer(self.document, self.described, switching.as_str()).is_some()
    }

    /// The media types that a body may have; none if there is no body to send.
    pub(crate) fn body(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let body = resolve(self.document, &self.described["requestBody"]);
        let content = body["content"].as_object().into_iter().flatten();
        let content = content.take(MAX_LISTED);
        content.map(|(media_type, media)| (media_type.as_str(), media))
    }

    /// The description of a status: its own, that of its class (`4XX`) or the default.
    #[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "the walk's"))]
    pub(crate) fn answer(&self, status: StatusCode) -> Option<&'a Value> {
        let hundred = format!("{}XX", status.as_u16() / 100);
        answer(self.document, self.described, status.as_str())
            .or_else(|| answer(self.document, self.described, &hundred))
            .or_else(|| answer(self.document, self.described, "default"))
    }
}

/// The place of an operation in the document.
struct Place<'a> {
    path: &'a str,
    path_item: &'a Value,
    method: Method,
    described: &'a Value,
}

fn places(document: &Value) -> impl Iterator<Item = Place<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let path_item = resolve(document, item);
        let members = path_item.as_object().into_iter().flatten();
        members.filter_map(move |(method, described)| {
            let (_, method) = METHODS.iter().find(|known| known.0 == method)?;
            Some(Place {
                path,
                path_item,
                method: method.clone(),
                described,
            })
        })
    })
}

fn answer<'a>(document: &'a Value, described: &'a Value, status: &str) -> Option<&'a Value> {
    let answer = described["responses"].get(status)?;
    Some(resolve(document, answer))
}

/// The rule, and the schemes that take no bearer token.
fn rule<'a>(document: &'a Value, described: &'a Value) -> Result<(Rule, Vec<&'a str>), RuleFault> {
    let broken = |why| Err(RuleFault::Broken(why));
    let security = (described.get("security")).or_else(|| document.get("security"));
    let ways = security.and_then(Value::as_array);
    let ways = ways.map_or(&[][..], Vec::as_slice);
    if ways.len() > MAX_LISTED {
        return broken(format!("`security` has more than {MAX_LISTED} ways"));
    }
    let mut has_bearer = false;
    let mut others: Vec<&str> = Vec::new();
    let mut of_tokens = Vec::new();
    let mut by_way: BTreeMap<usize, Scope> = BTreeMap::new();
    let mut bytes = 0;
    let numbered = ways.iter().filter_map(Value::as_object).enumerate();
    let schemes = numbered.flat_map(|(way, schemes)| schemes.iter().map(move |it| (way, it)));
    for (way, (name, scopes)) in schemes {
        let scheme = resolve(document, &document["components"]["securitySchemes"][name]);
        match scheme["type"].as_str() {
            Some("oauth2" | "openIdConnect") => {
                // The schemes of one way are required together.
                let set = by_way.entry(way).or_default();
                let scopes = scopes.as_array().into_iter().flatten();
                for scope in scopes.filter_map(Value::as_str) {
                    bytes += scope.len() + 1;
                    if bytes > MAX_SCOPE_BYTES {
                        return broken(format!(
                            "its scopes have more than {MAX_SCOPE_BYTES} bytes"
                        ));
                    }
                    let scope = (scope.parse::<Scope>())
                        .map_err(|error| RuleFault::Broken(error.to_string()))?;
                    set.extend(scope.iter().cloned());
                }
            }
            Some("http") if scheme::is_for_tokens(scheme) => of_tokens.push(scheme),
            _ => {
                others.push(name);
                continue;
            }
        }
        has_bearer = true;
    }
    if let (false, Some(name)) = (has_bearer, others.first()) {
        let why = format!("`security` names `{name}`, no scheme of bearer tokens");
        return Err(RuleFault::Foreign(why));
    }
    let shown = shown_scope(document, described);
    // Several schemes may be ways to the same scopes.
    let mut sets: Vec<Scope> = Vec::new();
    for set in by_way.into_values() {
        if !sets.iter().any(|known| known.same_set(&set)) {
            sets.push(set);
        }
    }
    if let Some(shown) = shown {
        if sets.is_empty() {
            sets.push(shown);
        } else if !sets.iter().any(|set| set.same_set(&shown)) {
            let sets: Vec<_> = sets.iter().map(|set| format!("`{set}`")).collect();
            let sets = sets.join(" or ");
            let shown = format!("the example challenge of 403 `{shown}`");
            return broken(format!("`security` has the scopes {sets}, {shown}"));
        }
    }
    let requirement = Requirement::default().with_any_scope(sets);
    let requirement = requirement.with_binding(scheme::binding(&of_tokens));
    let is_empty = |way: &Value| *way == serde_json::json!({});
    let is_optional = ways.iter().any(is_empty) || !others.is_empty();
    let rule = match (has_bearer, is_optional) {
        (false, _) => Rule::Anonymous,
        (true, true) => Rule::Optional(requirement),
        (true, false) => Rule::Protected(requirement),
    };
    Ok((rule, others))
}

/// The scopes in the 403's example challenge; `http` schemes cannot list scopes.
fn shown_scope(document: &Value, described: &Value) -> Option<Scope> {
    let forbidden = answer(document, described, StatusCode::FORBIDDEN.as_str())?;
    let header = resolve(document, &forbidden["headers"]["WWW-Authenticate"]);
    let example = header["example"].as_str()?;
    if example.len() > MAX_SCOPE_BYTES {
        return None;
    }
    challenge::parse(example)
        .first()?
        .parameter("scope")?
        .parse()
        .ok()
}

#[rustfmt::skip] // Four in a line.
const METHODS: [(&str, Method); 8] = [
    ("get", Method::GET), ("put", Method::PUT), ("post", Method::POST), ("delete", Method::DELETE),
    ("options", Method::OPTIONS), ("head", Method::HEAD), ("patch", Method::PATCH), ("trace", Method::TRACE),
];

/// The maximum number of parameters, media types or security requirements of one operation.
const MAX_LISTED: usize = 1_000;
/// The maximum size of an operation's scopes; larger ones do not fit into a token in a header.
const MAX_SCOPE_BYTES: usize = 2 * 1024;
