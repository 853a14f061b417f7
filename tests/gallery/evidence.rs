//! What counts as shown, and what does not.

use poem::endpoint::make;
use poem::http::StatusCode;
use poem::{IntoResponse, Request};
use poem_resource_server::check::{Report, Verdict};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::parts::{Api, Refusal, answering, is_own, refused, segment, shown, token, verified};
use crate::world::{World, document};
use crate::{apis, found};

/// The document with this path in place of `/whoami`, and no other protected operation.
fn with_path(path: &str, parameters: &Value) -> Value {
    let mut document = document();
    let mut operation = document["paths"]["/whoami"].take();
    operation["get"]["parameters"] = parameters.clone();
    document["paths"] = json!({ path: operation });
    document
}

fn why(report: &Report, check: &str) -> Option<String> {
    let mut gaps = report.gaps().into_iter();
    gaps.find(|gap| gap.checks.contains(&check))
        .map(|gap| gap.why)
}

#[tokio::test]
async fn a_wrong_base_path_gives_one_sentence_and_no_fault() {
    let world = World::start(apis::right()).await;

    let right = world.report().await;
    let wrong = world.below("/v2").report().await;

    assert_eq!(right.verdict(), Verdict::Secure);
    assert_eq!(wrong.verdict(), Verdict::Incomplete);
    assert_eq!(wrong.outcomes().len(), 1, "{wrong:#?}");
    let why = wrong.outcomes()[0].not_made.clone().unwrap();
    assert!(
        why.starts_with("The API answers 404 to all of its first 3 operations, so nothing was"),
        "{why}"
    );
    assert!(
        why.contains("/v2/hello. Give --url as the URL that"),
        "{why}"
    );
}

/// Every tenant but `acme` is unknown, which the API reports before it looks at the token.
fn by_tenant() -> Api {
    let everything = make(|request: Request| async move {
        match request.uri().path() {
            "/api/acme/whoami" => apis::answer(&request).await,
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    });
    crate::parts::by_origin(everything, is_own)
}

#[tokio::test]
async fn a_refusal_of_made_up_values_shows_nothing_and_a_given_value_does() {
    let tenant = json!([{ "name": "tenant", "in": "path", "required": true,
        "schema": { "type": "string" } }]);
    let world = || async {
        let mut document = with_path("/{tenant}/whoami", &tenant);
        document["paths"]["/acme/whoami"] = json!({ "get": { "security": [] } });
        document["paths"]["/acme/whoami"]["get"]["security"] = json!([{ "token": [] }]);
        World::start(by_tenant()).await.with_document(document)
    };

    let made_up = world().await.report().await;
    let given = world().await.with_value("tenant", "acme").report().await;

    assert_eq!(made_up.verdict(), Verdict::Incomplete, "{made_up:#?}");
    assert_eq!(
        why(&made_up, "unsigned").unwrap(),
        "404 in place of 401: the API refused the made-up values before the credentials. Give \
         values that exist with --param NAME=VALUE, or with examples in the document."
    );
    assert_eq!(given.verdict(), Verdict::Secure, "{given:#?}");
}

#[tokio::test]
async fn an_operation_that_is_left_out_is_named_and_not_judged() {
    let mut document = document();
    document["paths"]["/key"] = json!({ "get": { "security": [{ "key": [] }] } });
    document["components"]["securitySchemes"]["key"] =
        json!({ "type": "apiKey", "in": "header", "name": "X-Key" });
    let world = || async {
        World::start(apis::right())
            .await
            .with_document(document.clone())
    };

    let with = world().await.report().await;
    let without = world().await.without("GET /key").report().await;

    assert_eq!(with.verdict(), Verdict::Incomplete);
    assert_eq!(
        why(&with, "document").unwrap(),
        "`security` names `key`, no scheme of bearer tokens. Leave the operation out with --skip \
         \"GET /key\", or correct the document."
    );
    assert_eq!(without.verdict(), Verdict::Secure, "{without:#?}");
    assert_eq!(without.skipped(), ["GET /key"]);
}

/// Requires the claim `role`, which no token of the gallery has.
fn requires_a_role(challenge: &'static str) -> Api {
    answering(
        move |request| async move {
            let claims = async { verified(&token(&request)?).await };
            if let Err(refusal) = claims.await {
                return refused(refusal);
            }
            let mut response = refused(Refusal::Scope);
            let field = challenge.parse().unwrap();
            response.headers_mut().insert("www-authenticate", field);
            response
        },
        is_own,
    )
}

#[tokio::test]
async fn a_good_token_that_lacks_a_right_is_no_fault_of_the_api() {
    for (challenge, expected) in [
        (
            "Bearer error=\"insufficient_scope\", scope=\"a b\"",
            "403 for the good token: it lacks the scope `a b`. Request it with --scope, once for \
             each scope.",
        ),
        (
            "Bearer error=\"insufficient_scope\"",
            "403 for the good token: it is valid, and lacks a scope, a claim or another right. \
             Request a scope with --scope, use another client, or add a claim with --claim for \
             the embedded issuer.",
        ),
    ] {
        let document = with_path("/whoami", &json!([]));
        let world = World::start(requires_a_role(challenge)).await;

        let report = world.with_document(document).report().await;

        assert_eq!(report.verdict(), Verdict::Incomplete, "{report:#?}");
        assert_eq!(why(&report, "good_token").unwrap(), expected);
        assert_eq!(why(&report, "unsigned"), None, "hostile tokens are tried");
    }
}

#[tokio::test]
async fn a_forged_token_that_is_forbidden_as_the_good_one_was_accepted() {
    let believes = answering(
        |request| async move {
            match token(&request).map(|token| segment(&token, 1)) {
                Ok(Some(claims)) if claims.is_object() => {
                    let mut response = refused(Refusal::Scope);
                    let field = "Bearer error=\"insufficient_scope\"".parse().unwrap();
                    response.headers_mut().insert("www-authenticate", field);
                    response
                }
                Ok(_) => refused(Refusal::Invalid),
                Err(refusal) => refused(refusal),
            }
        },
        is_own,
    );
    let world = World::start(believes).await;

    let report = world
        .with_document(with_path("/whoami", &json!([])))
        .report()
        .await;

    let found = found(&report);
    for check in ["unsigned", "signature_changed", "own_key", "expired"] {
        assert!(found.contains(check), "{check}: {report:#?}");
    }
}

/// What an operation that serves everybody does with a token that it does not accept.
#[derive(Clone, Copy)]
enum BadToken {
    Refuse,
    Ignore,
    Believe,
    SayNothing,
}

fn optional(bad: BadToken) -> Api {
    answering(
        move |request| async move {
            let token = match token(&request) {
                Err(Refusal::Missing) => return "nobody".into_response(),
                Err(refusal) => return refused(refusal),
                Ok(token) => token,
            };
            match (verified(&token).await, bad) {
                (Ok(_), BadToken::SayNothing)
                | (Err(_), BadToken::Ignore | BadToken::SayNothing) => "nobody".into_response(),
                (Ok(claims), _) => shown(&claims),
                (Err(refusal), BadToken::Refuse) => refused(refusal),
                (Err(_), BadToken::Believe) => {
                    segment(&token, 1).map_or_else(|| refused(Refusal::Invalid), |it| shown(&it))
                }
            }
        },
        is_own,
    )
}

#[tokio::test]
async fn an_operation_that_serves_everybody_is_judged_by_what_it_answers() {
    let mut document = with_path("/whoami", &json!([]));
    document["paths"]["/whoami"]["get"]["security"] = json!([{}, { "token": [] }]);
    for (row, bad, verdict, unsigned) in [
        ("401", BadToken::Refuse, Verdict::Secure, None),
        (
            "the answer without a token",
            BadToken::Ignore,
            Verdict::Secure,
            Some("(unsigned)"),
        ),
        (
            "the answer to the good token",
            BadToken::Believe,
            Verdict::Faulty,
            Some("unsigned"),
        ),
        (
            "the same answer to all",
            BadToken::SayNothing,
            Verdict::Incomplete,
            None,
        ),
    ] {
        let world = World::start(optional(bad)).await;

        let report = world.with_document(document.clone()).report().await;

        assert_eq!(report.verdict(), verdict, "{row}: {report:#?}");
        let found = found(&report);
        let found = found.iter().find(|it| it.contains("unsigned"));
        assert_eq!(found.map(String::as_str), unsigned, "{row}: {report:#?}");
    }
}

/// Answers 401 to each first request of a connection. To a second one it closes the connection
/// without an answer, as servers do that close after an answer without saying so.
async fn answers_once(listener: TcpListener, answers: usize) -> std::io::Result<()> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            for _ in 0..answers {
                read_head(&mut stream).await;
                let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\n\
                    content-length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).await.ok();
            }
            read_head(&mut stream).await;
        });
    }
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
}

#[tokio::test]
async fn a_request_on_a_connection_that_the_api_closed_is_sent_once_more() {
    let served = async |answers| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let world = World::at(&url, tokio::spawn(answers_once(listener, answers)));
        world
            .with_document(with_path("/whoami", &json!([])))
            .report()
            .await
    };

    let once = served(1).await;
    let never = served(0).await;

    assert!(!found(&once).contains("no_answer"), "{once:#?}");
    assert!(found(&never).contains("no_answer"), "{never:#?}");
}
