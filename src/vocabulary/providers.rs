//! Plain words of providers of language models: what REST and the settings tell of them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The protocol a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "lowercase")]
#[ts(export_to = "wire.ts")]
pub enum ProviderKind {
    /// `POST …/chat/completions`: OpenAI, llama.cpp, vLLM, LM Studio, most gateways.
    OpenAi,
    /// `POST …/messages`.
    Anthropic,
    /// Ollama's own `POST /api/chat`.
    Ollama,
    /// No model at all: the built-in demonstration.
    Demo,
}

impl ProviderKind {
    /// The kind of that name in a file.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "openai" => Some(Self::OpenAi),
            "anthropic" => Some(Self::Anthropic),
            "ollama" => Some(Self::Ollama),
            "demo" => Some(Self::Demo),
            _ => None,
        }
    }

    /// Its name in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Demo => "demo",
        }
    }
}

/// Who said that a provider is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "lowercase")]
#[ts(export_to = "wire.ts")]
pub enum ProviderSource {
    /// Somebody who may edit, on the page; can be changed and removed there.
    Page,
    /// The file `models.json` of the data directory.
    File,
    /// Variables of the server's environment.
    Environment,
    /// The demonstration.
    BuiltIn,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_name_in_files_and_on_the_wire() {
        for kind in [ProviderKind::OpenAi, ProviderKind::Anthropic, ProviderKind::Ollama, ProviderKind::Demo] {
            assert_eq!(serde_json::json!(kind), kind.name());
            assert_eq!(ProviderKind::named(kind.name()), Some(kind));
        }
    }
}
