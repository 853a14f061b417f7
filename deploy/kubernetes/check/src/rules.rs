//! What the service and its operators rely on.

use serde_json::{Value, json};

use crate::memory;

/// A rule: what must be true, and whether it is.
pub type Rule = (&'static str, fn(&[Value]) -> bool);

pub const RULES: &[Rule] = &[
    (
        "every selector selects the pods by labels that they have",
        selects_its_pods,
    ),
    (
        "every container runs as a user without privileges, on a read-only root",
        is_confined,
    ),
    ("every container has a limit of memory", is_limited),
    (
        "the memory limit of every container is the sum that its settings require, plus a quarter",
        memory::fits_the_settings,
    ),
    (
        "the settings set every key that base/config.toml sets",
        sets_the_keys_of_the_base,
    ),
    (
        "the pod has no token for the API of Kubernetes",
        has_no_token,
    ),
    (
        "the probes request paths that the service has, at ports that the container names",
        probes_are_served,
    ),
    (
        "a pod has more time to stop than the settings give to the service",
        has_time_to_end,
    ),
    (
        "the autoscaler and the budget are for the deployment",
        aims_at_the_deployment,
    ),
    (
        "the network policy admits callers, and only Prometheus at the admin port",
        keeps_the_admin_port,
    ),
    (
        "settings and secrets are mounted where the arguments name them",
        mounts_what_it_reads,
    ),
    ("an image has a tag", has_tags),
    (
        "Prometheus scrapes the path and the port of the metrics",
        scrapes_metrics,
    ),
];

pub fn faults(objects: &[Value]) -> Vec<String> {
    let broken = RULES.iter().filter(|(_, holds)| !holds(objects));
    broken
        .map(|(rule, _)| format!("does not hold: {rule}"))
        .collect()
}

/// The variables of the container with this name, as `NAME=value`.
pub fn environment<'a>(
    objects: &'a [Value],
    container: &'a str,
) -> impl Iterator<Item = String> + 'a {
    containers(objects)
        .filter(move |it| it["name"] == container)
        .flat_map(|it| items(&it["env"]))
        .filter_map(|variable| {
            Some(format!(
                "{}={}",
                variable["name"].as_str()?,
                variable["value"].as_str()?
            ))
        })
}

fn of<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let mut objects = objects.iter();
    objects
        .find(|object| object["kind"] == kind)
        .unwrap_or(&Value::Null)
}

fn pod(objects: &[Value]) -> &Value {
    &of(objects, "Deployment")["spec"]["template"]["spec"]
}

pub fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

pub fn containers(objects: &[Value]) -> impl Iterator<Item = &Value> {
    items(&pod(objects)["containers"])
}

fn selects_its_pods(objects: &[Value]) -> bool {
    let labels = &of(objects, "Deployment")["spec"]["template"]["metadata"]["labels"];
    let selected = |selector: &Value| {
        let members = selector.as_object();
        members.is_some_and(|it| {
            !it.is_empty() && it.iter().all(|(name, value)| labels[name] == *value)
        })
    };
    let services = objects.iter().filter(|object| object["kind"] == "Service");
    services
        .map(|service| &service["spec"]["selector"])
        .all(selected)
        && selected(&of(objects, "Deployment")["spec"]["selector"]["matchLabels"])
        && selected(&of(objects, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"])
        && selected(&of(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"])
        && items(&pod(objects)["topologySpreadConstraints"])
            .all(|constraint| selected(&constraint["labelSelector"]["matchLabels"]))
}

fn is_confined(objects: &[Value]) -> bool {
    let security = &pod(objects)["securityContext"];
    security["runAsNonRoot"] == true
        && security["runAsUser"].as_u64().is_some_and(|user| user > 0)
        && security["seccompProfile"]["type"] == "RuntimeDefault"
        && containers(objects).all(|container| {
            let security = &container["securityContext"];
            security["readOnlyRootFilesystem"] == true
                && security["allowPrivilegeEscalation"] == false
                && security["capabilities"]["drop"] == json!(["ALL"])
        })
}

fn is_limited(objects: &[Value]) -> bool {
    containers(objects).all(|container| {
        let resources = &container["resources"];
        resources["limits"]["memory"].is_string() && resources["requests"]["cpu"].is_string()
    })
}

fn has_no_token(objects: &[Value]) -> bool {
    pod(objects)["automountServiceAccountToken"] == false
}

fn probes_are_served(objects: &[Value]) -> bool {
    let Some(api) = containers(objects).find(|container| container["name"] == "api") else {
        return false;
    };
    let served = [
        ("livenessProbe", "/livez"),
        ("startupProbe", "/livez"),
        ("readinessProbe", "/readyz"),
    ];
    served.into_iter().all(|(probe, path)| {
        let asked = &api[probe]["httpGet"];
        asked["path"] == path && items(&api["ports"]).any(|port| port["name"] == asked["port"])
    }) && listens(objects, "http")
        && listens(objects, "admin")
}

/// Whether the settings name the port that the container does.
fn listens(objects: &[Value], section: &str) -> bool {
    let listen = setting(objects, section, "listen").unwrap_or_default();
    let ports = containers(objects).flat_map(|container| items(&container["ports"]));
    ports
        .filter(|port| port["name"] == section)
        .any(|port| listen == format!("0.0.0.0:{}", port["containerPort"]))
}

/// The file of settings.
pub fn settings(objects: &[Value]) -> &str {
    of(objects, "ConfigMap")["data"]["config.toml"]
        .as_str()
        .unwrap_or_default()
}

fn setting(objects: &[Value], section: &str, key: &str) -> Option<String> {
    let settings: toml::Table = settings(objects).parse().ok()?;
    Some(settings.get(section)?.get(key)?.as_str()?.to_owned())
}

/// The file of an overlay replaces that of the base.
fn sets_the_keys_of_the_base(objects: &[Value]) -> bool {
    let base: toml::Table = include_str!("../../base/config.toml")
        .parse()
        .expect("the file of the base is TOML");
    let Ok(own) = settings(objects).parse::<toml::Table>() else {
        return false;
    };
    base.iter().all(|(section, keys)| {
        let mut keys = keys.as_table().into_iter().flatten();
        keys.all(|(key, _)| own.get(section).and_then(|own| own.get(key)).is_some())
    })
}

fn has_time_to_end(objects: &[Value]) -> bool {
    let seconds = |key| -> Option<u64> {
        let text = setting(objects, "http", key)?;
        text.strip_suffix('s')?.parse().ok()
    };
    let given = pod(objects)["terminationGracePeriodSeconds"].as_u64();
    match (seconds("drain_delay"), seconds("shutdown_timeout"), given) {
        (Some(drain), Some(shutdown), Some(given)) => drain > 0 && given > drain + shutdown,
        _ => false,
    }
}

fn aims_at_the_deployment(objects: &[Value]) -> bool {
    let scaler = &of(objects, "HorizontalPodAutoscaler")["spec"];
    let (least, most) = (
        scaler["minReplicas"].as_u64(),
        scaler["maxReplicas"].as_u64(),
    );
    let target = &scaler["scaleTargetRef"];
    target["kind"] == "Deployment"
        && target["name"] == of(objects, "Deployment")["metadata"]["name"]
        && least <= most
        // The autoscaler's number is not set back by applying this again.
        && of(objects, "Deployment")["spec"]["replicas"].is_null()
}

fn keeps_the_admin_port(objects: &[Value]) -> bool {
    let ingress = &of(objects, "NetworkPolicy")["spec"]["ingress"];
    let with_port = |name| {
        move |rule: &&Value| {
            rule["ports"].is_null() || items(&rule["ports"]).any(|port| port["port"] == name)
        }
    };
    items(ingress)
        .filter(with_port("admin"))
        .all(|rule| !rule["from"].is_null())
        && items(ingress).filter(with_port("admin")).count() == 1
        && items(ingress).filter(with_port("http")).count() == 1
}

fn mounts_what_it_reads(objects: &[Value]) -> bool {
    let Some(api) = containers(objects).find(|container| container["name"] == "api") else {
        return false;
    };
    let is_mounted = |volume: &str, path: &str| {
        items(&api["volumeMounts"])
            .any(|mount| mount["name"] == volume && mount["mountPath"] == path)
    };
    let volumes = || items(&pod(objects)["volumes"]);
    let secrets = environment(objects, "api")
        .find_map(|line| Some(line.strip_prefix("CREDENTIALS_DIRECTORY=")?.to_owned()));
    items(&api["args"]).any(|argument| argument == "/etc/poem-resource-server/config.toml")
        && is_mounted("config", "/etc/poem-resource-server")
        && secrets.is_some_and(|directory| is_mounted("secrets", &directory))
        && volumes()
            .any(|it| it["configMap"]["name"] == of(objects, "ConfigMap")["metadata"]["name"])
        && volumes().any(|it| it["secret"]["optional"] == true)
}

fn has_tags(objects: &[Value]) -> bool {
    containers(objects).all(|container| {
        let image = container["image"].as_str().unwrap_or_default();
        image
            .rsplit_once(':')
            .is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
    })
}

/// Where there is somebody who scrapes.
fn scrapes_metrics(objects: &[Value]) -> bool {
    let monitor = &of(objects, "ServiceMonitor")["spec"];
    if monitor.is_null() {
        return true;
    }
    let selected = monitor["selector"]["matchLabels"].as_object();
    let mut services = objects
        .iter()
        .filter(|object| object["kind"] == "Service")
        .filter(|service| {
            let labels = &service["metadata"]["labels"];
            selected.is_some_and(|it| it.iter().all(|(name, value)| labels[name] == *value))
        });
    let (Some(service), None) = (services.next(), services.next()) else {
        return false;
    };
    items(&monitor["endpoints"]).all(|endpoint| {
        endpoint["path"] == "/metrics"
            && items(&service["spec"]["ports"]).any(|port| port["name"] == endpoint["port"])
    })
}
