//! The operations that poem-openapi's own service calls: it prepares what their parameters
//! read, and poem's router finds them.
//!
//! When poem 3.1.12 splits a node of its tree for a path inserted later, it loses the regular
//! expressions below the node, and poem-openapi inserts paths in random order. A path with a
//! regular expression therefore has a router of its own. It is tried where poem would try it:
//! after fixed text, and before a parameter.

use std::collections::HashMap;

use futures_util::FutureExt;
use http::{Method, Uri};
use poem::endpoint::{BoxEndpoint, DynEndpoint, make_sync};
use poem::{Endpoint, IntoEndpoint, Request, Response, Result, Route};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService};

use super::table::Table;

/// Operations behind poem-openapi's own service.
pub(super) struct Prepared {
    /// In poem's order.
    expressions: Vec<Expression>,
    others: BoxEndpoint<'static>,
}

/// A path with a regular expression.
struct Expression {
    own: Route,
    /// The paths without one that come before it.
    before: Route,
    endpoint: BoxEndpoint<'static>,
}

/// A part of a path, in the order in which poem tries them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Fixed,
    Expression(&'a str),
    Parameter,
    Rest,
}

impl Prepared {
    pub(super) fn new(table: Table) -> Self {
        let (with, without): (Table, Table) =
            (table.into_iter()).partition(|(path, _)| has_expression(path));
        let mut with: Vec<_> = with.into_iter().collect();
        with.sort_by(|(one, _), (other, _)| {
            (parts(one), one.as_str()).cmp(&(parts(other), other.as_str()))
        });
        let expressions = with.into_iter().map(|(path, methods)| {
            let paths = without.keys().map(String::as_str);
            Expression {
                own: probe([path.as_str()]),
                before: probe(paths.filter(|other| parts(other) < parts(&path))),
                endpoint: service(HashMap::from([(path, methods)])),
            }
        });
        Self {
            expressions: expressions.collect(),
            others: service(without),
        }
    }

    pub(super) async fn call(&self, request: Request) -> Result<Response> {
        let answers = |it: &&Expression| finds(&it.own, &request) && !finds(&it.before, &request);
        let found = self.expressions.iter().find(answers);
        let endpoint = found.map_or(&self.others, |it| &it.endpoint);
        DynEndpoint::call(&**endpoint, request).await
    }
}

/// Poem-openapi's service, whose document is never requested.
struct Undescribed(Table);

impl OpenApi for Undescribed {
    fn meta() -> Vec<MetaApi> {
        Vec::new()
    }

    fn register(_: &mut Registry) {}

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        table.extend(self.0);
    }
}

fn service(table: Table) -> BoxEndpoint<'static> {
    OpenApiService::new(Undescribed(table), "", "").into_endpoint()
}

/// A router that shows whether one of these paths is meant.
fn probe<'a>(paths: impl IntoIterator<Item = &'a str>) -> Route {
    let mut paths: Vec<_> = paths.into_iter().collect();
    paths.sort_unstable();
    paths.into_iter().fold(Route::new(), |route, path| {
        route.at(path, make_sync(|_| ()))
    })
}

fn finds(probe: &Route, request: &Request) -> bool {
    let uri: Uri = request.uri().clone();
    let answer = probe.call(Request::builder().uri(uri).finish());
    answer.now_or_never().is_some_and(|answer| answer.is_ok())
}

fn has_expression(path: &str) -> bool {
    path.contains('<')
}

/// As poem reads a path.
fn parts(path: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some(first) = rest.chars().next() {
        match first {
            '*' => {
                parts.push(Part::Rest);
                break;
            }
            ':' => {
                let end = rest.find(['/', '<', '*']).unwrap_or(rest.len());
                rest = &rest[end..];
                if !has_expression(rest.get(..1).unwrap_or_default()) {
                    parts.push(Part::Parameter);
                }
            }
            '<' => {
                let (expression, after) = rest.split_once('>').unwrap_or((rest, ""));
                parts.push(Part::Expression(expression));
                rest = after;
            }
            other => {
                parts.push(Part::Fixed);
                rest = &rest[other.len_utf8()..];
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_tried_in_the_order_of_poem() {
        let ordered = ["/a/b", "/a/<[0-9]+>", "/a/:b<[a-z]+>/c", "/a/:b", "/a/*b"];

        for pair in ordered.windows(2) {
            assert!(parts(pair[0]) < parts(pair[1]), "{pair:?}");
        }
    }
}
