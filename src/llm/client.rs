//! The one connection to providers, by genai over reqwest. Imports request, refusal, observed, stream, think_tags.
//!
//! genai's types end here. Invariant: a key goes only to the host it was given for: redirects are not followed.

use std::{collections::VecDeque, time::Duration};

use futures_util::{StreamExt, stream};
use genai::{
    Client as Genai,
    chat::{ChatStream, ChatStreamEvent, StopReason, StreamEnd, Usage},
};

use super::{
    answer::Stop,
    failure::Failure,
    observed::Observer,
    provider::Provider,
    question::Question,
    refusal::Asked,
    request,
    stream::{End, Part, Parts},
    think_tags::{ThinkTags, Words},
    times::Times,
};
use crate::vocabulary::ProviderKind;

/// The client of all providers; cheap to share.
#[derive(Debug, Clone)]
pub struct Client {
    genai: Genai,
    connect: Duration,
}

impl Client {
    /// A client with these times.
    pub fn new(times: &Times) -> Result<Self, Failure> {
        let web = reqwest::Client::builder()
            .connect_timeout(times.connect)
            .redirect(reqwest::redirect::Policy::none())
            // Compressed, tokens would wait for each other at some gateways.
            .no_gzip()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Failure::Client(error.to_string()))?;
        let genai = Genai::builder().with_reqwest(web).build().map_err(|error| Failure::Client(error.to_string()))?;
        Ok(Self { genai, connect: times.connect })
    }

    /// Asks a provider. It is connected to when the first part is waited for.
    pub async fn ask(&self, provider: &Provider, model: &str, question: &Question) -> Result<Parts, Failure> {
        let asked = Asked { provider: provider.clone(), model: model.to_owned(), connect: self.connect };
        let observer = Observer::default();
        let options = request::options(provider, model, question).with_raw_frame_sink(observer.clone());
        let target = request::target(provider, model);
        let answer = self.genai.exec_chat_stream(target, request::conversation(question), Some(&options)).await;
        let stream = answer.map_err(|error| asked.failure(&error, false))?.stream;
        let splits = matches!(provider.kind, ProviderKind::OpenAi | ProviderKind::Ollama);
        let tags = splits.then(ThinkTags::default);
        let reader = Reader { stream, asked, observer, tags, ready: VecDeque::new(), began: false, over: false };
        Ok(Box::pin(stream::unfold(reader, |mut reader| async move { Some((reader.next().await?, reader)) })))
    }

    /// The models that a provider says it has.
    pub async fn models(&self, provider: &Provider) -> Result<Vec<String>, Failure> {
        let asked = Asked { provider: provider.clone(), model: String::new(), connect: self.connect };
        let at = (request::endpoint(provider), request::auth(provider));
        let names = self.genai.all_model_names(request::adapter(provider.kind), at).await;
        names.map_err(|error| asked.failure(&error, false))
    }
}

/// Reads one answer.
struct Reader {
    stream: ChatStream,
    asked: Asked,
    observer: Observer,
    /// For providers whose models may write thinking into the answer; not for those that send it apart.
    tags: Option<ThinkTags>,
    /// Read and not yet handed on.
    ready: VecDeque<Result<Part, Failure>>,
    began: bool,
    over: bool,
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Part, Failure>> {
        loop {
            if let Some(part) = self.ready.pop_front() {
                return Some(part);
            }
            if self.over {
                return None;
            }
            match self.stream.next().await {
                Some(Ok(event)) => self.read(event),
                Some(Err(error)) => self.finish(Err(self.asked.failure(&error, self.began))),
                None => self.finish(self.ended_without_end()),
            }
        }
    }

    fn read(&mut self, event: ChatStreamEvent) {
        match event {
            ChatStreamEvent::ReasoningChunk(chunk) => {
                self.flush_tags();
                self.tags = None;
                self.hand(Part::Thinking(chunk.content));
            }
            ChatStreamEvent::Chunk(chunk) => match &mut self.tags {
                Some(tags) => {
                    let words = tags.push(&chunk.content);
                    self.hand_all(words);
                }
                None => self.hand(Part::Text(chunk.content)),
            },
            ChatStreamEvent::End(end) => self.finish(self.ended(end)),
            ChatStreamEvent::Start
            | ChatStreamEvent::Heartbeat
            | ChatStreamEvent::ThoughtSignatureChunk(_)
            | ChatStreamEvent::ToolCallChunk(_) => {}
        }
    }

    fn hand(&mut self, part: Part) {
        self.began = true;
        self.ready.push_back(Ok(part));
    }

    fn hand_all(&mut self, words: Vec<Words>) {
        for words in words {
            self.hand(match words {
                Words::Thinking(words) => Part::Thinking(words),
                Words::Text(words) => Part::Text(words),
            });
        }
    }

    fn flush_tags(&mut self) {
        if let Some(tags) = &mut self.tags {
            let words = tags.finish();
            self.hand_all(words);
        }
    }

    fn finish(&mut self, outcome: Result<End, Failure>) {
        self.flush_tags();
        self.ready.push_back(outcome.map(Part::End));
        self.over = true;
    }

    /// genai's end: believed if the provider told of one and of no error.
    fn ended(&self, end: StreamEnd) -> Result<End, Failure> {
        let seen = self.observer.seen();
        if let Some(error) = seen.error {
            return Err(self.asked.told(&error, self.began));
        }
        let stop = end.captured_stop_reason.or_else(|| seen.stopped.map(StopReason::from));
        // genai makes up an end when the connection to Ollama ends; only a real one counts tokens.
        if stop.is_none() && end.captured_usage.is_none() && self.asked.provider.kind == ProviderKind::Ollama {
            return Err(self.broken_off());
        }
        let model = seen.model.unwrap_or_else(|| self.asked.model.clone());
        let tokens = end.captured_usage.and_then(|usage| tokens(&usage));
        Ok(End { model, stop: stop.map_or(Stop::Completed, to_stop), tokens, microdollars: seen.microdollars })
    }

    /// Some OpenAI-compatible servers close the connection instead of a last `[DONE]`.
    fn ended_without_end(&self) -> Result<End, Failure> {
        let seen = self.observer.seen();
        match (seen.error, seen.stopped) {
            (Some(error), _) => Err(self.asked.told(&error, self.began)),
            (None, Some(stopped)) => {
                let model = seen.model.unwrap_or_else(|| self.asked.model.clone());
                let stop = to_stop(StopReason::from(stopped));
                Ok(End { model, stop, tokens: None, microdollars: seen.microdollars })
            }
            (None, None) => Err(self.broken_off()),
        }
    }

    fn broken_off(&self) -> Failure {
        let provider = self.asked.provider.name.clone();
        if self.began {
            Failure::BrokenOff { provider, detail: String::new() }
        } else {
            Failure::Unreadable { provider }
        }
    }
}

fn to_stop(reason: StopReason) -> Stop {
    match reason {
        StopReason::Completed(_) | StopReason::StopSequence(_) => Stop::Completed,
        StopReason::MaxTokens(_) => Stop::Length,
        StopReason::ContentFilter(_) => Stop::Filtered,
        StopReason::ToolCall(word) | StopReason::Other(word) => Stop::Other(word),
    }
}

fn tokens(usage: &Usage) -> Option<(u64, u64)> {
    let count = |tokens: Option<i32>| tokens.and_then(|tokens| u64::try_from(tokens).ok());
    Some((count(usage.prompt_tokens)?, count(usage.completion_tokens)?))
}
