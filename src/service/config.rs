//! What the service is told before it starts.
//!
//! Layers are laid over each other (`layers`), each value that won is read into a type
//! that cannot be wrong (`reader` and a module for each section), and the whole is
//! checked (`checks`). Every fault is reported at once, with its source and its fix.
//!
//! Asks the process for nothing: arguments, variables and the working directory are
//! handed in as [`Sources`].

mod application;
mod checks;
mod credentials;
mod in_force;
mod key;
mod layer;
mod layers;
mod placeholder;
mod problem;
mod profile;
mod reader;
mod restart;
mod secret;
mod sections;
mod settings;
mod sources;
mod value;
mod won;

pub use application::ApplicationSettings;
pub use in_force::{InForce, InForceRow};
pub use problem::{ConfigError, ConfigProblem};
pub use profile::Profile;
pub use secret::Secret;
pub use sections::access::AccessConfig;
pub use sections::audit::AuditConfig;
pub use sections::cache::CacheConfig;
pub use sections::client::ClientConfig;
pub use sections::cors::{CorsConfig, Origin};
pub use sections::denylist::{DenylistConfig, OnFailure};
pub use sections::docs::{Contact, DocsConfig};
pub use sections::http::{AdminConfig, DevConfig, HttpConfig, PublicUrl};
pub use sections::issuer::IssuerConfig;
pub use sections::listen::Listen;
pub use sections::log::{LogConfig, LogFormat};
pub use sections::operations::OperationConfig;
pub use sections::proxies::{ForwardedHeader, TrustedProxies};
pub use sections::rate::RateConfig;
pub use sections::telemetry::{OtlpEndpoint, TelemetryConfig};
pub use sections::tls::TlsConfig;
pub use settings::settings_table;
pub use sources::Sources;

use std::collections::BTreeMap;
use std::sync::Arc;

use application::ApplicationTable;
use checks::Together;
use reader::Reader;
pub(in crate::service) use restart::RestartValues;

/// The settings in force, a section each.
///
/// ```
/// use poem_resource_server::service::config::{Config, Sources};
///
/// let mut sources = Sources::default();
/// sources.flags.push(("--listen", "http.listen", "127.0.0.1:0".into()));
/// let config = Config::load(&sources)?;
/// assert_eq!(config.http.listen.to_string(), "127.0.0.1:0");
/// # Ok::<(), poem_resource_server::service::config::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The profile in force.
    pub profile: Profile,
    /// Whose tokens are accepted.
    pub issuer: IssuerConfig,
    /// Tokens that are remembered.
    pub cache: CacheConfig,
    /// The door for callers.
    pub http: HttpConfig,
    /// The door for operators.
    pub admin: AdminConfig,
    /// The door of the embedded issuer.
    pub dev: DevConfig,
    /// Cross-origin reads.
    pub cors: CorsConfig,
    /// Which operations are protected, and how.
    pub access: AccessConfig,
    /// The limits of single operations, by operation id in lower case; to be matched
    /// without regard to case.
    pub operations: BTreeMap<String, OperationConfig>,
    /// How often callers may call.
    pub rate: RateConfig,
    /// Tokens that are refused though they verify.
    pub denylist: DenylistConfig,
    /// What the document and its pages say besides the API.
    pub docs: DocsConfig,
    /// Log lines.
    pub log: LogConfig,
    /// The log of decisions.
    pub audit: AuditConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// The client of the command `token`.
    pub client: ClientConfig,
    application: ApplicationTable,
    in_force: InForce,
    restart: RestartValues,
}

impl Config {
    /// Makes the configuration from its sources, reading the files they name.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let (named, profile_source) = choose_profile(sources, &mut problems);
        let won = layers::collect(sources, named.as_ref(), &mut problems);
        let mut reader = Reader::new(&won, problems);
        let profile = named.unwrap_or_default();
        let mut config = Self {
            application: ApplicationTable::none(),
            in_force: InForce::default(),
            profile,
            issuer: IssuerConfig::read(&mut reader),
            cache: CacheConfig::read(&mut reader),
            http: HttpConfig::read(&mut reader),
            admin: AdminConfig::read(&mut reader),
            dev: DevConfig::read(&mut reader),
            cors: CorsConfig::read(&mut reader),
            access: AccessConfig::read(&mut reader),
            operations: sections::operations::read(&mut reader),
            rate: RateConfig::read(&mut reader),
            denylist: DenylistConfig::read(&mut reader),
            docs: DocsConfig::read(&mut reader),
            log: LogConfig::read(&mut reader),
            audit: AuditConfig::read(&mut reader),
            telemetry: TelemetryConfig::read(&mut reader),
            client: ClientConfig::read(&mut reader),
            restart: RestartValues::default(),
        };
        let together = Together {
            profile: &config.profile,
            issuer: &config.issuer,
            http: &config.http,
            admin: &config.admin,
            dev: &config.dev,
        };
        checks::check(&together, &mut reader);
        config.restart = reader.take_restart_values();
        // The files of a certificate may change, but not whether there is one.
        let has_tls = config.http.tls.is_some();
        config.restart.insert("http.tls", has_tls.to_string());
        let mut problems = reader.into_problems();
        let application = (sources.application).read(&won, &config.profile, &mut problems);
        ConfigError::check(problems)?;
        config.in_force = InForce::new(&config.profile, profile_source, &won, application.rows());
        config.application = application;
        Ok(config)
    }

    /// The settings as they were loaded, each with its source.
    pub fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// The application's own settings, from the table `[app]`.
    ///
    /// # Panics
    ///
    /// For another type than that of the [`ApplicationSettings`] they were read with.
    #[allow(dead_code, reason = "the application builder asks for it")]
    pub(crate) fn app<S: Send + Sync + 'static>(&self) -> Arc<S> {
        let settings = self.application.value();
        settings.expect("the type that the application's settings were read into")
    }

    /// The values that a reload cannot change.
    pub(super) fn restart_values(&self) -> &RestartValues {
        &self.restart
    }
}

/// The profile that a flag, else a variable, else nobody names; none if the name is bad.
fn choose_profile(
    sources: &Sources,
    problems: &mut Vec<ConfigProblem>,
) -> (Option<Profile>, String) {
    let (name, source) = if let Some(name) = &sources.profile {
        (name.as_str(), "flag --profile".to_owned())
    } else if let Some((name, value)) = sources::profile_variable(&sources.environment) {
        (value, sources::variable_source(name))
    } else {
        return (Some(Profile::default()), won::BUILT_IN.to_owned());
    };
    match Profile::parse(name) {
        Ok(profile) => (Some(profile), source),
        Err(fault) => {
            problems.push(ConfigProblem::with_source(&source, fault));
            (None, source)
        }
    }
}

#[cfg(test)]
mod tests;
