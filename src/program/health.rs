//! `health`: the state of the running service, for health checks without another program.
//!
//! 1. The request goes to the admin listener, where no caller waits for a place. Without one, it
//!    goes to the listener for callers.
//! 2. For an unspecified address, the request goes to the loopback address.
//! 3. There is one request, one line of output, and a deadline of a few seconds.

use std::fmt;
use std::io;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::Full;

use crate::program::admin_listener;
use crate::program::command_line::HealthOptions;
use crate::program::failure::Failure;
use crate::program::output;
use crate::service::config::{Config, Listen};

pub(crate) async fn ask(config: Config, options: HealthOptions) -> Result<(), Failure> {
    let question = Question {
        listener: listener(&config)?,
        path: if options.live { "/livez" } else { "/readyz" },
    };
    let answer = match tokio::time::timeout(DEADLINE, question.ask()).await {
        Ok(Ok((StatusCode::OK, Some(text)))) => {
            return output::print(&format!("{question}: {text}\n"));
        }
        Ok(Ok((status, text))) => {
            let text = text
                .as_deref()
                .unwrap_or("with a body that is none of ours");
            format!("{}, {text}", status.as_u16())
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer in {DEADLINE:?}"),
    };
    Err(Failure::NotHealthy {
        url: question.to_string(),
        what: answer,
    })
}

fn listener(config: &Config) -> Result<Listen, Failure> {
    let operators = admin_listener::configured(config);
    let listener = match (operators, &config.http.tls) {
        (Some(listener), _) => listener,
        (_, None) => config.http.listen.clone(),
        // The certificate is for the name that callers use, and the service may require theirs.
        (_, Some(_)) => {
            return Err(Failure::NoListener(
                "the service uses TLS; set `admin.listen` to an address and a port, \
                 as in \"127.0.0.1:9464\"",
            ));
        }
    };
    match listener {
        Listen::Address(address) if address.port() == 0 => Err(Failure::NoListener(
            "`http.listen` and `admin.listen` name no port; set one of them, \
             as in \"127.0.0.1:9464\"",
        )),
        listener => Ok(admin_listener::reachable(&listener)),
    }
}

struct Question {
    listener: Listen,
    path: &'static str,
}

impl Question {
    async fn ask(&self) -> io::Result<(StatusCode, Option<String>)> {
        let request = Request::get(self.path).body(Full::default());
        let request = request.map_err(io::Error::other)?;
        let answer = admin_listener::send(&self.listener, request, MAX_ANSWER_BYTES).await?;
        Ok((answer.0, answer.1.map(|body| one_line(&body))))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.listener {
            Listen::Address(address) => write!(f, "http://{address}{}", self.path),
            Listen::Unix(_) => write!(f, "{} {}", self.listener, self.path),
        }
    }
}

/// The first line, without what a terminal would obey.
fn one_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|it| !it.is_control()).collect()
}

const DEADLINE: Duration = Duration::from_secs(3);
const MAX_ANSWER_BYTES: usize = 16 * 1024;
