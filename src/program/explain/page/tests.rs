#![allow(clippy::unwrap_used)] // A test may panic.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::{Audience, KeySet, Validation};
use crate::verifier::{Denial, DenialSource, Denylist, TrustedIssuer, TrustedIssuers, Verifier};

const ISSUER: &str = "https://id.example";

struct World {
    key: SigningKey,
    clock: ManualClock,
    denylist: Arc<Denylist>,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new();
        Self {
            key: SigningKey::generate_with_kid(SigningAlgorithm::Es256, "ours"),
            denylist: Arc::new(Denylist::new(10, Arc::new(clock.clone()))),
            clock,
        }
    }

    fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap_or(Duration::ZERO).as_secs()
    }

    /// The page on a token with one claim changed.
    async fn page(&self, claim: &str, value: Value, operations: &[MayCall]) -> String {
        let jwks = json!({ "keys": [self.key.public_jwk()] }).to_string();
        let keys = KeySet::parse(jwks.as_bytes()).unwrap().key_set;
        let audience = Audience::parse("api://default").unwrap();
        let verifier = Verifier::new(Arc::new(Arc::new(keys)), Validation::new(ISSUER, audience))
            .with_clock(Arc::new(self.clock.clone()))
            .with_denylist(self.denylist.clone());
        let mut claims = json!({
            "iss": ISSUER, "aud": "api://default", "sub": "ada", "exp": self.now() + 300,
        });
        claims[claim] = value;
        let header = json!({ "alg": "ES256", "kid": "ours" });
        let explanation = verifier.explain(&self.key.sign(&header, &claims)).await;
        let trusted = [("default".to_owned(), ISSUER.to_owned())];
        let text = text(&explanation, &trusted, operations, &[]);
        anstream::adapter::strip_str(&text).to_string()
    }
}

fn operations(lacks: &[&str]) -> [MayCall; 3] {
    let row = |operation: &str, is_open, reads_token, lacks: &[&str]| MayCall {
        operation: operation.to_owned(),
        is_open,
        reads_token,
        lacks: lacks.iter().map(ToString::to_string).collect(),
        undecided: Vec::new(),
    };
    [
        row("hello", true, false, &[]),
        row("news", true, true, &[]),
        row("whoami", false, true, lacks),
    ]
}

#[tokio::test]
async fn the_page_of_an_accepted_token_ends_with_what_it_may_call() {
    let world = World::new();

    let page = world
        .page("sub", json!("ada"), &operations(&["`AccessAll`"]))
        .await;

    assert!(
        page.starts_with("Accepted: the token keeps every rule.\n"),
        "{page}"
    );
    let end = "\nMay call\n\n  \
        hello   yes, with or without a token\n  \
        news    yes\n  \
        whoami  no, lacks `AccessAll`\n";
    assert!(page.ends_with(end), "{page}");
    assert!(!page.contains("FAILED"), "{page}");
}

#[tokio::test]
async fn an_operation_with_an_owner_or_a_check_depends_on_the_request() {
    let world = World::new();
    let mut operations = operations(&[]);
    operations[2].undecided = vec!["the parameter `tenant`".into(), "the check `open`".into()];

    let page = world.page("sub", json!("ada"), &operations).await;

    let end = "  whoami  yes, depends on the request: the parameter `tenant`, the check `open`\n";
    assert!(page.ends_with(end), "{page}");
}

#[tokio::test]
async fn the_page_of_a_refused_token_begins_with_the_most_likely_mistake() {
    let world = World::new();

    let page = world
        .page("exp", json!(world.now() - 3_780), &operations(&[]))
        .await;

    let start = "Refused: The token has expired.\n\n  \
        reason  expired\n  \
        found   1 h 3 min ago, at ";
    assert!(page.starts_with(start), "{page}");
    assert!(
        page.contains("\n  FAILED      expires       1 h 3 min ago, at "),
        "{page}"
    );
    let end = "  whoami  no, the token is refused\n";
    assert!(page.ends_with(end), "{page}");
    assert!(page.lines().all(|line| line.trim_end() == line), "{page}");
}

#[tokio::test]
async fn a_denied_token_is_refused() {
    let world = World::new();
    let list = json!([{ "sub": "ada", "exp": world.now() + 600 }]).to_string();
    let denials = Denial::parse_list(list.as_bytes()).unwrap();
    world.denylist.replace(DenialSource::File, denials).unwrap();

    let denied = world.page("sub", json!("ada"), &operations(&[])).await;
    let other = world.page("sub", json!("bob"), &operations(&[])).await;

    assert!(denied.contains("  reason  revoked\n"), "{denied}");
    assert!(
        denied.contains("  FAILED      denylist      1 denial is known\n"),
        "{denied}"
    );
    assert!(other.starts_with("Accepted:"), "{other}");
}

#[tokio::test]
async fn a_token_that_may_call_no_protected_operation_is_accepted_with_a_reservation() {
    let world = World::new();
    let [hello, _, whoami] = operations(&["`AccessAll`"]);

    let page = world.page("sub", json!("ada"), &[whoami]).await;
    let open = world.page("sub", json!("ada"), &[hello]).await;

    assert!(page.starts_with("Accepted, but it lacks what"), "{page}");
    assert!(open.starts_with("Accepted: "), "{open}");
}

const PARTNERS: &str = "https://partners.example";

/// The page on a token of this issuer, where two issuers are trusted, without their keys.
async fn page_of_two(issuer: &str) -> String {
    let world = World::new();
    let issuers = TrustedIssuers::default();
    let none = KeySet::parse(br#"{"keys": []}"#).unwrap().key_set;
    let none: Arc<Arc<KeySet>> = Arc::new(Arc::new(none));
    for (name, identifier) in [("default", ISSUER), ("partners", PARTNERS)] {
        let rules = Validation::new(identifier, Audience::parse("api://default").unwrap());
        let trusted = TrustedIssuer::new(name, none.clone(), rules);
        issuers.add(trusted).unwrap();
    }
    let verifier = Verifier::for_issuers(Arc::new(issuers));
    let verifier = verifier.with_clock(Arc::new(world.clock.clone()));
    let claims = json!({
        "iss": issuer, "aud": "api://default", "sub": "ada", "exp": world.now() + 300,
    });
    let header = json!({ "alg": "ES256", "kid": "ours" });
    let explanation = verifier.explain(&world.key.sign(&header, &claims)).await;
    let trusted = [("default", ISSUER), ("partners", PARTNERS)];
    let trusted = trusted.map(|(name, it)| (name.to_owned(), it.to_owned()));
    let text = text(&explanation, &trusted, &operations(&[]), &[]);
    anstream::adapter::strip_str(&text).to_string()
}

#[tokio::test]
async fn the_page_names_the_issuer_that_judged_the_token() {
    let world = World::new();

    let only = world.page("sub", json!("ada"), &operations(&[])).await;
    let partners = page_of_two(PARTNERS).await;

    let start = "Accepted: the token keeps every rule.\n\n  issuer  default (https://id.example)\n";
    assert!(only.starts_with(start), "{only}");
    assert!(
        partners.contains("\n  issuer  partners (https://partners.example)\n"),
        "{partners}"
    );
}

#[tokio::test]
async fn the_page_of_a_token_of_an_unknown_issuer_lists_the_trusted_ones() {
    let page = page_of_two("https://other.example").await;

    let start = "Refused: The token is from an issuer that is not trusted.\n\n  \
        reason  unknown_issuer\n  \
        found   \"https://other.example\"\n  \
        wanted  default (https://id.example)\n  \
        or      partners (https://partners.example)\n";
    assert!(page.starts_with(start), "{page}");
    assert!(!page.contains("  issuer  default"), "{page}");
}

#[tokio::test]
async fn the_fix_names_the_keys_of_the_issuer_that_judged_the_token() {
    let fix = |page: &str| {
        let (_, fix) = page.split_once("\n  fix     ").unwrap();
        let (fix, _) = fix.split_once("\n\n").unwrap();
        let lines: Vec<&str> = fix
            .lines()
            .take_while(|line| !line.starts_with("  issuer"))
            .map(str::trim)
            .collect();
        lines.join(" ")
    };

    let default = page_of_two(ISSUER).await;
    let partners = page_of_two(PARTNERS).await;
    let unknown = page_of_two("https://other.example").await;

    assert_eq!(
        fix(&default),
        "Compare the token's `iss` with `issuer.url`. The service knows a new key after \
         `issuer.cooldown` at the latest."
    );
    assert_eq!(
        fix(&partners),
        "Compare the token's `iss` with `issuers.partners.url`. The service knows a new key after \
         `issuer.cooldown` at the latest."
    );
    assert_eq!(
        fix(&unknown),
        "Set `issuer.url` or `issuers.<name>.url` to exactly the token's `iss`, if you trust it."
    );
}
