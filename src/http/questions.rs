//! Questions to language models before and beside their runs: what would be sent, private drafts, their publication.
//!
//! Invariant: a draft is told to whoever asked for it and to nobody else; no document hears of it until it is published.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{Response, sse::Event},
};
use futures_util::stream;
use tokio::sync::OwnedSemaphorePermit;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Shared,
    error::{Answer, ApiError},
    events::streamed,
    extract::{Body, By, Ids},
};
use crate::{
    ids::{CellId, NotebookId},
    notebook::{CONTEXT_TOKENS, Considered, Fate, Message, Question, Speaker},
    room::{AnswerEvent, AnswerLine, Answered, Published, RunRequest, Weight},
    vocabulary::{Run, source_hash},
    wire::rest::{
        ContextBody, ContextCell, ContextMessage, ContextSpeaker, ContextState, DraftDone, DraftEvent, EarlierAnswers,
        ErrorBody, PublishAnswer,
    },
};

/// The longest answer that is published, thinking included, in bytes: as long as one that a run may get.
const ANSWER_BYTES: usize = 8 << 20;

/// The longest hash of a source, name of a model, and notice.
const WORD_MAX: usize = 200;

pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(context))
        .routes(routes!(draft))
        .routes(routes!(publish))
        .routes(routes!(earlier))
}

/// Tells what would be sent to a language model, were the prompt cell run now: each message, and what becomes of each
/// cell.
#[utoipa::path(get, path = "/api/notebooks/{id}/cells/{cell}/context", tag = "questions",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 200, body = ContextBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn context(State(app): State<Shared>, Ids((id, cell)): Ids<(NotebookId, CellId)>) -> Answer<Json<ContextBody>> {
    let question = app.room(&id).await?.question(cell).await?;
    let (question, weight) = app.rooms.weigh(question).await;
    Ok(Json(context_body(question, weight)))
}

fn context_body(question: Question, weight: Weight) -> ContextBody {
    let Weight { provider, model, tokens, messages, cells, problem } = weight;
    let said = question.messages();
    ContextBody {
        provider,
        model,
        tokens,
        limit: Some(CONTEXT_TOKENS),
        messages: said.into_iter().zip(messages).map(|(message, tokens)| context_message(message, tokens)).collect(),
        cells: question.cells.into_iter().zip(cells).map(|(cell, tokens)| context_cell(cell, tokens)).collect(),
        system: question.system,
        problem,
    }
}

fn context_message(Message { speaker, text, pictures }: Message, tokens: u64) -> ContextMessage {
    let speaker = match speaker {
        Speaker::User => ContextSpeaker::User,
        Speaker::Assistant => ContextSpeaker::Assistant,
    };
    ContextMessage { speaker, text, tokens, pictures: pictures.len() }
}

fn context_cell(Considered { cell, fate, .. }: Considered, tokens: u64) -> ContextCell {
    let state = match fate {
        Fate::Sent => ContextState::Sent,
        Fate::Pinned => ContextState::Pinned,
        Fate::Skipped => ContextState::Skipped,
        Fate::Stale => ContextState::Stale,
        Fate::Cut => ContextState::Cut,
    };
    ContextCell { cell, state, tokens }
}

/// Asks the question of a prompt cell for the asker alone: nothing is written into the notebook and nobody else sees the
/// answer. Closing the connection stops the model.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/draft", tag = "questions",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 200, description = "The answer as it comes", body = DraftEvent, content_type = "text/event-stream"),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody)
))]
async fn draft(State(app): State<Shared>, Ids((id, cell)): Ids<(NotebookId, CellId)>) -> Answer<Response> {
    let permit = app.connection_permit()?;
    let question = app.room(&id).await?.question(cell).await?;
    let (model, usage, notice) = Default::default();
    let (source_hash, sent) = (source_hash(&question.asked.text), question.sent());
    let done = DraftDone { model, usage, notice, source_hash, sent };
    let line = app.rooms.ask(question).await;
    let line = line.map_err(|sentence| ApiError::new(StatusCode::CONFLICT, "no_models", sentence))?;
    let draft = Draft { line, done: Some(done), app: app.clone(), _permit: permit };
    let events = stream::unfold(draft, async |mut draft| draft.next().await.map(|event| (event, draft)));
    Ok(streamed(&app, events))
}

/// A draft on its way to its asker. Dropping it stops the model.
struct Draft {
    line: AnswerLine,
    /// What is said at the end; gone when it has been.
    done: Option<DraftDone>,
    app: Shared,
    _permit: OwnedSemaphorePermit,
}

impl Draft {
    async fn next(&mut self) -> Option<Event> {
        let done = self.done.as_ref()?.clone();
        let said = tokio::select! {
            said = self.line.events.recv() => said,
            () = self.app.stopping() => None,
        };
        let event = match said {
            Some(AnswerEvent::Thinking(text)) => DraftEvent::Thinking(text),
            Some(AnswerEvent::Text(text)) => DraftEvent::Text(text),
            Some(AnswerEvent::Done(Answered { model, usage, notice })) => {
                DraftEvent::Done(DraftDone { model, usage, notice, ..done })
            }
            Some(AnswerEvent::Failed { sentence }) => DraftEvent::Failed(sentence),
            None => DraftEvent::Failed("The server stops. Ask again in a moment.".into()),
        };
        if matches!(event, DraftEvent::Done(_) | DraftEvent::Failed(_)) {
            self.done = None;
        }
        let json = serde_json::to_string(&event).unwrap_or_default();
        Some(Event::default().data(json))
    }
}

/// Lists the answers of a prompt cell that others took the place of, the last first, each with what people had written
/// into it. Published with `POST …/answer`, one is the answer of its cell again.
#[utoipa::path(get, path = "/api/notebooks/{id}/cells/{cell}/answers", tag = "questions",
    params(("id" = String, Path), ("cell" = String, Path)),
    responses((status = 200, body = EarlierAnswers), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
async fn earlier(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
) -> Answer<Json<EarlierAnswers>> {
    Ok(Json(EarlierAnswers { answers: app.room(&id).await?.earlier_answers(cell).await? }))
}

/// Makes a draft, or an earlier answer, the answer of its cell, in place of the one before, which is kept as an earlier
/// one: a run that ended well, by whoever publishes it.
#[utoipa::path(post, path = "/api/notebooks/{id}/cells/{cell}/answer", tag = "questions",
    params(("id" = String, Path), ("cell" = String, Path)), request_body = PublishAnswer,
    responses((status = 201, body = Run), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 422, body = ErrorBody)
))]
async fn publish(
    State(app): State<Shared>,
    Ids((id, cell)): Ids<(NotebookId, CellId)>,
    By(actor): By,
    Body(draft): Body<PublishAnswer>,
) -> Answer<(StatusCode, Json<Run>)> {
    let request = RunRequest::Publish { cell, answer: Box::new(published(draft)?) };
    let run = app.room(&id).await?.run(request, actor).await?.pop();
    let run = run.ok_or_else(|| ApiError::internal("a published answer made no run"))?;
    Ok((StatusCode::CREATED, Json(run)))
}

fn published(draft: PublishAnswer) -> Answer<Published> {
    let PublishAnswer { text, thinking, model, usage, notice, source_hash, sent } = draft;
    let thinking = thinking.unwrap_or_default();
    let invalid = |message| Err(ApiError::invalid_body(message));
    if text.trim().is_empty() {
        return invalid("There is no answer to publish: text is empty.");
    }
    if text.len() + thinking.len() > ANSWER_BYTES {
        return Err(ApiError::too_large("An answer with its thinking has at most 8 MB."));
    }
    let notes = [Some(&source_hash), model.as_ref(), notice.as_ref()];
    if notes.into_iter().flatten().any(|note| note.len() > WORD_MAX) {
        return invalid("A sourceHash, the name of a model and a notice have at most 200 bytes.");
    }
    let answered = Answered { model, usage, notice };
    Ok(Published { thinking, text, answered, source_hash, sent: sent.unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> PublishAnswer {
        let (thinking, model, usage, notice, sent) = Default::default();
        PublishAnswer { text: text.into(), thinking, model, usage, notice, source_hash: "4-00000000".into(), sent }
    }

    #[test]
    fn ln_71_only_an_answer_of_a_size_that_fits_is_published() {
        assert_eq!(published(draft("Because.")).unwrap().text, "Because.");
        assert!(published(draft(" \n")).is_err());
        assert!(published(draft(&"x".repeat(ANSWER_BYTES + 1))).is_err());
        assert!(published(PublishAnswer { source_hash: "x".repeat(201), ..draft("x") }).is_err());
    }

    #[test]
    fn a_draft_event_has_one_field_that_says_what_it_is() {
        let json = |event: DraftEvent| serde_json::to_string(&event).unwrap();
        assert_eq!(json(DraftEvent::Text("a\nb".into())), r#"{"text":"a\nb"}"#);
        assert_eq!(json(DraftEvent::Failed("No.".into())), r#"{"failed":"No."}"#);
    }
}
