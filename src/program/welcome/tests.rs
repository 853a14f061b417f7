use std::net::SocketAddr;

use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;

use super::Welcome;
use crate::guard::{Access, BearerAuth, Requirement};
use crate::service::Application;
use crate::service::application::Hosted;
use crate::service::config::{Config, Listen, Sources};

struct Api;

#[OpenApi(prefix_path = "/api")]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/hello", method = "get", operation_id = "hello")]
    async fn hello(&self) -> PlainText<&'static str> {
        PlainText("hello")
    }

    #[oai(path = "/whoami", method = "get", operation_id = "whoami")]
    async fn whoami(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("you")
    }
}

/// The whole banner.
fn text(settings: &[(&'static str, &str)], listen: &Listen, url: &str) -> String {
    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| Api));
    let flags = settings
        .iter()
        .map(|(key, value)| ("the test", *key, (*value).to_owned()));
    let config = Config::load(&Sources {
        flags: flags.collect(),
        ..Sources::default()
    });
    let config = config.expect("the settings fit");
    let mut access = Access::default()
        .with_mode(config.access.mode)
        .with_anonymous(config.access.anonymous.clone());
    access.operations.clone_from(&config.access.operations);
    let outline = application.outline();
    let rules = outline.rules(&access).expect("the rules can be made");
    let welcome = Welcome {
        outline,
        config: &config,
        rules: &rules,
        listen,
        url,
        admin: None,
        has_embedded_issuer: true,
    };
    welcome.to_string()
}

/// The lines of the banner on the operations and on the next command.
fn banner(settings: &[(&'static str, &str)], listen: &Listen, url: &str) -> Vec<String> {
    let text = text(settings, listen, url);
    let is_shown = |line: &&str| {
        ["hello ", "whoami ", "socket ", "TOKEN=", "curl "]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
    };
    let lines = text.lines().filter(is_shown).map(|line| {
        let line = line.trim_start();
        // The path of this test binary.
        match line.split_once(" token ") {
            Some((start, flags)) if start.starts_with("TOKEN=") => format!("token {flags}"),
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

fn address() -> Listen {
    Listen::from(SocketAddr::from(([127, 0, 0, 1], 3000)))
}

const URL: &str = "http://127.0.0.1:3000";

#[test]
fn the_banner_names_the_scope_that_the_operation_needs() {
    let settings = [("access.operations.whoami.scopes", "AccessAll admin")];

    let lines = banner(&settings, &address(), URL);

    assert_eq!(
        lines,
        [
            "hello     http://127.0.0.1:3000/api/hello  (no token needed)",
            "whoami    http://127.0.0.1:3000/api/whoami  (token with AccessAll admin)",
            "token --scope AccessAll --scope admin)",
            "curl -i -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:3000/api/whoami",
        ]
    );
}

#[test]
fn without_a_required_scope_the_banner_requests_the_offered_one() {
    let lines = banner(&[("docs.scopes", "profile:read")], &address(), URL);

    assert_eq!(
        lines[1],
        "whoami    http://127.0.0.1:3000/api/whoami  (token)"
    );
    assert_eq!(lines[2], "token --scope profile:read)");
}

#[test]
fn in_mode_all_the_banner_shows_that_every_operation_needs_a_token() {
    let settings = [("access.mode", "all"), ("docs.scopes", "profile:read")];

    let lines = banner(&settings, &address(), URL);

    assert_eq!(
        lines,
        [
            "hello     http://127.0.0.1:3000/api/hello  (token)",
            "whoami    http://127.0.0.1:3000/api/whoami  (token)",
            "token --scope profile:read)",
            "curl -i -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:3000/api/hello",
        ]
    );
}

#[test]
fn on_a_unix_socket_the_banner_calls_the_socket() {
    let socket = Listen::Unix("/run/http.sock".into());

    let lines = banner(
        &[("docs.scopes", "profile:read")],
        &socket,
        "http://localhost",
    );

    assert_eq!(lines[0], "socket    unix:/run/http.sock");
    assert_eq!(
        lines.last().map(String::as_str),
        Some(
            "curl -i --unix-socket /run/http.sock -H \"Authorization: Bearer $TOKEN\" \
             http://localhost/api/whoami"
        )
    );
}

#[test]
fn an_operation_that_requires_claims_is_not_called_with_a_token_of_the_embedded_issuer() {
    let application = [("access.mode", "declared"), ("docs.scopes", "profile:read")];
    let lines = banner(&application, &address(), URL);
    assert_eq!(lines.len(), 4);

    let application: Box<dyn Hosted> = Box::new(Application::new("Guide", "1").api(|_| Api));
    let requirement = Requirement::default().with_claim("groups", ["a"]);
    let access = Access::default().with_operation("whoami", requirement);
    let rules = application.outline().rules(&access).expect("rules");

    let scopes: Vec<_> = rules.iter().map(super::required_scope).collect();

    assert!(scopes.iter().all(Option::is_none), "{scopes:?}");
}

/// The rows of the banner on issuers and audiences.
fn issuers(settings: &[(&'static str, &str)]) -> Vec<String> {
    let rows = |row: &String| row.starts_with("issuer ") || row.starts_with("audience ");
    text(settings, &address(), URL)
        .lines()
        .map(|line| line.trim_start().to_owned())
        .filter(rows)
        .collect()
}

#[test]
fn the_banner_lists_each_of_several_issuers() {
    let only = [("issuer.url", "https://id.example")];
    let several = [
        ("issuer.url", "https://id.example"),
        ("issuers.partners.url", "https://partners.example"),
        ("issuers.partners.audiences", "api://orders,api://shop"),
    ];

    assert_eq!(
        issuers(&only),
        [
            "issuer    https://id.example (embedded)",
            "audience  api://default",
        ]
    );
    assert_eq!(
        issuers(&several),
        [
            "issuer    default: https://id.example (embedded) for api://default",
            "issuer    partners: https://partners.example (embedded) for api://orders, api://shop",
        ]
    );
    assert_eq!(
        issuers(&several[1..]),
        [
            "issuer    https://partners.example (embedded)",
            "audience  api://orders, api://shop",
        ]
    );
}

#[test]
fn the_banner_requests_a_token_of_a_further_embedded_issuer() {
    let settings = [
        ("dev.issuers", "partners,staff"),
        ("docs.scopes", "profile:read"),
    ];

    let lines = text(&settings, &address(), URL);

    let start = "TOKEN=$(RESOURCE_SERVER_DEV__ISSUERS=partners,staff ";
    let mut lines = lines.lines().map(str::trim_start);
    let line = lines.find(|line| line.starts_with(start)).expect("a line");
    assert!(
        line.ends_with(" token --issuer-name partners --scope profile:read)"),
        "{line}"
    );
}
