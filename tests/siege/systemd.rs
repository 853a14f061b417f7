//! The notifications of the program for a service manager, which is a socket of ours here.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use poem_resource_server::dev::DevIssuer;
use tokio::net::{TcpListener, TcpStream, UnixDatagram};
use tokio::process::{Child, Command};

use crate::program::{TOO_LONG, issuer, signal};

struct Supervised {
    child: Child,
    socket: UnixDatagram,
    directory: PathBuf,
    _issuer: DevIssuer,
}

impl Supervised {
    async fn start(name: &str, variables: &[(&str, &str)]) -> Self {
        let directory = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let settings = directory.join("settings.toml");
        fs::write(&settings, "[access]\nrealm = \"first\"\n").unwrap();
        let issuer = issuer().await;
        let child = Command::new(env!("CARGO_BIN_EXE_poem-resource-server"))
            .arg("--config")
            .arg(settings)
            .env_clear()
            .env("NOTIFY_SOCKET", path)
            .env("OKTA_OAUTH2_ISSUER", issuer.issuer())
            .env("RESOURCE_SERVER_HTTP__LISTEN", "127.0.0.1:0")
            .env("RESOURCE_SERVER_ADMIN__LISTEN", "off")
            .envs(variables.iter().copied())
            .current_dir(&directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            socket,
            directory,
            _issuer: issuer,
        }
    }

    /// The next notification. Its lines are joined by spaces.
    async fn notification(&self) -> String {
        let mut buffer = [0; 4096];
        let notification = tokio::time::timeout(TOO_LONG, self.socket.recv(&mut buffer)).await;
        let length = notification.expect("nothing is notification").unwrap();
        let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
        text.trim_end().replace('\n', " ")
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

#[tokio::test]
async fn systemd_is_notified_when_the_service_is_ready() {
    let program = Supervised::start("ready", &[]).await;

    let ready = program.notification().await;

    let (_, address) = ready
        .split_once("READY=1 STATUS=serving at http://")
        .unwrap();
    assert!(TcpStream::connect(address).await.is_ok(), "{ready}");
}

#[tokio::test]
async fn it_does_not_say_that_it_is_ready_when_it_cannot_listen() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let variables = [("RESOURCE_SERVER_HTTP__LISTEN", address.as_str())];
    let mut program = Supervised::start("taken", &variables).await;

    let ended = tokio::time::timeout(TOO_LONG, program.child.wait()).await;

    assert_eq!(ended.unwrap().unwrap().code(), Some(78));
    assert!(program.socket.try_recv(&mut [0; 4096]).is_err());
}

#[tokio::test]
async fn systemd_is_notified_of_a_reload_and_its_outcome() {
    let program = Supervised::start("reload", &[]).await;
    program.notification().await;

    let settings = program.directory.join("settings.toml");
    for (realm, expected) in [("second", "settings read again"), ("", "the old settings")] {
        fs::write(&settings, format!("[access]\nrealm = \"{realm}\"\n")).unwrap();
        signal(&program.child, "HUP").await;

        let (begun, done) = (program.notification().await, program.notification().await);
        assert!(begun.starts_with("RELOADING=1 MONOTONIC_USEC="), "{begun}");
        assert!(done.starts_with("READY=1 STATUS=serving"), "{done}");
        assert!(done.contains(expected), "{done}");
    }
}

#[tokio::test]
async fn systemd_is_notified_of_the_shutdown() {
    let mut program = Supervised::start("stop", &[]).await;
    program.notification().await;

    signal(&program.child, "TERM").await;

    let notification = program.notification().await;
    assert!(notification.starts_with("STOPPING=1"), "{notification}");
    let ended = tokio::time::timeout(TOO_LONG, program.child.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
}

#[tokio::test]
async fn the_watchdog_is_notified_only_if_it_is_enabled() {
    let watched = Supervised::start("watched", &[("WATCHDOG_USEC", "100000")]).await;
    let unwatched = Supervised::start("unwatched", &[]).await;
    watched.notification().await;
    unwatched.notification().await;

    for _ in 0..3 {
        assert_eq!(watched.notification().await, "WATCHDOG=1");
    }
    signal(&unwatched.child, "TERM").await;

    let notification = unwatched.notification().await;
    assert!(notification.starts_with("STOPPING=1"), "{notification}");
}
