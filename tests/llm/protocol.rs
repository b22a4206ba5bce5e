//! How each protocol says the same things, as its documentation writes them: for scripts that hold for all three.

use coscribe::vocabulary::ProviderKind;
use serde_json::{Value, json};

/// All protocols.
pub const KINDS: [ProviderKind; 3] = [ProviderKind::OpenAi, ProviderKind::Anthropic, ProviderKind::Ollama];

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

fn data(data: &Value) -> String {
    format!("data: {data}\n\n")
}

pub fn mime(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Ollama => "application/x-ndjson",
        _ => "text/event-stream",
    }
}

/// Where questions go.
pub fn path(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::Anthropic => "POST /v1/messages",
        ProviderKind::Ollama => "POST /api/chat",
        _ => "POST /v1/chat/completions",
    }
}

/// The beginning of an answer, with the model that answers.
pub fn start(kind: ProviderKind) -> String {
    match kind {
        ProviderKind::Anthropic => {
            let message = json!({"id": "m1", "role": "assistant", "model": "tiny-2", "usage": {"input_tokens": 42, "output_tokens": 1}});
            event("message_start", &json!({"type": "message_start", "message": message}))
                + &event("ping", &json!({"type": "ping"}))
        }
        ProviderKind::Ollama => String::new(),
        _ => data(
            &json!({"model": "tiny-2", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}),
        ),
    }
}

/// A block begins; only Anthropic's protocol says so.
pub fn block(kind: ProviderKind, sort: &str) -> String {
    match kind {
        ProviderKind::Anthropic => {
            let block = if sort == "thinking" {
                json!({"type": "thinking", "thinking": ""})
            } else {
                json!({"type": "text", "text": ""})
            };
            event("content_block_start", &json!({"type": "content_block_start", "index": 0, "content_block": block}))
        }
        _ => String::new(),
    }
}

pub fn text(kind: ProviderKind, words: &str) -> String {
    match kind {
        ProviderKind::Anthropic => {
            let delta = json!({"type": "text_delta", "text": words});
            event("content_block_delta", &json!({"type": "content_block_delta", "index": 0, "delta": delta}))
        }
        ProviderKind::Ollama => format!(
            "{}\n",
            json!({"model": "tiny-2", "message": {"role": "assistant", "content": words}, "done": false})
        ),
        _ => data(
            &json!({"model": "tiny-2", "choices": [{"index": 0, "delta": {"content": words}, "finish_reason": null}]}),
        ),
    }
}

pub fn thinking(kind: ProviderKind, words: &str) -> String {
    match kind {
        ProviderKind::Anthropic => {
            let delta = json!({"type": "thinking_delta", "thinking": words});
            event("content_block_delta", &json!({"type": "content_block_delta", "index": 0, "delta": delta}))
        }
        ProviderKind::Ollama => {
            let message = json!({"role": "assistant", "content": "", "thinking": words});
            format!("{}\n", json!({"model": "tiny-2", "message": message, "done": false}))
        }
        _ => data(
            &json!({"model": "tiny-2", "choices": [{"index": 0, "delta": {"reasoning_content": words}, "finish_reason": null}]}),
        ),
    }
}

/// The end, with 42 tokens read, 8 written, and why it stopped.
pub fn end(kind: ProviderKind, stop: &str) -> String {
    match kind {
        ProviderKind::Anthropic => {
            let delta = json!({"stop_reason": stop});
            event("content_block_stop", &json!({"type": "content_block_stop", "index": 0}))
                + &event(
                    "message_delta",
                    &json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 8}}),
                )
                + &event("message_stop", &json!({"type": "message_stop"}))
        }
        ProviderKind::Ollama => {
            let message = json!({"role": "assistant", "content": ""});
            let end = json!({"model": "tiny-2", "message": message, "done": true, "done_reason": stop, "prompt_eval_count": 42, "eval_count": 8});
            format!("{end}\n")
        }
        _ => {
            data(&json!({"model": "tiny-2", "choices": [{"index": 0, "delta": {}, "finish_reason": stop}]}))
                + &data(
                    &json!({"model": "tiny-2", "choices": [], "usage": {"prompt_tokens": 42, "completion_tokens": 8, "total_tokens": 50}}),
                )
                + "data: [DONE]\n\n"
        }
    }
}

/// An error in the middle of an answer.
pub fn error(kind: ProviderKind, message: &str) -> String {
    match kind {
        ProviderKind::Anthropic => {
            event("error", &json!({"type": "error", "error": {"type": "overloaded_error", "message": message}}))
        }
        ProviderKind::Ollama => format!("{}\n", json!({"error": message})),
        _ => data(&json!({"error": {"message": message, "type": "server_error"}})),
    }
}

/// What the protocol calls a complete answer, and one cut off at the limit of tokens.
pub fn stops(kind: ProviderKind) -> (&'static str, &'static str) {
    match kind {
        ProviderKind::Anthropic => ("end_turn", "max_tokens"),
        _ => ("stop", "length"),
    }
}

/// Where the list of models is, and such a list.
pub fn list(kind: ProviderKind) -> (&'static str, Value) {
    match kind {
        ProviderKind::Ollama => ("GET /api/tags", json!({"models": [{"name": "tiny"}, {"name": "big"}]})),
        _ => ("GET /v1/models", json!({"object": "list", "data": [{"id": "tiny"}, {"id": "big"}]})),
    }
}
