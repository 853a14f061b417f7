//! With `profile_security = "fapi2"`, a request to sign a user out needs TLS, because it has a token.

use poem_resource_server::dev::SigningKey;
use reqwest::Method;
use serde_json::json;

use crate::answer::Answer;
use crate::org::{KEY, Org, PATH, ada, reason};

#[tokio::test]
async fn without_tls_a_sign_out_is_refused_and_its_token_is_not_used_up() {
    let settings = [
        ("profile_security", "fapi2"),
        ("http.trusted_proxies", "127.0.0.1"),
    ];
    let org = Org::unasked(&settings).await;
    let key: &SigningKey = &KEY;
    let token = key.sign(&Org::header(), &org.claims("1"));
    let request = || org.request(&token, &json!({ "sub_id": ada() }));
    let secure = ("x-forwarded-proto", "https");

    let without = Answer::to(request()).await;
    let read = Answer::to(org.world.request(Method::GET, PATH)).await;
    let counts = org.world.admin("/metrics").await.body;
    let with = Answer::to(request().header(secure.0, secure.1)).await;

    assert_eq!(reason(&without), (400, json!("tls_required")));
    assert_eq!(reason(&read), (400, json!("tls_required")));
    for result in ["done", "refused", "failed"] {
        let sample = format!("logouts_total{{result=\"{result}\"}} 0\n");
        assert!(counts.contains(&sample), "{sample} in {counts}");
    }
    let sample = format!(
        "http_requests_total{{operation=\"{PATH}\",status=\"400\",reason=\"tls_required\"}} 2\n"
    );
    assert!(counts.contains(&sample), "{sample} in {counts}");
    assert!(counts.contains("denylist_entries 0.0\n"), "{counts}");
    assert_eq!((with.status, &*with.body), (204, ""));
    let counts = org.world.admin("/metrics").await.body;
    assert!(counts.contains("denylist_entries 1.0\n"), "{counts}");
}
