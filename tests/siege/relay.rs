//! An issuer that can stop to answer: it hands on what the issuer in our process says.

use std::net::SocketAddr;

use poem_resource_server::dev::DevIssuer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

pub struct Relay {
    address: SocketAddr,
    hangs: watch::Sender<bool>,
}

impl Relay {
    pub async fn start(issuer: &DevIssuer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (hangs, hung) = watch::channel(false);
        let behind = issuer.address();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(hand_on(stream, behind, address, hung.clone()));
            }
        });
        Self { address, hangs }
    }

    /// What tokens must name in `iss`.
    pub fn issuer(&self) -> String {
        format!("http://{}/oauth2/default", self.address)
    }

    /// From now on, requests are read and never answered.
    pub fn hang(&self) {
        self.hangs.send_replace(true);
    }
}

async fn hand_on(
    mut stream: TcpStream,
    behind: SocketAddr,
    address: SocketAddr,
    mut hung: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 4096];
    let read = stream.read(&mut buffer).await.unwrap_or(0);
    if *hung.borrow_and_update() {
        std::future::pending::<()>().await;
    }
    let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
    let target = request.split(' ').nth(1).unwrap_or("/");
    let mut issuer = TcpStream::connect(behind).await.unwrap();
    let head = format!("GET {target} HTTP/1.0\r\nHost: {behind}\r\n\r\n");
    issuer.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    issuer.read_to_string(&mut answer).await.unwrap();
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body = body.replace(&behind.to_string(), &address.to_string());
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + &body).as_bytes()).await;
}
