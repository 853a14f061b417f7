//! Who may call, where the settings close everything.

use crate::calls::{get, refusal, small, start};

#[tokio::test]
async fn an_application_without_hello_starts_in_mode_all() {
    let hosted = start(small(), &[("access.mode", "all")]).await;

    let refused = get(&hosted, "/open").await;

    assert_eq!(refused.status, 401);
    assert_eq!(refused.reason(), "missing_credentials");
}

#[tokio::test]
async fn the_application_names_what_stays_open_until_a_setting_names_something_else() {
    for (name, application, settings, status) in [
        ("the default", small().anonymous(["open"]), &[][..], 200),
        (
            "none by setting",
            small().anonymous(["open"]),
            &[("access.anonymous", "")][..],
            401,
        ),
        (
            "by setting alone",
            small(),
            &[("access.anonymous", "OPEN")],
            200,
        ),
    ] {
        let settings = [&[("access.mode", "all")], settings].concat();

        let hosted = start(application, &settings).await;

        assert_eq!(get(&hosted, "/open").await.status, status, "{name}");
        assert_eq!(get(&hosted, "/mine").await.status, 401, "{name}");
    }
}

#[tokio::test]
async fn an_unknown_operation_among_the_open_ones_is_an_error() {
    let error = refusal(small().anonymous(["opened"]), &[("access.mode", "all")]).await;

    assert_eq!(
        error.unwrap(),
        "the service cannot be built: `access.anonymous` names the operation `opened`, which \
         does not exist; there are: open, mine"
    );
}
