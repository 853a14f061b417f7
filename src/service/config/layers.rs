//! The layers of a configuration, and the values that result from them.
//!
//! A later layer overrides an earlier one:
//!
//! 1. the built-in default;
//! 2. the default of the application;
//! 3. `config/<profile>.toml`, if present;
//! 4. the file of `--config`;
//! 5. files that hold a secret each;
//! 6. the environment, Okta's names before ours;
//! 7. flags.
//!
//! [`super::reader`] checks later whether the chosen value fits its setting.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use figment::value::Dict;
use figment::{Figment, Provider};

use super::chosen::{self, APPLICATION, BUILT_IN, ChosenValue};
use super::credentials;
use super::key::Key;
use super::layer::{self, Layer};
use super::problem::{ConfigProblem, Fault};
use super::profile::Profile;
use super::settings;
use super::sources::{self, Sources};

/// Merges the layers.
pub(super) fn collect(
    sources: &Sources,
    profile: Option<&Profile>,
    problems: &mut Vec<ConfigProblem>,
) -> BTreeMap<Key, ChosenValue> {
    let mut layers = vec![
        Layer::new(BUILT_IN, settings::defaults(), problems),
        Layer::new(APPLICATION, &sources.application.defaults(), problems),
    ];
    if let Some(profile) = profile {
        let path = Path::new("config").join(format!("{profile}.toml"));
        layers.extend(read_file(
            &sources.directory,
            &path,
            Absence::Allowed,
            problems,
        ));
    }
    if let Some(path) = &sources.config_file {
        layers.extend(read_file(
            &sources.directory,
            path,
            Absence::Reported,
            problems,
        ));
    }
    if let Some(directory) = &sources.credentials {
        layers.extend(credentials::read(directory, problems));
    }
    layers.extend(read_environment(&sources.environment, problems));
    for (flag, key, value) in &sources.flags {
        let key = Key::dotted(key);
        let key = match &sources.client_issuer {
            Some(issuer) => key.for_issuer(issuer),
            None => key,
        };
        layers.push(Layer::single(&source_of(flag), &key, value, problems));
    }

    let figment = layers.into_iter().fold(Figment::new(), Figment::merge);
    let mut merged = figment.data().unwrap_or_default();
    let merged = merged
        .remove(&figment::Profile::Default)
        .unwrap_or_default();
    let mut chosen = BTreeMap::new();
    layer::walk(&merged, &Key::root(), &mut |key, value| {
        let source = figment.get_metadata(value.tag());
        let source = source.map_or_else(String::new, |it| it.name.to_string());
        let value = value.clone();
        chosen.insert(key, ChosenValue { value, source });
    });
    chosen
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    Allowed,
    Reported,
}

fn read_file(
    directory: &Path,
    path: &Path,
    absence: Absence,
    problems: &mut Vec<ConfigProblem>,
) -> Option<Layer> {
    let source = path.display().to_string();
    let text = match std::fs::read_to_string(directory.join(path)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && absence == Absence::Allowed => {
            return None;
        }
        Err(error) => {
            let fault = Fault::new(format!("cannot be read: {error}"));
            let fault = fault.fix("name a file that exists and that this user can read");
            problems.push(ConfigProblem::with_source(&source, fault));
            return None;
        }
    };
    match toml::from_str::<Dict>(&text) {
        Ok(given) => Some(Layer::new(&source, &given, problems)),
        Err(error) => {
            // Only the message: the whole error quotes the line, which may contain a secret.
            let message = error.message().replace('\n', ", ");
            let start = error.span().map_or(0, |span| span.start);
            let place = place_of(&text, start);
            let fault = Fault::new(format!("is not valid TOML at {place}: {message}"));
            let fault = fault.fix("correct the file; its other settings are checked after that");
            problems.push(ConfigProblem::with_source(&source, fault));
            None
        }
    }
}

fn read_environment(
    environment: &[(String, String)],
    problems: &mut Vec<ConfigProblem>,
) -> Vec<Layer> {
    problems.extend(sources::okta_problems(environment));
    let mut layers = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for variable in sources::variables(environment) {
        let source = chosen::variable_source(variable.name);
        let fault = if variable.key.is_for_files() {
            let fault = Fault::new("cannot be set by a variable");
            Some(
                fault.fix(
                    "set it in a file, because its name is case-sensitive and variables are not",
                ),
            )
        } else {
            seen.insert(variable.name.to_ascii_uppercase(), variable.name)
                .map(|twin| {
                    let fault = Fault::new(format!("is also set by {twin}"));
                    fault
                        .fix("keep one, because the case of letters does not distinguish variables")
                })
        };
        match fault {
            Some(fault) => problems.push(ConfigProblem::with_key(&source, &variable.key, fault)),
            None => layers.push(Layer::single(
                &source,
                &variable.key,
                variable.value,
                problems,
            )),
        }
    }
    layers
}

fn place_of(text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    format!("line {line}, column {column}")
}

/// How a message names what gave a value: an option of the command line, or a test.
fn source_of(giver: &str) -> String {
    if giver.starts_with("--") {
        format!("flag {giver}")
    } else {
        giver.to_owned()
    }
}
