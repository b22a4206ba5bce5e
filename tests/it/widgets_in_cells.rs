//! Programs in the cells of a notebook at the real server: they find it by themselves, and their window is in the output.

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, share_environment},
    server::{TestServer, until},
};

const MIME: &str = "application/vnd.coscribe.widgets+json";

const PROGRAM: &str = r#"
from coscribe.widgets.sync import Application

app = Application(title="In a cell")

@app.on_connect
def setup(session):
    W = session.get_widgets()
    button, label = W.Button("Press"), W.Label("Ready")
    button.on("activated", lambda: label.set_text("Pressed"))

app.run()
"#;

/// The session that the output of a cell shows.
fn session(notebook: &Notebook<'_>, cell: usize) -> String {
    let ended = notebook.ended(&notebook.run(cell));
    assert_eq!(ended["state"], "ok", "{ended} {} {}", notebook.cell(cell)["outputs"], notebook.kernel());
    notebook.cell(cell)["outputs"][0]["data"][MIME]["session"].as_str().unwrap().to_owned()
}

/// The first widget of a class in a session.
fn widget(server: &TestServer, session: &str, class: &str) -> Value {
    let body = server.get(&format!("/api/widgets/{session}")).expect(200);
    body["tree"].as_array().unwrap().iter().find(|widget| widget["class"] == class).cloned().unwrap_or(Value::Null)
}

#[test]
fn pg_19_a_program_in_a_cell_needs_no_address_and_no_package_and_an_edited_cell_keeps_its_window() {
    let state = tempfile::tempdir().unwrap();
    let server =
        TestServer::start_prepared(share_environment, &[], &[("XDG_STATE_HOME", state.path().to_str().unwrap())]);
    let notebook = Notebook::new(&server, &[PROGRAM]);
    let shown = session(&notebook, 0);
    let button = widget(&server, &shown, "Button")["wid"].clone();
    let press = json!({ "callbacks": [{ "wid": button, "action": "activated", "args": [] }] });
    server.post(&format!("/api/widgets/{shown}/callbacks"), &press).expect(200);
    until("the label says so", || widget(&server, &shown, "Label")["state"]["text"] == "Pressed");

    let edited = json!({ "source": PROGRAM.replace("Press\")", "Press me\")") });
    server.ask("PUT", &notebook.path(&format!("cells/{}/source", notebook.cells[0]))).json(&edited).expect(200);
    assert_eq!(session(&notebook, 0), shown, "the cell is known by its id");
    assert_eq!(widget(&server, &shown, "Button")["state"]["text"], "Press me");
    assert_eq!(server.get("/api/widgets").expect(200)["sessions"].as_array().unwrap().len(), 1);
}
