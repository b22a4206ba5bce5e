//! Bodies about providers of language models. Invariant: no answer has a place for a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

use crate::vocabulary::{ProviderKind, ProviderSource};

/// Who can be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct ProviderList {
    /// The provider that answers unless a question names another.
    pub default: String,
    /// Its model; absent if it is asked which it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// In the order of menus; the demonstration last.
    pub providers: Vec<ProviderBody>,
    /// What is wrong with the settings, in sentences.
    pub problems: Vec<String>,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "camelCase")]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct ProviderBody {
    pub name: String,
    pub kind: ProviderKind,
    /// Absent for the demonstration. Of what the operator set only scheme, host and port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The models configured, the default one first; empty if the provider is asked for them.
    pub models: Vec<String>,
    /// Whether a key is there. The key itself is never shown.
    pub has_key: bool,
    pub source: ProviderSource,
    /// Whether it answers unless a question names another.
    pub default: bool,
    /// By model, as far as somebody has set them.
    pub prices: BTreeMap<String, ModelPrice>,
}

/// What a model costs, in US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts")]
pub struct ModelPrice {
    /// Of questions.
    pub input: f64,
    /// Of answers.
    pub output: f64,
}

/// Sets a provider, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct PutProvider {
    pub kind: ProviderKind,
    /// The usual one of its kind if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Models to offer, the default one first. Without any, the provider is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// Absent: the key that was set here before stays, for the same address. `null`: there is none.
    #[serde(default, deserialize_with = "crate::wire::present", skip_serializing_if = "Option::is_none")]
    #[ts(type = "string | null")]
    pub key: Option<Option<String>>,
    /// By model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<BTreeMap<String, ModelPrice>>,
}

/// Chooses who answers when a question names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct DefaultProvider {
    pub provider: String,
    /// The provider's first model if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What a test of a provider found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts", optional_fields)]
pub struct ProviderTest {
    /// It answered a short question.
    pub ok: bool,
    /// What it says it has.
    pub models: Vec<String>,
    /// Why it did not answer, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// The models of a provider, as it tells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[ts(export_to = "wire.ts")]
pub struct ModelList {
    pub models: Vec<String>,
}
