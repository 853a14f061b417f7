//! The sources of settings. They are passed in, so nothing here reads the process.

use std::ffi::OsString;
use std::path::PathBuf;

use super::application::ApplicationSettings;
use super::chosen::variable_source;
use super::key::{Key, VARIABLE_PREFIX};
use super::problem::{ConfigError, ConfigProblem, Fault};
use super::settings;

/// The sources of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The application's own settings and defaults.
    pub application: ApplicationSettings,
    /// The flag `--profile`.
    pub profile: Option<String>,
    /// The flag `--config`: a file that must exist, relative to `directory`.
    pub config_file: Option<PathBuf>,
    /// The working directory, which may contain `config/<profile>.toml`.
    pub directory: PathBuf,
    /// The directory of files that each contain one secret and are named by its key.
    pub credentials: Option<PathBuf>,
    /// Environment variables. Those that are not ours are ignored.
    pub environment: Vec<(String, String)>,
    /// Flags that set a key: the flag, the key, and the value as it was given.
    pub flags: Vec<(&'static str, &'static str, String)>,
    /// The issuer, except `default`, to whose client the flags of the section `client` belong.
    pub client_issuer: Option<String>,
}

impl Sources {
    /// Selects the variables that are ours, for the field `environment`.
    ///
    /// # Errors
    ///
    /// A problem for each of them that is not UTF-8.
    pub fn environment_from(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Vec<(String, String)>, ConfigError> {
        let mut kept = Vec::new();
        let mut problems = Vec::new();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else {
                continue;
            };
            match value.into_string() {
                Ok(value) => kept.push((name.to_owned(), value)),
                Err(_) => problems.push(ConfigProblem::with_source(
                    &variable_source(name),
                    Fault::new("is not UTF-8").fix("set it to a string in UTF-8"),
                )),
            }
        }
        ConfigError::check(problems)?;
        Ok(kept)
    }
}

/// One variable that sets a key.
pub(super) struct Variable<'a> {
    pub(super) key: Key,
    pub(super) name: &'a str,
    pub(super) value: &'a str,
}

/// The problems with Okta's variables: a name that is almost one of them, or an empty value.
///
/// With either of them, the service would use the embedded issuer or another audience than the
/// operator intended. A template that was not filled in is an example. Variables of other tools
/// that begin with `OKTA_` are ignored.
pub(super) fn okta_problems(environment: &[(String, String)]) -> Vec<ConfigProblem> {
    let problem = |(name, value): &(String, String)| {
        let source = variable_source(name);
        if let Some(key) = okta_key(name) {
            let fault = Fault::new("must not be empty").found("");
            let fault = fault.fix("set it, or remove the variable from the environment");
            return (value.is_empty()).then(|| ConfigProblem::with_key(&source, &key, fault));
        }
        let known = nearly_okta(name)?;
        let fault = Fault::new("is not a variable that this program reads");
        let fault = fault.fix(format!("did you mean {known}? Rename or remove it"));
        Some(ConfigProblem::with_source(&source, fault))
    };
    environment.iter().filter_map(problem).collect()
}

/// The variables that set a key. Okta's names come first, because later ones win.
///
/// An empty variable of ours counts as not set. For a list, it is the empty list, because a list
/// with another default could not be emptied otherwise.
pub(super) fn variables(environment: &[(String, String)]) -> Vec<Variable<'_>> {
    let (mut okta, mut own) = (Vec::new(), Vec::new());
    for (name, value) in environment {
        if is_from_kubernetes(name, value) {
            continue;
        }
        if let Some(key) = okta_key(name) {
            if !value.is_empty() {
                okta.push(Variable { key, name, value });
            }
        } else if let Some(rest) = own_name(name) {
            let key = Key::from_variable(rest);
            let is_unset = value.is_empty() && !settings::is_list(&key);
            if key != Key::dotted(PROFILE) && !is_unset {
                own.push(Variable { key, name, value });
            }
        }
    }
    okta.append(&mut own);
    okta
}

/// The profile that the environment names, and the variable that does.
pub(super) fn profile_variable(environment: &[(String, String)]) -> Option<(&str, &str)> {
    environment
        .iter()
        .find(|(name, value)| {
            !value.is_empty() && own_name(name).is_some_and(|it| it.eq_ignore_ascii_case(PROFILE))
        })
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

fn is_ours(name: &str) -> bool {
    okta_key(name).is_some() || own_name(name).is_some() || nearly_okta(name).is_some()
}

/// The variable of Okta's guide that `name` may be a misspelling of.
fn nearly_okta(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let names = settings::OKTA_VARIABLES.iter().map(|(okta, _)| *okta);
    names.filter(|okta| name != **okta).find(|okta| {
        let is_longer = name.starts_with(okta) && name.len() <= okta.len() + MAX_SUFFIX;
        is_longer || strsim::damerau_levenshtein(&name, okta) <= settings::MAX_DISTANCE
    })
}

fn okta_key(name: &str) -> Option<Key> {
    settings::OKTA_VARIABLES
        .iter()
        .find(|(okta, _)| okta.eq_ignore_ascii_case(name))
        .map(|(_, key)| Key::dotted(key))
}

fn own_name(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_at_checked(VARIABLE_PREFIX.len())?;
    prefix.eq_ignore_ascii_case(VARIABLE_PREFIX).then_some(rest)
}

// Kubernetes describes a Service called `resource-server` to every pod by variables that
// begin as ours do. They must not stop the program.
//
// A Service's variable has two underscores in a row only if its name has two hyphens in a row,
// and the application may have a setting called `service_host`.
fn is_from_kubernetes(name: &str, value: &str) -> bool {
    let is_link = ["tcp://", "udp://", "sctp://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    let is_application = own_name(name).is_some_and(|it| it.starts_with("APP__"));
    !is_application
        && (name.ends_with("_SERVICE_HOST")
            || name.ends_with("_SERVICE_PORT")
            || name.contains("_SERVICE_PORT_"))
        || name.ends_with("_PORT") && is_link
        || name.split("_PORT_").skip(1).any(|rest| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit()) != rest
                && ["_TCP", "_UDP", "_SCTP"].iter().any(|it| rest.contains(it))
        })
}

const PROFILE: &str = "profile";
/// As in `OKTA_OAUTH2_ISSUER_URI`.
const MAX_SUFFIX: usize = 4;
