//! A parameter of the request that must equal a claim.
//!
//! The value is the one that the handler receives: decoded once, and not normalized in any other
//! way. Where the handler and this module could read different values, the call is refused.
//!
//! 1. A path parameter is the one that poem decoded for the handler.
//! 2. A query parameter is sent exactly once, whatever the case of its name, and with exactly this
//!    name. Poem-openapi takes the first of several, and compares names without regard to case
//!    where the code says so.
//! 3. A parameter that poem-openapi splits at commas has no comma and no space around it.
//! 4. The claim is a string, a number or a boolean, and not empty. Numbers and booleans are
//!    compared as JSON writes them.

use poem::{PathPattern, Request};
use serde_json::Value;
use url::form_urlencoded;

use crate::token::{Claims, Memo, MemoId, unescaped};

/// A claim by its path. Its place in a remembered token is found once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LocatedClaim {
    pub(super) path: String,
    id: MemoId,
}

impl LocatedClaim {
    pub(super) fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            id: MemoId::new(),
        }
    }

    /// The claim's JSON as it was sent.
    pub(super) fn json<'c>(&self, claims: &'c Claims, memo: &Memo) -> Option<&'c str> {
        let place = match memo.recall(self.id) {
            Some(ABSENT) => return None,
            Some(kept) => (kept >> 16) as usize..(kept & 0xffff) as usize,
            None => {
                let place = claims.locate(&self.path);
                match &place {
                    None => memo.keep(self.id, ABSENT),
                    Some(place) => {
                        if let (Ok(start), Ok(end)) =
                            (u16::try_from(place.start), u16::try_from(place.end))
                        {
                            memo.keep(self.id, u32::from(start) << 16 | u32::from(end));
                        }
                    }
                }
                place?
            }
        };
        claims.json_at(place)
    }
}

/// No value begins and ends at 0, because an object begins there.
const ABSENT: u32 = 0;

/// A parameter and the claim that it must equal.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::guard) struct Owner {
    parameter: String,
    claim: LocatedClaim,
    /// Where the operation reads the parameter. Empty for an endpoint outside of poem-openapi.
    places: Vec<Place>,
}

/// Where a parameter is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// In the path, by its name in poem's route table.
    Path(String),
    /// In the query.
    Query {
        /// Whether poem-openapi splits the value at commas.
        is_split: bool,
    },
}

impl Owner {
    pub(super) fn new(parameter: impl Into<String>, claim: impl Into<String>) -> Self {
        Self {
            parameter: parameter.into(),
            claim: LocatedClaim::new(claim),
            places: Vec::new(),
        }
    }

    pub(in crate::guard) fn parameter(&self) -> &str {
        &self.parameter
    }

    pub(in crate::guard) fn claim(&self) -> &str {
        &self.claim.path
    }

    pub(super) fn set_places(&mut self, places: Vec<Place>) {
        self.places = places;
    }

    /// Whether the request is for what belongs to the caller.
    pub(super) fn is_met(&self, claims: &Claims, memo: &Memo, request: &Request) -> bool {
        let Some(json) = self.claim.json(claims, memo) else {
            return false;
        };
        let is_equal = |place: &Place| match place {
            Place::Path(name) => {
                let value = request.raw_path_param(name);
                value.is_some_and(|value| is_written_as(json, value))
            }
            Place::Query { is_split } => self.query_equals(request, *is_split, json),
        };
        if self.places.is_empty() {
            return is_equal(&self.place_of_route(request));
        }
        self.places.iter().all(is_equal)
    }

    /// Outside of poem-openapi: in the path if the route names the parameter, or else in the query.
    fn place_of_route(&self, request: &Request) -> Place {
        let pattern = request.data::<PathPattern>();
        let is_named = |segment: &str| {
            let name = segment.strip_prefix([':', '*']);
            name.and_then(|name| name.split('<').next()) == Some(&self.parameter)
        };
        if request.raw_path_param(&self.parameter).is_some()
            || pattern.is_some_and(|pattern| pattern.0.split('/').any(is_named))
        {
            return Place::Path(self.parameter.clone());
        }
        Place::Query { is_split: false }
    }

    fn query_equals(&self, request: &Request, is_split: bool, json: &str) -> bool {
        let query = request.uri().query().unwrap_or_default();
        let mut values = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name.eq_ignore_ascii_case(&self.parameter));
        let (Some((name, value)), None) = (values.next(), values.next()) else {
            return false;
        };
        let is_changed = is_split && (value.contains(',') || value.trim() != value);
        name == self.parameter && !is_changed && is_written_as(json, &value)
    }
}

/// Whether the value of a claim is this string, or JSON writes it so.
fn is_written_as(json: &str, text: &str) -> bool {
    if text.is_empty() {
        return false;
    }
    if json.starts_with('"') {
        return unescaped(json).is_some_and(|value| value == text);
    }
    match serde_json::from_str(json) {
        Ok(Value::Number(number)) => number.to_string() == text,
        Ok(Value::Bool(flag)) => flag.to_string() == text,
        _ => false,
    }
}
