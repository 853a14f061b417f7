//! Opaque tokens at operations that accept bound tokens only: whether one is bound has to be known.

use std::collections::BTreeSet;

use poem::EndpointExt;
use poem_resource_server::check::{OpaqueBinding, OpaqueToken, Tokens};
use poem_resource_server::issuer::ProofMaker;

use crate::apis::{self, opaque};
use crate::bound::{THEFTS, made};
use crate::unbound::{report, why_not};
use crate::world::{AUDIENCE, ISSUER};

use super::found;

fn known(binding: OpaqueBinding) -> OpaqueToken {
    OpaqueToken {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        scope: "reports:read".parse().ok(),
        binding,
    }
}

/// The key of a holder, a token that is bound to it, and one that is not bound.
fn tokens_of(test: &str) -> (ProofMaker, String, String) {
    let holder = ProofMaker::generate();
    let thumbprint = holder.thumbprint().to_string();
    let bound = opaque::bound_token(opaque::GOOD, &format!("{test}-bound"), &thumbprint);
    let unbound = opaque::token(opaque::GOOD, &format!("{test}-unbound"));
    (holder, bound, unbound)
}

#[tokio::test]
#[rustfmt::skip] // A row a line.
async fn an_opaque_token_counts_as_unbound_only_if_that_is_known() {
    use OpaqueBinding::{Bound, Unknown};

    let (holder, bound, unbound) = tokens_of("known");
    let holder = || Tokens::default().with_holder(holder.clone());
    let good = || holder().with_granted(bound.clone(), known(Bound));
    let granted = good().with_unbound(unbound.clone(), known(Unknown));
    let declared = good().with_declared("unbound_token", unbound.clone()).unwrap();
    let unknown = |token: &str| holder().with_granted(token.to_owned(), known(Unknown));
    for (row, skipped, tokens, tried, expected) in [
        ("granted without a proof", "", granted.clone(), 4, None),
        ("the same, to a faulty API", "binding", granted, 4, Some("unbound_token")),
        ("declared", "", declared.clone(), 4, None),
        ("the same, to a faulty API", "binding", declared, 4, Some("unbound_token")),
        ("only a bound one", "", good(), 0, None),
        ("one that turns out to be bound", "", unknown(&bound), 0, None),
        ("one that may be bound to another key", "", unknown(&unbound), 0, None),
        ("one that a faulty API serves as a bearer token", "binding", unknown(&unbound), 4, Some("unbound_token")),
    ] {
        let report = report(apis::requires_bound(skipped), tokens).await;

        let expected: BTreeSet<_> = expected.map(str::to_owned).into_iter().collect();
        assert_eq!(found(&report), expected, "{row}: {report:#?}");
        assert_eq!(made(&report, "unbound_token"), tried, "{row}");
        assert_eq!(why_not(&report).is_empty(), tried > 0, "{row}");
    }
}

#[tokio::test]
async fn a_bound_token_is_recognized_by_an_api_that_does_not_ask_for_proofs_too() {
    let (holder, bound, _) = tokens_of("asked");
    let tokens = Tokens::default().with_holder(holder);
    let tokens = tokens.with_granted(bound, known(OpaqueBinding::Unknown));
    let api = apis::requires_bound("")
        .map_to_response()
        .after(async |answer| {
            let mut response = answer?;
            let fields = response.headers().get_all("www-authenticate").iter();
            let mut bearer = fields.filter(|it| it.as_bytes().starts_with(b"Bearer"));
            let bearer = bearer.next().cloned();
            response.headers_mut().remove("www-authenticate");
            if let Some(bearer) = bearer {
                response.headers_mut().insert("www-authenticate", bearer);
            }
            Ok(response)
        });

    let report = report(api.boxed(), tokens).await;

    assert_eq!(
        found(&report),
        ["no_challenge".to_owned()].into(),
        "{report:#?}"
    );
    assert_eq!(made(&report, "unbound_token"), 0);
    assert!(
        THEFTS
            .iter()
            .chain(&["good_token"])
            .all(|it| made(&report, it) >= 2)
    );
}
