//! A Redis server of the tests, which decides on each `SET`.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Answers a `SET`, by the number of its connection and its words.
type Answer = dyn Fn(usize, &[String]) -> String + Send + Sync;

pub(super) struct RedisServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl RedisServer {
    pub(super) async fn start(
        answer: impl Fn(usize, &[String]) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let opened = connections.clone();
        let answer: Arc<Answer> = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = opened.fetch_add(1, Ordering::Relaxed) + 1;
                tokio::spawn(serve(stream, number, answer.clone()));
            }
        });
        Self {
            address,
            connections,
        }
    }

    /// The used proofs of a process that is configured to use this server.
    pub(super) fn used_proofs(
        &self,
        more: &[(&'static str, &'static str, &str)],
    ) -> (UsedProofs, Proofs) {
        let url = format!("redis://{}", self.address);
        let mut flags = vec![
            ("test", "dpop.redis_url", &*url),
            ("test", "dpop.secret", "0123456789abcdef0123456789abcdef"),
        ];
        flags.extend(more);
        let config = config(&flags);
        let used = UsedProofs::start(&config).unwrap();
        let proofs = used.proofs(&config);
        (used, proofs)
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

/// Reads commands, each of which is an array of strings.
async fn serve(stream: TcpStream, connection: usize, answer: Arc<Answer>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let count = number(&mut stream).await?;
        let mut words = Vec::new();
        for _ in 0..count {
            let mut word = vec![0; number(&mut stream).await? + 2];
            stream.read_exact(&mut word).await?;
            word.truncate(word.len() - 2);
            words.push(String::from_utf8_lossy(&word).into_owned());
        }
        let is_set = words.first().is_some_and(|it| it == "SET");
        let answer = if is_set {
            answer(connection, &words)
        } else {
            "+OK".to_owned()
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
}

/// The number in a line, after its first character.
async fn number(stream: &mut BufReader<TcpStream>) -> io::Result<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let digits = line.get(1..).unwrap_or_default().trim();
    digits
        .parse()
        .map_err(|_| io::ErrorKind::UnexpectedEof.into())
}
