//! Tools of the board: projects, tasks and sessions, in the shapes of REST.

use rmcp::{Json, RoleServer, handler::server::wrapper::Parameters, service::RequestContext, tool, tool_router};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Agent, Agents, HEARTBEAT, Refused, Tool};
use crate::{
    http::{
        board,
        error::Answer,
        sessions::{self, SessionParams},
        tasks::{self, TaskParams},
    },
    ids::{ProjectId, SessionId, TaskId},
    project::{Op, Question, Subject},
    vocabulary::{Scope, Session, Task},
    wire::board::{
        CreateProject, CreateSession, CreateTask, PatchSession, PatchTask, ProjectSummary, SessionList, TaskList,
    },
};

#[derive(Serialize, JsonSchema)]
struct ProjectLines {
    #[schemars(with = "Vec<Map<String, Value>>")]
    projects: Vec<ProjectSummary>,
}

#[derive(Serialize, JsonSchema)]
struct ProjectText {
    #[schemars(with = "Map<String, Value>")]
    project: ProjectSummary,
}

#[derive(Serialize, JsonSchema)]
struct TaskLines {
    #[schemars(with = "Vec<Map<String, Value>>")]
    tasks: Vec<Task>,
    /// There are more: go on with `after` this.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct TaskText {
    #[schemars(with = "Map<String, Value>")]
    task: Task,
}

#[derive(Serialize, JsonSchema)]
struct SessionLines {
    #[schemars(with = "Vec<Map<String, Value>>")]
    sessions: Vec<Session>,
    /// There are more: go on with `after` this.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct SessionText {
    #[schemars(with = "Map<String, Value>")]
    session: Session,
}

#[derive(Serialize, JsonSchema)]
struct Deleted {
    /// What was deleted; it can be restored.
    deleted: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneTask {
    task: TaskId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateTask {
    task: TaskId,
    /// What is absent stays.
    changes: PatchTask,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OneSession {
    session: SessionId,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateSession {
    session: SessionId,
    /// What is absent stays.
    changes: PatchSession,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TaskOfSession {
    session: SessionId,
    task: TaskId,
}

#[tool_router(router = board_tools, vis = "pub(super)")]
impl Agents {
    /// Lists all projects, last changed first.
    #[tool(annotations(read_only_hint = true))]
    async fn list_projects(&self, context: RequestContext<RoleServer>) -> Result<Json<ProjectLines>, Refused> {
        self.act(context, Tool("list_projects", Scope::TasksRead), |agent| async move {
            Ok(ProjectLines { projects: agent.app.rooms.projects().await? })
        })
        .await
    }

    /// Creates a project: a board of tasks and sessions.
    #[tool]
    async fn create_project(
        &self,
        Parameters(CreateProject { name, description, id }): Parameters<CreateProject>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<ProjectText>, Refused> {
        self.act(context, Tool("create_project", Scope::TasksWrite), |agent| async move {
            let name = board::line("name", &name)?;
            let (id, description) = (id.unwrap_or_else(ProjectId::generate), description.unwrap_or_default());
            Ok(ProjectText { project: agent.app.rooms.create_project(id, name, &description, agent.actor).await? })
        })
        .await
    }

    /// Lists tasks from the top of the board.
    #[tool(annotations(read_only_hint = true))]
    async fn list_tasks(
        &self,
        Parameters(wanted): Parameters<TaskParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<TaskLines>, Refused> {
        self.act(context, Tool("list_tasks", Scope::TasksRead), |agent| async move {
            let TaskList { tasks, next } = tasks::listed(&agent.app, wanted).await?;
            Ok(TaskLines { tasks, next })
        })
        .await
    }

    /// Reads a task.
    #[tool(annotations(read_only_hint = true))]
    async fn get_task(
        &self,
        Parameters(OneTask { task }): Parameters<OneTask>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<TaskText>, Refused> {
        self.act(context, Tool("get_task", Scope::TasksRead), |agent| async move {
            let question = Question::About(Subject::Task(task.clone()));
            Ok(TaskText { task: board::task(agent.app.task_room(&task).await?.ask(question).await?)? })
        })
        .await
    }

    /// Creates a task on top of the board.
    #[tool]
    async fn create_task(
        &self,
        Parameters(wanted): Parameters<CreateTask>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<TaskText>, Refused> {
        self.act(context, Tool("create_task", Scope::TasksWrite), |agent| async move {
            Ok(TaskText { task: tasks::made(&agent.app, wanted, agent.actor).await? })
        })
        .await
    }

    /// Changes a task.
    #[tool]
    async fn update_task(
        &self,
        Parameters(UpdateTask { task, changes }): Parameters<UpdateTask>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<TaskText>, Refused> {
        self.act(context, Tool("update_task", Scope::TasksWrite), |agent| async move {
            let patch = tasks::checked(changes)?;
            let op = Op::PatchTask { id: task.clone(), patch, expected: None };
            Ok(TaskText { task: board::task(agent.app.task_room(&task).await?.edit(op, agent.actor).await?)? })
        })
        .await
    }

    /// Deletes a task; it can be restored.
    #[tool(annotations(destructive_hint = true))]
    async fn delete_task(
        &self,
        Parameters(OneTask { task }): Parameters<OneTask>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<Deleted>, Refused> {
        self.act(context, Tool("delete_task", Scope::TasksWrite), |agent| async move {
            let op = Op::DeleteTask { id: task.clone(), expected: None };
            agent.app.task_room(&task).await?.edit(op, agent.actor).await?;
            Ok(Deleted { deleted: task.to_string() })
        })
        .await
    }

    /// Takes a deleted task back.
    #[tool]
    async fn restore_task(
        &self,
        Parameters(OneTask { task }): Parameters<OneTask>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<TaskText>, Refused> {
        self.act(context, Tool("restore_task", Scope::TasksWrite), |agent| async move {
            let op = Op::RestoreTask { id: task.clone() };
            Ok(TaskText { task: board::task(agent.app.task_room(&task).await?.edit(op, agent.actor).await?)? })
        })
        .await
    }

    /// Lists sessions, newest first.
    #[tool(annotations(read_only_hint = true))]
    async fn list_sessions(
        &self,
        Parameters(wanted): Parameters<SessionParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionLines>, Refused> {
        self.act(context, Tool("list_sessions", Scope::TasksRead), |agent| async move {
            let SessionList { sessions, next } = sessions::listed(&agent.app, wanted).await?;
            Ok(SessionLines { sessions, next })
        })
        .await
    }

    /// Opens a session: somebody at work on tasks.
    #[tool]
    async fn create_session(
        &self,
        Parameters(wanted): Parameters<CreateSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool("create_session", Scope::TasksWrite), |agent| async move {
            Ok(SessionText { session: sessions::made(&agent.app, wanted, agent.actor).await? })
        })
        .await
    }

    /// Changes a session.
    #[tool]
    async fn update_session(
        &self,
        Parameters(UpdateSession { session, changes }): Parameters<UpdateSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool("update_session", Scope::TasksWrite), |agent| async move {
            let patch = sessions::checked(changes)?;
            agent.change_session(&session, Op::PatchSession { id: session.clone(), patch, expected: None }).await
        })
        .await
    }

    /// Says that a session is alive.
    #[tool]
    async fn heartbeat(
        &self,
        Parameters(OneSession { session }): Parameters<OneSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool(HEARTBEAT, Scope::TasksWrite), |agent| async move {
            agent.change_session(&session, Op::Heartbeat { id: session.clone() }).await
        })
        .await
    }

    /// Closes a session. Its tasks stay.
    #[tool(annotations(destructive_hint = true))]
    async fn delete_session(
        &self,
        Parameters(OneSession { session }): Parameters<OneSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<Deleted>, Refused> {
        self.act(context, Tool("delete_session", Scope::TasksWrite), |agent| async move {
            let op = Op::DeleteSession { id: session.clone(), expected: None };
            agent.app.session_room(&session).await?.edit(op, agent.actor).await?;
            Ok(Deleted { deleted: session.to_string() })
        })
        .await
    }

    /// Opens a closed session again, with its tasks.
    #[tool]
    async fn restore_session(
        &self,
        Parameters(OneSession { session }): Parameters<OneSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool("restore_session", Scope::TasksWrite), |agent| async move {
            agent.change_session(&session, Op::RestoreSession { id: session.clone() }).await
        })
        .await
    }

    /// Puts a task into a session; nothing changes if it is there.
    #[tool]
    async fn link_task(
        &self,
        Parameters(TaskOfSession { session, task }): Parameters<TaskOfSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool("link_task", Scope::TasksWrite), |agent| async move {
            agent.change_session(&session, Op::AddTask { session: session.clone(), task }).await
        })
        .await
    }

    /// Takes a task out of a session.
    #[tool]
    async fn unlink_task(
        &self,
        Parameters(TaskOfSession { session, task }): Parameters<TaskOfSession>,
        context: RequestContext<RoleServer>,
    ) -> Result<Json<SessionText>, Refused> {
        self.act(context, Tool("unlink_task", Scope::TasksWrite), |agent| async move {
            agent.change_session(&session, Op::RemoveTask { session: session.clone(), task }).await
        })
        .await
    }
}

impl Agent {
    async fn change_session(self, id: &SessionId, op: Op) -> Answer<SessionText> {
        let found = self.app.session_room(id).await?.edit(op, self.actor).await?;
        Ok(SessionText { session: board::session(found)? })
    }
}
