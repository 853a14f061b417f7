//! All requests to one operation.

mod unbound;

use url::form_urlencoded;

use crate::description::operation::Operation;
use crate::guard::Rule;
use crate::token::Scope;

use super::attempt::{Attempt, Expected};
use super::bound;
use super::cross_origin;
use super::forge::CANARY;
use super::garbage::garbage;
use super::hostile::{Hostile, MADE_OF_GOOD};
use super::issued::Issued;
use super::issuers;
use super::paths;
use super::plain;
use super::report::Outcome;
use super::shortage;
use super::subject::Check;
use super::target::shown;
use super::verdict::MAY_BE_BOUND;

/// What the attempts at one operation are made from.
pub(super) struct Attempts<'a> {
    check: &'a Check,
    hostile: &'a Hostile,
    operation: &'a Operation<'a>,
    made: Vec<Attempt>,
    not_made: Vec<Outcome>,
}

impl<'a> Attempts<'a> {
    /// The attempts, and what cannot be tried. The good token comes first, because its answer
    /// decides what the others show. The request without credentials comes second.
    pub(super) fn all(
        check: &'a Check,
        hostile: &'a Hostile,
        operation: &'a Operation<'a>,
    ) -> (Vec<Attempt>, Vec<Outcome>) {
        let mut attempts = Self {
            check,
            hostile,
            operation,
            made: Vec::new(),
            not_made: Vec::new(),
        };
        let plain = plain::attempt(operation, &check.target, &check.values);
        let holder = || check.tokens.holder().cloned();
        match plain.map(|plain| plain.held_by(holder())) {
            Err(why) => attempts.leave_out("operation", why.to_owned()),
            Ok(plain) => match &operation.rule {
                Rule::Anonymous => attempts.open(&plain),
                Rule::Protected(_) => attempts.protected(&plain, true),
                Rule::Optional(_) => attempts.protected(&plain, false),
            },
        }
        (attempts.made, attempts.not_made)
    }

    fn open(&mut self, plain: &Attempt) {
        let attempt = plain.trying("open_operation", "no credentials", Expected::Open);
        self.made.push(attempt);
        for (name, value) in garbage() {
            let attempt = plain.trying("open_operation", name, Expected::Open);
            self.made.push(attempt.carrying(&value));
        }
        self.made.extend(cross_origin::open_attempts(plain));
    }

    fn protected(&mut self, plain: &Attempt, is_required: bool) {
        let sets = self.operation.scopes();
        let none = [Scope::none()];
        let alternatives = if sets.is_empty() { &none } else { sets };
        let check = self.check;
        let (refused, accepted): (Vec<_>, Vec<_>) =
            (self.issued().into_iter()).partition(|issued| self.leaves_out(issued));
        let first = accepted.first();
        let plain = &plain.for_tokens_of(first, &check.tokens);
        let good = first.and_then(|issued| issued.covering_one(alternatives));
        let (good, required) = match good {
            Some((good, set)) => (Some(good), set.clone()),
            None => (None, alternatives[0].clone()),
        };
        self.good(plain, good, &required);
        self.without_credentials(plain, is_required);
        if is_required {
            self.made.extend(paths::other_names(plain));
        }
        for (name, value) in garbage() {
            let attempt = plain.trying("garbage", name, Expected::Malformed);
            self.made.push(attempt.carrying(&value));
        }
        let hostile = self.hostile;
        for (check, name, token) in &hostile.given {
            let attempt = plain.with_token(check, name, token, Expected::Refused);
            self.made.push(attempt.derived());
        }
        for (check, why) in &hostile.not_given {
            self.leave_out(check, why.clone());
        }
        if let Some(token) = good {
            self.derived(plain, token, is_required, "");
        } else {
            let why = self.why_no_good(&required);
            for check in MADE_OF_GOOD {
                if is_required || check != "token_in_query" {
                    self.leave_out(check, why.clone());
                }
            }
        }
        if good.is_some_and(|it| check.tokens.may_be_bound(it)) {
            for check in bound::THEFTS {
                self.leave_out(check, MAY_BE_BOUND.to_owned());
            }
        } else if let Some((token, support)) = check.tokens.stolen(good)
            && let Some(holder) = &plain.holder
        {
            let thefts = bound::attempts(plain, holder, token, support);
            self.made.extend(thefts);
        }
        if self.requires_bound() {
            self.unbound(plain, alternatives);
        }
        if !sets.is_empty() {
            let lesser = first.and_then(|issued| issued.lacking(sets));
            self.lesser(plain, lesser, sets, "");
        }
        let attempts = cross_origin::protected_attempts(plain, good, &check.origins, is_required);
        self.made.extend(attempts);
        for issued in refused {
            let sent = format!("a good token of {}", self.name(&issued));
            let token = issued.first();
            let attempt = plain.for_tokens_of(Some(&issued), &check.tokens);
            let attempt =
                attempt.with_token("issuer_not_accepted", &sent, token, Expected::Refused);
            self.made.push(attempt.derived());
        }
        for issued in accepted.get(1..).unwrap_or_default() {
            self.further_issuer(plain, issued, alternatives, is_required);
        }
    }

    /// The attempts with the tokens of one more issuer. `sets` has the sets of scopes of which a
    /// token needs one.
    fn further_issuer(
        &mut self,
        plain: &Attempt,
        issued: &Issued<'a>,
        sets: &[Scope],
        is_required: bool,
    ) {
        // It was left out with the first issuer, for the same reason.
        if !self.operation.other_schemes.is_empty() {
            return;
        }
        let plain = &plain.for_tokens_of(Some(issued), &self.check.tokens);
        let name = self.name(issued);
        let end = format!(", of {name}");
        let Some((token, _)) = issued.covering_one(sets) else {
            let why = format!(
                "No token of {name} has the scope `{}`. Request it with --scope, once for each \
                 scope.",
                sets[0]
            );
            self.leave_out("good_token", why);
            return;
        };
        let sent = format!("a good token{end}");
        self.made
            .push(plain.with_token("good_token", &sent, token, Expected::Accepted));
        self.derived(plain, token, is_required, &end);
        if sets.iter().all(|set| !set.is_empty()) {
            self.lesser(plain, issued.lacking(sets), sets, &end);
        }
    }

    /// Whether the document says that the operation does not accept the tokens of this issuer.
    fn leaves_out(&self, issued: &Issued<'_>) -> bool {
        let document = self.check.target.document();
        let known = &self.check.issuers;
        issuers::is_left_out(known, &issued.issuer, document, self.operation)
    }

    fn name(&self, issued: &Issued<'_>) -> String {
        issuers::name(&self.check.issuers, &issued.issuer)
    }

    fn good(&mut self, plain: &Attempt, good: Option<&str>, required: &Scope) {
        match (good, self.operation.other_schemes.first()) {
            (Some(_), Some(other)) => {
                let why = format!(
                    "The operation also takes credentials of the scheme `{other}`, which the \
                     check does not have. Leave the operation out with --skip, and test it on \
                     its own."
                );
                self.leave_out("good_token", why);
            }
            (Some(token), None) => self.made.push(plain.with_token(
                "good_token",
                "a good token",
                token,
                Expected::Accepted,
            )),
            (None, _) => {
                let why = self.why_no_good(required);
                self.leave_out("good_token", why);
            }
        }
    }

    fn without_credentials(&mut self, plain: &Attempt, is_required: bool) {
        // Without a token, the other scheme decides.
        if !self.operation.other_schemes.is_empty() {
            return;
        }
        let expected = if is_required {
            Expected::Challenge
        } else {
            Expected::Open
        };
        let bare = plain.trying("no_credentials", "no credentials", expected.clone());
        let basic = plain.trying("no_credentials", "Basic credentials", expected);
        self.made.extend([bare, basic.carrying(BASIC)]);
    }

    /// The attempts that are made from a good token. `end` names its issuer in the report.
    fn derived(&mut self, plain: &Attempt, good: &str, is_required: bool, end: &str) {
        let scheme = plain.scheme_of(good);
        let other = format!("{scheme} {CANARY}");
        let bearer = format!("{scheme} {good}");
        for (name, fields) in [
            ("a good token, then another", [&bearer, &other]),
            ("another token, then a good one", [&other, &bearer]),
        ] {
            let sent = format!("{name}{end}");
            let mut attempt = plain.trying("two_headers", &sent, Expected::Malformed);
            for field in fields {
                attempt = attempt.carrying(field.as_bytes());
            }
            self.made.push(attempt.proving(good).derived());
        }
        if is_required {
            let sent = format!("access_token=..{end}");
            let in_query = plain.trying("token_in_query", &sent, Expected::Malformed);
            let encoded: String = form_urlencoded::byte_serialize(good.as_bytes()).collect();
            let mut in_query = in_query.hiding(good).hiding(&encoded);
            in_query
                .url
                .query_pairs_mut()
                .append_pair("access_token", good);
            self.made.push(in_query.derived());
        }
        let hostile = self.hostile.forgeries(good);
        for (check, why) in &hostile.missing {
            self.leave_out(check, (*why).to_owned());
        }
        for (check, name, token) in &hostile.tokens {
            let sent = format!("{name}{end}");
            let attempt = plain.with_token(check, &sent, token, Expected::Refused);
            self.made.push(attempt.derived());
        }
    }

    /// A token that the API accepts, and that has too few scopes.
    fn lesser(&mut self, plain: &Attempt, token: Option<&str>, required: &[Scope], end: &str) {
        let Some(token) = token else {
            let why = shortage::why_no_lesser(self.check).to_owned();
            self.leave_out("missing_scope", why);
            return;
        };
        let expected = Expected::Forbidden(required.to_vec());
        let sent = format!("a token without it{end}");
        let attempt = plain.with_token("missing_scope", &sent, token, expected);
        self.made.push(attempt.derived());
    }

    fn leave_out(&mut self, check: &'static str, why: String) {
        let outcome = Outcome::not_made(&shown(self.operation), check, why);
        self.not_made.push(outcome);
    }

    fn why_no_good(&self, required: &Scope) -> String {
        let issued = self.check.tokens.by_issuer();
        let is_left_out = !issued.is_empty() && issued.iter().all(|it| self.leaves_out(it));
        if !is_left_out && self.has_only_unbound() {
            return shortage::NO_BOUND.to_owned();
        }
        shortage::why_no_good(self.check, is_left_out, required)
    }
}

const BASIC: &[u8] = b"Basic Y2hlY2s6Y2hlY2s=";
