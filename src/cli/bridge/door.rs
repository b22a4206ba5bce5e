//! The server's side: the bridge is a program to it, in a task that comes back by itself.
//!
//! Invariant: what is said after [`DoorEvent::Opened`] goes into that connection or nowhere.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use super::{
    kept::Session,
    socket::{Frame, Socket},
};
use crate::cli::{client::Client, output::tell};

/// Until the first attempt to come back; each further wait is twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Frames on their way in each direction: a person's doings and a program's are few at a time; who is faster waits.
const FRAMES: usize = 64;

/// The codes with which the server closes: the session's token is wrong, or there is no such session.
const NO_SESSION: [u16; 2] = [4001, 4404];
/// Another program has taken the session.
const REPLACED: u16 = 4002;
/// The bridge read too slowly; it may come back.
const SLOW: u16 = 4008;

const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-session-token");

/// What happens at the server's side.
#[derive(Debug)]
pub enum DoorEvent {
    Opened,
    Said(Frame),
    Lost,
    /// Coming back would be refused again.
    Refused(String),
    /// The server does not have the session.
    NoSession(String),
}

enum Happening {
    Opened(mpsc::Sender<Frame>),
    Other(DoorEvent),
}

/// The way to the server.
pub struct Door {
    happens: mpsc::Receiver<Happening>,
    say: Option<mpsc::Sender<Frame>>,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    /// Begins to connect.
    pub fn open(client: &Client, session: &Session) -> Self {
        let (tell_of, happens) = mpsc::channel(FRAMES);
        let visit = Visit {
            url: client.socket_url(&format!("/api/widgets/{}/program", session.id)),
            headers: headers(client, session),
        };
        Self { happens, say: None, task: tokio::spawn(visit.run(tell_of)) }
    }

    /// What happens next. May be dropped and called again.
    pub async fn hear(&mut self) -> DoorEvent {
        match self.happens.recv().await {
            Some(Happening::Opened(say)) => {
                self.say = Some(say);
                DoorEvent::Opened
            }
            Some(Happening::Other(event)) => event,
            None => std::future::pending().await,
        }
    }

    /// Says something in the connection that is open; if it is not, what matters is said again when it is.
    pub async fn say(&mut self, frame: Frame) {
        if let Some(say) = &self.say
            && say.send(frame).await.is_err()
        {
            self.say = None;
        }
    }
}

fn headers(client: &Client, session: &Session) -> Vec<(HeaderName, HeaderValue)> {
    let bearer = client.token().and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    let token = HeaderValue::from_str(&session.token).ok();
    bearer.map(|value| (AUTHORIZATION, value)).into_iter().chain(token.map(|value| (SESSION_TOKEN, value))).collect()
}

struct Visit {
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Visit {
    async fn run(self, tell_of: mpsc::Sender<Happening>) {
        let (mut wait, mut told) = (FIRST_WAIT, false);
        loop {
            match Socket::connect(&self.url, self.headers.clone()).await {
                Ok(socket) => {
                    (wait, told) = (FIRST_WAIT, false);
                    if converse(socket, &tell_of).await.is_none() {
                        return;
                    }
                }
                Err(error) => {
                    if let Some(status) = error.status().filter(|status| (400..500).contains(status) && *status != 429)
                    {
                        let refused =
                            DoorEvent::Refused(format!("The server refuses the bridge with status {status}."));
                        happen(&tell_of, refused).await;
                        return;
                    }
                    if !std::mem::replace(&mut told, true) {
                        tell(&format!("the server is not reached: {error}. Trying again until it is."));
                    }
                }
            }
            sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// One connection from its beginning to its end; `None` if the bridge is to end with it.
async fn converse(mut socket: Socket, tell_of: &mpsc::Sender<Happening>) -> Option<()> {
    let (say, mut said) = mpsc::channel(FRAMES);
    tell_of.send(Happening::Opened(say)).await.ok()?;
    loop {
        tokio::select! {
            frame = said.recv() => match frame {
                Some(frame) => if !socket.say(frame).await { break },
                None => {
                    socket.close().await;
                    return None;
                }
            },
            heard = hear(&mut socket, tell_of) => match heard? {
                (place, Some(frame)) => place.send(Happening::Other(DoorEvent::Said(frame))),
                (_, None) => break,
            },
        }
    }
    // Whoever is about to say more learns that there is nobody, and hears why.
    drop(said);
    let Some((code, reason)) = socket.closed_with.take() else { return happen(tell_of, DoorEvent::Lost).await };
    let event = match code {
        code if NO_SESSION.contains(&code) => {
            DoorEvent::NoSession(format!("The server does not take the session: {reason}."))
        }
        REPLACED => DoorEvent::Refused("Another program drives this session now; one program at a time has it.".into()),
        4000..=4999 if code != SLOW => DoorEvent::Refused(format!("The server does not let the bridge in: {reason}")),
        _ => return happen(tell_of, DoorEvent::Lost).await,
    };
    happen(tell_of, event).await?;
    None
}

/// The next frame and a place for it; nothing is heard before there is one, so that what is said meanwhile goes on.
async fn hear<'a>(
    socket: &mut Socket,
    tell_of: &'a mpsc::Sender<Happening>,
) -> Option<(mpsc::Permit<'a, Happening>, Option<Frame>)> {
    let place = tell_of.reserve().await.ok()?;
    Some((place, socket.hear().await))
}

async fn happen(tell_of: &mpsc::Sender<Happening>, event: DoorEvent) -> Option<()> {
    tell_of.send(Happening::Other(event)).await.ok()
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use tokio::{
        net::{TcpListener, TcpStream},
        time::timeout,
    };
    use tokio_tungstenite::accept_async;

    use super::*;

    /// Far more than the channels hold.
    const SAID: usize = 20 * FRAMES;

    async fn repeat(stream: TcpStream) {
        let (answers, questions) = accept_async(stream).await.unwrap().split();
        // Ends with an error when the bridge goes.
        drop(questions.forward(answers).await);
    }

    #[tokio::test]
    async fn a_long_setup_is_said_again_although_each_message_of_it_is_answered_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { repeat(listener.accept().await.unwrap().0).await });
        let (tell_of, happens) = mpsc::channel(FRAMES);
        let task = tokio::spawn(Visit { url, headers: Vec::new() }.run(tell_of));
        let mut door = Door { happens, say: None, task };
        let passing = async {
            assert!(matches!(door.hear().await, DoorEvent::Opened));
            for number in 0..SAID {
                door.say(Frame::Text(number.to_string())).await;
            }
            for number in 0..SAID {
                let DoorEvent::Said(answer) = door.hear().await else { panic!("an answer is lost") };
                assert_eq!(answer, Frame::Text(number.to_string()));
            }
        };
        timeout(Duration::from_secs(30), passing).await.expect("neither side waits for the other");
    }
}
