//! `/debug/rooms/{document}`: what goes on in one room, as JSON or as a page (LN-75).

use axum::{
    Json, Router,
    extract::State,
    http::{
        HeaderMap,
        header::{ACCEPT, CONTENT_SECURITY_POLICY},
    },
    response::{Html, IntoResponse, Response},
    routing,
};

use super::{Shared, error::Answer, extract::Ids};
use crate::{
    ids::DocumentId,
    room::{PeerInspection, RoomInspection},
};

const PAGE: &str = include_str!("pages/room.html");

/// A page without scripts; its own style only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

pub fn routes() -> Router<Shared> {
    Router::new().route("/debug/rooms/{*document}", routing::get(room))
}

async fn room(State(app): State<Shared>, Ids(name): Ids<String>, headers: HeaderMap) -> Answer<Response> {
    let document: DocumentId = name.parse()?;
    let inspection = app.rooms.open(&document).await?.inspect().await?;
    let wants_page =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"));
    if wants_page {
        return Ok(([(CONTENT_SECURITY_POLICY, POLICY)], Html(render(&inspection))).into_response());
    }
    Ok(Json(inspection).into_response())
}

fn render(room: &RoomInspection) -> String {
    let peers: String = room.peers.iter().map(peer_row).collect();
    let clocks: String =
        room.state_vector.iter().map(|(client, clock)| row(&[client.clone(), clock.to_string()])).collect();
    PAGE.replace("%BYTES%", &room.document_bytes.to_string())
        .replace("%WAITING%", &room.waiting_for_disk.to_string())
        .replace("%PEERS%", &peers)
        .replace("%CLOCKS%", &clocks)
        .replace("%DOCUMENT%", &escape(&room.document))
}

fn peer_row(peer: &PeerInspection) -> String {
    let state = if peer.stale { "behind" } else { "in step" };
    let clients = peer.clients.join(" ");
    row(&[
        peer.peer.to_string(),
        peer.name.clone(),
        peer.remote.clone(),
        clients,
        peer.queued_bytes.to_string(),
        state.to_owned(),
    ])
}

fn row(cells: &[String]) -> String {
    let cells: String = cells.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
    format!("<tr>{cells}</tr>")
}

/// Text as it may stand in HTML. A per cent sign is escaped too, so that a name is never taken for one of our marks.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' | '%' => escaped.push_str(&format!("&#{};", u32::from(character))),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_never_markup_on_the_page() {
        let peer = PeerInspection {
            peer: 7,
            name: "<script>%DOCUMENT%".into(),
            remote: "x".into(),
            clients: vec![],
            queued_bytes: 0,
            stale: true,
        };
        let room = RoomInspection {
            document: "doc:a&b".into(),
            peers: vec![peer],
            state_vector: Default::default(),
            document_bytes: 1,
            waiting_for_disk: 0,
        };
        let html = render(&room);
        assert!(html.contains("<td>&#60;script&#62;&#37;DOCUMENT&#37;</td>"), "{html}");
        assert!(html.contains("<h1>Room doc:a&#38;b</h1>") && html.contains("<td>behind</td>"));
    }
}
