use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Failure;
use crate::clock::SystemClock;
use crate::service::config::{Config, Sources};
use crate::service::{Application, Service};

async fn failure<S>(startup: Result<S, io::Error>) -> Failure
where
    S: Send + Sync + 'static,
{
    let application = Application::new("Shop", "1.0.0").startup(|_| async { startup });
    let config = Config::load(&Sources::default()).unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 3000));
    let clock = Arc::new(SystemClock::new());
    let built = Service::build(application, &config, listen, clock).await;
    built.err().unwrap().into()
}

#[tokio::test]
async fn a_failed_startup_is_reported_before_its_cause_and_does_not_blame_the_settings() {
    let startup = failure(Err::<(), _>(io::Error::other("the database is locked"))).await;
    let settings = failure(Ok(())).await;

    assert_eq!(
        startup.lines(),
        "error: the application cannot start\n  because the database is locked\n"
    );
    assert_eq!(startup.exit_code(), 1);
    assert_eq!(
        settings.lines(),
        "error: the settings do not fit the API\n  because `issuer.url` is not set\n"
    );
    assert_eq!(settings.exit_code(), 78);
}
