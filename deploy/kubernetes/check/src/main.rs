//! Reads rendered manifests from standard input and prints what is wrong with them:
//!
//! 1. Each object has a type of the Kubernetes API, and no member that the API does not know.
//! 2. Each rule of [`rules`] is kept.
//! 3. Each rule can fail: the same objects, broken in one point, break a rule.
//!
//! `kubernetes-check environment CONTAINER` prints the variables of a container instead, one on each
//! line, and `kubernetes-check settings` prints the file of settings.

mod memory;
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
