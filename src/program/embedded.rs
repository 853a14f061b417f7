//! The embedded issuer, where profile `dev` has no other, and its further issuers (`dev.issuers`).

use std::net::SocketAddr;

#[cfg(feature = "dev")]
use crate::issuer::Issuer;
#[cfg(feature = "dev")]
use crate::service;
use crate::service::application::Outline;
#[cfg(feature = "dev")]
use crate::service::config::IssuerRules;
use crate::service::config::{Config, Listen};
#[cfg(feature = "dev")]
use crate::token::Audience;
#[cfg(feature = "dev")]
use crate::verifier::DEFAULT_ISSUER;
use tokio::net::TcpListener;

use crate::program::failure::Failure;

#[cfg(feature = "dev")]
pub(crate) use crate::dev::DevIssuer as Embedded;

/// No value: this build has no embedded issuer.
#[cfg(not(feature = "dev"))]
pub(crate) enum Embedded {}

#[cfg(not(feature = "dev"))]
impl Embedded {
    pub(crate) fn address(&self) -> SocketAddr {
        match *self {}
    }
}

/// Refuses an embedded issuer for a service that other machines can reach: everybody knows how to
/// get a token from it.
///
/// # Errors
///
/// [`Failure::ExposedEmbeddedIssuer`].
#[cfg_attr(
    not(feature = "dev"),
    expect(unused_variables, clippy::unnecessary_wraps, reason = "there is none")
)]
pub(crate) fn check_reach(config: &Config, service: &Listen) -> Result<(), Failure> {
    #[cfg(feature = "dev")]
    if !config.has_issuer() && !service.is_of_this_machine() {
        return Err(Failure::ExposedEmbeddedIssuer {
            listen: service.clone(),
        });
    }
    Ok(())
}

/// Opens the listener of the embedded issuer if no other issuer is set.
///
/// # Errors
///
/// [`Failure::Listen`].
#[cfg_attr(
    not(feature = "dev"),
    expect(unused_variables, clippy::unnecessary_wraps, reason = "there is none")
)]
pub(crate) fn open(config: &Config) -> Result<Option<TcpListener>, Failure> {
    #[cfg(feature = "dev")]
    if !config.has_issuer() {
        let bind = |address| {
            let listener = std::net::TcpListener::bind(address)?;
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        return bind(config.dev.listen)
            .map(Some)
            .map_err(|source| cannot_listen(config, source));
    }
    Ok(None)
}

#[cfg(feature = "dev")]
fn cannot_listen(config: &Config, source: std::io::Error) -> Failure {
    Failure::Listen {
        key: "dev.listen",
        listen: config.dev.listen.into(),
        source,
    }
}

/// Starts the embedded issuer on its listener if no other is set, and adds it and its further
/// issuers to the settings, for a service that listens at `service`. Without a listener, only the
/// settings are changed.
#[cfg(feature = "dev")]
pub(crate) fn start(
    outline: &Outline,
    config: &mut Config,
    listener: Option<TcpListener>,
    service: &Listen,
) -> Result<Option<Embedded>, Failure> {
    use crate::dev::{DevOptions, FurtherIssuer, OfferedScope};

    if config.has_issuer() {
        return Ok(None);
    }
    introduce(outline, config);
    // A document is printed while a service runs, which then has the address.
    assume(config, config.dev.listen)?;
    let Some(listener) = listener else {
        return Ok(None);
    };
    let mut options = DevOptions::default()
        .with_audience(config.issuer.audience.as_str())
        .with_redirect_uris(service::redirect_uris(config, service))
        .with_allowed_origins(service::origins(config, service));
    if !outline.scopes().is_empty() {
        options = options.with_scopes(
            outline
                .scopes()
                .into_iter()
                .map(|(name, description)| OfferedScope::new(name).with_description(description)),
        );
    }
    // A scope that only a setting or `Application::require` names must be granted too.
    let (set, in_code) = (config.access.scopes(), outline.required_scopes());
    let required = set.chain(in_code).map(|it| OfferedScope::new(it.as_str()));
    let options = options.with_additional_scopes(required);
    let further = config.dev.issuers.iter().map(FurtherIssuer::new);
    let options = further.fold(options, DevOptions::with_issuer);
    let embedded =
        Embedded::start(listener, options).map_err(|source| cannot_listen(config, source))?;
    // With port 0, the address is known only now.
    assume(config, embedded.address())?;
    Ok(Some(embedded))
}

#[cfg(not(feature = "dev"))]
pub(crate) fn start(
    _outline: &Outline,
    config: &mut Config,
    _listener: Option<TcpListener>,
    _service: &Listen,
) -> Result<Option<Embedded>, Failure> {
    if config.has_issuer() {
        Ok(None)
    } else {
        Err(Failure::NoEmbeddedIssuer)
    }
}

/// Puts the embedded issuers in force again, for settings that were read again.
pub(crate) fn keep(
    outline: &Outline,
    config: &mut Config,
    address: SocketAddr,
) -> Result<(), Failure> {
    if config.has_issuer() {
        return Ok(());
    }
    #[cfg(feature = "dev")]
    introduce(outline, config);
    #[cfg(not(feature = "dev"))]
    let _ = outline;
    assume(config, address)
}

/// Adds the embedded issuers at this address to settings that have no issuer.
#[cfg(feature = "dev")]
pub(crate) fn assume(config: &mut Config, address: SocketAddr) -> Result<(), Failure> {
    let url = |name| Issuer::parse(&format!("http://{address}/oauth2/{name}"));
    config.issuer.url = Some(url(DEFAULT_ISSUER)?);
    for name in &config.dev.issuers {
        let rules = IssuerRules {
            url: Some(url(name)?),
            audiences: Audience::parse(format!("api://{name}"))
                .into_iter()
                .collect(),
            docs_client_id: Some(crate::dev::PUBLIC_CLIENT_ID.to_owned()),
            ..IssuerRules::default()
        };
        config.issuers.insert(name.clone(), rules);
    }
    Ok(())
}

#[cfg(not(feature = "dev"))]
pub(crate) fn assume(_config: &mut Config, _address: SocketAddr) -> Result<(), Failure> {
    Err(Failure::NoEmbeddedIssuer)
}

/// Gives the pages the client and the scope that the embedded issuer knows, where nothing
/// else is set.
#[cfg(feature = "dev")]
fn introduce(outline: &Outline, config: &mut Config) {
    use crate::dev::{PUBLIC_CLIENT_ID, SCOPE};

    let docs = &mut config.docs;
    docs.client_id
        .get_or_insert_with(|| PUBLIC_CLIENT_ID.to_owned());
    if docs.scopes.is_empty() && outline.scopes().is_empty() {
        docs.scopes.extend(crate::token::ScopeToken::parse(SCOPE));
    }
}

/// The client that the embedded issuer knows, if it is the one in force.
pub(crate) fn client(config: &Config) -> Option<(String, String)> {
    if config.has_issuer() {
        None
    } else {
        known_client()
    }
}

/// The client that every embedded issuer knows.
#[cfg(feature = "dev")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same shape as without the feature"
)]
pub(crate) fn known_client() -> Option<(String, String)> {
    use crate::dev::{CLIENT_ID, CLIENT_SECRET};

    Some((CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned()))
}

#[cfg(not(feature = "dev"))]
pub(crate) fn known_client() -> Option<(String, String)> {
    None
}

/// The scopes that a token of that client needs to call what the application offers.
#[cfg(feature = "dev")]
pub(crate) fn offered_scope(outline: &Outline) -> Vec<String> {
    let scopes = outline.scopes().into_iter();
    let scopes: Vec<_> = scopes.map(|(name, _)| name.to_owned()).collect();
    if scopes.is_empty() {
        return vec![crate::dev::SCOPE.to_owned()];
    }
    scopes
}

#[cfg(not(feature = "dev"))]
pub(crate) fn offered_scope(_outline: &Outline) -> Vec<String> {
    Vec::new()
}

#[cfg(all(test, feature = "dev"))]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;
    use crate::service::config::Sources;

    fn config(issuer: &str) -> Config {
        let mut sources = Sources::default();
        (sources.flags).push(("--issuer", "issuer.url", issuer.to_owned()));
        Config::load(&sources).unwrap()
    }

    #[test]
    fn the_embedded_issuer_serves_no_other_machine() {
        let other = "https://id.example";
        for (row, issuer, listen, is_accepted) in [
            ("every address", "", "0.0.0.0:3000", false),
            ("every address of IPv6", "", "[::]:3000", false),
            ("another address", "", "192.0.2.1:3000", false),
            ("loopback", "", "127.0.0.1:3000", true),
            ("loopback of IPv6", "", "[::1]:3000", true),
            ("loopback, mapped", "", "[::ffff:127.0.0.1]:3000", true),
            ("every address, with an issuer", other, "0.0.0.0:3000", true),
        ] {
            let listen = listen.parse::<std::net::SocketAddr>().unwrap().into();

            let checked = check_reach(&config(issuer), &listen);

            assert_eq!(checked.is_ok(), is_accepted, "{row}");
            if let Err(failure) = checked {
                assert_eq!(failure.exit_code(), 78, "{row}");
            }
        }
        let socket = Listen::Unix("/run/http.sock".into());
        assert!(check_reach(&config(""), &socket).is_ok());
    }
}
