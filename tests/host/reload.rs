//! New settings make the operations again, or leave the old ones as they are.

use std::sync::Arc;

use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;
use poem_resource_server::clock::SystemClock;
use poem_resource_server::dev::{DevIssuer, DevOptions};
use poem_resource_server::service::Service;
use poem_resource_server::service::internal::{ApplicationSettings, Config, Sources};
use poem_resource_server::{Application, Context};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[derive(Deserialize, Serialize)]
struct Settings {
    word: String,
}

struct Word(String);

#[OpenApi]
#[allow(clippy::unused_async)]
impl Word {
    #[oai(path = "/word", method = "get", operation_id = "word")]
    async fn word(&self) -> PlainText<String> {
        PlainText(self.0.clone())
    }
}

fn make(context: &Context<Settings>) -> Result<Word, String> {
    match context.settings().word.as_str() {
        "" => Err("a word is not empty".to_owned()),
        word => Ok(Word(word.to_owned())),
    }
}

fn config(issuer: &DevIssuer, word: &str) -> Config {
    let sources = Sources {
        application: ApplicationSettings::for_type::<Settings>(),
        flags: vec![
            ("a flag", "issuer.url", issuer.issuer()),
            ("a flag", "app.word", word.to_owned()),
        ],
        ..Sources::default()
    };
    Config::load(&sources).unwrap()
}

#[tokio::test]
async fn a_reload_makes_the_operations_again_or_changes_nothing() {
    let listener = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let issuer = DevIssuer::start(listener().await, DevOptions::default()).unwrap();
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    let application = Application::new("Word", "1")
        .settings::<Settings>()
        .try_api(make);
    let clock = Arc::new(SystemClock::new());
    let first = config(&issuer, "one");
    let service = Service::build(application, &first, address, clock).await;
    let service = service.unwrap();
    let reloader = service.reloader();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(service.run(listener, None::<TcpListener>, async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let word = || async {
        let answer = client.get(format!("http://{address}/word")).send().await;
        answer.unwrap().text().await.unwrap()
    };

    assert_eq!(word().await, "one");
    reloader.reload(&config(&issuer, "two")).await.unwrap();
    assert_eq!(word().await, "two");
    let error = reloader.reload(&config(&issuer, "")).await.unwrap_err();
    assert_eq!(word().await, "two");

    assert_eq!(error.to_string(), "the new settings do not fit the API");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(
        cause.to_string(),
        "the application cannot make its operations"
    );
    assert_eq!(cause.source().unwrap().to_string(), "a word is not empty");
    stop.send(()).unwrap();
    running.await.unwrap();
}
