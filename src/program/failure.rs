//! Why the program ends early, and with which exit code.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::check::{CallerError, TargetError};
use crate::issuer::{DiscoveryError, GrantError, IssuerError};
use crate::service::application::HookError;
use crate::service::config::{ConfigError, Listen};
use crate::service::telemetry::TelemetryError;
use crate::service::{BuildError, ReloadError, StartError};
use crate::token::ScopeError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the settings do not fit the API")]
    Build(#[source] BuildError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the settings cannot be reloaded")]
    Reload(#[from] ReloadError),
    #[error("log lines cannot be set up")]
    Telemetry(#[from] TelemetryError),
    #[error("the embedded issuer's address is not an issuer")]
    Issuer(#[from] IssuerError),
    #[cfg(not(feature = "dev"))]
    #[error(
        "no issuer is set, and this build has none of its own; set OKTA_OAUTH2_ISSUER or \
         `issuer.url`, as in https://example.okta.com/oauth2/default"
    )]
    NoEmbeddedIssuer,
    #[cfg(feature = "dev")]
    #[error(
        "no issuer is set, and the embedded one, whose secrets are public, serves this machine \
         alone; `http.listen` is {listen}; set OKTA_OAUTH2_ISSUER or `issuer.url`, or listen on \
         127.0.0.1"
    )]
    ExposedEmbeddedIssuer { listen: Listen },
    #[error("`{key}`: cannot listen on {listen}; stop what listens there or set another address")]
    Listen {
        key: &'static str,
        listen: Listen,
        source: io::Error,
    },
    #[error("the socket handed over for `{key}` (LISTEN_FDS) is none to listen on")]
    HandedOver {
        key: &'static str,
        source: io::Error,
    },
    #[error("the issuer {issuer} cannot be used{hint}")]
    Discovery {
        issuer: String,
        hint: &'static str,
        source: DiscoveryError,
    },
    #[error("the keys of the issuer {issuer} cannot be had; `--offline` does without")]
    Keys {
        issuer: String,
        source: Arc<DiscoveryError>,
    },
    #[error("nothing can be asked: {0}")]
    NoDoor(&'static str),
    #[error("{url}: {what}")]
    NotHealthy { url: String, what: String },
    #[error("the command failed")]
    Command(#[source] HookError),
    #[error("the token is refused")]
    Refused,
    #[error("the service cannot work with this issuer")]
    Ill,
    #[error("the API is insecure: a check failed")]
    Insecure,
    #[error("the examination is incomplete, and does not show that the API is secure")]
    Incomplete,
    #[error("the examination is incomplete, because the issuer cannot be reached")]
    IssuerUnreachable,
    #[error("`{flag}` must be {expected}, found \"{value}\"; write it as in `{flag} {example}`")]
    Flag {
        flag: &'static str,
        expected: &'static str,
        value: String,
        example: &'static str,
    },
    #[error("`{flag}` names `{value}`, which the document does not have; it has {known}")]
    UnknownName {
        flag: &'static str,
        value: String,
        known: String,
    },
    #[cfg(feature = "dev")]
    #[error(
        "what listens on `dev.listen` ({listen}) is not the embedded issuer of this version: \
         {what}; stop it, or set another address in `dev.listen`, also for the API"
    )]
    NotEmbedded {
        listen: std::net::SocketAddr,
        what: String,
    },
    #[error(
        "`{flag}` must be an http or https URL, found \"{value}\"; write it as http://127.0.0.1:3000/api"
    )]
    Url { flag: &'static str, value: String },
    #[error(
        "`--url` sends tokens to another machine by plain http, where they can be read on the \
         way, found \"{0}\"; write https, check from where TLS ends, or allow it with --plain-http"
    )]
    PlainHttp(String),
    #[error("there is no API to check")]
    Target(#[from] TargetError),
    #[error("the API cannot be called; is it running, and is the URL its own?")]
    Caller(#[from] CallerError),
    #[error("the report cannot be written as XML: {0}")]
    Junit(String),
    #[error("standard input cannot be read as text")]
    Input(#[source] io::Error),
    #[error("no token was granted")]
    Grant(#[from] GrantError),
    #[error("a scope is not one")]
    Scope(#[from] ScopeError),
    #[error(
        "no client is set, or half of one; give --client-id and set RESOURCE_SERVER_CLIENT__SECRET"
    )]
    NoClient,
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl From<BuildError> for Failure {
    /// Settings are not to blame where the application cannot start.
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Start(error) => Self::Start(error),
            error => Self::Build(error),
        }
    }
}

impl Failure {
    /// The message with those of its causes, joined by colons.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = text + ": " + &error.to_string();
            cause = error.source();
        }
        text
    }

    /// Prints the failure with its causes and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprint!("{}", self.lines());
        ExitCode::from(self.exit_code())
    }

    fn lines(&self) -> String {
        let mut lines = format!("error: {self}\n");
        let mut cause = self.source();
        while let Some(error) = cause {
            lines = lines + "  because " + &error.to_string() + "\n";
            cause = error.source();
        }
        lines
    }

    /// 69 and 78 are those of `sysexits.h`.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Scope(_)
            | Self::NoClient
            | Self::Url { .. }
            | Self::PlainHttp(_)
            | Self::Flag { .. }
            | Self::UnknownName { .. }
            | Self::Read { .. }
            | Self::Target(TargetError::Operation(_)) => 2,
            Self::Incomplete => 3,
            Self::Discovery {
                source: DiscoveryError::Metadata { .. },
                ..
            }
            | Self::Keys { .. }
            | Self::Caller(_)
            | Self::Target(_)
            | Self::IssuerUnreachable
            | Self::Grant(GrantError::Fetch(_)) => 69,
            Self::Grant(_)
            | Self::Refused
            | Self::Command(_)
            | Self::Start(_)
            | Self::Ill
            | Self::Insecure
            | Self::NotHealthy { .. }
            | Self::Input(_)
            | Self::Write { .. }
            | Self::Runtime(_) => 1,
            _ => 78,
        }
    }
}

#[cfg(test)]
mod tests;
