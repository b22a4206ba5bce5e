//! Generated files are committed, and this checks that they are what the code would generate.
//!
//! `UPDATE_GOLDEN=1 cargo test --test generated` rewrites them.

use std::{fmt::Write, fs, path::Path};

use coscribe::{ids, vocabulary, wire::rest};
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
        vocabulary::CellKind,
        vocabulary::Actor,
        vocabulary::ActorKind,
        vocabulary::Role,
        vocabulary::Event,
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
        rest::KernelBody,
        rest::StartKernel,
        rest::RestartKernel,
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
        rest::PublishAnswer,
        rest::BlobStored,
        rest::EventBody,
    );
    text
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
