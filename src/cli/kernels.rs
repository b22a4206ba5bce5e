//! `coscribe kernel …`.

use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    client::{CliError, Client},
    output::{Output, moment, printable, table},
};
use crate::{
    ids::NotebookId,
    vocabulary::{KernelPhase, KernelStatus},
    wire::rest::{KernelBody, RestartKernel},
};

/// What to do with kernels.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the kernels that notebooks can be run with
    List,
    /// Tell how the kernel of a notebook is
    Status { id: NotebookId },
    /// Start the kernel of a notebook, if none runs
    Start {
        id: NotebookId,
        /// The name of the kernel, as `coscribe kernel list` has it [default: the notebook's own].
        #[arg(long, value_name = "NAME")]
        spec: Option<String>,
        /// Shuts down another kernel that runs.
        #[arg(long, requires = "spec")]
        replace: bool,
    },
    /// Stop the code that runs, and empty the queue
    Interrupt { id: NotebookId },
    /// Start the kernel of a notebook anew: what it had in memory is gone
    Restart {
        id: NotebookId,
        /// And run all cells then.
        #[arg(long)]
        run_all: bool,
    },
    /// End the kernel of a notebook
    Shutdown { id: NotebookId },
}

/// The kernels that a server can start.
#[derive(Debug, Serialize, Deserialize)]
struct Kernelspecs {
    default: Option<String>,
    isolation: Option<String>,
    specs: Vec<Kernelspec>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kernelspec {
    name: String,
    display_name: String,
    language: String,
    ready: bool,
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        match self {
            Self::List => output.print(&client.get::<Kernelspecs>("/api/kernelspecs")?, list),
            Self::Status { id } => output.print(&client.get::<KernelBody>(&address(&id, ""))?, status),
            Self::Start { id, spec, replace } => {
                // Only what was asked for is said, so that older servers understand it.
                let wanted = match spec {
                    Some(spec) if replace => json!({ "spec": spec, "replace": true }),
                    Some(spec) => json!({ "spec": spec }),
                    None => json!({}),
                };
                output.print(&client.post::<KernelBody>(&address(&id, "/start"), &wanted)?, status)
            }
            Self::Interrupt { id } => tell(client, &id, "/interrupt", output),
            Self::Restart { id, run_all } => {
                let wanted = RestartKernel { run_all: Some(run_all) };
                output.print(&client.post::<KernelBody>(&address(&id, "/restart"), &wanted)?, status)
            }
            Self::Shutdown { id } => tell(client, &id, "/shutdown", output),
        }
    }
}

fn address(id: &NotebookId, verb: &str) -> String {
    format!("/api/notebooks/{id}/kernel{verb}")
}

fn tell(client: &Client, id: &NotebookId, verb: &str, output: Output) -> Result<(), CliError> {
    output.print(&client.post::<KernelBody>(&address(id, verb), &json!({}))?, status)
}

fn list(found: &Kernelspecs) -> String {
    let head = ["NAME", "LANGUAGE", "READY", "TITLE"].map(str::to_owned).to_vec();
    let rows = found.specs.iter().map(|spec| {
        let is_default = found.default.as_deref() == Some(&spec.name);
        let title = printable(&spec.display_name, false) + if is_default { " (default)" } else { "" };
        let ready = if spec.ready { "yes" } else { "no" }.to_owned();
        vec![printable(&spec.name, false), printable(&spec.language, false), ready, title]
    });
    let specs = table(&std::iter::once(head).chain(rows).collect::<Vec<_>>());
    found.isolation.as_ref().map_or(specs.clone(), |sentence| format!("{specs}\n\n{}", printable(sentence, false)))
}

fn status(KernelBody { status, log }: &KernelBody) -> String {
    let KernelStatus { state, spec, since, by, sentence, step: _, fraction } = status;
    let spec = spec.as_ref().map(|spec| format!(" · {}", printable(spec, false)));
    let since = (*since > 0).then(|| format!(" · since {} UTC", moment(*since)));
    let by = by.as_ref().map(|by| format!(" · by {}", printable(&by.name, false)));
    let fraction = fraction.filter(|_| *state == KernelPhase::Preparing);
    let percent = fraction.map(|fraction| format!(" · {:.0} %", fraction * 100.0));
    let mut lines = vec![[Some(phase(*state).to_owned()), percent, spec, since, by].into_iter().flatten().collect()];
    lines.extend(sentence.as_ref().map(|sentence| printable(sentence, false)));
    // What is being done is of interest while it is being done, and when it failed.
    if matches!(state, KernelPhase::Preparing | KernelPhase::Dead) && !log.is_empty() {
        lines.push(printable(log.trim_end(), false));
    }
    lines.join("\n")
}

/// A state of a kernel in a word.
fn phase(state: KernelPhase) -> &'static str {
    match state {
        KernelPhase::Stopped => "stopped",
        KernelPhase::Preparing => "preparing",
        KernelPhase::Starting => "starting",
        KernelPhase::Idle => "idle",
        KernelPhase::Busy => "busy",
        KernelPhase::Restarting => "restarting",
        KernelPhase::Dead => "dead",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_the_preparation_is_shown_while_it_matters() {
        let body = |state| KernelBody {
            status: KernelStatus { state, fraction: Some(0.42), ..KernelStatus::default() },
            log: "Collecting ipykernel\n".into(),
        };
        assert_eq!(status(&body(KernelPhase::Preparing)), "preparing · 42 %\nCollecting ipykernel");
        assert_eq!(status(&body(KernelPhase::Idle)), "idle");
    }
}
