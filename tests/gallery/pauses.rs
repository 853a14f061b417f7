//! APIs that ask for a pause.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use poem::endpoint::make;
use poem::http::StatusCode;
use poem::http::header::{AUTHORIZATION, RETRY_AFTER};
use poem::{Endpoint, EndpointExt, IntoResponse, Request};
use poem_resource_server::check::{Report, Tokens, Verdict};
use poem_resource_server::clock::{Clock, ManualClock};

use crate::apis;
use crate::parts::Api;
use crate::world::{World, good, token, wrong_in_one_thing};

/// A clock on which every pause is over at once.
#[derive(Debug, Clone, Default)]
struct Patience {
    clock: ManualClock,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl Clock for Patience {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn sleep_until(&self, deadline: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let pause = deadline.saturating_sub(self.monotonic());
        self.pauses.lock().unwrap().push(pause);
        self.clock.advance(pause);
        Box::pin(std::future::ready(()))
    }
}

/// A correct API that serves `calls` requests in each 7 seconds, and answers the others with a
/// status and a `Retry-After`.
fn limited(calls: u32, clock: &Patience, status: StatusCode, retry_after: &'static str) -> Api {
    let api = Arc::new(apis::right());
    let clock = clock.clone();
    let window = Arc::new(Mutex::new((0, 0)));
    make(move |request: Request| {
        let current = clock.monotonic().as_secs() / 7;
        let is_over = {
            let mut window = window.lock().unwrap();
            if window.0 != current {
                *window = (current, 0);
            }
            window.1 += 1;
            window.1 > calls
        };
        let api = api.clone();
        async move {
            if is_over {
                return status.with_header(RETRY_AFTER, retry_after).into_response();
            }
            api.get_response(request).await
        }
    })
    .map_to_response()
    .boxed()
}

async fn report_of(api: Api, clock: &Patience) -> Report {
    let world = World::start(api).await.with_clock(clock.clone());
    world.report().await
}

#[tokio::test]
async fn an_attempt_is_made_again_after_the_pause_that_the_api_asks_for() {
    for status in [
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::TOO_MANY_REQUESTS,
    ] {
        let clock = Patience::default();

        let report = report_of(limited(40, &clock, status, "7"), &clock).await;

        assert_eq!(report.verdict(), Verdict::Secure, "{status}: {report:#?}");
        let pauses = clock.pauses.lock().unwrap().clone();
        assert!(!pauses.is_empty() && pauses.iter().all(|it| it.as_secs() == 7));
    }
}

#[tokio::test]
async fn a_refusal_for_longer_than_ten_seconds_or_for_an_unknown_time_is_not_waited_for() {
    for retry_after in [
        "11",
        "3600",
        "",
        "-1",
        "soon",
        "Sun, 22 Nov 2026 12:00:00 GMT",
    ] {
        let clock = Patience::default();
        let api = limited(40, &clock, StatusCode::SERVICE_UNAVAILABLE, retry_after);

        let report = report_of(api, &clock).await;

        assert_eq!(report.verdict(), Verdict::Faulty, "{retry_after}");
        let mut faults = report.faults();
        assert!(faults.all(|(_, fault)| fault.check == "server_error"));
        assert!(clock.pauses.lock().unwrap().is_empty(), "{retry_after}");
    }
}

#[tokio::test]
async fn an_api_that_asks_for_a_pause_each_time_gets_ten_in_all() {
    let clock = Patience::default();
    let api = limited(0, &clock, StatusCode::TOO_MANY_REQUESTS, "10");

    let world = World::start(api).await.with_clock(clock.clone());
    let (planned, report) = world.planned_and_report().await;

    assert_eq!(report.verdict(), Verdict::Incomplete, "{report:#?}");
    assert!(report.requests() <= planned);
    let ten_seconds = Duration::from_secs(10);
    assert_eq!(*clock.pauses.lock().unwrap(), [ten_seconds; 10]);
}

/// How many requests with one token came for each path.
type Requests = Arc<Mutex<BTreeMap<String, usize>>>;

/// A correct API that asks for a pause of a second in its first answers to `token` at each path.
fn pausing(token: &str, answers: usize, requests: &Requests) -> Api {
    let api = Arc::new(apis::right());
    let bearer = format!("Bearer {token}");
    let requests = requests.clone();
    make(move |request: Request| {
        let credentials = request.headers().get(AUTHORIZATION);
        let asks = credentials.is_some_and(|it| it.as_bytes() == bearer.as_bytes()) && {
            let mut requests = requests.lock().unwrap();
            let path = request.uri().path().to_owned();
            let count = requests.entry(path).or_default();
            *count += 1;
            *count <= answers
        };
        let api = api.clone();
        async move {
            if asks {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return status.with_header(RETRY_AFTER, "1").into_response();
            }
            api.get_response(request).await
        }
    })
    .map_to_response()
    .boxed()
}

#[tokio::test]
async fn an_api_that_asks_for_a_pause_for_one_token_each_time_gets_two_for_each_attempt() {
    for (answers, requests_for_one, faults) in [(0, 1, 0), (2, 3, 0), (3, 3, 2), (1_000, 3, 2)] {
        let refused = wrong_in_one_thing().remove(0);
        let clock = Patience::default();
        let requests = Requests::default();
        let tokens = Tokens::default()
            .with_good(token(&good()))
            .with_refused(vec![refused.clone()]);
        let world = World::start(pausing(&refused, answers, &requests)).await;
        let world = world.with_clock(clock.clone()).with_tokens(tokens);

        let report = world.report().await;

        let found: Vec<_> = report.faults().map(|(_, fault)| fault.check).collect();
        assert_eq!(found, vec!["server_error"; faults], "{answers}");
        // Two paths need a token.
        let counts: Vec<_> = requests.lock().unwrap().values().copied().collect();
        assert_eq!(counts, [requests_for_one; 2], "{answers}");
        let pauses = clock.pauses.lock().unwrap().len();
        assert_eq!(pauses, 2 * (requests_for_one - 1), "{answers}");
    }
}
