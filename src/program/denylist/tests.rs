use http::StatusCode;

use super::AdminClient;
use crate::program::failure::Failure;
use crate::service::config::Listen;

#[test]
fn a_refusal_for_the_token_says_whether_the_command_has_one() {
    let refused = |token: Option<&str>, status: StatusCode| {
        let client = AdminClient {
            listener: Listen::from(std::net::SocketAddr::from(([127, 0, 0, 1], 9464))),
            token: token.map(str::to_owned),
        };
        let body = br#"{"detail": "This request needs a token."}"#;
        match client.refused(status, body) {
            Failure::Denylist {
                listener,
                what,
                fix,
            } => (listener, what, fix),
            other => panic!("{other}"),
        }
    };

    let without = refused(None, StatusCode::UNAUTHORIZED);
    let wrong = refused(Some("wrong"), StatusCode::UNAUTHORIZED);
    let closed = refused(None, StatusCode::FORBIDDEN);

    assert_eq!(
        without,
        (
            "http://127.0.0.1:9464".to_owned(),
            "401, This request needs a token.".to_owned(),
            Some(
                "The command has no token: set `RESOURCE_SERVER_DENYLIST__TOKEN`, or name the \
                 directory of the service's secrets in CREDENTIALS_DIRECTORY."
            ),
        )
    );
    assert_eq!(
        wrong.2,
        Some(
            "The command has another token than the service: `config` shows the source of \
             `denylist.token`. Give the command the same settings and secrets as the service, and \
             restart the service if its token was changed."
        )
    );
    assert_eq!(closed.2, None);
}
