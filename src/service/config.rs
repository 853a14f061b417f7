//! The settings of the service.
//!
//! 1. The layers are merged (`layers`).
//! 2. Each chosen value is read into its type (`reader`, and a module for each section).
//! 3. The settings are checked against each other (`checks`).
//!
//! Every problem is reported at once, with its source and its fix.
//!
//! Nothing here reads arguments, variables or the working directory of the process. They are
//! passed in as [`Sources`].

mod application;
mod checks;
mod chosen;
mod credentials;
mod effective;
mod fapi;
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

pub use application::ApplicationSettings;
pub use effective::{EffectiveSetting, EffectiveSettings};
pub(in crate::service) use problem::Fault;
pub use problem::{ConfigError, ConfigProblem};
pub use profile::Profile;
pub use secret::Secret;
pub use sections::access::AccessConfig;
pub use sections::audit::AuditConfig;
pub use sections::cache::CacheConfig;
pub use sections::client::ClientConfig;
pub use sections::cors::{CorsConfig, Origin};
pub use sections::decryption::DecryptionConfig;
pub use sections::denylist::{DenylistConfig, OnFailure};
pub use sections::dev::DevConfig;
pub use sections::docs::{Contact, DocsConfig};
pub use sections::dpop::DpopConfig;
pub use sections::http::{AdminConfig, HttpConfig, PublicUrl};
pub use sections::introspection::IntrospectionConfig;
pub use sections::issuer::IssuerConfig;
pub use sections::issuer_rules::IssuerRules;
pub use sections::listen::Listen;
pub use sections::log::{LogConfig, LogFormat};
pub use sections::logout::LogoutConfig;
pub use sections::operations::OperationConfig;
pub use sections::proxies::{
    CertificateFormat, CertificateHeader, ForwardedHeader, TrustedProxies,
};
pub use sections::rate::RateConfig;
pub use sections::readiness::{NeededIssuers, ReadinessConfig};
pub use sections::security::SecurityProfile;
pub use sections::telemetry::{OtlpEndpoint, TelemetryConfig};
pub use sections::tls::{ClientAuth, TlsConfig};
pub use settings::settings_table;
pub use sources::Sources;
pub(crate) use value::parse_duration;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::issuer::IntrospectionPolicy;
use application::ApplicationTable;
use checks::Together;
use key::Key;
use reader::Reader;
pub(in crate::service) use restart::RestartValues;

/// The effective settings, with a field for each section.
///
/// ```
/// use poem_resource_server::service::internal::{Config, Sources};
///
/// let mut sources = Sources::default();
/// sources.flags.push(("--listen", "http.listen", "127.0.0.1:0".into()));
/// let config = Config::load(&sources)?;
/// assert_eq!(config.http.listen.to_string(), "127.0.0.1:0");
/// # Ok::<(), poem_resource_server::service::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The effective profile.
    pub profile: Profile,
    /// The security profile whose requirements apply.
    pub security: Option<SecurityProfile>,
    /// The issuer whose tokens are accepted, and how the keys of every issuer are fetched.
    pub issuer: IssuerConfig,
    /// Further issuers whose tokens are accepted, by name.
    pub issuers: BTreeMap<String, IssuerRules>,
    /// The cache of accepted tokens.
    pub cache: CacheConfig,
    /// The decryption of tokens.
    pub decryption: DecryptionConfig,
    /// The listener for callers.
    pub http: HttpConfig,
    /// The listener for operators.
    pub admin: AdminConfig,
    /// The embedded issuer.
    pub dev: DevConfig,
    /// Cross-origin reads.
    pub cors: CorsConfig,
    /// Which operations are protected, and how.
    pub access: AccessConfig,
    /// The limits of single operations, by operation id in lower case. Match the ids without
    /// regard to case.
    pub operations: BTreeMap<String, OperationConfig>,
    /// How many calls are allowed.
    pub rate: RateConfig,
    /// When the service is ready.
    pub readiness: ReadinessConfig,
    /// Tokens that are refused although they are valid.
    pub denylist: DenylistConfig,
    /// DPoP proofs.
    pub dpop: DpopConfig,
    /// The issuer that can sign users out.
    pub logout: LogoutConfig,
    /// What the document and its pages contain besides the API.
    pub docs: DocsConfig,
    /// Log lines.
    pub log: LogConfig,
    /// The log of decisions.
    pub audit: AuditConfig,
    /// Traces.
    pub telemetry: TelemetryConfig,
    /// The client of the commands `token`, `doctor` and `check` at the issuer `default`.
    pub client: ClientConfig,
    application: ApplicationTable,
    effective: EffectiveSettings,
    restart: RestartValues,
}

impl Config {
    /// Reads the configuration from its sources and the files that they name.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every problem.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        Self::load_and_check(sources, |_| Vec::new())
    }

    /// Reads the configuration, and reports the problems that `check` finds together with its
    /// own. In the configuration that `check` gets, the default replaces each faulty value.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every problem.
    pub(crate) fn load_and_check(
        sources: &Sources,
        check: impl FnOnce(&Self) -> Vec<ConfigProblem>,
    ) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let (named, profile_source) = choose_profile(sources, &mut problems);
        let mut chosen = layers::collect(sources, named.as_ref(), &mut problems);
        fapi::imply(&mut chosen);
        let mut reader = Reader::new(&chosen, problems);
        let profile = named.unwrap_or_default();
        let security = SecurityProfile::read(&mut reader);
        let mut issuer = IssuerConfig::read(&mut reader);
        let issuers = sections::issuers::read(&mut reader, &mut issuer);
        let mut config = Self {
            application: ApplicationTable::none(),
            effective: EffectiveSettings::default(),
            profile,
            security,
            issuer,
            issuers,
            cache: CacheConfig::read(&mut reader),
            decryption: DecryptionConfig::read(&mut reader),
            http: HttpConfig::read(&mut reader),
            admin: AdminConfig::read(&mut reader),
            dev: DevConfig::read(&mut reader),
            cors: CorsConfig::read(&mut reader),
            access: AccessConfig::read(&mut reader),
            operations: sections::operations::read(&mut reader),
            rate: RateConfig::read(&mut reader),
            readiness: ReadinessConfig::read(&mut reader),
            denylist: DenylistConfig::read(&mut reader),
            dpop: DpopConfig::read(&mut reader),
            logout: LogoutConfig::read(&mut reader),
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
            issuers: &config.issuers,
            access: &config.access,
            has_cache: config.cache.max_bytes.is_some(),
            has_issuer: config.has_issuer(),
            http: &config.http,
            admin: &config.admin,
            dev: &config.dev,
        };
        checks::check(&together, &mut reader);
        if config.security == Some(SecurityProfile::Fapi2) {
            fapi::check(&config.http, &mut reader);
            fapi::restrict(&mut config.http);
        }
        config.restart = reader.take_restart_values();
        // A reload can replace the files of a certificate, but not start or stop TLS.
        let has_tls = config.http.tls.is_some();
        config.restart.insert("http.tls", has_tls.to_string());
        let mut problems = reader.into_problems();
        let application = (sources.application).read(&chosen, &config.profile, &mut problems);
        config.effective =
            EffectiveSettings::new(&config.profile, profile_source, &chosen, application.rows());
        config.application = application;
        problems.extend(check(&config));
        ConfigError::check(problems)?;
        Ok(config)
    }

    /// Whether an issuer is set. If none is, profile `dev` uses the embedded issuer.
    pub fn has_issuer(&self) -> bool {
        self.issuer.url.is_some() || !self.issuers.is_empty()
    }

    /// How tokens of the issuer `name` are introspected.
    pub(crate) fn introspection(&self, name: &str) -> Option<&IntrospectionPolicy> {
        match self.issuers.get(name) {
            Some(issuer) => issuer.introspection.policy(),
            None => self.issuer.introspection.policy(),
        }
    }

    /// A problem with the setting `key`, or with a setting below it.
    pub(super) fn problem(&self, key: &str, fault: Fault) -> ConfigProblem {
        let key = Key::written(key);
        let row = self.effective.row(&key.to_string());
        let source = row.map_or(chosen::BUILT_IN, |row| row.source.as_str());
        let fault = match row {
            Some(row) if !fault.has_found() => fault.found_as(&row.value),
            _ => fault,
        };
        ConfigProblem::with_key(source, &key, fault)
    }

    /// The settings as they were loaded, each with its source.
    pub fn effective(&self) -> &EffectiveSettings {
        &self.effective
    }

    /// The application's own settings, from the table `[app]`.
    ///
    /// # Panics
    ///
    /// If `S` is not the type of the [`ApplicationSettings`] with which they were read.
    #[allow(dead_code, reason = "the application builder needs it")]
    pub(crate) fn app<S: Send + Sync + 'static>(&self) -> Arc<S> {
        let settings = self.application.value();
        settings.expect("the type that the application's settings were read into")
    }

    /// The values that a reload cannot change.
    pub(super) fn restart_values(&self) -> &RestartValues {
        &self.restart
    }
}

/// The profile of the flag, or else of the variable, or else the default. `None` if the name
/// is not valid.
fn choose_profile(
    sources: &Sources,
    problems: &mut Vec<ConfigProblem>,
) -> (Option<Profile>, String) {
    let (name, source) = if let Some(name) = &sources.profile {
        (name.as_str(), "flag --profile".to_owned())
    } else if let Some((name, value)) = sources::profile_variable(&sources.environment) {
        (value, chosen::variable_source(name))
    } else {
        return (Some(Profile::default()), chosen::BUILT_IN.to_owned());
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
