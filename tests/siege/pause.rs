//! A process that was paused.

use std::time::Duration;

use poem_resource_server::dev::CLIENT_ID;

use crate::program::Program;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute; scripts/soak runs it"]
async fn after_a_pause_no_expired_token_is_accepted_at_full_scale() {
    let program = Program::start(&[("ISSUER__LEEWAY", "0s")]).await;
    let claims = program
        .issuer
        .token_for_client(CLIENT_ID, &["profile:read"]);
    let soon = std::time::SystemTime::now() + Duration::from_secs(30);
    let soon = soon
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let short = program
        .issuer
        .sign(&claims.claim("exp", serde_json::json!(soon)));
    assert_eq!(program.whoami(&short).await, "200");

    program.signal("STOP").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    program.signal("CONT").await;

    assert_eq!(program.whoami(&short).await, "401");
    assert_eq!(program.whoami(&program.token).await, "200");
    println!(
        "| stopped for 60 s | the token that expired meanwhile is refused, the other accepted |"
    );
}
