//! A provider whose every byte is written by the test, over real TCP.
//!
//! A script gets one connection after the other, each with the request that came on it, and tells when the other side
//! closed it. Knows nothing of the engine: the suites of the engine and of the whole server share it.

use std::{future::Future, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// No step of a test takes as long on a working machine; it only keeps a broken one from hanging.
pub const HANG: Duration = Duration::from_secs(60);

/// The key that must never be seen.
pub const SECRET: &str = "sk-s3cr3t-0123456789";

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method and path.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// One connection of the engine.
pub struct Connection {
    stream: TcpStream,
}

impl Connection {
    /// Reads a whole request.
    pub async fn request(&mut self) -> Request {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.stream.read_buf(&mut bytes).await.expect("a request") > 0, "closed before a request came");
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).expect("a head of text");
        let mut lines = head.lines();
        let line = lines.next().expect("a request line").trim_end_matches(" HTTP/1.1").to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let length =
            headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, text)| text.parse().unwrap());
        while bytes.len() < head_end + length {
            assert!(self.stream.read_buf(&mut bytes).await.expect("a body") > 0, "closed within a request");
        }
        let body =
            if length == 0 { Value::Null } else { serde_json::from_slice(&bytes[head_end..]).expect("a body of JSON") };
        Request { line, headers, body }
    }

    pub async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.expect("the engine reads");
    }

    /// Begins an answer whose end is the end of the connection.
    pub async fn begin(&mut self, mime: &str) {
        self.write(&format!("HTTP/1.1 200 OK\r\ncontent-type: {mime}\r\nconnection: close\r\n\r\n")).await;
    }

    /// Begins an answer in chunks, which tells a complete answer from one that was cut.
    pub async fn begin_chunked(&mut self) {
        self.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n").await;
    }

    pub async fn chunk(&mut self, text: &str) {
        self.write(&format!("{:x}\r\n{text}\r\n", text.len())).await;
    }

    /// A whole answer that is no stream.
    pub async fn answer(&mut self, status: &str, headers: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
        );
        self.write(&format!("{head}{body}")).await;
    }

    /// Waits until the engine closed the connection.
    pub async fn closed(&mut self) {
        let mut bytes = [0; 1_024];
        // An orderly end or a reset: both are a closed connection.
        while self.stream.read(&mut bytes).await.is_ok_and(|count| count > 0) {}
    }

    /// Writes until the other side takes no more, and tells how many bytes it took.
    pub async fn fill(&mut self, line: &str) -> usize {
        let mut written = 0;
        // Nothing more fits while nobody reads; a time without progress is the only sign of it.
        while let Ok(done) =
            tokio::time::timeout(Duration::from_millis(1_500), self.stream.write(line.as_bytes())).await
        {
            written += done.expect("the engine is there");
        }
        written
    }

    /// Closes with a reset instead of an orderly end.
    pub fn reset(self) {
        self.stream.set_zero_linger().expect("a socket");
        drop(self.stream);
    }
}

/// A scripted provider.
pub struct Script {
    pub address: SocketAddr,
    listener: TcpListener,
}

impl Script {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self { address: listener.local_addr().expect("an address"), listener }
    }

    /// The next connection.
    pub async fn accept(&self) -> Connection {
        let (stream, _) = self.listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Connection { stream }
    }

    /// Plays the script in a task of its own.
    pub fn play<F, T>(self, script: impl FnOnce(Self) -> F) -> JoinHandle<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        tokio::spawn(script(self))
    }
}
