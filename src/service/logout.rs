//! Receives the requests of an issuer to sign a user out, and denies the tokens of the user.
//!
//! 1. The address of the sender was not refused too often.
//! 2. The media type selects the form of the request: see [`SignOutForm`].
//! 3. The token has the form of a JWT, the issuer's key verifies it, and its claims fit.
//! 4. The sender is accepted, and the user is known by a format and an issuer that are known here.
//! 5. The token was not used before.
//! 6. The tokens of the user that were issued until now are denied, here and in all replicas.
//!
//! It knows no sessions: it denies access tokens. It cannot know whether a user exists.

mod answer;
mod around;
mod counts;
mod effect;
mod refusal;
mod request;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use aws_lc_rs::digest;
use http::Method;
use poem::{Endpoint, Request, Response, Result};
use tracing::{info, warn};

use crate::clock::Clock;
use crate::guard::RateLimits;
use crate::issuer::RemoteKeySet;
use crate::token::{
    KeySet, KeySource, SignOut, SignOutError, SignOutForm, SignOutPolicy, SignOutToken, TokenError,
};

use super::BuildError;
use super::config::Config;
use super::denylist::{Denials, TokenName};
use super::paths::LOGOUT;
use super::protection;
use super::state::ServiceState;
pub(super) use around::Around;
use effect::Effect;
use refusal::LogoutRefusal;
use request::SignOutRequest;

pub(super) use counts::LogoutCounts;

/// The endpoint. Clones share state.
#[derive(Clone)]
pub(super) struct LogoutReceiver(Arc<Receiver>);

struct Receiver {
    keys: Arc<dyn KeySource>,
    policy: SignOutPolicy,
    /// Empty if all are accepted.
    senders: Vec<String>,
    effect: Effect,
    denials: Denials,
    limits: Option<RateLimits>,
    counts: Arc<LogoutCounts>,
    clock: Arc<dyn Clock>,
}

/// The receiver of these settings; `None` if it is not enabled. It starts to fetch the issuer's keys.
pub(super) fn receiver(
    config: &Config,
    state: &ServiceState,
    around: &Around<'_>,
) -> std::result::Result<Option<LogoutReceiver>, BuildError> {
    let Some(issuer) = config
        .logout
        .issuer
        .as_ref()
        .filter(|_| config.logout.enabled)
    else {
        return Ok(None);
    };
    let effect = Effect::new(config, issuer, around)?;
    let mut audiences = config.logout.audiences.clone();
    if audiences.is_empty() {
        audiences.push(format!("{}{LOGOUT}", around.public_url));
    }
    let keys: Arc<dyn KeySource> = if let Some(given) = &state.given_keys {
        given.clone()
    } else {
        let mut fetch = protection::fetch(&config.issuer)?;
        if let Some(traces) = &state.traces {
            fetch = fetch.with_observer(traces.observer());
        }
        let jwks_uri = effect::jwks_uri(&config.logout, issuer);
        let policy = protection::refresh_policy(config, "");
        let clock = state.clock.clone();
        Arc::new(RemoteKeySet::start_at(
            jwks_uri,
            issuer.clone(),
            fetch,
            policy,
            clock,
        ))
    };
    Ok(Some(LogoutReceiver(Arc::new(Receiver {
        keys,
        policy: SignOutPolicy {
            issuer: issuer.as_str().to_owned(),
            audiences,
            algorithms: config.issuer.algorithms.clone(),
            leeway: config.issuer.leeway,
        },
        senders: config.logout.senders.clone(),
        effect,
        denials: state.denials.clone(),
        limits: around.limits.cloned(),
        counts: state.logouts.clone(),
        clock: state.clock.clone(),
    }))))
}

impl Receiver {
    async fn receive(&self, request: SignOutRequest) -> std::result::Result<(), LogoutRefusal> {
        let form = request.form();
        let sign_out = self.verify(&request.token()?, form).await?;
        if form == SignOutForm::GlobalRevocation && !self.accepts(&sign_out) {
            return Err(LogoutRefusal::SenderNotAccepted);
        }
        let user = match &sign_out.user {
            Some(user) => user.clone(),
            None => request.user()?,
        };
        let denials = self
            .effect
            .denials(&user, sign_out.issued_at, self.clock.now())?;
        if !self.use_once(&sign_out).await? {
            return match form {
                // RFC 8935 section 2: the sender has missed the response to the first one.
                SignOutForm::SessionRevoked => Ok(()),
                _ => Err(SignOutError::Repeated.into()),
            };
        }
        self.denials.deny(denials.clone()).await?;
        self.effect.record(&denials, form);
        Ok(())
    }

    async fn verify(
        &self,
        token: &str,
        form: SignOutForm,
    ) -> std::result::Result<SignOut, LogoutRefusal> {
        let token = SignOutToken::parse(token, form)?;
        let verify = |keys: &KeySet| {
            let key = keys.find(token.jws().header())?;
            Ok::<_, TokenError>(token.verify(key, &self.policy))
        };
        let verified = match self.keys.current().map(|keys| verify(&keys)) {
            Some(Ok(verified)) => verified,
            // A key that is new at the issuer: the key set limits how often it fetches.
            Some(Err(TokenError::UnknownKey)) | None => {
                let keys = self.keys.refreshed().await.ok_or(LogoutRefusal::NoKeys)?;
                verify(&keys).map_err(SignOutError::from)?
            }
            Some(Err(error)) => return Err(SignOutError::from(error).into()),
        };
        Ok(verified?.check(&self.policy, self.clock.now())?)
    }

    fn accepts(&self, sign_out: &SignOut) -> bool {
        let sender = sign_out.sender.as_ref();
        self.senders.is_empty() || sender.is_some_and(|it| self.senders.contains(it))
    }

    /// Whether the token was not used before.
    async fn use_once(&self, sign_out: &SignOut) -> std::result::Result<bool, LogoutRefusal> {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [self.policy.issuer.as_str(), " ", &sign_out.id] {
            context.update(part.as_bytes());
        }
        let mut name = [0; 16];
        name.copy_from_slice(&context.finish().as_ref()[..16]);
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        let token = TokenName {
            name,
            now: now.unwrap_or_default(),
            until: sign_out.until,
        };
        Ok(self.denials.remember(token).await?)
    }

    /// Counts and logs the result.
    fn conclude(
        &self,
        form: SignOutForm,
        address: Option<IpAddr>,
        result: &std::result::Result<(), LogoutRefusal>,
    ) {
        let word = form.word();
        match result {
            Ok(()) => {
                self.counts.count_done();
                info!(form = word, "user signed out");
            }
            Err(refusal) if refusal.is_failure() => {
                self.counts.count_failed();
                let reason = refusal.problem().reason;
                warn!(form = word, reason, error = %refusal, "user not signed out");
            }
            Err(refusal) => {
                self.counts.count_refused();
                if let Some(limits) = &self.limits {
                    limits.count_bad_request(address);
                }
                let reason = refusal.problem().reason;
                info!(form = word, reason, "sign-out refused");
            }
        }
    }
}

impl Endpoint for LogoutReceiver {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let receiver = &*self.0;
        if request.method() != Method::POST {
            return Ok(answer::method_not_allowed());
        }
        let address = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
        let pause = receiver.limits.as_ref().and_then(|it| it.pause_of(address));
        if let Some(pause) = pause {
            return Ok(answer::too_many_requests(pause));
        }
        let (form, result) = match SignOutRequest::read(request).await {
            Ok(request) => (request.form(), receiver.receive(request).await),
            Err((form, refusal)) => (form, Err(refusal)),
        };
        receiver.conclude(form, address, &result);
        Ok(match result {
            Ok(()) => answer::done(form),
            Err(refusal) => answer::refused(form, &refusal),
        })
    }
}
