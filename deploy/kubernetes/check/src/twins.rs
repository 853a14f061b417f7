//! The same objects, broken in one point each. If no rule finds the fault, a rule is missing.

use serde_json::Value;

use crate::{rules, typed};

/// The kind of an object, the place in it, and the value that breaks it.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "Deployment",
        "/spec/template/metadata/labels/app.kubernetes.io~1name",
        "\"other\"",
    ),
    (
        "PodDisruptionBudget",
        "/spec/selector/matchLabels/app.kubernetes.io~1name",
        "\"other\"",
    ),
    ("NetworkPolicy", "/spec/podSelector/matchLabels", "{}"),
    (
        "Service",
        "/spec/selector/app.kubernetes.io~1name",
        "\"other\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/securityContext/runAsNonRoot",
        "false",
    ),
    (
        "Deployment",
        "/spec/template/spec/securityContext/runAsUser",
        "0",
    ),
    (
        "Deployment",
        "/spec/template/spec/securityContext/seccompProfile/type",
        "\"Unconfined\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
        "false",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation",
        "true",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/securityContext/capabilities/drop",
        "[]",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/resources/limits",
        "{}",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/resources/limits/memory",
        "\"184Mi\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/automountServiceAccountToken",
        "true",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/livenessProbe/httpGet/path",
        "\"/health\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/readinessProbe/httpGet/path",
        "\"/livez\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/readinessProbe/httpGet/port",
        "\"metrics\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/ports/0/containerPort",
        "8080",
    ),
    (
        "Deployment",
        "/spec/template/spec/terminationGracePeriodSeconds",
        "30",
    ),
    (
        "HorizontalPodAutoscaler",
        "/spec/scaleTargetRef/name",
        "\"other\"",
    ),
    ("HorizontalPodAutoscaler", "/spec/maxReplicas", "0"),
    ("Deployment", "/spec/replicas", "2"),
    ("NetworkPolicy", "/spec/ingress/0/ports", "null"),
    ("NetworkPolicy", "/spec/ingress/1/from", "null"),
    (
        "Deployment",
        "/spec/template/spec/containers/0/volumeMounts/0/mountPath",
        "\"/etc\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/volumeMounts/1/mountPath",
        "\"/run\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/image",
        "\"poem-resource-server\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/containers/0/imagePullPolice",
        "\"Always\"",
    ),
    (
        "Deployment",
        "/spec/template/spec/terminationGracePeriodSeconds",
        "\"40\"",
    ),
    ("ServiceMonitor", "/spec/endpoints/0/path", "\"/\""),
    ("ServiceMonitor", "/spec/endpoints/0/port", "\"http\""),
];

/// A line of the settings, and what replaces it.
const BROKEN_SETTINGS: &[(&str, &str)] = &[
    ("max_connections = 4000\n", ""),
    ("memory = \"96MiB\"\n", ""),
    ("memory = \"96MiB\"\n", "memory = \"102MiB\"\n"),
    ("max_memory = \"5MiB\"\n", ""),
    ("max_memory = \"5MiB\"\n", "max_memory = \"6MiB\"\n"),
    ("drain_delay = \"10s\"\n", "drain_delay = \"20s\"\n"),
    ("0.0.0.0:9464", "127.0.0.1:9464"),
];

/// Each fault that no rule finds.
pub fn blind_spots(objects: &[Value]) -> Vec<String> {
    let mut blind = Vec::new();
    for (kind, pointer, value) in BROKEN {
        let mut twin = objects.to_vec();
        let Some(object) = twin.iter_mut().find(|object| object["kind"] == *kind) else {
            continue;
        };
        let value: Value = serde_json::from_str(value).expect("values are JSON");
        put(object, pointer, value);
        if !is_found(&twin) {
            blind.push(format!("nothing finds {kind}{pointer}"));
        }
    }
    for (line, other) in BROKEN_SETTINGS {
        let mut twin = objects.to_vec();
        let map = twin.iter_mut().find(|object| object["kind"] == "ConfigMap");
        let settings = map.expect("the settings are a ConfigMap");
        let text = rules::settings(objects);
        if !text.contains(line) {
            blind.push(format!("the settings do not have {line:?}"));
            continue;
        }
        put(
            settings,
            "/data/config.toml",
            text.replace(line, other).into(),
        );
        if !is_found(&twin) {
            blind.push(format!("nothing finds {other:?} instead of {line:?}"));
        }
    }
    blind
}

fn is_found(twin: &[Value]) -> bool {
    twin.iter().any(|object| typed::fault(object).is_some()) || !rules::faults(twin).is_empty()
}

fn put(object: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let name = name.replace("~1", "/");
    let parent = object
        .pointer_mut(parent)
        .expect("the manifest has this object");
    match name.parse::<usize>() {
        Ok(index) if parent.is_array() => parent[index] = value,
        _ => parent[name.as_str()] = value,
    }
}
