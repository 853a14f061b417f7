//! Sends attempts, with a new proof for each request with a bound token.
//!
//! An API may limit how often tokens are presented to it, and ask for a pause with `Retry-After`
//! (RFC 9110 section 10.2.3). Such an answer shows nothing, so the attempt is sent again later.

use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::clock::Clock;
use crate::description::challenge::challenges;

use super::answer::Answer;
use super::attempt::Attempt;
use super::caller::{Caller, CallerError};

pub(super) struct Sender<'a> {
    caller: &'a Caller,
    clock: &'a dyn Clock,
    requests: usize,
    pauses: usize,
    /// The nonce that the API requires in proofs.
    nonce: Option<String>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(caller: &'a Caller, clock: &'a dyn Clock) -> Self {
        Self {
            caller,
            clock,
            requests: 0,
            pauses: 0,
            nonce: None,
        }
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }

    /// The answer to an attempt. If the API asks for a pause, the attempt is sent again after it.
    pub(super) async fn send(&mut self, attempt: &Attempt) -> Result<Answer, CallerError> {
        let mut answer = self.exchange(attempt).await?;
        for _ in 0..MAX_PAUSES_FOR_ONE {
            let Some(pause) = requested_pause(&answer) else {
                break;
            };
            if self.pauses == MAX_PAUSES {
                break;
            }
            self.pauses += 1;
            let until = self.clock.monotonic() + pause;
            self.clock.sleep_until(until).await;
            answer = self.exchange(attempt).await?;
        }
        Ok(answer)
    }

    /// Sends an attempt and reads the answer. If the API requires a nonce, the attempt is sent again
    /// with it. A replay is sent once more with the same proof, if the API did not refuse it.
    async fn exchange(&mut self, attempt: &Attempt) -> Result<Answer, CallerError> {
        let Some(presented) = &attempt.presented else {
            return self.send_with(attempt, None).await;
        };
        let nonce = self.nonce.as_deref().filter(|_| presented.follows_nonces());
        let mut proof = presented.proof(&attempt.method, &attempt.url, nonce);
        let mut answer = self.send_with(attempt, Some(&proof)).await?;
        if presented.follows_nonces()
            && let Some(nonce) = required_nonce(&answer)
        {
            proof = presented.proof(&attempt.method, &attempt.url, Some(&nonce));
            self.nonce = Some(nonce);
            answer = self.send_with(attempt, Some(&proof)).await?;
        }
        if presented.is_replay() && answer.status != StatusCode::UNAUTHORIZED {
            answer = self.send_with(attempt, Some(&proof)).await?;
        }
        Ok(answer)
    }

    async fn send_with(
        &mut self,
        attempt: &Attempt,
        proof: Option<&str>,
    ) -> Result<Answer, CallerError> {
        self.requests += 1;
        let mut headers = attempt.headers.clone();
        if let Some(proof) = proof.and_then(|proof| HeaderValue::try_from(proof).ok()) {
            headers.insert(DPOP, proof);
        }
        let (method, url) = (attempt.method.clone(), attempt.url.clone());
        let body = attempt.body.clone();
        self.caller
            .send(self.clock, method, url, headers, body)
            .await
    }
}

/// The pause in `Retry-After` of a 429 or 503, if it is short.
fn requested_pause(answer: &Answer) -> Option<Duration> {
    let asks = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    if !asks.contains(&answer.status) {
        return None;
    }
    let seconds = answer.headers.get(RETRY_AFTER)?.to_str().ok()?;
    let pause = Duration::from_secs(seconds.parse().ok()?);
    (pause <= LONGEST_PAUSE).then_some(pause)
}

/// RFC 9449 section 9.
fn required_nonce(answer: &Answer) -> Option<String> {
    if answer.status != StatusCode::UNAUTHORIZED || !answer.headers.contains_key(WWW_AUTHENTICATE) {
        return None;
    }
    let challenges = challenges(&answer.headers);
    let mut errors = challenges.iter().map(|it| it.parameter("error"));
    errors.find(|error| *error == Some("use_dpop_nonce"))?;
    let nonce = answer.headers.get(DPOP_NONCE)?.to_str().ok()?;
    Some(nonce.to_owned())
}

/// The maximum number of pauses of one check.
pub(super) const MAX_PAUSES: usize = 10;
/// The maximum number of pauses for one attempt. Some APIs answer 503 to a certain token each time.
const MAX_PAUSES_FOR_ONE: usize = 2;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
