//! The application's own conditions of readiness, and the document that a ready service has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use poem_resource_server::Application;
use poem_resource_server::dev::{DevIssuer, DevOptions};
use poem_resource_server::testing::{Issuer, TestApplication};
use tokio::net::TcpListener;

use crate::calls::{Small, get, small, start};

#[tokio::test]
async fn a_condition_that_fails_is_named_until_it_holds_again() {
    let holds = Arc::new(AtomicBool::new(false));
    let state = holds.clone();
    let application = Application::new("Small", "1")
        .api(|_| Small)
        .readiness("queue", |_| async { Ok::<_, String>(()) })
        .startup(move |_| async move { Ok::<_, String>(state) })
        .readiness("database", |state| async move {
            if state.load(Ordering::SeqCst) {
                Ok(())
            } else {
                Err("connection to db.internal refused")
            }
        });
    let hosted = start(application, &[]).await;

    let failing = get(&hosted, "/readyz?verbose").await;
    holds.store(true, Ordering::SeqCst);
    let unasked = get(&hosted, "/readyz").await;
    hosted.check_readiness().await;
    let ready = get(&hosted, "/readyz?verbose").await;

    assert_eq!(failing.status, 503);
    assert!(
        failing.text.contains("database: failed\n"),
        "{}",
        failing.text
    );
    assert!(failing.text.contains("queue: ok\n"), "{}", failing.text);
    assert!(!failing.text.contains("db.internal"), "a stranger reads it");
    assert_eq!(unasked.status, 503, "callers do not run the checks");
    assert_eq!(ready.status, 200);
    assert!(ready.text.contains("database: ok\n"), "{}", ready.text);
}

#[tokio::test]
async fn a_condition_that_panics_has_failed() {
    let blown = |fuse: Arc<()>| async move {
        assert!(Arc::strong_count(&fuse) == 0, "as the test wants it");
        Ok::<_, String>(())
    };
    let application = small().readiness("fuse", blown);
    let application = application.readiness("more", |_| async { Ok::<_, String>(()) });
    let hosted = start(application, &[]).await;

    let answer = get(&hosted, "/readyz?verbose").await;

    assert_eq!(answer.status, 503);
    assert!(
        answer.text.contains("fuse: failed\nmore: ok\n"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn as_soon_as_it_is_ready_the_document_has_the_sign_in() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = DevIssuer::start(listener, DevOptions::default()).unwrap();
    for _ in 0..10 {
        let test = TestApplication::new(small());
        let listening = test
            .listen(&Issuer::from_dev_issuer(&issuer))
            .await
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let at = |path: &str| format!("http://{}{path}", listening.address());
        let mut attempts = 0;
        while client.get(at("/readyz")).send().await.unwrap().status() != 200 {
            attempts += 1;
            assert!(attempts < 10_000, "never ready");
        }

        let document = client.get(at("/openapi.json")).send().await.unwrap();

        let document = document.text().await.unwrap();
        assert!(document.contains("authorizationCode"), "{document}");
        listening.stop().await;
    }
}
