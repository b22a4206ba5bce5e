//! A receiver of webhooks: hears what is posted to it and answers as it is told.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver as Heard, Sender, channel},
    thread,
};

use serde_json::Value;
use standardwebhooks::Webhook;

use crate::server::PATIENCE;

/// What was posted.
#[derive(Debug, Clone)]
pub struct Posted {
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Posted {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn seq(&self) -> u64 {
        self.event()["seq"].as_u64().unwrap()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Whether the published library takes it for one signed with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let pairs = self.headers.iter().filter(|(name, _)| name.starts_with("webhook-"));
        let headers = pairs.map(|(name, value)| {
            (name.parse::<http::HeaderName>().unwrap(), value.parse::<http::HeaderValue>().unwrap())
        });
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &headers.collect()).is_ok()
    }
}

/// Answers until the test ends.
pub struct Receiver {
    pub address: SocketAddr,
    heard: Heard<Posted>,
}

impl Receiver {
    /// Answers 200 to everything.
    pub fn start() -> Self {
        Self::answering(|_| "200 OK".into())
    }

    /// Answers with what comes of each: a status, and further lines of its head.
    pub fn answering(answer: impl Fn(&Posted) -> String + Send + Sync + 'static) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    pub fn at(listener: TcpListener, answer: impl Fn(&Posted) -> String + Send + Sync + 'static) -> Self {
        let (address, (tell, heard)) = (listener.local_addr().unwrap(), channel());
        thread::spawn(move || {
            for socket in listener.incoming() {
                // A server that is killed breaks its connections.
                drop(serve(&socket.unwrap(), &answer, &tell));
            }
        });
        Self { address, heard }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn next(&self) -> Posted {
        self.heard.recv_timeout(PATIENCE).expect("something is posted")
    }

    /// What was posted and not yet looked at.
    pub fn rest(&self) -> Vec<Posted> {
        self.heard.try_iter().collect()
    }
}

fn serve(socket: &TcpStream, answer: &impl Fn(&Posted) -> String, tell: &Sender<Posted>) -> std::io::Result<()> {
    let mut reader = BufReader::new(socket);
    let mut headers = HashMap::new();
    reader.read_line(&mut String::new())?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { return Ok(()) };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let posted = Posted { headers, body: String::from_utf8(body).unwrap() };
    let head = answer(&posted);
    // The test may have ended.
    drop(tell.send(posted));
    write!(&mut &*socket, "HTTP/1.1 {head}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsaid")
}
