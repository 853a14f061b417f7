//! Compares the memory limit of each container with the settings of the program in it.

use serde_json::Value;

use crate::rules::{containers, environment, items, settings};

/// Whether the limit of each container is at least the sum of `http.memory`, `cache.max_size`,
/// `dpop.max_memory` and the memory of the program itself, plus a quarter: see
/// docs/evidence/reliability.md.
pub fn fits_the_settings(objects: &[Value]) -> bool {
    containers(objects).all(|container| {
        let limit = container["resources"]["limits"]["memory"].as_str();
        let limit = limit.and_then(bytes);
        let settings = [("http", "memory"), ("cache", "max_size"), ("dpop", "max_memory")];
        let sizes = settings.map(|(section, key)| size(objects, container, section, key));
        let sum: Option<u64> = sizes.into_iter().sum();
        match (limit, sum) {
            (Some(limit), Some(sum)) => limit * 4 >= (sum + PROGRAM_BYTES) * 5,
            _ => false,
        }
    })
}

/// The value of a setting in a container: of its variable, else of the file in its arguments, else
/// the default.
fn size(objects: &[Value], container: &Value, section: &str, key: &str) -> Option<u64> {
    let name = container["name"].as_str()?;
    let variable = format!("RESOURCE_SERVER_{section}__{key}=").to_uppercase();
    let set =
        environment(objects, name).find_map(|line| Some(line.strip_prefix(&variable)?.to_owned()));
    let reads_file = items(&container["args"]).any(|it| it == "--config");
    let in_file = || {
        let file = reads_file.then(|| settings(objects))?;
        in_table(file, section, key)
    };
    let default = || in_table(DEFAULTS, section, key);
    bytes(&set.or_else(in_file).or_else(default)?)
}

fn in_table(file: &str, section: &str, key: &str) -> Option<String> {
    let table: toml::Table = file.parse().ok()?;
    Some(table.get(section)?.get(key)?.as_str()?.to_owned())
}

/// A size in the form of the settings (`96MiB`) or of Kubernetes (`192Mi`).
fn bytes(size: &str) -> Option<u64> {
    let unit = size.find(|it: char| !it.is_ascii_digit())?;
    let (number, unit) = size.split_at(unit);
    let shift = match unit.strip_suffix('B').unwrap_or(unit) {
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? << shift)
}

const DEFAULTS: &str = include_str!("../../../../config/default.toml");
/// What the program uses without callers.
const PROGRAM_BYTES: u64 = 20 << 20;
