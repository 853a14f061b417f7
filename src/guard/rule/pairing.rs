//! Pairs each route of poem's table with its rule.
//!
//! Poem-openapi writes a path twice: `/users/{id}` into its metadata and `/users/:param0` into
//! the route table. A segment of any other form (`*rest`, `<regex>`) is the same in both, so the
//! second form follows from the first.

use std::collections::HashMap;

use http::Method;
use poem::Route;
use poem::endpoint::{BoxEndpoint, make_sync};

use super::{OperationRule, RuleError};

/// Poem-openapi's route table: methods by path.
pub(crate) type RouteTable = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// Puts each endpoint of the table behind the gate that `wrap` makes of its rule.
pub(in crate::guard) fn pair(
    routes: RouteTable,
    rules: &[OperationRule],
    wrap: impl Fn(BoxEndpoint<'static>, &OperationRule) -> BoxEndpoint<'static>,
) -> Result<RouteTable, RuleError> {
    let mut by_route: HashMap<(Method, String), &OperationRule> = HashMap::new();
    for rule in rules {
        let route = (rule.method.clone(), rule.route());
        if let Some(other) = by_route.insert(route, rule) {
            return Err(RuleError::SameRoute {
                first: other.name(),
                second: rule.name(),
            });
        }
    }
    let mut table = RouteTable::new();
    for (method, path, endpoint) in sorted(routes) {
        refuse_braces(&path)?;
        let Some(rule) = by_route.remove(&(method.clone(), path.clone())) else {
            return Err(RuleError::Hidden { method, path });
        };
        let methods = table.entry(path).or_default();
        methods.insert(method, wrap(endpoint, rule));
    }
    let without_route = |rule: &&OperationRule| {
        let methods = table.get(&rule.route());
        !methods.is_some_and(|methods| methods.contains_key(&rule.method))
    };
    if let Some(rule) = rules.iter().find(without_route) {
        return Err(RuleError::NoRoute {
            operation: rule.name(),
        });
    }
    refuse_unroutable(&table)?;
    Ok(table)
}

/// In an order that does not change, so that of several faults the same one is reported.
fn sorted(routes: RouteTable) -> Vec<(Method, String, BoxEndpoint<'static>)> {
    let mut all: Vec<_> = routes
        .into_iter()
        .flat_map(|(path, methods)| {
            (methods.into_iter()).map(move |(method, endpoint)| (method, path.clone(), endpoint))
        })
        .collect();
    all.sort_by(|one, other| (&one.1, one.0.as_str()).cmp(&(&other.1, other.0.as_str())));
    all
}

/// In the metadata they cannot be distinguished from a parameter.
fn refuse_braces(path: &str) -> Result<(), RuleError> {
    match path.split('/').find(|segment| segment.starts_with('{')) {
        Some(segment) => Err(RuleError::Braces {
            path: path.to_owned(),
            segment: segment.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Poem would panic on them when the API is mounted.
fn refuse_unroutable(table: &RouteTable) -> Result<(), RuleError> {
    let mut paths: Vec<_> = table.keys().collect();
    paths.sort();
    let mut routes = Route::new();
    for path in paths {
        routes =
            routes
                .try_at(path, make_sync(|_| ()))
                .map_err(|error| RuleError::UnroutablePath {
                    path: path.clone(),
                    fault: error.to_string(),
                })?;
    }
    Ok(())
}
