//! `coscribe task …`.

use clap::{Args, Subcommand};

use super::{
    client::{CliError, Client, query},
    output::{Colour, Output, Styled, fields, moment, printable, styled_table},
};
use crate::{
    ids::{CellId, NotebookId, ProjectId, SessionId, TaskId},
    vocabulary::{Priority, Reference, Task, TaskStatus},
    wire::board::{CreateTask, MoveTask, PatchTask, TaskList},
};

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Create a task on top of the board
    Create(Box<New>),
    /// List tasks from the top of the board
    List(Wanted),
    /// Show a task
    Show { id: TaskId },
    /// Change a task; what is not given stays
    Update(Box<Changed>),
    /// Move a task on the board
    Move {
        id: TaskId,
        /// The task to stand below [default: the top].
        #[arg(long, value_name = "ID")]
        after: Option<TaskId>,
    },
    /// Delete a task; it can be restored
    Delete { id: TaskId },
    /// Take a deleted task back
    Restore { id: TaskId },
}

/// A new task.
#[derive(Debug, Args)]
pub struct New {
    title: String,
    /// The project [default: default].
    #[arg(long)]
    project: Option<ProjectId>,
    /// low, medium or high.
    #[arg(long)]
    priority: Option<Priority>,
    /// pending, in_progress, blocked, completed or cancelled.
    #[arg(long)]
    status: Option<TaskStatus>,
    #[arg(long)]
    description: Option<String>,
    /// What an agent is asked to do.
    #[arg(long)]
    prompt: Option<String>,
    /// A session to put it into; may be given several times.
    #[arg(long = "session", value_name = "ID")]
    sessions: Vec<SessionId>,
    /// A notebook, or NOTEBOOK/CELL, that it is about; may be given several times.
    #[arg(long = "about", value_name = "NOTEBOOK[/CELL]", value_parser = reference)]
    references: Vec<Reference>,
    /// An id of your choice [default: a new one].
    #[arg(long)]
    id: Option<TaskId>,
}

/// Which tasks.
#[derive(Debug, Args)]
pub struct Wanted {
    /// Tasks of this project only.
    #[arg(long)]
    project: Option<ProjectId>,
    #[arg(long)]
    status: Option<TaskStatus>,
    #[arg(long)]
    priority: Option<Priority>,
    /// Tasks in this session only.
    #[arg(long)]
    session: Option<SessionId>,
    /// Deleted tasks instead.
    #[arg(long)]
    deleted: bool,
}

/// Changes of a task.
#[derive(Debug, Args)]
pub struct Changed {
    id: TaskId,
    #[arg(long, required_unless_present_any = ["status", "priority", "description", "prompt"])]
    title: Option<String>,
    /// pending, in_progress, blocked, completed or cancelled.
    #[arg(long)]
    status: Option<TaskStatus>,
    /// low, medium or high.
    #[arg(long)]
    priority: Option<Priority>,
    #[arg(long)]
    description: Option<String>,
    /// What an agent is asked to do.
    #[arg(long)]
    prompt: Option<String>,
}

fn reference(text: &str) -> Result<Reference, String> {
    let (notebook, cell) = match text.split_once('/') {
        Some((notebook, cell)) => (notebook, Some(cell.parse::<CellId>().map_err(|error| error.to_string())?)),
        None => (text, None),
    };
    let notebook: NotebookId = notebook.parse().map_err(|error: crate::ids::InvalidId| error.to_string())?;
    Ok(Reference { notebook, cell })
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        let path = |id: &TaskId| format!("/api/tasks/{id}");
        match self {
            Self::Create(new) => output.print(&client.post("/api/tasks", &new.body())?, created),
            Self::List(wanted) => output.print(&wanted.all(client)?, list),
            Self::Show { id } => output.print(&client.get(&path(&id))?, show),
            Self::Update(changed) => {
                let changed_task: Task = client.patch(&path(&changed.id), &changed.body())?;
                output.print(&changed_task, |_| "✓ Task updated successfully".into())
            }
            Self::Move { id, after } => {
                let moved: Task = client.post(&format!("{}/move", path(&id)), &MoveTask { after })?;
                output.print(&moved, |_| "✓ Task moved".into())
            }
            Self::Delete { id } => {
                client.delete(&path(&id))?;
                let text = || format!("✓ Task deleted; `coscribe task restore {id}` takes it back");
                output.print(&serde_json::json!({ "deleted": id }), |_| text())
            }
            Self::Restore { id } => {
                let restored: Task = client.ask_for(&format!("{}/restore", path(&id)))?;
                output.print(&restored, |task| format!("✓ Task restored: {}", in_one_line(task)))
            }
        }
    }
}

impl New {
    fn body(self) -> CreateTask {
        CreateTask {
            title: self.title,
            project_id: self.project,
            description: self.description,
            prompt: self.prompt,
            status: self.status,
            priority: self.priority,
            completed_at: None,
            session_ids: Some(self.sessions).filter(|sessions| !sessions.is_empty()),
            references: Some(self.references).filter(|references| !references.is_empty()),
            id: self.id,
        }
    }
}

impl Changed {
    fn body(&self) -> PatchTask {
        PatchTask {
            title: self.title.clone(),
            description: self.description.clone(),
            prompt: self.prompt.clone(),
            status: self.status,
            priority: self.priority,
            ..PatchTask::default()
        }
    }
}

impl Wanted {
    /// All pages.
    fn all(&self, client: &Client) -> Result<TaskList, CliError> {
        let open = |page: TaskList| (page.tasks, page.next);
        Ok(TaskList { tasks: client.pages(|after| self.address(after), open)?, next: None })
    }

    fn address(&self, after: Option<&str>) -> String {
        let given = [
            ("projectId", self.project.as_ref().map(ToString::to_string)),
            ("status", self.status.map(|status| status.to_string())),
            ("priority", self.priority.map(|priority| priority.to_string())),
            ("sessionId", self.session.as_ref().map(ToString::to_string)),
            ("deleted", self.deleted.then(|| "true".into())),
            ("after", after.map(str::to_owned)),
        ];
        query("/api/tasks", &given)
    }
}

fn created(task: &Task) -> String {
    format!("✓ Task created: {}", in_one_line(task))
}

fn in_one_line(task: &Task) -> String {
    let (priority, status) = (priority(task.card.priority).painted(0), status(task.card.status).painted(0));
    format!("{} · {}  {priority} {status}", task.card.id, printable(&task.card.title, false))
}

/// As the page shows it.
fn status(status: TaskStatus) -> Styled {
    match status {
        TaskStatus::Pending => Styled::new("[IDLE]", Colour::Quiet),
        TaskStatus::InProgress => Styled::new("[RUN]", Colour::Busy),
        TaskStatus::Blocked => Styled::new("[WAIT]", Colour::Urgent),
        TaskStatus::Completed => Styled::new("[OK] ✓", Colour::Good),
        TaskStatus::Cancelled => Styled::new("[OFF]", Colour::Quiet),
    }
}

fn priority(priority: Priority) -> Styled {
    match priority {
        Priority::Low => Styled::new("[LOW]", Colour::Quiet),
        Priority::Medium => Styled::from("[MEDIUM]".to_owned()),
        Priority::High => Styled::new("[HIGH]", Colour::Urgent),
    }
}

fn list(list: &TaskList) -> String {
    if list.tasks.is_empty() {
        return "No tasks. Create one: coscribe task create \"Implement login\" --priority high".into();
    }
    let head = ["ID", "PRIORITY", "STATUS", "IN", "TITLE"].map(|text| Styled::from(text.to_owned())).to_vec();
    let rows = list.tasks.iter().map(|task| {
        let card = &task.card;
        let sessions = if card.session_count == 0 { String::new() } else { format!("[{}x]", card.session_count) };
        vec![
            Styled::from(card.id.to_string()),
            priority(card.priority),
            status(card.status),
            Styled::from(sessions),
            Styled::from(printable(&card.title, false)),
        ]
    });
    styled_table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn show(task: &Task) -> String {
    let card = &task.card;
    let references = card.references.iter().map(|reference| match &reference.cell {
        Some(cell) => format!("{}/{cell}", reference.notebook),
        None => reference.notebook.to_string(),
    });
    let fields = fields([
        ("id", Some(card.id.to_string())),
        ("project", Some(card.project_id.to_string())),
        ("status", Some(card.status.to_string())),
        ("priority", Some(card.priority.to_string())),
        ("sessions", Some(card.session_ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))),
        ("about", Some(references.collect::<Vec<_>>().join(", "))),
        ("created", Some(moment(card.created_at))),
        ("updated", Some(moment(card.updated_at))),
        ("completed", card.completed_at.map(moment)),
        ("by", card.created_by.as_ref().map(|actor| actor.name.clone())),
    ]);
    let mut text = format!("{}\n{fields}", printable(&card.title, false));
    for (name, words) in [("Description", &task.description), ("Prompt", &task.prompt)] {
        if !words.is_empty() {
            text.push_str(&format!("\n\n{name}:\n{}", printable(words, false)));
        }
    }
    text
}
