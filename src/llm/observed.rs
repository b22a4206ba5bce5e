//! What the raw frames of an answer tell beside genai: the model's name, whether it ended, an error, its cost. Imports
//! price.
//!
//! genai takes an Ollama answer that was cut or failed in the middle for a complete one, and does not say which model
//! answered or what a gateway has charged. Invariant: only names, flags and sums are kept, never the text.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use serde::Deserialize;
use serde_json::Value;

use super::price;

/// What was seen of one answer.
#[derive(Debug, Default, Clone)]
pub struct Observed {
    /// Which model answers, in the provider's words.
    pub model: Option<String>,
    /// A frame said why the model stopped.
    pub stopped: Option<String>,
    /// A frame told of an error.
    pub error: Option<Value>,
    /// What the provider has charged, in millionths of a US dollar.
    pub microdollars: Option<u64>,
}

/// Watches the frames of one answer. A lock, because genai hands frames to a shared sink; it is never held for long.
#[derive(Debug, Default, Clone)]
pub struct Observer(Arc<Mutex<Observed>>);

impl Observer {
    /// What was seen so far.
    pub fn seen(&self) -> Observed {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fields of a frame, in any of the protocols, that matter here.
#[derive(Deserialize)]
struct Frame {
    /// OpenAI, Ollama.
    model: Option<String>,
    /// Anthropic: `message_start`.
    message: Option<FrameMessage>,
    /// OpenAI.
    #[serde(default)]
    choices: Vec<FrameChoice>,
    /// Ollama.
    done_reason: Option<String>,
    error: Option<Value>,
    /// OpenAI; `cost` in it is what gateways such as OpenRouter add.
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct FrameMessage {
    model: Option<String>,
}

#[derive(Deserialize)]
struct FrameChoice {
    finish_reason: Option<String>,
}

impl ChatFrameSink for Observer {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let Ok(frame) = serde_json::from_str::<Frame>(frame.data) else { return };
        let mut seen = self.lock();
        let named = frame.model.or(frame.message.and_then(|message| message.model)).filter(|model| !model.is_empty());
        seen.model = seen.model.take().or(named);
        let stopped = frame.choices.into_iter().find_map(|choice| choice.finish_reason).or(frame.done_reason);
        seen.stopped = stopped.or(seen.stopped.take());
        let cost = frame.usage.as_ref().and_then(|usage| usage.get("cost")?.as_f64()).and_then(price::micro);
        seen.microdollars = cost.or(seen.microdollars.take());
        seen.error = frame.error.filter(|error| !error.is_null()).or(seen.error.take());
    }
}
