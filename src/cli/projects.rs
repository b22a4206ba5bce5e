//! `coscribe project …`.

use clap::Subcommand;

use super::{
    client::{CliError, Client},
    output::{Output, fields, moment, printable, table},
};
use crate::{
    ids::ProjectId,
    wire::board::{CreateProject, PatchProject, ProjectBody, ProjectList, ProjectSummary},
};

/// What to do with projects.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all projects, last changed first
    List,
    /// Create a project
    Create {
        name: String,
        /// What it is about.
        #[arg(long)]
        description: Option<String>,
        /// An id of your choice [default: a new one].
        #[arg(long)]
        id: Option<ProjectId>,
    },
    /// Show a project
    Show { id: ProjectId },
    /// Change name or description
    Update {
        id: ProjectId,
        #[arg(long, required_unless_present = "description")]
        name: Option<String>,
        #[arg(long)]
        description: Option<String>,
    },
    /// Put a project into the bin, with its tasks and sessions
    Delete { id: ProjectId },
    /// Take a project back out of the bin
    Restore { id: ProjectId },
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        let path = |id: &ProjectId| format!("/api/projects/{id}");
        match self {
            Self::List => output.print(&client.get::<ProjectList>("/api/projects")?, list),
            Self::Create { name, description, id } => {
                let wanted = CreateProject { name, description, id };
                let created: ProjectSummary = client.post("/api/projects", &wanted)?;
                output.print(&created, |project| format!("✓ Project created: {}", in_one_line(project)))
            }
            Self::Show { id } => output.print(&client.get::<ProjectBody>(&path(&id))?, show),
            Self::Update { id, name, description } => {
                let changed: ProjectBody = client.patch(&path(&id), &PatchProject { name, description })?;
                output.print(&changed, |_| "✓ Project updated successfully".into())
            }
            Self::Delete { id } => {
                client.delete(&path(&id))?;
                output.print(&serde_json::json!({ "deleted": id }), |_| format!("✓ Project {id} is in the bin"))
            }
            Self::Restore { id } => {
                let restored: ProjectSummary = client.ask_for(&format!("{}/restore", path(&id)))?;
                output.print(&restored, |project| format!("✓ Project restored: {}", in_one_line(project)))
            }
        }
    }
}

fn in_one_line(project: &ProjectSummary) -> String {
    format!("{} · {}", project.id, printable(&project.name, false))
}

fn list(list: &ProjectList) -> String {
    let head = ["ID", "TASKS", "CHANGED (UTC)", "NAME"].map(str::to_owned).to_vec();
    let rows = list.projects.iter().map(|project| {
        let mark = if project.deleted_at.is_some() { " (in the bin)" } else { "" };
        let name = format!("{}{mark}", printable(&project.name, false));
        vec![project.id.to_string(), project.task_count.to_string(), moment(project.updated_at), name]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn show(project: &ProjectBody) -> String {
    let ProjectBody { summary, description, session_count } = project;
    let fields = fields([
        ("id", Some(summary.id.to_string())),
        ("tasks", Some(summary.task_count.to_string())),
        ("sessions", Some(session_count.to_string())),
        ("changed", Some(moment(summary.updated_at))),
    ]);
    let text = if description.is_empty() { String::new() } else { format!("\n\n{}", printable(description, false)) };
    format!("{}\n{fields}{text}", printable(&summary.name, false))
}
