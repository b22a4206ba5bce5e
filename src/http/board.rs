//! What the addresses of projects, tasks and sessions have in common: finding the room, versions, pages, one-line texts.
//!
//! Invariant: an answer that shows a task or a session carries its version as `ETag`.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ETAG, IF_MATCH, LOCATION},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    App,
    error::{Answer, ApiError},
};
use crate::{
    catalogue::Findable,
    ids::{DocumentId, ProjectId, SessionId, TaskId},
    project::{After, Expected, Found, Op, OpError, Question},
    room::{ApplyError, DEFAULT_PROJECT, RoomHandle},
    vocabulary::{Actor, Millis, Session, Task},
};

/// The longest title or name, in characters: it is shown in one line.
const LINE_MAX: usize = 500;

/// Tasks or sessions in one answer, unless fewer are asked for: a board that people still overlook.
pub const PAGE: usize = 1000;

/// The last moment of a JavaScript date.
const MOMENT_MAX: Millis = 8_640_000_000_000_000;

/// The version that a request expects, if it does.
pub struct IfMatch(pub Option<Expected>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let Some(header) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text.trim_start_matches("W/").trim_matches('"').parse().ok();
        let message = "If-Match takes the ETag of an earlier answer, which is the updatedAt in quotes.";
        let version = version.ok_or_else(|| ApiError::bad_request("invalid_if_match", message))?;
        Ok(Self(Some(Expected(version))))
    }
}

/// The version of something as a header.
fn etag(updated_at: Millis) -> (axum::http::HeaderName, HeaderValue) {
    (ETAG, HeaderValue::from_str(&format!("\"{updated_at}\"")).unwrap_or(HeaderValue::from_static("\"0\"")))
}

/// Something as it is, with its version.
pub fn versioned<T: Serialize>(body: T, updated_at: Millis) -> Response {
    ([etag(updated_at)], Json(body)).into_response()
}

/// Something new, with its address and its version.
pub fn created<T: Serialize>(app: &App, path: &str, body: T, updated_at: Millis) -> Answer<Response> {
    let location = format!("{}api/{path}", app.base.as_str());
    let mut headers = HeaderMap::from_iter([etag(updated_at)]);
    headers.insert(LOCATION, location.parse().map_err(ApiError::internal)?);
    Ok((StatusCode::CREATED, headers, Json(body)).into_response())
}

/// A title or name, in one line.
pub fn line(what: &'static str, text: &str) -> Answer<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LINE_MAX || text.chars().any(char::is_control) {
        let message = format!("A {what} has 1 to {LINE_MAX} characters in one line.");
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_text", message));
    }
    Ok(text.to_owned())
}

/// A moment that somebody gives, in milliseconds since the Unix epoch.
pub fn moment(at: Millis) -> Answer<Millis> {
    if (0..=MOMENT_MAX).contains(&at) {
        return Ok(at);
    }
    let message = "A moment is a number of milliseconds since 1970 that a JavaScript date can hold.";
    Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_moment", message))
}

/// How many are wanted at once.
pub fn limit(wanted: Option<usize>) -> Answer<usize> {
    match wanted.unwrap_or(PAGE) {
        limit @ 1..=PAGE => Ok(limit),
        _ => Err(ApiError::bad_request(
            "invalid_parameter",
            format!("The parameter limit is a number from 1 to {PAGE}."),
        )),
    }
}

/// What is wanted of a list.
pub struct Page<'a> {
    /// Of this project only; else of all, one after the other.
    pub project: Option<ProjectId>,
    pub limit: usize,
    /// The `next` of the page before.
    pub after: Option<&'a str>,
}

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub project: ProjectId,
    pub after: After,
}

impl Cursor {
    /// Reads what an earlier answer gave as `next`.
    pub fn parse(text: &str) -> Answer<Self> {
        let message = "The parameter after is no `next` of an earlier answer.";
        let invalid = || ApiError::bad_request("invalid_parameter", message);
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or_else(invalid);
        let (project, key, id) = (part()?, part()?, part()?);
        let after = After { key: key.into(), id: id.into() };
        Ok(Self { project: project.parse().map_err(|_| invalid())?, after })
    }
}

impl std::fmt::Display for Cursor {
    /// Ids and order keys have no dots.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}.{}", self.project, self.after.key, self.after.id)
    }
}

/// A task among answers.
pub fn task(found: Found) -> Answer<Task> {
    match found {
        Found::Task(task) => Ok(*task),
        other => Err(ApiError::internal(format!("no task but {other:?}"))),
    }
}

/// A session among answers.
pub fn session(found: Found) -> Answer<Session> {
    match found {
        Found::Session(session) => Ok(*session),
        other => Err(ApiError::internal(format!("no session but {other:?}"))),
    }
}

/// The project of those who name none.
fn project_or_default(wanted: Option<ProjectId>) -> Answer<ProjectId> {
    match wanted {
        Some(project) => Ok(project),
        None => Ok(DEFAULT_PROJECT.parse()?),
    }
}

impl App {
    /// The room of a project.
    pub async fn project_room(&self, id: &ProjectId) -> Answer<RoomHandle> {
        Ok(self.rooms.open(&DocumentId::Project(id.clone())).await?)
    }

    /// The room of the project in which a task is.
    pub async fn task_room(&self, id: &TaskId) -> Answer<RoomHandle> {
        let room = self.rooms.of_task(id).await?;
        room.ok_or_else(|| ApplyError::from(OpError::UnknownTask(id.clone())).into())
    }

    /// The room of the project in which a session is.
    pub async fn session_room(&self, id: &SessionId) -> Answer<RoomHandle> {
        let room = self.rooms.of_session(id).await?;
        room.ok_or_else(|| ApplyError::from(OpError::UnknownSession(id.clone())).into())
    }

    /// Makes a task or a session; an id that somebody chose must be free in all projects.
    pub async fn make(
        &self,
        project: Option<ProjectId>,
        op: Op,
        chosen: Option<(Findable, OpError)>,
        actor: Actor,
    ) -> Answer<Found> {
        let room = self.project_room(&project_or_default(project)?).await?;
        let Some((member, taken)) = chosen else { return Ok(room.edit(op, actor).await?) };
        let _turn = self.rooms.naming().await;
        if self.rooms.knows(&member).await? {
            return Err(ApplyError::from(taken).into());
        }
        Ok(room.edit(op, actor).await?)
    }

    /// A page of a list, and where it goes on; `question` asks a project for what comes after a place, so many.
    pub async fn page<T>(
        &self,
        wanted: Page<'_>,
        question: impl Fn(Option<After>, usize) -> Question,
        open: fn(Found) -> Vec<T>,
        cursor: fn(&T) -> Cursor,
    ) -> Answer<(Vec<T>, Option<String>)> {
        let Page { project, limit, after } = wanted;
        let from = after.map(Cursor::parse).transpose()?;
        let mut listed = Vec::new();
        for project in self.listed_projects(project, from.as_ref()).await? {
            let after = from.as_ref().filter(|from| from.project == project).map(|from| from.after.clone());
            // One more than wanted tells whether there are more.
            let question = question(after, limit + 1 - listed.len());
            listed.extend(open(self.project_room(&project).await?.ask(question).await?));
            if listed.len() > limit {
                break;
            }
        }
        let more = listed.len() > limit;
        listed.truncate(limit);
        let next = listed.last().filter(|_| more).map(|last| cursor(last).to_string());
        Ok((listed, next))
    }

    /// The projects a list goes through: one, or all that are not in the bin, from where it left off.
    async fn listed_projects(&self, only: Option<ProjectId>, from: Option<&Cursor>) -> Answer<Vec<ProjectId>> {
        if let Some(only) = only {
            return Ok(vec![only]);
        }
        let projects = self.rooms.projects().await?;
        let mut ids: Vec<_> =
            projects.into_iter().filter(|project| project.deleted_at.is_none()).map(|project| project.id).collect();
        // Not by their last change: a list that is read in pages must not lose its place.
        ids.sort_unstable();
        Ok(match from {
            Some(from) => ids.into_iter().filter(|id| *id >= from.project).collect(),
            None => ids,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_as_it_was_written() {
        let cursor =
            Cursor { project: "proj_1".parse().unwrap(), after: After { key: "a0V".into(), id: "task_1".into() } };
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        for wrong in ["", "a", "a.b", "a..b", "a b.c.d"] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_title_is_one_line_of_a_sensible_length() {
        assert_eq!(line("title", "  A b ").unwrap(), "A b");
        for bad in ["", "  ", "a\nb", &"x".repeat(501)] {
            assert!(line("title", bad).is_err(), "{bad:?}");
        }
    }
}
