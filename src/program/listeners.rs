//! Opens the listeners: sockets that systemd passes, else those that the settings name.
//!
//! Of two sockets handed over the second is the operators' (`sd_listen_fds(3)`).

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::service::Listener;
use crate::service::config::{Config, Listen};
use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, UnixListener};

use crate::program::failure::Failure;

/// The listeners of the service, open.
pub(crate) struct Listeners {
    pub(crate) http: OpenListener,
    pub(crate) admin: Option<OpenListener>,
}

/// A listener, and where it is.
pub(crate) struct OpenListener {
    pub(crate) listener: Listener,
    pub(crate) listen: Listen,
    /// Where it is a Unix socket of our own.
    pub(crate) socket: Option<Socket>,
}

/// The file of a Unix socket, removed when this is dropped.
pub(crate) struct Socket(PathBuf);

impl Listeners {
    pub(crate) fn open(config: &Config) -> Result<Self, Failure> {
        let mut handed_over = ListenFd::from_env();
        let mut open = |position, key, listen: Option<&Listen>| match (
            take(&mut handed_over, position, key)?,
            listen,
        ) {
            (Some(passed), _) => Ok(Some(passed)),
            (None, Some(Listen::Address(address))) => {
                bind(key, *address, config.http.reuse_port).map(Some)
            }
            (None, Some(Listen::Unix(path))) => bind_socket(key, path).map(Some),
            (None, None) => Ok(None),
        };
        let http = open(0, "http.listen", Some(&config.http.listen))?;
        let admin = open(1, "admin.listen", config.admin.listen.as_ref())?;
        if let Some(OpenListener {
            socket: Some(Socket(path)),
            ..
        }) = &admin
        {
            keep_to_ourselves(path)?;
        }
        let http = http.expect("it is named always");
        Ok(Self { http, admin })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn take(
    handed_over: &mut ListenFd,
    position: usize,
    key: &'static str,
) -> Result<Option<OpenListener>, Failure> {
    if position >= handed_over.len() {
        return Ok(None);
    }
    let failure = |source| Failure::HandedOver { key, source };
    let opened = |listener, listen| OpenListener {
        listener,
        listen,
        socket: None,
    };
    if let Ok(Some(listener)) = handed_over.take_tcp_listener(position) {
        listener.set_nonblocking(true).map_err(failure)?;
        let address = listener.local_addr().map_err(failure)?;
        let listener = TcpListener::from_std(listener).map_err(failure)?;
        return Ok(Some(opened(listener.into(), address.into())));
    }
    let listener = handed_over.take_unix_listener(position).map_err(failure)?;
    let Some(listener) = listener else {
        return Ok(None);
    };
    listener.set_nonblocking(true).map_err(failure)?;
    let address = listener.local_addr().map_err(failure)?;
    let path = address.as_pathname().unwrap_or(Path::new("")).to_owned();
    let listener = UnixListener::from_std(listener).map_err(failure)?;
    Ok(Some(opened(listener.into(), Listen::Unix(path))))
}

fn bind(key: &'static str, address: SocketAddr, reuse_port: bool) -> Result<OpenListener, Failure> {
    let bind = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A port whose last connections are being forgotten by the kernel is free.
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(reuse_port)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        Ok(OpenListener {
            listen: listener.local_addr()?.into(),
            listener: listener.into(),
            socket: None,
        })
    };
    bind().map_err(|source| Failure::Listen {
        key,
        listen: address.into(),
        source,
    })
}

fn bind_socket(key: &'static str, path: &Path) -> Result<OpenListener, Failure> {
    let bind = || {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_socket());
        // Left behind by a process that was killed: nobody answers there.
        if is_socket && UnixStream::connect(path).is_err() {
            fs::remove_file(path)?;
        }
        Ok(OpenListener {
            listener: UnixListener::bind(path)?.into(),
            listen: Listen::Unix(path.to_owned()),
            socket: Some(Socket(path.to_owned())),
        })
    };
    bind().map_err(|source: io::Error| Failure::Listen {
        key,
        listen: Listen::Unix(path.to_owned()),
        source,
    })
}

/// Whoever can write to the operators' socket may revoke tokens: whatever the umask, this user alone.
fn keep_to_ourselves(path: &Path) -> Result<(), Failure> {
    let failure = |source| Failure::Listen {
        key: "admin.listen",
        listen: Listen::Unix(path.to_owned()),
        source,
    };
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failure)
}

/// Connections that wait for a place; the kernel may allow fewer.
const BACKLOG: u32 = 4096;
