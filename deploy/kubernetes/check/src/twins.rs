//! The same objects, each broken in one point: a rule that lets one pass cannot fail.

use serde_json::Value;

use crate::{rules, typed};

/// Where the object is that is broken, and by what.
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

/// Each break that nothing finds.
pub fn blind_spots(objects: &[Value]) -> Vec<String> {
    let mut blind = Vec::new();
    for (kind, pointer, value) in BROKEN {
        let mut twin = objects.to_vec();
        let Some(object) = twin.iter_mut().find(|object| object["kind"] == *kind) else {
            continue;
        };
        let value: Value = serde_json::from_str(value).expect("values are JSON");
        put(object, pointer, value);
        let is_found = twin.iter().any(|object| typed::fault(object).is_some());
        if !is_found && rules::faults(&twin).is_empty() {
            blind.push(format!("nothing finds {kind}{pointer}"));
        }
    }
    blind
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
