//! Where settings may come from, handed in so that nothing here asks the process.

use std::ffi::OsString;
use std::path::PathBuf;

use super::application::ApplicationSettings;
use super::key::{Key, VARIABLE_PREFIX};
use super::problem::{ConfigError, ConfigProblem, Fault};
use super::settings;

/// Everything a configuration is made from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// What the application brings.
    pub application: ApplicationSettings,
    /// The flag `--profile`.
    pub profile: Option<String>,
    /// The flag `--config`: a file that must exist, relative to `directory`.
    pub config_file: Option<PathBuf>,
    /// The working directory, below which `config/<profile>.toml` is looked for.
    pub directory: PathBuf,
    /// The directory of files that hold a secret each, named by its key.
    pub credentials: Option<PathBuf>,
    /// Environment variables; those that are not ours are passed over.
    pub environment: Vec<(String, String)>,
    /// Flags that set a key: the flag, the key, and the value as it was given.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl Sources {
    /// Keeps the variables that are ours, for the field `environment`.
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
                    Fault::new("is not UTF-8").fix("set it to text in UTF-8"),
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

/// What is wrong with Okta's variables: a name that is nearly one of them, or an empty value.
///
/// Either would start the embedded issuer, or accept another audience, where somebody meant to
/// configure one: a template that was not filled in, for example. Variables of other tools that
/// begin with `OKTA_` are ignored.
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

/// The variables that set a key, later ones winning: Okta's names first.
///
/// Of ours, an empty variable is one that is not set, but for lists, which it empties: a list that is
/// not empty by default could not be emptied otherwise.
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

/// How a variable is named as the source of a value.
pub(super) fn variable_source(name: &str) -> String {
    format!("environment variable {name}")
}

fn is_ours(name: &str) -> bool {
    okta_key(name).is_some() || own_name(name).is_some() || nearly_okta(name).is_some()
}

/// The variable of Okta's guide that whoever wrote `name` may have meant.
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

// Kubernetes tells every pod of a Service called `resource-server` by variables that
// begin as ours do; they must not stop the program.
//
// No Service has a name from which two underscores come unless it has two hyphens, and the
// application may have a setting called `service_host`.
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
