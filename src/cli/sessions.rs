//! `coscribe session …`.

use clap::{Args, Subcommand};

use super::{
    client::{CliError, Client, query},
    output::{Colour, Output, Styled, fields, moment, printable, styled_table},
};
use crate::{
    ids::{NotebookId, ProjectId, SessionId, TaskId},
    vocabulary::{Session, SessionStatus},
    wire::board::{CreateSession, PatchSession, SessionList},
};

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Open a session
    Create(New),
    /// List sessions, newest first
    List(Wanted),
    /// Show a session
    Show { id: SessionId },
    /// Change name or status
    Update {
        id: SessionId,
        #[arg(long, required_unless_present = "status")]
        name: Option<String>,
        /// running, idle, completed or failed.
        #[arg(long)]
        status: Option<SessionStatus>,
    },
    /// Put a task into a session
    AddTask { session: SessionId, task: TaskId },
    /// Take a task out of a session
    RemoveTask { session: SessionId, task: TaskId },
    /// Say that a session is alive
    Heartbeat { id: SessionId },
    /// Close a session; its tasks stay
    Delete { id: SessionId },
    /// Open a closed session again
    Restore { id: SessionId },
}

/// A new session.
#[derive(Debug, Args)]
pub struct New {
    #[arg(long)]
    name: Option<String>,
    /// The project [default: default].
    #[arg(long)]
    project: Option<ProjectId>,
    /// The notebook it works in.
    #[arg(long, value_name = "ID")]
    notebook: Option<NotebookId>,
    /// A task of it; may be given several times.
    #[arg(long = "task", value_name = "ID")]
    tasks: Vec<TaskId>,
    /// An id of your choice [default: a new one].
    #[arg(long)]
    id: Option<SessionId>,
}

/// Which sessions.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Sessions of this project only.
    #[arg(long)]
    project: Option<ProjectId>,
    #[arg(long)]
    status: Option<SessionStatus>,
    /// Sessions that this task is in.
    #[arg(long)]
    task: Option<TaskId>,
    /// Closed sessions instead, as long as they can be restored.
    #[arg(long)]
    deleted: bool,
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        let path = |id: &SessionId| format!("/api/sessions/{id}");
        let member = |session: &SessionId, task: &TaskId| format!("/api/sessions/{session}/tasks/{task}");
        match self {
            Self::Create(new) => output.print(&client.post("/api/sessions", &new.body())?, created),
            Self::List(wanted) => output.print(&wanted.all(client)?, list),
            Self::Show { id } => output.print(&client.get(&path(&id))?, show),
            Self::Update { id, name, status } => {
                let patch = PatchSession { name, status, notebook: None };
                let changed: Session = client.patch(&path(&id), &patch)?;
                output.print(&changed, |_| "✓ Session updated successfully".into())
            }
            Self::AddTask { session, task } => {
                let changed: Session = client.ask_for(&member(&session, &task))?;
                output.print(&changed, |_| "✓ Task added to session".into())
            }
            Self::RemoveTask { session, task } => {
                let changed: Session = client.take_away(&member(&session, &task))?;
                output.print(&changed, |_| "✓ Task removed from session".into())
            }
            Self::Heartbeat { id } => {
                let alive: Session = client.ask_for(&format!("{}/heartbeat", path(&id)))?;
                output.print(&alive, |_| "✓ Session is alive".into())
            }
            Self::Delete { id } => {
                client.delete(&path(&id))?;
                let text = || format!("✓ Session closed; `coscribe session restore {id}` opens it again");
                output.print(&serde_json::json!({ "deleted": id }), |_| text())
            }
            Self::Restore { id } => {
                let restored: Session = client.ask_for(&format!("{}/restore", path(&id)))?;
                output.print(&restored, |session| format!("✓ Session restored: {}", in_one_line(session)))
            }
        }
    }
}

impl New {
    fn body(self) -> CreateSession {
        CreateSession {
            name: self.name,
            project_id: self.project,
            status: None,
            task_ids: Some(self.tasks).filter(|tasks| !tasks.is_empty()),
            notebook: self.notebook,
            id: self.id,
        }
    }
}

impl Wanted {
    /// All pages.
    fn all(&self, client: &Client) -> Result<SessionList, CliError> {
        let open = |page: SessionList| (page.sessions, page.next);
        Ok(SessionList { sessions: client.pages(|after| self.address(after), open)?, next: None })
    }

    fn address(&self, after: Option<&str>) -> String {
        let given = [
            ("projectId", self.project.as_ref().map(ToString::to_string)),
            ("status", self.status.map(|status| status.to_string())),
            ("taskId", self.task.as_ref().map(ToString::to_string)),
            ("deleted", self.deleted.then(|| "true".into())),
            ("after", after.map(str::to_owned)),
        ];
        query("/api/sessions", &given)
    }
}

fn created(session: &Session) -> String {
    format!("✓ Session created: {}", in_one_line(session))
}

fn in_one_line(session: &Session) -> String {
    format!("{} · {}", session.id, printable(&session.name, false))
}

fn status(status: SessionStatus) -> Styled {
    match status {
        SessionStatus::Running => Styled::new("running", Colour::Busy),
        SessionStatus::Idle => Styled::new("idle", Colour::Quiet),
        SessionStatus::Completed => Styled::new("completed", Colour::Good),
        SessionStatus::Failed => Styled::new("failed", Colour::Urgent),
    }
}

fn list(list: &SessionList) -> String {
    if list.sessions.is_empty() {
        return "No sessions. Open one: coscribe session create --name \"Review\"".into();
    }
    let head = ["ID", "STATUS", "TASKS", "SINCE (UTC)", "NAME"].map(|text| Styled::from(text.to_owned())).to_vec();
    let rows = list.sessions.iter().map(|session| {
        vec![
            Styled::from(session.id.to_string()),
            status(session.status),
            Styled::from(session.task_ids.len().to_string()),
            Styled::from(moment(session.created_at)),
            Styled::from(printable(&session.name, false)),
        ]
    });
    styled_table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn show(session: &Session) -> String {
    let fields = fields([
        ("id", Some(session.id.to_string())),
        ("project", Some(session.project_id.to_string())),
        ("status", Some(session.status.to_string())),
        ("tasks", Some(session.task_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))),
        ("notebook", session.notebook.as_ref().map(ToString::to_string)),
        ("created", Some(moment(session.created_at))),
        ("updated", Some(moment(session.updated_at))),
        ("ended", session.completed_at.map(moment)),
        ("heartbeat", session.last_heartbeat.map(moment)),
        ("by", session.created_by.as_ref().map(|actor| actor.name.clone())),
    ]);
    format!("{}\n{fields}", printable(&session.name, false))
}
