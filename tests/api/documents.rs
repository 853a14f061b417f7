//! What the service says of itself, and that it is true.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use poem_resource_server::check::CHECKS;
use poem_resource_server::doctor::EXAMINATIONS;
use poem_resource_server::service::internal::settings_table;
use poem_resource_server::verifier::REASONS;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

#[tokio::test]
async fn the_document_describes_the_admitted_callers_and_the_refusals() {
    let world = World::start().await;

    let document = world.get("/openapi.json").await.json();

    let hello = &document["paths"]["/api/hello"]["get"];
    let whoami = &document["paths"]["/api/whoami"]["get"];
    let statuses = |operation: &Value| -> Vec<String> {
        operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(hello["security"], json!([]));
    assert_eq!(statuses(hello), ["200", "408"]);
    assert_eq!(
        whoami["security"],
        json!([
            { "BearerAuth": [] },
            { "DPoPAuth": [] },
            { "SignIn": [] },
            { "ClientCredentials": [] },
        ])
    );
    assert_eq!(statuses(whoami), ["200", "400", "401", "408", "503"]);
    let headers = &whoami["responses"]["401"]["headers"];
    assert!(headers["WWW-Authenticate"].is_object());
    assert!(whoami["responses"]["503"]["headers"]["Retry-After"].is_object());
    assert_eq!(
        document["servers"],
        json!([{ "url": format!("http://{}", world.address) }])
    );
}

#[tokio::test]
async fn the_flows_are_at_the_issuers_own_endpoints_once_it_is_known() {
    let world = World::without_keys(&[]).await;
    let schemes = |document: Value| document["components"]["securitySchemes"].clone();
    let before = schemes(world.get("/openapi.json").await.json());
    assert_eq!(before["BearerAuth"]["scheme"], "bearer");
    assert_eq!(before.get("SignIn"), None);

    world
        .issuer
        .set_behaviour(poem_resource_server::dev::Behaviour::Normal);
    world.clock.advance(std::time::Duration::from_secs(2));
    let token = world.sign(&world.token());
    assert_eq!(world.whoami(&token).await.status, 200);
    world.until_documented().await;
    let after = schemes(world.get("/openapi.json").await.json());

    let issuer = world.issuer.issuer();
    let program = &after["ClientCredentials"]["flows"];
    let person = &after["SignIn"]["flows"];
    assert_eq!(
        program["clientCredentials"]["tokenUrl"],
        format!("{issuer}/v1/token")
    );
    assert_eq!(
        person["authorizationCode"]["tokenUrl"],
        format!("{issuer}/v1/token")
    );
    assert_eq!(
        person["authorizationCode"]["authorizationUrl"],
        format!("{issuer}/v1/authorize")
    );
}

#[tokio::test]
async fn the_document_is_the_same_in_yaml() {
    let world = World::start().await;

    let json = world.get("/openapi.json").await.json();
    let yaml = world.get("/openapi.yaml").await;

    assert_eq!(yaml.header("content-type"), Some("application/yaml"));
    let yaml: Value = serde_yaml_ng::from_str(&yaml.body).unwrap();
    assert_eq!(yaml, json);
}

#[tokio::test]
async fn the_resource_metadata_is_at_the_url_of_the_challenge() {
    let world = World::start().await;
    let refused: Answer = world.get("/api/whoami").await;
    let challenge = refused.header("www-authenticate").unwrap();
    let url = challenge.split("resource_metadata=\"").nth(1).unwrap();
    let path = url
        .trim_end_matches('"')
        .split(&world.address.to_string())
        .nth(1)
        .unwrap();

    let answer = world.get(path).await;

    assert_eq!(answer.header("content-type"), Some("application/json"));
    let address = world.address;
    assert_eq!(
        answer.json(),
        json!({
            "resource": format!("http://{address}"),
            "authorization_servers": [world.issuer.issuer()],
            "bearer_methods_supported": ["header"],
            "dpop_signing_alg_values_supported": proof_algorithms(),
            "resource_name": "Protected API",
            "resource_documentation": format!("http://{address}/docs"),
        })
    );
}

#[tokio::test]
async fn the_metadata_of_the_path_below_which_the_operations_are_names_that_path() {
    let world = World::with(&[("http.public_url", "https://api.example.com")]).await;

    for (path, resource) in [
        ("", "https://api.example.com"),
        ("/api", "https://api.example.com/api"),
    ] {
        let url = format!("/.well-known/oauth-protected-resource{path}");
        let metadata = world.get(&url).await.json();

        assert_eq!(metadata["resource"], resource);
        assert_eq!(
            metadata["resource_documentation"],
            "https://api.example.com/docs"
        );
    }
    let other = world
        .get("/.well-known/oauth-protected-resource/other")
        .await;
    assert_eq!(other.status, 404);
}

#[test]
fn the_table_of_the_settings_page_is_that_of_the_program() {
    let page = include_str!("../../docs/settings.md");
    let table = page.split("<!-- settings -->\n").nth(1).unwrap();
    let table = table.split("<!-- /settings -->").next().unwrap();

    assert_eq!(table, settings_table(), "run scripts/generate");
}

#[test]
fn the_reasons_page_has_a_section_for_each_reason_of_the_program() {
    let page = include_str!("../../docs/reasons.md");
    let sections = page.split("<!-- reasons -->\n").nth(1).unwrap();
    let sections = sections.split("<!-- /reasons -->").next().unwrap();

    let section = |(reason, meaning, fix): &(&str, &str, &str)| {
        format!("### `{reason}`\n\n{meaning}\n\n{fix}\n\n")
    };
    let expected: Vec<_> = REASONS.iter().map(section).collect();
    assert_eq!(sections, expected.concat(), "run scripts/generate");
}

/// The words that the code uses as reasons: `reason: "word"` of a problem, `=> "word"` of a
/// function `reason`, and the first string of a pair of a function `problem` or `Readiness::of`.
fn reasons_in(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_')
    };
    let mut add = |text: &str| {
        let word = text.split('"').next().unwrap_or_default();
        if is_word(word) {
            found.insert(word.to_owned());
        }
    };
    for mark in ["reason: \"", "BUDGET_SPENT: &str = \""] {
        source.split(mark).skip(1).for_each(&mut add);
    }
    for function in ["fn reason(", "fn problem(", "fn new(stage"] {
        for body in source.split(function).skip(1) {
            let body = body.split("\n}\n").next().unwrap();
            let body = body.split("\n    }\n\n").next().unwrap();
            for arm in body.split("=> ").skip(1) {
                let arm = arm.trim_start_matches(['(', '{', ' ', '\n']);
                let arm = match arm.strip_prefix("StatusCode::") {
                    Some(status) => status.split_once('"').map(|(_, word)| word),
                    None => arm.strip_prefix('"'),
                };
                arm.into_iter().for_each(&mut add);
            }
        }
    }
    found
}

#[test]
fn every_reason_of_the_code_is_described_and_every_description_is_of_one() {
    let folder = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
        let mut files: Vec<PathBuf> = Vec::new();
        let mut folders = vec![path];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_test = path.to_string_lossy().contains("/tests");
                if path.is_dir() && !is_test {
                    folders.push(path);
                } else if !is_test {
                    files.push(path);
                }
            }
        }
        files
    };
    let files = [
        "guard",
        "issuer/introspection",
        "service",
        "token",
        "verifier",
    ]
    .into_iter()
    .flat_map(folder);
    let mut used = BTreeSet::new();
    for file in files {
        let source = std::fs::read_to_string(file).unwrap();
        used.extend(reasons_in(
            source.split("#[cfg(test)]\nmod tests {").next().unwrap(),
        ));
    }
    used.remove("ok");

    let described: BTreeSet<_> = REASONS.iter().map(|(it, ..)| (*it).to_owned()).collect();

    assert_eq!(used, described);
    assert_eq!(described.len(), REASONS.len(), "a reason twice");
    assert!(used.len() >= 50, "{used:?}");
}

#[test]
fn the_checks_of_the_guides_are_those_of_the_program() {
    let check = include_str!("../../docs/check.md");
    let doctor = include_str!("../../docs/doctor.md");
    for (guide, mark, checks) in [
        (check, "checks", CHECKS),
        (doctor, "examinations", EXAMINATIONS),
    ] {
        let table = guide.split(&format!("<!-- {mark} -->\n")).nth(1).unwrap();
        let table = table.split("<!-- /").next().unwrap();
        let rows: Vec<_> = table.lines().skip(2).collect();

        assert_eq!(rows.len(), checks.len(), "run scripts/generate");
        for ((check, meaning, fix), row) in checks.iter().zip(rows) {
            let expected = format!("| `{check}` | {meaning} | {fix} |");
            assert_eq!(row, expected, "run scripts/generate");
        }
    }
}

fn proof_algorithms() -> Vec<&'static str> {
    let algorithms = poem_resource_server::token::Algorithm::ALL.iter();
    algorithms.map(|it| it.name()).collect()
}
