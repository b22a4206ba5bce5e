//! `coscribe notebook …`.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use clap::{Subcommand, ValueEnum};

use super::{
    client::{CliError, Client},
    events::EventArgs,
    output::{Output, moment, print_line, table},
    progress::watched,
    run::RunArgs,
};
use crate::{
    ids::NotebookId,
    wire::rest::{CreateNotebook, DuplicateNotebook, NotebookList, NotebookSummary},
};

/// What to do with notebooks.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// List all notebooks, last changed first
    List,
    /// Create a notebook
    Create { title: String },
    /// Import an .ipynb file
    Import {
        file: PathBuf,
        /// The title, if not the file's own.
        #[arg(long)]
        title: Option<String>,
    },
    /// Export a notebook
    Export {
        id: NotebookId,
        #[arg(long, value_enum, default_value = "ipynb")]
        format: Format,
        /// The file to write [default: standard output].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Make a new notebook with the cells of another
    Duplicate {
        id: NotebookId,
        /// The title, if not "Copy of …".
        #[arg(long)]
        title: Option<String>,
    },
    /// Put a notebook into the bin
    Delete { id: NotebookId },
    /// Run the cells of a notebook on the server, or those of an .ipynb file
    ///
    /// The file becomes a notebook on the server first. Shows progress on standard error; the exit code is 1 when a cell
    /// failed and 130 after Ctrl-C, which stops what runs.
    Run(RunArgs),
    /// Print what happens in a notebook, as it happens
    Watch { id: NotebookId },
}

/// The forms of an export.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    Ipynb,
    Md,
    Py,
}

impl Format {
    /// What the name of a file says.
    pub fn of_file(path: &Path) -> Result<Self, CliError> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("ipynb") => Ok(Self::Ipynb),
            Some("md") => Ok(Self::Md),
            Some("py") => Ok(Self::Py),
            _ => Err(CliError::Usage(format!("{}: name a file that ends in .ipynb, .md or .py", path.display()))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ipynb => "ipynb",
            Self::Md => "md",
            Self::Py => "py",
        }
    }
}

impl Action {
    /// Does it.
    pub fn run(self, client: &Client, output: Output) -> Result<(), CliError> {
        match self {
            Self::List => output.print(&client.get::<NotebookList>("/api/notebooks")?, list),
            Self::Create { title } => {
                let wanted = CreateNotebook { title: Some(title), id: None };
                output.print(&client.post("/api/notebooks", &wanted)?, created)
            }
            Self::Import { file, title } => output.print(&import(client, &file, title.as_deref())?, created),
            Self::Export { id, format, output } => export(client, &id, format, output.as_deref()),
            Self::Duplicate { id, title } => {
                let wanted = DuplicateNotebook { title, id: None };
                output.print(&client.post(&format!("/api/notebooks/{id}/duplicate"), &wanted)?, created)
            }
            Self::Delete { id } => {
                client.delete(&format!("/api/notebooks/{id}"))?;
                output.print(&serde_json::json!({ "deleted": id }), |_| format!("✓ {id} is in the bin"))
            }
            Self::Run(wanted) => wanted.run(client, output),
            Self::Watch { id } => watch(client, id, output),
        }
    }
}

fn list(list: &NotebookList) -> String {
    let head = ["ID", "CELLS", "CHANGED (UTC)", "TITLE"].map(str::to_owned).to_vec();
    let rows = list.notebooks.iter().map(|notebook| {
        let mark = if notebook.deleted_at.is_some() { " (in the bin)" } else { "" };
        let title = format!("{}{mark}", notebook.title);
        vec![notebook.id.to_string(), notebook.cell_count.to_string(), moment(notebook.updated_at), title]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn created(notebook: &NotebookSummary) -> String {
    format!("✓ {} · {}", notebook.id, notebook.title)
}

/// Makes a notebook of an .ipynb file.
pub fn import(client: &Client, path: &Path, title: Option<&str>) -> Result<NotebookSummary, CliError> {
    let file = File::open(path).map_err(|cause| CliError::file(path, cause))?;
    let length = file.metadata().map_err(|cause| CliError::file(path, cause))?.len();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let title = title.map(|title| format!("&title={}", escaped(title))).unwrap_or_default();
    client.upload(
        &format!("/api/notebooks/import?name={}{title}", escaped(&name)),
        watched(file, Some(length), "Importing"),
    )
}

/// Writes a notebook to a file, or to standard output.
pub fn export(client: &Client, id: &NotebookId, format: Format, path: Option<&Path>) -> Result<(), CliError> {
    let mut response = client.open(&format!("/api/notebooks/{id}/export?format={}", format.name()))?;
    let text = response.body_mut().with_config().limit(u64::MAX).read_to_string();
    let text = text.map_err(|error| CliError::Refused(format!("the export did not arrive whole: {error}")))?;
    let Some(path) = path else { return print_line(text.trim_end_matches('\n')) };
    let written = File::create(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|cause| CliError::file(path, cause))
}

fn watch(client: &Client, id: NotebookId, output: Output) -> Result<(), CliError> {
    // A notebook that is not there would be watched in vain.
    client.get::<serde_json::Value>(&format!("/api/notebooks/{id}"))?;
    EventArgs::of_notebook(id).run(client, output)
}

/// Text as it may stand in a query.
pub fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~*:,".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
