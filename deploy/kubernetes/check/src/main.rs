//! Reads rendered manifests from standard input and says what is wrong with them:
//!
//! 1. Each object is one of Kubernetes' API, with no member that the API does not know.
//! 2. What the service relies on holds: see [`rules`].
//! 3. Each rule can fail: broken in that one point, the same objects do.
//!
//! `kubernetes-check environment CONTAINER` prints a container's variables instead, a line each,
//! `kubernetes-check settings` the file of settings.

mod rules;
mod twins;
mod typed;

use std::io::Read;
use std::process::ExitCode;

use serde::Deserialize;
use serde_json::Value;

fn main() -> ExitCode {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .expect("manifests are text");
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    let objects: Result<Vec<Value>, _> = documents.map(Value::deserialize).collect();
    let objects = objects.expect("manifests are YAML");
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["environment", container] => {
            rules::environment(&objects, container).for_each(|line| println!("{line}"));
            return ExitCode::SUCCESS;
        }
        ["settings"] => {
            println!("{}", rules::settings(&objects));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let mut faults: Vec<String> = objects.iter().filter_map(typed::fault).collect();
    faults.extend(rules::faults(&objects));
    faults.extend(twins::blind_spots(&objects));
    for fault in &faults {
        println!("{fault}");
    }
    println!("{} objects, {} faults", objects.len(), faults.len());
    ExitCode::from(u8::from(!faults.is_empty()))
}
