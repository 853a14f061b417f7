//! The program as a process of its own, its issuer in ours, and what the kernel says of it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use poem_resource_server::dev::{
    AccessToken, CLIENT_ID, DevIssuer, DevOptions, SigningAlgorithm, SigningKey,
};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::callers;
use crate::relay::Relay;
use crate::secure::{Connection, Files, Target};

pub struct Program {
    child: Child,
    pub address: SocketAddr,
    pub issuer: DevIssuer,
    pub token: String,
    pub target: Target,
    relay: Option<Relay>,
}

/// What connections are made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http1,
    Http2,
    /// The bytes below TLS.
    Handshake,
}

impl Program {
    /// With these settings, by their variables' names after `RESOURCE_SERVER_`.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::with_descriptors(10_000, settings).await
    }

    /// With no more descriptors than these.
    pub async fn with_descriptors(number: u32, settings: &[(&str, &str)]) -> Self {
        let issuer = issuer().await;
        let token = issuer.sign(&issuer.token_for_client(CLIENT_ID, &["profile:read"]));
        let (child, address) = spawn(number, &issuer.issuer(), settings).await;
        let program = Self {
            child,
            address,
            issuer,
            token,
            target: Target::plain(address),
            relay: None,
        };
        let token = program.token.clone();
        assert_eq!(program.whoami(&token).await, "200");
        program
    }

    /// With an issuer that can stop to answer.
    pub async fn beside_relay(transport: Transport, settings: &[(&str, &str)]) -> Self {
        let issuer = issuer().await;
        let relay = Relay::start(&issuer).await;
        let files = (transport == Transport::Tls).then(Files::new);
        let names = files.as_ref().map(Files::settings);
        let secure = names
            .iter()
            .flatten()
            .map(|(key, file)| (*key, file.as_str()));
        let settings: Vec<_> = settings.iter().copied().chain(secure).collect();
        let (child, address) = spawn(10_000, &relay.issuer(), &settings).await;
        let claims = issuer.token_for_client(CLIENT_ID, &["profile:read"]);
        let claims = claims.claim("iss", relay.issuer());
        let program = Self {
            child,
            address,
            token: issuer.sign(&claims),
            issuer,
            target: files.map_or_else(|| Target::plain(address), |files| files.target(address)),
            relay: Some(relay),
        };
        // The service has keys from now on.
        callers::call_once(&program).await;
        program
    }

    /// What the token of a caller says.
    pub fn claims(&self) -> AccessToken {
        let claims = self.issuer.token_for_client(CLIENT_ID, &["profile:read"]);
        match &self.relay {
            None => claims,
            Some(relay) => claims.claim("iss", relay.issuer()),
        }
    }

    /// From now on, the issuer reads requests and answers none.
    pub fn hang_issuer(&self) {
        if let Some(relay) = &self.relay {
            relay.hang();
        }
    }

    /// A connection for this.
    pub async fn open(&self, protocol: Protocol) -> io::Result<Connection> {
        self.target.open(protocol).await
    }

    /// The status of one call on a connection of its own.
    pub async fn whoami(&self, token: &str) -> String {
        whoami(self.connect().await, token).await.unwrap()
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Waits for the end, and yields the exit code.
    pub async fn ended(mut self) -> Option<i32> {
        let ended = tokio::time::timeout(TOO_LONG, self.child.wait()).await;
        ended.expect("the program does not end").unwrap().code()
    }

    /// Memory in use now, in MiB.
    pub fn resident_mib(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most memory that was ever in use, in MiB.
    pub fn peak_mib(&self) -> f64 {
        self.status("VmHWM:")
    }

    /// Processor time so far.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id().unwrap())).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks =
            |field: usize| -> u64 { fields.split(' ').nth(field).unwrap().parse().unwrap() };
        // `proc(5)`: utime and stime, in hundredths of a second.
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    fn status(&self, name: &str) -> f64 {
        let path = format!("/proc/{}/status", self.child.id().unwrap());
        let status = fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib / 1024.0
    }
}

/// An issuer in our own process.
pub async fn issuer() -> DevIssuer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let options = DevOptions::default().with_signing_key(key.into());
    DevIssuer::start(listener, options).unwrap()
}

/// The status of one call on a connection that is its own.
pub async fn whoami(mut stream: TcpStream, token: &str) -> io::Result<String> {
    let head = format!(
        "GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split(' ').nth(1).unwrap_or("nothing").to_owned())
}

/// Sends a signal.
pub async fn signal(child: &Child, name: &str) {
    let pid = child.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid])
        .status();
    assert!(sent.await.unwrap().success());
}

/// Starts the program for an issuer, and waits until it listens.
pub async fn spawn(
    descriptors: u32,
    issuer: &str,
    settings: &[(&str, &str)],
) -> (Child, SocketAddr) {
    let mut child = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -n {descriptors}; {ENTER}; exec \"$0\""),
        ])
        .arg(env!("CARGO_BIN_EXE_poem-resource-server"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("OKTA_OAUTH2_ISSUER", issuer)
        .env("RESOURCE_SERVER_HTTP__LISTEN", "127.0.0.1:0")
        .env("RESOURCE_SERVER_ADMIN__LISTEN", "off")
        .env("RUST_LOG", "error")
        .envs(
            settings
                .iter()
                .map(|(name, value)| (format!("RESOURCE_SERVER_{name}"), *value)),
        )
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some((_, url)) = line.split_once("whoami    http") {
            let url = url.trim_start_matches('s').trim_start_matches("://");
            let (address, _) = url.split_once("/api/whoami").unwrap();
            let address = address.parse().unwrap();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, address);
        }
    }
    panic!("the program ended before it listened");
}

/// Enters the control group whose file of processes `CONTROL_GROUP` names.
const ENTER: &str = "if [ -n \"$RESOURCE_SERVER_CONTROL_GROUP\" ]; then \
    echo $$ >\"$RESOURCE_SERVER_CONTROL_GROUP\" && unset RESOURCE_SERVER_CONTROL_GROUP; fi";

/// For what must end by itself.
pub const TOO_LONG: Duration = Duration::from_secs(60);
