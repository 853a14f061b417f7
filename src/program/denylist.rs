//! `denylist`: changes and prints the denylist of the running service, at its admin listener.
//!
//! 1. The token is that of `denylist.token`. A Unix socket may need none.
//! 2. `deny` sends one denial. `allow` reads the list, and removes each denial that has exactly the
//!    same members, whatever its times.
//! 3. The command succeeds only if the service has made every change.

mod times;

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, SystemClock};
use crate::program::admin_listener;
use crate::program::command_line::denylist::{
    AuthorOptions, DenyOptions, DenylistAction, DenylistOptions, ListFormat, NamedTokens,
};
use crate::program::command_line::user_name;
use crate::program::failure::Failure;
use crate::program::output;
use crate::service::config::{Config, Listen};
use crate::verifier::Denial;
use times::{duration, time, time_text};

/// Runs the command.
pub(crate) async fn run(config: Config, options: DenylistOptions) -> Result<(), Failure> {
    let client = AdminClient::new(&config)?;
    let issuer = options.issuer;
    match options.action {
        DenylistAction::Deny(options) => {
            let denial = denial(&options, issuer)?;
            client
                .change(Method::POST, &denial, &options.author)
                .await?;
            output::print(&format!("denied: {}\n", line(&denial)))
        }
        DenylistAction::Allow(options) => {
            let names = names(&options.named, issuer);
            let rows = client.list().await?;
            let is_meant = |row: &&Row| row.is_shared && row.names() == names;
            let meant: Vec<_> = rows.iter().filter(is_meant).collect();
            if meant.is_empty() {
                let fault = "no denial with the source `shared` has exactly these members; \
                     `denylist list` shows all denials";
                return Err(Failure::Ill(fault.to_owned()));
            }
            for row in meant {
                client
                    .change(Method::DELETE, &row.denial, &options.author)
                    .await?;
                output::print(&format!("allowed: {}\n", line(&row.denial)))?;
            }
            Ok(())
        }
        DenylistAction::List(options) => {
            let mut rows = client.list().await?;
            rows.sort_by_key(|row| row.denial["exp"].as_u64());
            output::print(
                &rows
                    .iter()
                    .map(|row| row.print(options.format))
                    .collect::<String>(),
            )
        }
    }
}

/// The service, as operators reach it.
struct AdminClient {
    listener: Listen,
    token: Option<String>,
}

/// A denial in the list.
struct Row {
    /// Whether it can be removed. That of a file is removed from the file.
    is_shared: bool,
    denial: Value,
}

impl AdminClient {
    fn new(config: &Config) -> Result<Self, Failure> {
        let listener = admin_listener::configured(config).ok_or(Failure::NoListener(
            "`admin.listen` names no address; set it as the service has it, as in \"127.0.0.1:9464\"",
        ))?;
        let token = config.denylist.token.as_ref();
        Ok(Self {
            listener,
            token: token.map(|token| token.reveal().to_owned()),
        })
    }

    async fn change(
        &self,
        method: Method,
        denial: &Value,
        author: &AuthorOptions,
    ) -> Result<(), Failure> {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(who) = author.who.clone().or_else(user_name) {
            query.append_pair("who", &who);
        }
        if let Some(why) = &author.why {
            query.append_pair("why", why);
        }
        let path = format!("/denylist?{}", query.finish());
        match self.send(method, &path, denial.to_string()).await? {
            (StatusCode::NO_CONTENT, _) => Ok(()),
            (status, body) => Err(self.refused(status, &body)),
        }
    }

    async fn list(&self) -> Result<Vec<Row>, Failure> {
        let (status, body) = self
            .send(Method::GET, "/denylist/entries", String::new())
            .await?;
        if status != StatusCode::OK {
            return Err(self.refused(status, &body));
        }
        let rows = body
            .split(|byte| *byte == b'\n')
            .filter(|row| !row.is_empty());
        let rows: Option<Vec<_>> = rows.map(Row::parse).collect();
        rows.ok_or_else(|| self.failure("its answer is not a list of denials"))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| self.failure(&error.to_string()))?;
        let answer = admin_listener::send(&self.listener, request, MAX_LIST_BYTES);
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok((status, Some(body)))) => Ok((status, body)),
            Ok(Ok((_, None))) => Err(self.failure("its answer is too large")),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(self.failure(&format!("no answer in {DEADLINE:?}"))),
        }
    }

    /// With the sentence of the service's own problem.
    fn refused(&self, status: StatusCode, body: &[u8]) -> Failure {
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let detail = problem["detail"]
            .as_str()
            .unwrap_or("with a body that this program does not know");
        let detail: String = detail.chars().filter(|it| !it.is_control()).collect();
        let fix = match &self.token {
            _ if status != StatusCode::UNAUTHORIZED => None,
            None => Some(NO_TOKEN),
            Some(_) => Some(WRONG_TOKEN),
        };
        self.failure_with(&format!("{}, {detail}", status.as_u16()), fix)
    }

    fn failure(&self, what: &str) -> Failure {
        self.failure_with(what, None)
    }

    fn failure_with(&self, what: &str, fix: Option<&'static str>) -> Failure {
        let listener = match &self.listener {
            Listen::Address(address) => format!("http://{address}"),
            Listen::Unix(_) => self.listener.to_string(),
        };
        Failure::Denylist {
            listener,
            what: what.to_owned(),
            fix,
        }
    }
}

impl Row {
    fn parse(line: &[u8]) -> Option<Self> {
        let mut row: Value = serde_json::from_slice(line).ok()?;
        Some(Self {
            is_shared: row["source"] == "shared",
            denial: row["denial"].is_object().then(|| row["denial"].take())?,
        })
    }

    /// What it names, without its times.
    fn names(&self) -> Map<String, Value> {
        let members = self.denial.as_object().cloned().unwrap_or_default();
        let is_name = |(name, _): &(String, Value)| NAMES.contains(&name.as_str());
        members.into_iter().filter(is_name).collect()
    }

    fn print(&self, format: ListFormat) -> String {
        let source = if self.is_shared { "shared" } else { "file" };
        match format {
            ListFormat::Json => {
                format!("{}\n", json!({ "source": source, "denial": self.denial }))
            }
            ListFormat::Text => format!("{source}: {}\n", line(&self.denial)),
        }
    }
}

/// A denial in one line, without what a terminal would obey.
fn line(denial: &Value) -> String {
    let mut text = String::new();
    for (name, value) in denial.as_object().into_iter().flatten() {
        let _ = match (name.as_str(), value) {
            ("exp", value) => write!(text, "until {} ", time_text(value)),
            ("issued_before", value) => write!(text, "issued before {} ", time_text(value)),
            (name, value) => write!(text, "{name}={} ", value.as_str().unwrap_or_default()),
        };
    }
    text.chars()
        .filter(|it| !it.is_control())
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn names(named: &NamedTokens, issuer: Option<String>) -> Map<String, Value> {
    let email = named.email.as_ref().map(|email| email.to_lowercase());
    let values = [
        issuer,
        named.token_id.clone(),
        named.subject.clone(),
        named.user_id.clone(),
        email,
        named.client.clone(),
    ];
    let pairs = NAMES.into_iter().zip(values);
    pairs
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect()
}

fn denial(options: &DenyOptions, issuer: Option<String>) -> Result<Value, Failure> {
    let now = SystemClock::new()
        .now()
        .duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let mut members = names(&options.named, issuer);
    if let Some(text) = &options.issued_before {
        let time = match text.as_str() {
            "now" => now + 1,
            text => time("--issued-before", text)?,
        };
        members.insert("issued_before".to_owned(), time.into());
    }
    let until = match &options.until {
        Some(text) => time("--until", text)?,
        None => now + duration(&options.r#for)?.as_secs(),
    };
    members.insert("exp".to_owned(), until.into());
    let denial = Value::Object(members);
    Denial::parse(denial.to_string().as_bytes()).map_err(Failure::Denial)?;
    Ok(denial)
}

const NO_TOKEN: &str = "The command has no token: set `RESOURCE_SERVER_DENYLIST__TOKEN`, or name the \
    directory of the service's secrets in CREDENTIALS_DIRECTORY.";
const WRONG_TOKEN: &str = "The command has another token than the service: `config` shows the source \
    of `denylist.token`. Give the command the same settings and secrets as the service, and restart \
    the service if its token was changed.";
/// The members of a denial that name tokens, in the order of [`names`].
const NAMES: [&str; 6] = ["iss", "jti", "sub", "uid", "email", "cid"];
const DEADLINE: Duration = Duration::from_secs(30);
/// A million denials.
const MAX_LIST_BYTES: usize = 256 * 1024 * 1024;

#[cfg(test)]
mod tests;
