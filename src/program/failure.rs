//! Why the program ended early, and what it prints then.

mod exit_code;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use crate::check::{CallerError, TargetError};
use crate::doctor::START_THE_SERVICE;
use crate::issuer::{DiscoveryError, GrantError, IssuerError};
use crate::service::application::HookError;
use crate::service::config::{ConfigError, Listen};
use crate::service::telemetry::TelemetryError;
use crate::service::{BuildError, ReloadError, StartError};
use crate::token::ScopeError;
use crate::verifier::DenialError;

use super::key_file::KeyFileError;

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
    #[error("the address of the embedded issuer cannot be used as an issuer")]
    Issuer(#[from] IssuerError),
    #[cfg(not(feature = "dev"))]
    #[error(
        "no issuer is set, and this build has no embedded issuer. Set OKTA_OAUTH2_ISSUER or \
         `issuer.url`, as in https://example.okta.com/oauth2/default"
    )]
    NoEmbeddedIssuer,
    #[cfg(feature = "dev")]
    #[error(
        "the embedded issuer, whose secrets are public, serves only this machine, but `http.listen` \
         is {listen}. Set OKTA_OAUTH2_ISSUER or `issuer.url`, or listen on 127.0.0.1"
    )]
    ExposedEmbeddedIssuer { listen: Listen },
    #[error(
        "`{key}`: cannot listen on {listen}. Stop the process that listens there, or set another address"
    )]
    Listen {
        key: &'static str,
        listen: Listen,
        source: io::Error,
    },
    #[error("{} listeners cannot be opened", .0.len())]
    Listeners(Vec<Failure>),
    #[error("the socket for `{key}` from systemd (LISTEN_FDS) is not a listening socket")]
    HandedOver {
        key: &'static str,
        source: io::Error,
    },
    #[error("the issuer {issuer} cannot be used")]
    Discovery {
        issuer: String,
        is_embedded: bool,
        source: DiscoveryError,
    },
    #[error(
        "the keys of the issuer {issuer} cannot be fetched; with `--offline`, the rules that need \
         no key are examined"
    )]
    Keys {
        issuer: String,
        is_embedded: bool,
        source: Arc<DiscoveryError>,
    },
    #[error("the running service cannot be reached: {0}")]
    NoListener(&'static str),
    #[error("{url}: {what}")]
    NotHealthy { url: String, what: String },
    #[error("the denylist at {listener} was not read or changed: {what}")]
    Denylist {
        listener: String,
        what: String,
        fix: Option<&'static str>,
    },
    #[error("the options name no tokens that can be denied")]
    Denial(#[source] DenialError),
    #[error("the command failed")]
    Command(#[source] HookError),
    #[error("the token is refused")]
    Refused,
    #[error("the proof is refused")]
    ProofRefused,
    #[error(transparent)]
    Key(#[from] KeyFileError),
    #[error("the token is valid, but it may not call any protected operation")]
    NothingToCall,
    #[error("{0}")]
    Ill(String),
    #[error("the API is insecure: a check failed")]
    Insecure,
    #[error("the examination is incomplete, and does not show that the API is secure")]
    Incomplete,
    #[error("only the issuer knows whether the token is valid; run `explain` without --offline")]
    OnlyIssuerKnows,
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
    #[error("the API cannot be called; check that it is running and that the URL is correct")]
    Caller(#[from] CallerError),
    #[error("the report cannot be written as XML: {0}")]
    Junit(String),
    #[error("standard input cannot be read as UTF-8")]
    Input(#[source] io::Error),
    #[error("no token was granted")]
    Grant(#[from] GrantError),
    #[error("no token was granted: no scope was requested")]
    NoScope {
        source: GrantError,
        /// Those with which a token may call the operations.
        scopes: Vec<String>,
    },
    #[error("a requested scope is not valid")]
    Scope(#[from] ScopeError),
    #[error("the client of the issuer `{issuer}` lacks its id, its secret or both; {fix}")]
    NoClient { issuer: String, fix: String },
    #[error(
        "`--issuer-name` names `{name}`, which is not an issuer of the settings; they have \
         {known}. Name one of them, or add `issuers.{name}.url`"
    )]
    NoSuchIssuer { name: String, known: String },
    #[error(
        "the settings have several issuers ({names}), and none of them is named `default`. Name \
         one with --issuer-name"
    )]
    WhichIssuer { names: String },
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
        match self.causes() {
            causes if causes.is_empty() => self.to_string(),
            causes => format!("{self}: {}", causes.join(": ")),
        }
    }

    /// The messages of the causes. The layers of the HTTP client only repeat that a request
    /// failed, so they are left out, except for the last one.
    fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            let is_layer = LAYERS.iter().any(|layer| text.starts_with(layer));
            cause = error.source();
            if !is_layer || cause.is_none() {
                causes.push(text);
            }
        }
        causes
    }

    /// Prints the failure with its causes and gives the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        eprint!("{}", self.lines());
        ExitCode::from(self.exit_code())
    }

    fn lines(&self) -> String {
        if let Self::Config(error) = self {
            let problems = error.problems().iter();
            let lines: Vec<_> = problems.map(|it| format!("error: {it}\n")).collect();
            return lines.concat();
        }
        if let Self::Listeners(failures) = self {
            return failures.iter().map(Self::lines).collect();
        }
        let mut lines = format!("error: {self}\n");
        let causes = self.causes();
        if !causes.is_empty() {
            lines = lines + "  because " + &causes.join(": ") + "\n";
        }
        if let Some(fix) = self.fix() {
            lines = lines + "  fix: " + &fix + "\n";
        }
        lines
    }

    /// What to do, where the message and its causes do not say it.
    fn fix(&self) -> Option<String> {
        let by_certificate = |it: &DiscoveryError| Some(it.certificate_fault()?.fix().to_owned());
        match self {
            Self::Grant(error) => Some(error.fix().to_owned()),
            Self::Denylist { fix, .. } => fix.map(str::to_owned),
            Self::Discovery { is_embedded, .. } | Self::Keys { is_embedded, .. }
                if *is_embedded =>
            {
                Some(START_THE_SERVICE.to_owned())
            }
            Self::Discovery { source, .. } => by_certificate(source),
            Self::Keys { source, .. } => by_certificate(source),
            Self::NoScope { source, scopes } if scopes.is_empty() => Some(source.fix().to_owned()),
            Self::NoScope { scopes, .. } => {
                let flags: Vec<_> = scopes.iter().map(|it| format!("--scope {it}")).collect();
                Some(format!("add {}", flags.join(" ")))
            }
            _ => None,
        }
    }
}

/// The messages of the layers of the HTTP client.
const LAYERS: [&str; 4] = [
    "error sending request",
    "client error (",
    "error trying to connect",
    "tcp connect error",
];

#[cfg(test)]
mod tests;
