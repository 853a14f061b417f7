//! The metrics and their descriptions.

use std::collections::{BTreeMap, BTreeSet};

use poem_resource_server::service::metrics_table;

use crate::world::World;

/// What a table or a page says of a metric: its type and its labels.
type Described = BTreeMap<String, (String, BTreeSet<String>)>;

fn described_by(table: &str) -> Described {
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let labels = cells[3].split(", ").filter(|label| *label != "-");
        let labels = labels.map(|label| label.trim_matches('`').to_owned());
        let name = cells[1].trim_matches('`').to_owned();
        (name, (cells[2].to_owned(), labels.collect()))
    });
    rows.collect()
}

fn described_on(page: &str) -> Described {
    let mut described = Described::new();
    let mut current = String::new();
    for line in page.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap();
            let suffix = if kind == "counter" { "_total" } else { "" };
            current = format!("{name}{suffix}");
            described.insert(current.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let (series, _) = line.rsplit_once(' ').unwrap();
            assert!(series.starts_with(&current), "{series} after {current}");
            let labels = series.split_once('{').map_or("", |(_, labels)| labels);
            let labels = labels
                .split("\",")
                .filter_map(|label| label.split_once('='));
            let names = labels.map(|(name, _)| name.to_owned());
            let labels = &mut described.get_mut(&current).unwrap().1;
            labels.extend(names.filter(|name| name != "le"));
        }
    }
    described
}

#[tokio::test]
async fn the_page_has_the_metrics_of_the_table_with_their_labels_and_no_others() {
    // Nobody listens there; that it is asked for is enough for its age.
    let world = World::with(&[("denylist.redis_url", "redis://127.0.0.1:1")]).await;
    world.get("/api/hello").await;

    let page = world.admin("/metrics").await.body;

    let mut table = described_by(&metrics_table());
    // Without introspection and sign-out, these have no sample, and therefore no label.
    for (name, (_, labels)) in &mut table {
        if name.starts_with("introspection_") || name == "logouts_total" {
            labels.clear();
        }
    }
    assert_eq!(described_on(&page), table);
}

#[test]
fn the_table_of_the_guide_is_that_of_the_program() {
    let guide = include_str!("../../../docs/observability.md");
    let table = guide.split("<!-- metrics -->\n").nth(1).unwrap();
    let table = table.split("<!-- /metrics -->").next().unwrap();

    assert_eq!(table, metrics_table(), "run scripts/generate");
}
