//! What the code declares and what the settings say make one rule for each operation.

use std::sync::Arc;

use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, SecurityScheme};
use poem_resource_server::guard::{
    Access, AccessMode, BearerAuth, Guard, OperationAccess, Rule, RuleError,
};
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

/// A caller, or nobody.
#[derive(SecurityScheme)]
enum Visitor {
    Known(#[expect(dead_code, reason = "who it is decides nothing here")] BearerAuth),
    #[oai(fallback)]
    Anonymous,
}

/// An operation of each kind.
struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }

    #[oai(path = "/visit", method = "get", operation_id = "visit")]
    async fn visit(&self, _visitor: Visitor) -> PlainText<&'static str> {
        PlainText("visit")
    }

    #[oai(path = "/read", method = "get", operation_id = "read")]
    async fn read(
        &self,
        #[oai(scope = "ApiScope::Read")] _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("read")
    }
}

fn access(mode: AccessMode, anonymous: &[&str], operations: &[(&str, &str)]) -> Access {
    let access = Access::default()
        .with_mode(mode)
        .with_anonymous(anonymous.iter().copied());
    operations.iter().fold(access, |access, (id, scope)| {
        let requirement = OperationAccess::default().with_scope(scope.parse().unwrap());
        access.with_operation(*id, requirement)
    })
}

/// The rules of the API, each as one word and the scopes it requires.
fn rules(access: Access) -> Result<Vec<String>, RuleError> {
    let no_keys: Arc<KeySet> = Arc::default();
    let validation = Validation::new("https://id.example", Audience::parse("api").unwrap());
    let guard = Guard::new(Verifier::new(Arc::new(no_keys), validation)).with_access(access);
    let guarded = guard.try_protect(Api)?;
    let printed = guarded.rules().iter().map(|operation| {
        let (word, requirement) = match &operation.rule {
            Rule::Anonymous => return "anonymous".to_owned(),
            Rule::Optional(requirement) => ("optional", requirement),
            Rule::Protected(requirement) => ("protected", requirement),
            other => panic!("an unknown rule: {other:?}"),
        };
        let sets: Vec<_> = requirement
            .scopes()
            .iter()
            .map(ToString::to_string)
            .collect();
        format!("{word} {}", sets.join(" | ")).trim_end().to_owned()
    });
    Ok(printed.collect())
}

#[test]
#[rustfmt::skip] // A row a line.
fn each_kind_of_operation_has_the_rule_that_code_and_settings_make() {
    use AccessMode::{All, Declared};

    for (name, access, expected) in [
        ("as declared", access(Declared, &[], &[]),
            ["anonymous", "optional", "protected read"]),
        ("the list means nothing then", access(Declared, &["read", "nothing"], &[]),
            ["anonymous", "optional", "protected read"]),
        ("everything", access(All, &[], &[]),
            ["protected", "protected", "protected read"]),
        ("everything but the open one", access(All, &["open"], &[]),
            ["anonymous", "protected", "protected read"]),
        ("but those that need no caller", access(All, &["OPEN", "Visit"], &[]),
            ["anonymous", "optional", "protected read"]),
        ("scopes are added", access(Declared, &[], &[("read", "more read")]),
            ["anonymous", "optional", "protected read more"]),
        ("a scope protects the open one", access(Declared, &[], &[("open", "x")]),
            ["protected x", "optional", "protected read"]),
        ("a scope ends the option", access(Declared, &[], &[("VISIT", "x")]),
            ["anonymous", "protected x", "protected read"]),
        ("scopes in mode all", access(All, &["open"], &[("visit", "x")]),
            ["anonymous", "protected x", "protected read"]),
    ] {
        assert_eq!(rules(access).unwrap(), expected, "{name}");
    }
}

#[test]
fn what_cannot_be_meant_makes_no_rules() {
    use AccessMode::{All, Declared};

    let known = "open, visit, read";
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("an unknown operation", access(Declared, &[], &[("opn", "x")]),
            format!("`access.operations` names the operation `opn`, which does not exist; there are: {known}")),
        ("an unknown anonymous one", access(All, &["opn"], &[]),
            format!("`access.anonymous` names the operation `opn`, which does not exist; there are: {known}")),
        ("anonymous, and declared to need a caller", access(All, &["read"], &[]),
            "`access.anonymous` names the operation `read`, which requires credentials by its declaration in the code; remove it from one of them".to_owned()),
        ("anonymous, and with a scope by setting", access(All, &["visit"], &[("visit", "x")]),
            "`access.anonymous` names the operation `visit`, which requires credentials by `access.operations`; remove it from one of them".to_owned()),
    ];

    for (name, access, message) in rows {
        assert_eq!(rules(access).unwrap_err().to_string(), message, "{name}");
    }
}
