//! Names in the settings that the API does not have, with the most similar one that it has.

use crate::guard;
use crate::service::config::{Config, ConfigProblem, Fault};

/// A setting for an operation that does not exist.
pub(super) fn unknown_operation(
    config: &Config,
    setting: &str,
    id: &str,
    known: &str,
) -> ConfigProblem {
    let fix = suggestion("operation", id, known);
    if setting == "access.anonymous" {
        let fault = Fault::new(format!("names `{id}`, which is not an operation"));
        return config.problem(setting, fault.fix(fix));
    }
    let fault = Fault::new("is for an operation that does not exist").found(id);
    config.problem(&guard::setting(setting, id), fault.fix(fix))
}

/// What to write instead of the unknown `name` of a `kind`.
pub(super) fn suggestion(kind: &str, name: &str, known: &str) -> String {
    if known.is_empty() {
        return format!("remove it, because there is no {kind}");
    }
    let near = known
        .split(", ")
        .map(|known| {
            let distance = strsim::damerau_levenshtein(
                &known.to_ascii_lowercase(),
                &name.to_ascii_lowercase(),
            );
            (distance, known)
        })
        .filter(|(distance, known)| *distance <= MAX_DISTANCE && *distance < known.len())
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, near)) => format!("did you mean `{near}`? The {kind}s are: {known}"),
        None => format!("name one of the {kind}s: {known}"),
    }
}

/// Three typing errors, as for the names of settings.
const MAX_DISTANCE: usize = 3;
