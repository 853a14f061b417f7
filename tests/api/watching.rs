//! What alerts and dashboard ask for is what `/metrics` has, and what they say is explained.

mod promql;

use std::collections::{BTreeMap, BTreeSet};

use poem_resource_server::service::metrics_table;
use serde_json::Value;

use promql::Mentioned;

/// The labels of each metric there is; of a histogram by the names of its samples.
fn metrics() -> BTreeMap<String, BTreeSet<String>> {
    let mut metrics = BTreeMap::new();
    for row in metrics_table().lines().skip(2) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`');
        let labels = cells[3].split(", ").map(|label| label.trim_matches('`'));
        // What Prometheus adds to every sample.
        let labels = labels.chain(["job", "instance"]).map(str::to_owned);
        let mut labels: BTreeSet<String> = labels.collect();
        if cells[2] == "histogram" {
            labels.insert("le".to_owned());
            for suffix in ["_bucket", "_sum", "_count"] {
                metrics.insert(format!("{name}{suffix}"), labels.clone());
            }
        } else {
            metrics.insert(name.to_owned(), labels);
        }
    }
    metrics
}

/// What is wrong with an expression, and with the labels that are shown beside it.
fn faults(expression: &str, shown: &[String]) -> Vec<String> {
    let metrics = metrics();
    let Mentioned {
        metrics: mentioned,
        grouped,
    } = promql::mentioned(expression);
    let mut faults = Vec::new();
    let mut known = BTreeSet::new();
    if mentioned.is_empty() {
        faults.push(format!("no metric in {expression}"));
    }
    for (metric, labels) in &mentioned {
        let Some(of_metric) = metrics.get(metric) else {
            faults.push(format!("no metric {metric}"));
            continue;
        };
        known.extend(of_metric.clone());
        let unknown = labels.iter().filter(|label| !of_metric.contains(*label));
        faults.extend(unknown.map(|label| format!("{metric} has no label {label}")));
    }
    let named = grouped.iter().chain(shown);
    let unknown = named.filter(|label| !known.contains(*label));
    faults.extend(unknown.map(|label| format!("no label {label} in {expression}")));
    faults
}

/// The names between these two texts.
fn between(text: &str, before: &str, after: &str) -> Vec<String> {
    let parts = text.split(before).skip(1);
    let names = parts.map(|part| part.split(after).next().unwrap());
    names.map(|name| name.trim().to_owned()).collect()
}

fn alerts() -> Vec<Value> {
    let text = include_str!("../../deploy/prometheus/alerts.yaml");
    let file: Value = serde_yaml_ng::from_str(text).unwrap();
    let groups = file["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|it| it["rules"].as_array().unwrap());
    rules.cloned().collect()
}

fn dashboard() -> Value {
    serde_json::from_str(include_str!("../../deploy/grafana/dashboard.json")).unwrap()
}

#[test]
fn alerts_name_metrics_and_labels_that_there_are() {
    for alert in alerts() {
        let shown = between(&alert["annotations"].to_string(), "$labels.", " ");

        let faults = faults(alert["expr"].as_str().unwrap(), &shown);

        assert!(faults.is_empty(), "{}: {faults:?}", alert["alert"]);
    }
}

#[test]
fn every_alert_is_tested_and_explained() {
    let tests = include_str!("../../deploy/prometheus/alerts_test.yaml");
    let guide = include_str!("../../docs/observability.md");
    assert!(alerts().len() > 5);
    for alert in alerts() {
        let name = alert["alert"].as_str().unwrap();
        let of_alert: Vec<_> = tests
            .split(&format!("alertname: {name}\n"))
            .skip(1)
            .collect();

        let quiet = |it: &&str| it.trim_start().starts_with("exp_alerts: []");
        assert!(of_alert.iter().any(quiet), "{name} is never seen quiet");
        let fires = |it: &&str| it.trim_start().starts_with("exp_alerts:\n");
        assert!(of_alert.iter().any(fires), "{name} is never seen to fire");
        assert!(guide.contains(&format!("| `{name}` |")), "{name}");
        assert!(["critical", "warning"].contains(&alert["labels"]["severity"].as_str().unwrap()));
    }
}

#[test]
fn the_dashboard_names_metrics_and_labels_that_there_are() {
    let dashboard = dashboard();
    let mut expressions = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let shown = between(target["legendFormat"].as_str().unwrap(), "{{", "}}");

            let faults = faults(target["expr"].as_str().unwrap(), &shown);

            assert!(faults.is_empty(), "{}: {faults:?}", panel["title"]);
            expressions += 1;
        }
    }
    assert!(expressions > 20);
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        let Some(query) = variable["query"]["query"].as_str() else {
            continue;
        };
        let arguments = query.strip_prefix("label_values(").unwrap();
        let (metric, label) = arguments.trim_end_matches(')').rsplit_once(',').unwrap();
        let faults = faults(metric, &[label.trim().to_owned()]);
        assert!(faults.is_empty(), "{query}: {faults:?}");
    }
    for annotation in dashboard["annotations"]["list"].as_array().unwrap() {
        let faults = faults(annotation["expr"].as_str().unwrap(), &[]);
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn every_panel_has_a_unit_and_a_description_and_none_covers_another() {
    let mut covered = BTreeSet::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(!title.is_empty());
        if panel["type"] != "row" {
            assert!(panel["description"].as_str().unwrap().len() > 20, "{title}");
            let unit = &panel["fieldConfig"]["defaults"]["unit"];
            assert!(unit.is_string(), "{title} has no unit");
        }
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{title} is too wide");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(covered.insert((x, y)), "{title} covers another");
            }
        }
    }
}

#[test]
fn a_metric_or_label_that_there_is_not_is_found() {
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("jwks_keys == 0", ""),
        ("jwks_key == 0", "no metric jwks_key"),
        ("sum(rate(http_requests[5m]))", "no metric http_requests"),
        ("http_request_duration_seconds", "no metric http_request_duration_seconds"),
        ("http_requests_total{status=~\"5..\", job=\"a\"}", ""),
        ("http_requests_total{path=\"/\", status=\"200\"}", "http_requests_total has no label path"),
        ("jwks_keys{status=\"200\"}", "jwks_keys has no label status"),
        ("sum by (operation) (http_requests_total)", ""),
        ("sum by (le, job) (http_requests_total)", "no label le in sum by (le, job) (http_requests_total)"),
        ("jwks_keys and on (job) http_connections > 2 or vector(1)", ""),
        ("1 > 0.5", "no metric in 1 > 0.5"),
    ];
    for (expression, expected) in rows {
        assert_eq!(faults(expression, &[]).join(", "), expected, "{expression}");
    }
    let shown = ["status".to_owned()];
    assert!(faults("http_requests_total", &shown).is_empty());
    assert_eq!(faults("jwks_keys", &shown).len(), 1);
}
