//! `coscribe widgets …`.

use clap::Subcommand;
use serde_json::Value;

use super::{
    bridge::BridgeArgs,
    client::{CliError, Client},
    output::{Output, fields, moment, printable, table},
};
use crate::{
    ids::WidgetSessionId,
    vocabulary::{Program, ProgramState},
    wire::widgets::{WidgetSessionBody, WidgetSessionList, WidgetSessionSummary},
};

/// What to do with widget sessions.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all widget sessions, last changed first
    List,
    /// Show a widget session with everything its program has drawn
    Show { id: WidgetSessionId },
    /// Delete a widget session with everything in it
    Delete { id: WidgetSessionId },
    /// Show a program of pgwidgets in the pages of the server, until Ctrl-C
    Bridge(BridgeArgs),
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        let path = |id: &WidgetSessionId| format!("/api/widgets/{id}");
        match self {
            Self::List => output.print(&client.get::<WidgetSessionList>("/api/widgets")?, list),
            Self::Show { id } => output.print(&client.get::<WidgetSessionBody>(&path(&id))?, show),
            Self::Delete { id } => {
                client.delete(&path(&id))?;
                output.print(&serde_json::json!({ "deleted": id }), |_| format!("✓ Widget session {id} is deleted"))
            }
            Self::Bridge(bridge) => bridge.run(client),
        }
    }
}

fn list(list: &WidgetSessionList) -> String {
    let head = ["ID", "PROGRAM", "WIDGETS", "CHANGED (UTC)", "TITLE"].map(str::to_owned).to_vec();
    let rows = list.sessions.iter().map(|session| {
        let WidgetSessionSummary { id, title, program, updated_at, widgets, .. } = session;
        vec![id.to_string(), word(program).into(), widgets.to_string(), moment(*updated_at), printable(title, false)]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn word(program: &Program) -> &'static str {
    match program.state {
        ProgramState::Waiting => "waiting",
        ProgramState::Connected => "connected",
        ProgramState::Gone => "gone",
    }
}

fn show(session: &WidgetSessionBody) -> String {
    let WidgetSessionBody { summary, clients, tree } = session;
    let name = summary.program.name.as_deref().map(|name| printable(name, false));
    let fields = fields([
        ("id", Some(summary.id.to_string())),
        ("program", Some(format!("{} since {}", word(&summary.program), moment(summary.program.since)))),
        ("name", name),
        ("pages", Some(clients.len().to_string())),
        ("changed", Some(moment(summary.updated_at))),
    ]);
    let lines: Vec<String> = tree.iter().map(line).collect();
    let title = if summary.title.is_empty() { "(no title)".into() } else { printable(&summary.title, false) };
    format!("{title}\n{fields}\n\n{}", lines.join("\n")).trim_end().to_owned()
}

/// A widget in one line: its number, its class, and what of it says most.
fn line(widget: &Value) -> String {
    let word = |value: &Value| value.as_str().map(|text| printable(text, false)).unwrap_or_default();
    let state = &widget["state"];
    let said = ["title", "text", "value", "state"].iter().map(|key| &state[*key]).find(|value| !value.is_null());
    let said = widget.get("text").or(said).map(|value| match value {
        Value::String(_) => format!(" “{}”", word(value)),
        other => format!(" {other}"),
    });
    format!("{:>6}  {}{}", widget["wid"].to_string(), word(&widget["class"]), said.unwrap_or_default())
}
