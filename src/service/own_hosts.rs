//! Refuses requests that name another host, at listeners that only this machine can reach.
//!
//! A page on another site can have its own host name resolve to 127.0.0.1 (DNS rebinding). Its
//! scripts can then read our responses, because the browser takes them for its own site's. The
//! host that they name gives them away. The port is not compared: it may be that of a tunnel.

use std::future::ready;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::StatusCode;
use poem::{IntoResponse, Request, Response};
use url::Url;

use crate::guard::Problem;
use crate::issuer::names_loopback;

use super::answers::Answers;
use super::config::{Config, Listen};

/// The hosts of a listener: those of loopback, and that of `http.public_url`.
#[derive(Debug, Clone)]
pub(super) struct OwnHosts {
    public: Option<String>,
}

impl OwnHosts {
    /// For callers: `None` outside profile `dev`, where a proxy may pass on any name, and where
    /// other machines can connect.
    pub(super) fn for_callers(config: &Config, listen: &Listen) -> Option<Self> {
        let url = config.http.public_url.as_ref();
        let url = url.and_then(|url| Url::parse(url.as_str()).ok());
        let public = url.and_then(|url| url.host_str().map(str::to_owned));
        (config.profile.is_dev() && is_loopback(listen)).then_some(Self { public })
    }

    /// For operators: `None` where other machines can connect.
    pub(super) fn for_operators(config: &Config) -> Option<Self> {
        let listen = config.admin.listen.as_ref()?;
        is_loopback(listen).then_some(Self { public: None })
    }
}

/// No page can reach a Unix socket.
fn is_loopback(listen: &Listen) -> bool {
    listen.address().is_some() && listen.is_of_this_machine()
}

impl OwnHosts {
    /// Puts the check before `inner`.
    pub(super) fn guard(self, inner: Arc<dyn Answers>) -> Arc<dyn Answers> {
        Arc::new(OwnHostsAlone { inner, hosts: self })
    }
}

/// Answers requests to its own hosts alone.
struct OwnHostsAlone {
    inner: Arc<dyn Answers>,
    hosts: OwnHosts,
}

impl Answers for OwnHostsAlone {
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response> {
        let public = self.hosts.public.as_deref();
        if names_loopback(request.uri(), request.headers(), public) {
            self.inner.clone().answer(request)
        } else {
            Box::pin(ready(MISDIRECTED.into_response()))
        }
    }
}

/// RFC 9110 section 15.5.20.
const MISDIRECTED: Problem = Problem {
    status: StatusCode::MISDIRECTED_REQUEST,
    detail: "The request names another host than this listener has.",
    reason: "misdirected",
};

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::service::config::Sources;

    #[test]
    fn only_listeners_on_loopback_know_their_hosts_and_that_of_callers_in_dev_alone() {
        for (row, profile, listen, callers, operators) in [
            ("dev", "dev", "127.0.0.1:3000", true, true),
            ("dev, IPv6", "dev", "[::1]:3000", true, true),
            ("dev, for all", "dev", "0.0.0.0:3000", false, false),
            ("production", "production", "127.0.0.1:3000", false, true),
            (
                "production, for all",
                "production",
                "0.0.0.0:3000",
                false,
                false,
            ),
        ] {
            let mut sources = Sources {
                profile: Some(profile.to_owned()),
                ..Sources::default()
            };
            for (key, value) in [
                ("issuer.url", "https://id.example"),
                ("http.listen", "127.0.0.1:1"),
                ("admin.listen", listen),
            ] {
                sources.flags.push(("--set", key, value.to_owned()));
            }
            let config = Config::load(&sources).unwrap();
            let listen = Listen::from(listen.parse::<SocketAddr>().unwrap());

            assert_eq!(
                OwnHosts::for_callers(&config, &listen).is_some(),
                callers,
                "{row}"
            );
            assert_eq!(
                OwnHosts::for_operators(&config).is_some(),
                operators,
                "{row}"
            );
        }
        let config = Config::load(&Sources::default()).unwrap();
        let socket = Listen::Unix("/run/http.sock".into());
        assert!(OwnHosts::for_callers(&config, &socket).is_none());
    }
}
