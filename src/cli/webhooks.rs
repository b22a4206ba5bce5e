//! `coscribe webhook …`.

use clap::{Args, Subcommand};

use super::{
    client::{CliError, Client},
    output::{Colour, Output, Styled, fields, moment, printable, styled_table, table},
};
use crate::{
    ids::{NotebookId, ProjectId, WebhookId},
    wire::webhooks::{
        CreateWebhook, DeadLetterList, Delivery, DeliveryList, DeliveryOutcome, PatchWebhook, WebhookActivity,
        WebhookBody, WebhookList,
    },
};

/// What to do with webhooks.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all webhooks
    List,
    /// Have an address told of events; prints the secret with which it verifies them, once
    Create(New),
    /// Show a webhook
    Show { id: WebhookId },
    /// Change where events go, or which
    Update(Changed),
    /// Stop telling; events wait as long as the log keeps them
    Pause { id: WebhookId },
    /// Go on where it was, also after the server suspended it
    Resume { id: WebhookId },
    /// Make a new secret; the old one signs too for a day
    Secret { id: WebhookId },
    /// Send a test now and tell what it met
    Test { id: WebhookId },
    /// List the last attempts, newest first
    Deliveries { id: WebhookId },
    /// List the events that were refused too often
    DeadLetters { id: WebhookId },
    /// Try an event once more that was refused too often
    Redeliver { id: WebhookId, seq: u64 },
    /// Forget an event that was refused too often
    Forget { id: WebhookId, seq: u64 },
    /// Delete a webhook
    Delete { id: WebhookId },
}

/// A new webhook.
#[derive(Debug, Args)]
pub struct New {
    /// Where events go.
    #[arg(value_name = "URL")]
    address: String,
    /// Kinds of events, such as 'task:*'; separated by commas [default: all].
    #[arg(long = "type", value_name = "TYPES", value_delimiter = ',')]
    types: Option<Vec<String>>,
    /// Events of this project only.
    #[arg(long, value_name = "ID")]
    project: Option<ProjectId>,
    /// Events of this notebook only.
    #[arg(long, value_name = "ID")]
    notebook: Option<NotebookId>,
    #[arg(long)]
    description: Option<String>,
    /// Events after this one [default: from now on].
    #[arg(long, value_name = "SEQ")]
    since: Option<u64>,
}

/// Changes of a webhook.
#[derive(Debug, Args)]
pub struct Changed {
    id: WebhookId,
    /// Where events go from now on.
    #[arg(long, value_name = "URL", required_unless_present_any = ["types", "description"])]
    address: Option<String>,
    /// Kinds of events, such as 'task:*'; separated by commas.
    #[arg(long = "type", value_name = "TYPES", value_delimiter = ',')]
    types: Option<Vec<String>>,
    #[arg(long)]
    description: Option<String>,
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        let path = |id: &WebhookId| format!("/api/webhooks/{id}");
        match self {
            Self::List => output.print(&client.get::<WebhookList>("/api/webhooks")?, list),
            Self::Create(new) => {
                let created: WebhookBody = client.post("/api/webhooks", &new.body())?;
                output.print(&created, |webhook| format!("✓ Webhook created: {}\n{}", webhook.id, secret(webhook)))
            }
            Self::Show { id } => output.print(&client.get(&path(&id))?, show),
            Self::Update(changed) => {
                let path = path(&changed.id);
                patched(client, output, &path, &changed.body(), "✓ Webhook updated successfully")
            }
            Self::Pause { id } => patched(client, output, &path(&id), &active(false), "✓ Webhook paused"),
            Self::Resume { id } => patched(client, output, &path(&id), &active(true), "✓ Webhook resumed"),
            Self::Secret { id } => output.print(&client.ask_for(&format!("{}/secret", path(&id)))?, secret),
            Self::Test { id } => tried(client, output, &format!("{}/test", path(&id))),
            Self::Deliveries { id } => output.print(&client.get(&format!("{}/deliveries", path(&id)))?, deliveries),
            Self::DeadLetters { id } => {
                output.print(&client.get(&format!("{}/dead-letters", path(&id)))?, dead_letters)
            }
            Self::Redeliver { id, seq } => {
                tried(client, output, &format!("{}/dead-letters/{seq}/redeliver", path(&id)))
            }
            Self::Forget { id, seq } => {
                client.delete(&format!("{}/dead-letters/{seq}", path(&id)))?;
                output.print(&serde_json::json!({ "forgotten": seq }), |_| format!("✓ Event {seq} is forgotten"))
            }
            Self::Delete { id } => {
                client.delete(&path(&id))?;
                output.print(&serde_json::json!({ "deleted": id }), |_| "✓ Webhook deleted".into())
            }
        }
    }
}

impl New {
    fn body(self) -> CreateWebhook {
        let Self { address: url, types, project, notebook, description, since } = self;
        CreateWebhook { url, types, project, notebook, description, since }
    }
}

impl Changed {
    fn body(self) -> PatchWebhook {
        PatchWebhook { url: self.address, types: self.types, description: self.description, ..PatchWebhook::default() }
    }
}

fn active(active: bool) -> PatchWebhook {
    PatchWebhook { active: Some(active), ..PatchWebhook::default() }
}

fn patched(client: &Client, output: Output, path: &str, patch: &PatchWebhook, done: &str) -> Result<(), CliError> {
    output.print(&client.patch::<WebhookBody>(path, patch)?, |_| done.to_owned())
}

/// An attempt that does not arrive is a failure of the command.
fn tried(client: &Client, output: Output, path: &str) -> Result<(), CliError> {
    let delivery: Delivery = client.ask_for(path)?;
    output.print(&delivery, |delivery| format!("{} after {} ms", outcome(delivery).text, delivery.took))?;
    match delivery.outcome {
        DeliveryOutcome::Delivered => Ok(()),
        DeliveryOutcome::Refused | DeliveryOutcome::Unreachable => Err(CliError::Failed(format!(
            "it did not arrive: {}",
            if delivery.said.is_empty() { "the receiver said nothing" } else { &delivery.said }
        ))),
    }
}

fn secret(webhook: &WebhookBody) -> String {
    let secret = webhook.secret.as_deref().unwrap_or_default();
    format!("Secret, shown this once: {secret}")
}

fn activity(webhook: &WebhookBody) -> Styled {
    match (webhook.activity, &webhook.failing) {
        (WebhookActivity::Active, None) => Styled::new("active", Colour::Good),
        (WebhookActivity::Active, Some(_)) => Styled::new("failing", Colour::Busy),
        (WebhookActivity::Paused, _) => Styled::new("paused", Colour::Quiet),
        (WebhookActivity::Suspended, _) => Styled::new("suspended", Colour::Urgent),
    }
}

fn list(list: &WebhookList) -> String {
    if list.webhooks.is_empty() {
        return "No webhooks. Make one: coscribe webhook create https://example.org/hook --type 'task:*'".into();
    }
    let head = ["ID", "STATE", "UP TO", "SET ASIDE", "TYPES", "URL"].map(|text| Styled::from(text.to_owned())).to_vec();
    let rows = list.webhooks.iter().map(|webhook| {
        vec![
            Styled::from(webhook.id.to_string()),
            activity(webhook),
            Styled::from(webhook.delivered_upto.to_string()),
            Styled::from(webhook.dead_letters.to_string()),
            Styled::from(if webhook.types.is_empty() { "all".into() } else { webhook.types.join(",") }),
            Styled::from(webhook.url.clone()),
        ]
    });
    styled_table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn show(webhook: &WebhookBody) -> String {
    let failing = webhook.failing.as_ref().map(|failing| {
        let again = moment(failing.retry_at);
        format!("{} attempts since {}, again at {again}: {}", failing.attempts, moment(failing.since), failing.said)
    });
    let fields = fields([
        ("id", Some(webhook.id.to_string())),
        ("state", Some(activity(webhook).text)),
        ("because", webhook.suspended_because.clone()),
        ("failing", failing),
        ("types", Some(webhook.types.join(", "))),
        ("project", webhook.project.as_ref().map(ToString::to_string)),
        ("notebook", webhook.notebook.as_ref().map(ToString::to_string)),
        ("up to", Some(webhook.delivered_upto.to_string())),
        ("set aside", Some(webhook.dead_letters.to_string())),
        ("created", Some(moment(webhook.created_at))),
        ("by", Some(webhook.created_by.name.clone())),
        ("about", Some(webhook.description.clone())),
    ]);
    format!("{}\n{fields}", webhook.url)
}

fn outcome(delivery: &Delivery) -> Styled {
    let status = delivery.status.map(|status| format!(" ({status})")).unwrap_or_default();
    match delivery.outcome {
        DeliveryOutcome::Delivered => Styled::new(format!("delivered{status}"), Colour::Good),
        DeliveryOutcome::Refused => Styled::new(format!("refused{status}"), Colour::Urgent),
        DeliveryOutcome::Unreachable => Styled::new(format!("unreachable{status}"), Colour::Busy),
    }
}

fn deliveries(list: &DeliveryList) -> String {
    let rows = list.deliveries.iter().map(|delivery| {
        vec![
            Styled::from(delivery.seq.to_string()),
            Styled::from(moment(delivery.at)),
            Styled::from(delivery.event.clone()),
            outcome(delivery),
            Styled::from(format!("{} ms", delivery.took)),
            Styled::from(one_line(&delivery.said)),
        ]
    });
    styled_table(&rows.collect::<Vec<_>>())
}

fn dead_letters(list: &DeadLetterList) -> String {
    if list.dead_letters.is_empty() {
        return "Nothing was set aside.".into();
    }
    let rows = list.dead_letters.iter().map(|letter| {
        vec![
            letter.seq.to_string(),
            moment(letter.at),
            letter.event.clone(),
            format!("{} attempts", letter.attempts),
            one_line(&letter.said),
        ]
    });
    table(&rows.collect::<Vec<_>>())
}

/// What a receiver answered may have lines and signs in it.
fn one_line(text: &str) -> String {
    printable(text, false).split_whitespace().collect::<Vec<_>>().join(" ")
}
