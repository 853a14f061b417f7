//! The life of an application: startup, state, tasks, shutdown.

use std::fmt;
use std::sync::{Arc, Mutex};

use poem::{EndpointExt, Route, get as on_get, handler, web::Data};
use poem_openapi::OpenApi;
use poem_openapi::payload::PlainText;
use poem_resource_server::{Application, Context};
use serde::{Deserialize, Serialize};

use crate::calls::{get, refusal, start};

type Journal = Arc<Mutex<Vec<&'static str>>>;

fn write(journal: &Journal, line: &'static str) {
    journal.lock().unwrap().push(line);
}

#[derive(Deserialize, Serialize)]
struct Settings {
    #[serde(default = "nobody")]
    name: String,
}

fn nobody() -> String {
    "nobody".to_owned()
}

struct Named {
    name: String,
}

#[OpenApi]
#[allow(clippy::unused_async)]
impl Named {
    #[oai(path = "/name", method = "get", operation_id = "name")]
    async fn name(&self) -> PlainText<String> {
        PlainText(self.name.clone())
    }
}

#[handler]
fn printed(Data(name): Data<&String>) -> String {
    name.clone()
}

fn named(context: &Context<Settings, String>) -> Named {
    let (settings, state) = (&context.settings().name, context.state());
    Named {
        name: format!("{settings} by {state} at {}", context.public_url()),
    }
}

const ADA: &[(&str, &str)] = &[("app.name", "ada")];

#[tokio::test]
async fn settings_and_state_reach_everything_in_any_order() {
    let plain = |context: &Context<Settings, String>| {
        let name = format!("{} {}", context.settings().name, context.state());
        Route::new().at("/name", on_get(printed.data(name)))
    };
    let starting = |settings: Arc<Settings>| async move { Ok::<_, Failure>(settings.name.clone()) };
    let first = Application::new("Named", "1")
        .settings::<Settings>()
        .startup(starting);
    let second = Application::new("Named", "1")
        .startup(|_| async { Ok::<_, Failure>("ada".to_owned()) })
        .settings::<Settings>();

    for (name, application) in [("settings first", first), ("startup first", second)] {
        let application = application.api(named).open_routes("/plain", plain);
        let hosted = start(application, ADA).await;

        let operation = get(&hosted, "/name").await;
        assert_eq!(
            operation.text, "ada by ada at http://127.0.0.1:3000",
            "{name}"
        );
        assert_eq!(get(&hosted, "/plain/name").await.text, "ada ada", "{name}");
    }
}

#[tokio::test]
async fn tasks_end_before_the_shutdown_hook_runs() {
    let journal = Journal::default();
    let state = journal.clone();
    let application = Application::new("Named", "1")
        .task("before", |context| async move {
            context.shutdown().begun().await;
        })
        .startup(|_| async move {
            write(&state, "started");
            Ok::<_, Failure>(state)
        })
        .task("clock", |context: Context<(), Journal>| async move {
            write(context.state(), "task began");
            context.shutdown().begun().await;
            tokio::task::yield_now().await;
            write(context.state(), "task ended");
        })
        .shutdown(|journal| async move { write(&journal, "closed") });
    let hosted = start(application, &[]).await;
    while journal.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }

    hosted.stop().await;

    let journal = journal.lock().unwrap();
    assert_eq!(*journal, ["started", "task began", "task ended", "closed"]);
}

#[tokio::test]
async fn a_task_that_panics_leaves_the_service_running() {
    let application = Application::new("Named", "1")
        .settings::<Settings>()
        .startup(|_| async { Ok::<_, Failure>(String::new()) })
        .api(named)
        .task("fuse", |context| async move {
            assert!(context.settings().name.is_empty(), "as the test wants it");
        });
    let hosted = start(application, &[]).await;
    tokio::task::yield_now().await;

    assert_eq!(get(&hosted, "/name").await.status, 200);
    hosted.stop().await;
}

#[derive(Debug)]
struct Failure(&'static str, Option<Box<Failure>>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|it| it as _)
    }
}

#[tokio::test]
async fn a_failed_startup_reports_the_reason_and_closes_nothing() {
    let journal = Journal::default();
    let closed = journal.clone();
    let refused = || Failure("connection refused", None);
    let application = Application::new("Named", "1")
        .startup(move |_| async move {
            Err::<(), _>(Failure(
                "cannot open the database",
                Some(Box::new(refused())),
            ))
        })
        .shutdown(move |_| async move { write(&closed, "closed") });

    let error = refusal(application, &[]).await;

    assert_eq!(
        error.unwrap(),
        "the service cannot be built: the application cannot start: cannot open the database: \
         connection refused"
    );
    assert!(journal.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_was_opened_is_closed_when_the_service_cannot_be_built() {
    let journal = Journal::default();
    let (opened, closed) = (journal.clone(), journal.clone());
    let application = Application::new("Named", "1")
        .startup(move |_| async move {
            write(&opened, "opened");
            Ok::<_, Failure>(())
        })
        .try_api(|_| Err::<(), _>(Failure("no operations today", None)))
        .shutdown(move |_| async move { write(&closed, "closed") });

    let error = refusal(application, &[]).await;

    assert_eq!(
        error.unwrap(),
        "the service cannot be built: the application cannot make its operations: no operations \
         today"
    );
    assert_eq!(*journal.lock().unwrap(), ["opened", "closed"]);
}
