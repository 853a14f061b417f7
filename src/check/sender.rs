//! Sends attempts, with a new proof for each request with a bound token.

use http::header::WWW_AUTHENTICATE;
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
    /// The nonce that the API requires in proofs.
    nonce: Option<String>,
}

impl<'a> Sender<'a> {
    pub(super) fn new(caller: &'a Caller, clock: &'a dyn Clock) -> Self {
        Self {
            caller,
            clock,
            requests: 0,
            nonce: None,
        }
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }

    /// The answer to an attempt. If the API requires a nonce, the attempt is sent again with it. A
    /// replay is sent once more with the same proof, if the API did not refuse it.
    pub(super) async fn send(&mut self, attempt: &Attempt) -> Result<Answer, CallerError> {
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

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
