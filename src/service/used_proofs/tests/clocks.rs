//! Replicas that share the used proofs, and whose clocks differ or are corrected.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use poem::Request;
use serde_json::json;

use super::redis_server::RedisServer;
use super::*;
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::guard::{Guard, Requirement};
use crate::issuer::ProofMaker;
use crate::token::{Audience, KeySet, Validation};
use crate::verifier::Verifier;

const ISSUER: &str = "https://id.example";
const URL: &str = "https://api.example/orders";
/// The default of `dpop.max_age`.
const MAX_AGE: u64 = 60;
const LAST_KNOWN: (&str, &str, &str) = ("test", "dpop.on_failure", "last_known");

/// A Redis server that forgets entries when the time of this clock has passed.
async fn redis(clock: &Arc<ManualClock>) -> RedisServer {
    let clock = clock.clone();
    let entries: Mutex<HashMap<String, Duration>> = Mutex::default();
    RedisServer::start(move |_, words| {
        let [_, name, _, _, _, millis] = words else {
            panic!("SET name value NX PX milliseconds: {words:?}");
        };
        let now = clock.monotonic();
        let lifetime = Duration::from_millis(millis.parse().unwrap());
        let mut entries = entries.lock().unwrap();
        match entries.get(name) {
            Some(end) if now <= *end => "$-1".to_owned(),
            _ => {
                entries.insert(name.clone(), now + lifetime);
                "+OK".to_owned()
            }
        }
    })
    .await
}

/// A replica with its own clock.
struct Replica {
    clock: Arc<ManualClock>,
    guard: Guard,
}

/// A caller with a bound token, and the issuer of the token.
struct Caller {
    key: ProofMaker,
    token: String,
    keys: Arc<KeySet>,
}

impl Caller {
    fn new() -> Self {
        let issuer = SigningKey::generate(SigningAlgorithm::Es256);
        let jwks = json!({ "keys": [issuer.public_jwk()] }).to_string();
        let key = ProofMaker::generate();
        let header = json!({ "alg": "ES256", "kid": issuer.kid() });
        let claims = json!({
            "iss": ISSUER, "aud": "api", "sub": "ada", "exp": u32::MAX,
            "cnf": { "jkt": key.thumbprint().to_string() },
        });
        Self {
            key,
            token: issuer.sign(&header, &claims),
            keys: Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set),
        }
    }

    /// A replica that accepts the token.
    fn replica(&self, proofs: &Proofs) -> Replica {
        let clock = Arc::new(ManualClock::new());
        let validation = Validation::new(ISSUER, Audience::parse("api").unwrap());
        let verifier = Verifier::new(Arc::new(self.keys.clone()), validation)
            .with_clock(clock.clone())
            .with_proofs(proofs.clone());
        let guard = Guard::new(verifier).with_public_url("https://api.example");
        Replica { clock, guard }
    }

    fn proof(&self, issued_at: u64) -> String {
        let proof = self.key.proof("GET", URL).for_token(&self.token);
        proof.claim("iat", issued_at).sign()
    }

    /// `admitted`, or the reason of the refusal.
    async fn offer(&self, replica: &Replica, proof: &str) -> &'static str {
        let request = Request::builder()
            .uri("/orders".parse().unwrap())
            .header("authorization", format!("DPoP {}", self.token))
            .header("dpop", proof)
            .finish();
        let required = Requirement::default();
        match replica.guard.admit(&request, &required).await {
            Ok(_) => "admitted",
            Err(rejection) => rejection.reason(),
        }
    }
}

impl Replica {
    fn set(&self, secs: u64) {
        let wall = std::time::UNIX_EPOCH + Duration::from_secs(secs);
        self.clock.set_wall(wall);
    }

    fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    }

    /// What the replica says to a proof with this `iat`, by the rules of RFC 9449 alone.
    fn expected(&self, issued_at: u64, is_used: &mut bool) -> &'static str {
        if self.now() > issued_at + MAX_AGE {
            "proof_expired"
        } else if issued_at > self.now() + MAX_AGE {
            "proof_issued_in_future"
        } else if std::mem::replace(is_used, true) {
            "proof_replayed"
        } else {
            "admitted"
        }
    }
}

/// Offers proofs whose `iat` is near each edge of the windows of both replicas to both, in this order,
/// until both refuse them for their age. `start` is the time of the first use.
async fn assert_each_is_accepted_once(
    caller: &Caller,
    replicas: [(&Replica, u64); 2],
    redis: &ManualClock,
    start: &mut u64,
) {
    let difference = replicas[0].1.max(replicas[1].1);
    let edges = BTreeSet::from([
        1_000 - MAX_AGE,
        1_000 + difference - MAX_AGE - 1,
        1_000 + difference - MAX_AGE,
        1_000,
        1_000 + MAX_AGE,
        1_000 + MAX_AGE + 1,
        1_000 + difference + MAX_AGE,
    ]);
    for edge in edges {
        let issued_at = *start + edge - 1_000;
        let proof = caller.proof(issued_at);
        let last = edge + MAX_AGE - 1_000;
        let times = [
            0,
            1,
            last.saturating_sub(difference),
            last.saturating_sub(1),
            last,
            last + 1,
        ];
        let (mut is_used, mut admitted, mut passed) = (false, 0, 0);
        for time in BTreeSet::from(times) {
            redis.advance(Duration::from_secs(time - passed));
            passed = time;
            for (replica, ahead) in replicas {
                replica.set(*start + time + ahead);
                let expected = replica.expected(issued_at, &mut is_used);

                let word = caller.offer(replica, &proof).await;

                assert_eq!(
                    word, expected,
                    "{ahead} of {difference} ahead, {edge}, {time}"
                );
                admitted += usize::from(word == "admitted");
            }
        }
        assert_eq!(admitted, 1, "{difference} ahead, {edge}");
        *start += 1_000;
    }
}

#[tokio::test]
async fn a_proof_is_accepted_once_by_replicas_whose_clocks_differ() {
    let caller = Caller::new();
    let elapsed = Arc::new(ManualClock::new());
    let redis = redis(&elapsed).await;
    let memory = config(&[]);
    for row in ["one memory", "Redis", "Redis, with last_known"] {
        let settings = match row {
            "Redis" => &[][..],
            _ => &[LAST_KNOWN],
        };
        let (_kept, proofs) = if row == "one memory" {
            let used = UsedProofs::start(&memory).unwrap();
            let proofs = used.proofs(&memory);
            ([used.clone(), used], [proofs.clone(), proofs])
        } else {
            let (one, first) = redis.used_proofs(settings);
            let (other, second) = redis.used_proofs(settings);
            ([one, other], [first, second])
        };
        let [right, ahead] = proofs.map(|proofs| caller.replica(&proofs));
        let mut start = right.now();
        for difference in 1..=60 {
            let both = [(&right, 0), (&ahead, difference)];
            assert_each_is_accepted_once(&caller, both, &elapsed, &mut start).await;
            let both = [(&ahead, difference), (&right, 0)];
            assert_each_is_accepted_once(&caller, both, &elapsed, &mut start).await;
        }
        if row != "one memory" {
            let both = [(&ahead, 120), (&right, 0)];
            assert_each_is_accepted_once(&caller, both, &elapsed, &mut start).await;
        }
    }
}

/// What two replicas say to a proof each second until it is too old for the second: the first, whose
/// clock is ahead, and is corrected after ten seconds, and the other, whose clock is right.
async fn words_around_a_correction(
    settings: &[(&'static str, &'static str, &str)],
    ahead: u64,
    issued_ahead: u64,
) -> [Vec<&'static str>; 2] {
    let caller = Caller::new();
    let elapsed = Arc::new(ManualClock::new());
    let redis = redis(&elapsed).await;
    let (_one, first) = redis.used_proofs(settings);
    let (_other, second) = redis.used_proofs(settings);
    let (first, second) = (caller.replica(&first), caller.replica(&second));
    let start = second.now();
    let proof = caller.proof(start + issued_ahead);
    let mut words = [Vec::new(), Vec::new()];
    for time in 0..=issued_ahead + MAX_AGE {
        first.set(start + time + if time < 10 { ahead } else { 0 });
        second.set(start + time);
        words[0].push(caller.offer(&first, &proof).await);
        words[1].push(caller.offer(&second, &proof).await);
        elapsed.advance(Duration::from_secs(1));
    }
    words
}

fn admissions(words: &[&str]) -> usize {
    words.iter().filter(|word| **word == "admitted").count()
}

#[tokio::test]
async fn a_proof_that_was_used_while_a_clock_was_ahead_is_refused_after_the_correction() {
    for (ahead, issued_ahead) in [
        (0, 0),
        (60, 0),
        (60, 120),
        (90, 30),
        (120, 60),
        (120, 180),
        (180, 180),
        (240, 180),
    ] {
        let [first, second] = words_around_a_correction(&[], ahead, issued_ahead).await;

        assert_eq!(first[0], "admitted", "{ahead}, {issued_ahead}");
        assert_eq!(admissions(&first), 1, "{ahead}, {issued_ahead}: {first:?}");
        assert_eq!(
            admissions(&second),
            0,
            "{ahead}, {issued_ahead}: {second:?}"
        );
        assert_eq!(first.last(), Some(&"proof_replayed"));
        assert_eq!(second.last(), Some(&"proof_replayed"));
    }
}

/// What does not hold: see "Wrong clocks" in docs/binding.md.
#[tokio::test]
async fn a_proof_for_a_later_time_than_redis_remembers_is_refused_by_the_memory_of_last_known_alone()
 {
    for issued_ahead in [181, 600, 3_600] {
        let ahead = issued_ahead + 30;

        let [first, second] = words_around_a_correction(&[], ahead, issued_ahead).await;
        let [known, _] = words_around_a_correction(&[LAST_KNOWN], ahead, issued_ahead).await;

        assert_eq!(first[0], "admitted", "{issued_ahead}");
        let admitted = admissions(&first) + admissions(&second);
        assert_eq!(admitted, 2, "{issued_ahead}");
        assert_eq!((known[0], admissions(&known)), ("admitted", 1));
    }
}
