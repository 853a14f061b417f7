//! An object read as its type and written again is the same: nothing is misspelt, nothing has
//! another type.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub fn fault(object: &Value) -> Option<String> {
    let kind = object["kind"].as_str().unwrap_or("nothing");
    let again = match (object["apiVersion"].as_str().unwrap_or(""), kind) {
        ("v1", "ConfigMap") => again::<ConfigMap>(object),
        ("v1", "Service") => again::<Service>(object),
        ("apps/v1", "Deployment") => again::<Deployment>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => again::<HorizontalPodAutoscaler>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => again::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => again::<PodDisruptionBudget>(object),
        // Of the Prometheus operator, not of Kubernetes.
        ("monitoring.coreos.com/v1", "ServiceMonitor") => return None,
        (version, kind) => return Some(format!("{version} {kind}: a kind that nobody checks")),
    };
    match again {
        Err(error) => Some(format!("{kind}: {error}")),
        Ok(again) => difference(object, &again, kind),
    }
}

fn again<T: DeserializeOwned + Serialize>(object: &Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(object.clone())?)
}

/// The first member that was lost.
fn difference(object: &Value, again: &Value, at: &str) -> Option<String> {
    match (object, again) {
        (Value::Object(members), _) => members.iter().find_map(|(name, member)| {
            let at = format!("{at}.{name}");
            // What is empty need not be written.
            let is_empty = member.as_object().is_some_and(serde_json::Map::is_empty);
            match again.get(name) {
                None if is_empty => None,
                None => Some(format!("{at}: no such member")),
                Some(again) => difference(member, again, &at),
            }
        }),
        (Value::Array(items), _) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| {
                difference(item, &again[index], &format!("{at}[{index}]"))
            })
        }
        _ if object == again => None,
        _ => Some(format!("{at}: {object} is read as {again}")),
    }
}
