//! A program of a widget session, over a real WebSocket.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::CloseFrame},
};

use crate::{
    peer::Socket,
    server::{PATIENCE, TestServer},
};

/// A session and its secret.
#[derive(Debug, Clone)]
pub struct Session {
    pub id: String,
    pub token: String,
}

impl Session {
    pub fn create(server: &TestServer, title: &str) -> Self {
        let made = server.post("/api/widgets", &json!({ "title": title })).expect(201);
        let text = |key: &str| made[key].as_str().unwrap().to_owned();
        assert_eq!(text("address"), format!("/widgets/{}", text("id")));
        Self { id: text("id"), token: text("token") }
    }

    pub fn path(&self) -> String {
        format!("/api/widgets/{}", self.id)
    }

    pub fn document(&self) -> String {
        format!("widgets:{}", self.id)
    }

    /// What the server tells of it.
    pub fn read(&self, server: &TestServer) -> Value {
        server.get(&self.path()).expect(200)
    }

    /// A widget of it.
    pub fn widget(&self, server: &TestServer, wid: u64) -> Value {
        let tree = self.read(server)["tree"].take();
        tree.as_array().unwrap().iter().find(|widget| widget["wid"] == wid).cloned().unwrap_or_default()
    }

    /// Does things to widgets as a page does.
    pub fn act(&self, server: &TestServer, callbacks: &Value) -> crate::server::Answer {
        server.post(&format!("{}/callbacks", self.path()), &json!({ "callbacks": callbacks }))
    }
}

pub struct Program {
    pub socket: Socket,
    next: u64,
    /// What it was told while it waited for something else.
    pub told: Vec<Value>,
}

impl Program {
    /// Connects with the tokens given.
    pub async fn connect(server: &TestServer, session: &Session, token: Option<&str>) -> Socket {
        let url = format!("{}api/widgets/{}/program", server.url.replacen("http", "ws", 1), session.id);
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {}", server.token);
        request.headers_mut().insert("authorization", bearer.parse().unwrap());
        if let Some(token) = token {
            request.headers_mut().insert("x-session-token", token.parse().unwrap());
        }
        connect_async(request).await.expect("the door opens").0
    }

    /// Takes its place; what it was told first stands in `told`.
    pub async fn start(server: &TestServer, session: &Session) -> Self {
        let socket = Self::connect(server, session, Some(&session.token)).await;
        let mut program = Self { socket, next: 1, told: Vec::new() };
        let info = program.message().await;
        assert_eq!(info["type"], "session-info", "{info}");
        assert_eq!((&info["session_id"], &info["token"]), (&json!(session.id), &json!(session.token)));
        program.told.push(info);
        program
    }

    /// The next message.
    pub async fn message(&mut self) -> Value {
        loop {
            let frame = time::timeout(PATIENCE, self.socket.next()).await.expect("a message comes in time");
            match frame.expect("the door is open").expect("a whole frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Close(frame) => panic!("the door was closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next binary frame.
    pub async fn binary(&mut self) -> Vec<u8> {
        loop {
            let frame = time::timeout(PATIENCE, self.socket.next()).await.expect("a message comes in time");
            if let Message::Binary(bytes) = frame.expect("the door is open").expect("a whole frame") {
                return bytes.to_vec();
            }
        }
    }

    pub async fn send(&mut self, message: &Value) {
        self.socket.send(Message::Text(message.to_string().into())).await.expect("the door takes it");
    }

    /// Sends a message with an id and waits for its answer.
    pub async fn ask(&mut self, message: Value) -> Value {
        let id = self.post(message).await;
        self.answer(id).await
    }

    /// Sends a message with an id, and does not wait.
    pub async fn post(&mut self, mut message: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        message["id"] = json!(id);
        self.send(&message).await;
        id
    }

    /// Waits for the answer to a message.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.message().await;
            if message["id"] == id && matches!(message["type"].as_str(), Some("result" | "error")) {
                return message;
            }
            self.told.push(message);
        }
    }

    /// Makes a widget.
    pub async fn create(&mut self, wid: u64, class: &str, args: Value) -> Value {
        let made = self.ask(json!({"type": "create", "wid": wid, "class": class, "args": args})).await;
        assert_eq!((&made["type"], &made["wid"]), (&json!("result"), &json!(wid)), "{made}");
        made
    }

    /// Calls a method: its value.
    pub async fn call(&mut self, wid: u64, method: &str, args: Value) -> Value {
        let mut done = self.ask(json!({"type": "call", "wid": wid, "method": method, "args": args})).await;
        assert_eq!(done["type"], "result", "{method}: {done}");
        done["value"].take()
    }

    pub async fn listen(&mut self, wid: u64, action: &str) {
        let done = self.ask(json!({"type": "listen", "wid": wid, "action": action})).await;
        assert_eq!(done["type"], "result", "{done}");
    }

    /// Waits until it is told something of this type.
    pub async fn hear(&mut self, kind: &str) -> Value {
        if let Some(at) = self.told.iter().position(|message| message["type"] == kind) {
            return self.told.remove(at);
        }
        loop {
            let message = self.message().await;
            if message["type"] == kind {
                return message;
            }
            self.told.push(message);
        }
    }
}

/// Reads until the server closes: its code and sentence.
pub async fn closed(socket: &mut Socket) -> (u16, String) {
    loop {
        match time::timeout(PATIENCE, socket.next()).await.expect("the server closes in time") {
            Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => return (code.into(), reason.to_string()),
            Some(Ok(_)) => {}
            other => panic!("the socket ended without a close frame: {other:?}"),
        }
    }
}
