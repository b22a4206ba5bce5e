//! Generated files are committed, and this checks that they are what the code would generate.
//!
//! `UPDATE_GOLDEN=1 cargo test --test generated` rewrites them.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use coscribe::{ids, vocabulary, wire::board, wire::rest, wire::tokens, wire::webhooks, wire::widgets};
use serde_json::Value;
use ts_rs::{Config, TS};

fn declare<T: TS>(to: &mut String) {
    let config = Config::default();
    let docs = T::docs().unwrap_or_default();
    write!(to, "\n{docs}export {}\n", T::decl(&config)).expect("writing to a string");
}

fn wire_types() -> String {
    let mut text =
        String::from("// Generated from the Rust types by `cargo test --test generated`. Do not edit by hand.\n");
    macro_rules! declare_all {
        ($($type:ty),* $(,)?) => { $(declare::<$type>(&mut text);)* };
    }
    declare_all!(
        ids::NotebookId,
        ids::CellId,
        ids::RunId,
        ids::ProjectId,
        ids::TaskId,
        ids::SessionId,
        ids::WidgetSessionId,
        vocabulary::CellKind,
        vocabulary::Actor,
        vocabulary::ActorKind,
        vocabulary::Role,
        vocabulary::Event,
        vocabulary::TaskStatus,
        vocabulary::Priority,
        vocabulary::SessionStatus,
        vocabulary::Reference,
        vocabulary::TaskCard,
        vocabulary::Task,
        vocabulary::Session,
        vocabulary::TaskChanges,
        vocabulary::SessionChanges,
        vocabulary::RunKind,
        vocabulary::RunState,
        vocabulary::InputWanted,
        vocabulary::TokenUsage,
        vocabulary::ProviderKind,
        vocabulary::ProviderSource,
        vocabulary::Run,
        vocabulary::KernelPhase,
        vocabulary::KernelStatus,
        rest::ErrorBody,
        rest::ErrorDetail,
        rest::RoleBody,
        rest::NotebookSummary,
        rest::NotebookList,
        rest::CreateNotebook,
        rest::PatchNotebook,
        rest::DuplicateNotebook,
        rest::LimitsBody,
        rest::NotebookBody,
        rest::CellBody,
        rest::DeletedCell,
        rest::AddCell,
        rest::PatchCell,
        rest::PutSource,
        rest::MoveCell,
        rest::RunCells,
        rest::RunList,
        vocabulary::Completions,
        vocabulary::Completion,
        vocabulary::Variable,
        rest::KernelBody,
        rest::StartKernel,
        rest::RestartKernel,
        rest::KernelspecList,
        rest::KernelspecBody,
        rest::KernelOrigin,
        rest::CompleteCode,
        rest::InspectCode,
        rest::InspectionBody,
        rest::VariableList,
        rest::TellModel,
        rest::ModelTold,
        rest::EnvironmentBody,
        rest::EnvironmentPhase,
        rest::PackageBody,
        rest::AddPackages,
        rest::FileList,
        rest::FileBody,
        rest::InputLine,
        rest::ProviderList,
        rest::ProviderBody,
        rest::ModelPrice,
        rest::PutProvider,
        rest::DefaultProvider,
        rest::ProviderTest,
        rest::ModelList,
        rest::ContextBody,
        rest::ContextSpeaker,
        rest::ContextMessage,
        rest::ContextState,
        rest::ContextCell,
        rest::DraftEvent,
        rest::DraftDone,
        vocabulary::EarlierAnswer,
        rest::EarlierAnswers,
        rest::PublishAnswer,
        rest::BlobStored,
        board::ProjectSummary,
        board::ProjectList,
        board::ProjectBody,
        board::CreateProject,
        board::PatchProject,
        board::CreateTask,
        board::PatchTask,
        board::MoveTask,
        board::TaskList,
        board::CreateSession,
        board::PatchSession,
        board::SessionList,
        ids::TokenId,
        vocabulary::Scope,
        tokens::TokenBody,
        tokens::TokenList,
        tokens::CreateToken,
        tokens::CreatedToken,
        tokens::AuditEntry,
        tokens::AuditList,
        ids::WebhookId,
        webhooks::WebhookActivity,
        webhooks::WebhookFailing,
        webhooks::WebhookBody,
        webhooks::WebhookList,
        webhooks::CreateWebhook,
        webhooks::PatchWebhook,
        webhooks::DeliveryOutcome,
        webhooks::Delivery,
        webhooks::DeliveryList,
        webhooks::DeadLetterBody,
        webhooks::DeadLetterList,
        vocabulary::ProgramState,
        vocabulary::Program,
        vocabulary::WidgetClient,
        widgets::WidgetSessionSummary,
        widgets::WidgetSessionList,
        widgets::WidgetSessionBody,
        widgets::CreateWidgetSession,
        widgets::CreatedWidgetSession,
        widgets::WidgetCallback,
        widgets::WidgetCallbacks,
        widgets::WidgetAnswer,
        widgets::WidgetClassBody,
        widgets::WidgetClassList,
        rest::EventBody,
    );
    text
}

/// The names of the fields of a type in `wire.ts`: those that are needed, and those that may be left out.
fn fields_of(types: &str, name: &str) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let (_, declared) = types.split_once(&format!("export type {name} = {{"))?;
    let (declared, _) = declared.split_once("};")?;
    let code: String = declared.split("/**").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let names = top_level_fields(&code).into_iter();
    let (optional, needed): (BTreeSet<_>, BTreeSet<_>) = names.partition(|name| name.ends_with('?'));
    Some((needed, optional.iter().map(|name| name.trim_end_matches('?').to_owned()).collect()))
}

/// What stands before the colons of `a: string, b?: { [key in string]: number },`.
fn top_level_fields(code: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let separate = |letter: char| {
        match letter {
            '{' | '<' | '[' => depth += 1,
            '}' | '>' | ']' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    };
    let fields = code.split(separate).filter_map(|field| field.split_once(": "));
    fields.map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn what_a_request_may_leave_out_the_page_may_leave_out_and_nothing_else() {
    let described = serde_json::to_value(coscribe::http::openapi_document()).expect("JSON");
    let schemas = described["components"]["schemas"].as_object().expect("schemas");
    let types = wire_types();
    let mut compared = 0;
    // Bodies of requests are those that refuse unknown fields.
    for (name, schema) in schemas.iter().filter(|(_, schema)| schema["additionalProperties"] == false) {
        let Some((needed, optional)) = fields_of(&types, name) else { continue };
        let required: BTreeSet<String> =
            schema["required"].as_array().into_iter().flatten().filter_map(name_of).collect();
        let all: BTreeSet<String> = schema["properties"].as_object().expect("properties").keys().cloned().collect();
        assert_eq!(needed, required, "{name}");
        assert_eq!(&needed | &optional, all, "{name}");
        compared += 1;
    }
    assert!(compared > 10, "only {compared} were compared");
}

fn name_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

#[test]
fn the_wire_types_of_the_page_are_those_of_the_server() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/src/wire/wire.ts");
    let generated = wire_types();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder");
        fs::write(&path, &generated).expect("writing the types");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{} is out of date; run with UPDATE_GOLDEN=1", path.display());
}

/// One row for each event: its name, when it is told, what its data are.
fn catalogue() -> String {
    let mut text = String::from(
        "# Events\n\nGenerated from the Rust types by `cargo test --test generated`. Do not edit by hand.\n\n\
         `GET /api/events` tells them, as Server-Sent Events or, upgraded, as a WebSocket. Each is\n\
         `{\"seq\", \"event\", \"ts\", \"actor\", \"notebook\" or \"project\", \"data\"}`; `seq` rises strictly, and `?since=SEQ` or\n\
         `Last-Event-ID` goes on after one. Older events than the log keeps are told as one `events:gap`. A stream\n\
         begins with an `id` alone, and brings one now and then: up to there nothing is missing.\n\n\
         `POST /api/webhooks` has them posted to an address, one at a time, in order, again until they are taken, and signed\n\
         after [Standard Webhooks](https://www.standardwebhooks.com): `webhook-id` is the same in every repetition,\n\
         `webhook-signature` is verified with the secret that the answer told.\n\n\
         | event | when | data |\n|---|---|---|\n",
    );
    let described = serde_json::to_value(<vocabulary::Event as utoipa::PartialSchema>::schema()).expect("a schema");
    for variant in described["oneOf"].as_array().expect("an enum") {
        let name = variant["properties"]["event"]["enum"][0].as_str().expect("a name");
        let when = variant["description"].as_str().expect("every event says when it is told");
        let data = &variant["properties"]["data"];
        let keys = match data["$ref"].as_str() {
            Some(reference) => keys_of(&referred(reference)),
            None => keys_of(data),
        };
        writeln!(text, "| `{name}` | {} | {keys} |", when.replace('\n', " ")).expect("writing to a string");
    }
    text
}

/// The larger data of events.
fn referred(reference: &str) -> serde_json::Value {
    use utoipa::PartialSchema;
    let schema = match reference.rsplit('/').next().unwrap_or_default() {
        "TaskCard" => vocabulary::TaskCard::schema(),
        "TaskChanges" => vocabulary::TaskChanges::schema(),
        "Session" => vocabulary::Session::schema(),
        "SessionChanges" => vocabulary::SessionChanges::schema(),
        other => panic!("the catalogue does not know {other}"),
    };
    serde_json::to_value(schema).expect("a schema")
}

/// The names of the data, as they stand in the JSON: the description does not know how the fields of variants are renamed.
fn keys_of(data: &serde_json::Value) -> String {
    let camel = |key: &String| {
        let mut words = key.split('_');
        let first = words.next().unwrap_or_default().to_owned();
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        words.fold(first, |name, word| name + &capital(word))
    };
    let required = |key: &String| data["required"].as_array().is_some_and(|keys| keys.iter().any(|known| known == key));
    let keys = data["properties"].as_object().expect("data are objects").keys();
    let keys = keys.map(|key| format!("`{}`{}", camel(key), if required(key) { "" } else { "?" }));
    keys.collect::<Vec<_>>().join(", ")
}

#[test]
fn ms_14_the_catalogue_of_events_is_the_one_generated_from_their_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/EVENTS.md");
    let generated = catalogue();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &generated).expect("writing the catalogue");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{} is out of date; run with UPDATE_GOLDEN=1", path.display());
}

#[test]
fn pg_15_the_table_of_widget_classes_that_clients_are_made_from_is_that_of_the_server() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/widget-classes.json");
    let table = serde_json::to_value(coscribe::http::widget_classes()).expect("JSON");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&table).expect("JSON");
        fs::write(&path, format!("{text}\n")).expect("writing the table");
    }
    let committed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
    assert!(committed == table, "{} is out of date; run with UPDATE_GOLDEN=1", path.display());
}
