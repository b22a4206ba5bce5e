//! Which kernels there are, and which one a notebook runs on: its own choice, kept in its metadata.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    notebook::{Notebook, share_environment, with_kernels},
    server::TestServer,
};

/// A kernel of another language, whole: it says back what it is told.
const ECHO: &str = "
from ipykernel.kernelbase import Kernel
from ipykernel.kernelapp import IPKernelApp

class Echo(Kernel):
    implementation = language = 'echo'
    implementation_version = language_version = banner = '1'
    language_info = {'name': 'echo', 'mimetype': 'text/plain', 'file_extension': '.echo'}

    def do_execute(self, code, silent, *args, **options):
        self.send_response(self.iopub_socket, 'stream', {'name': 'stdout', 'text': code.upper()})
        return {'status': 'ok', 'execution_count': self.execution_count, 'payload': [], 'user_expressions': {}}

IPKernelApp.launch_instance(kernel_class=Echo)
";

/// Installs a kernelspec as tools do.
fn install(jupyter: &Path, name: &str, spec: &Value) {
    let directory = jupyter.join("kernels").join(name);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("kernel.json"), spec.to_string()).unwrap();
}

/// A server beside whose own kernel stand two that were installed.
fn with_installed(jupyter: &Path) -> TestServer {
    let prepare = |data: &Path| {
        share_environment(data);
        let python = data.join("python/bin/python").display().to_string();
        let launcher = ["-m", "ipykernel_launcher", "-f", "{connection_file}"].map(str::to_owned);
        let argv: Vec<_> = [python.clone()].into_iter().chain(launcher).collect();
        let variables = json!({ "SECOND_KERNEL": "yes", "LANGUAGE": "eo" });
        let second = json!({ "argv": argv, "display_name": "Second Python", "language": "python", "env": variables });
        install(jupyter, "second", &second);
        let program = jupyter.join("echo.py");
        fs::write(&program, ECHO).unwrap();
        let argv = json!([python, program, "-f", "{connection_file}"]);
        install(jupyter, "echo", &json!({ "argv": argv, "display_name": "Echo", "language": "echo" }));
        let gone = json!({ "argv": ["/nowhere/program"], "display_name": "Gone", "language": "gone" });
        install(jupyter, "gone", &gone);
    };
    TestServer::start_prepared(prepare, &[], &[("JUPYTER_PATH", jupyter.to_str().unwrap())])
}

fn kernelspec(server: &TestServer, notebook: &Notebook) -> Value {
    server.get(&format!("/api/notebooks/{}", notebook.id)).expect(200)["metadata"]["kernelspec"].clone()
}

#[test]
fn the_kernels_of_the_machine_are_listed_behind_the_one_of_the_server() {
    let jupyter = tempfile::tempdir().unwrap();
    let server = with_installed(jupyter.path());
    let list = server.get("/api/kernelspecs").expect(200);
    assert_eq!(list["default"], "python3");
    assert!(list["isolation"].as_str().unwrap().contains("everything that the user of the server may do"));
    let own = &list["specs"][0];
    assert_eq!((&own["name"], &own["origin"], &own["ready"]), (&json!("python3"), &json!("server"), &json!(true)));
    let found =
        |name: &str| list["specs"].as_array().unwrap().iter().find(|spec| spec["name"] == name).unwrap().clone();
    let directory = jupyter.path().join("kernels/second");
    let expected = json!({ "name": "second", "displayName": "Second Python", "language": "python", "origin": "machine",
        "directory": directory, "ready": true });
    assert_eq!(found("second"), expected);
    assert_eq!(found("gone")["ready"], false);
}

#[test]
fn ln_84_a_notebook_keeps_the_kernel_that_was_chosen_and_another_takes_its_place_only_when_that_is_meant() {
    let jupyter = tempfile::tempdir().unwrap();
    let server = with_installed(jupyter.path());
    let mut notebook = Notebook::new(&server, &[]);
    let start = |notebook: &Notebook, body: Value| server.post(&notebook.path("kernel/start"), &body);
    assert_eq!(start(&notebook, json!({ "spec": "nowhere" })).refused(404), "kernelspec_not_found");
    assert_eq!(kernelspec(&server, &notebook), Value::Null);
    assert_eq!(start(&notebook, json!({ "spec": "second" })).expect(202)["spec"], "second");
    let kept = json!({ "name": "second", "display_name": "Second Python", "language": "python" });
    assert_eq!(kernelspec(&server, &notebook), kept);
    let look = "import os; print(os.environ.get('SECOND_KERNEL'), os.environ.get('LANGUAGE') == 'eo', os.getpid())";
    let first = notebook.output(look);
    assert!(first.starts_with("yes True "), "{first}");

    // The same again changes nothing; another one is refused, and says how it is meant.
    start(&notebook, json!({ "spec": "second" })).expect(202);
    assert_eq!(notebook.output(look), first);
    assert_eq!(start(&notebook, json!({ "spec": "python3" })).refused(409), "kernel_runs");
    assert_eq!(kernelspec(&server, &notebook), kept);
    start(&notebook, json!({ "spec": "python3", "replace": true })).expect(202);
    assert!(notebook.output(look).starts_with("None False "));
    assert_eq!(kernelspec(&server, &notebook)["name"], "python3");

    // The next start is by the choice, also when a run causes it.
    start(&notebook, json!({ "spec": "second", "replace": true })).expect(202);
    notebook.post("kernel/shutdown", "Ana", &json!({}));
    assert!(notebook.output(look).starts_with("yes True "));
    notebook.post("kernel/restart", "Ana", &json!({}));
    assert!(notebook.output(look).starts_with("yes True "));
}

#[test]
fn a_kernel_of_another_language_runs_its_code_and_is_not_asked_for_variables() {
    let jupyter = tempfile::tempdir().unwrap();
    let server = with_installed(jupyter.path());
    let mut notebook = Notebook::new(&server, &[]);
    server.post(&notebook.path("kernel/start"), &json!({ "spec": "echo" })).expect(202);
    assert_eq!(notebook.output("say this"), "SAY THIS");
    let metadata = server.get(&format!("/api/notebooks/{}", notebook.id)).expect(200)["metadata"].clone();
    assert_eq!(metadata["language_info"]["name"], "echo");
    assert_eq!(server.get(&notebook.path("kernel/variables")).refused(409), "kernel_not_python");
}

#[test]
fn a_kernel_whose_program_is_not_there_is_a_sentence_and_another_one_helps() {
    let jupyter = tempfile::tempdir().unwrap();
    let server = with_installed(jupyter.path());
    let mut notebook = Notebook::new(&server, &[]);
    server.post(&notebook.path("kernel/start"), &json!({ "spec": "gone" })).expect(202);
    let (ended, _) = notebook.tried("1");
    assert_eq!(ended["state"], "failed");
    assert!(ended["error"].as_str().unwrap().contains("/nowhere/program"), "{ended}");
    server.post(&notebook.path("kernel/start"), &json!({ "spec": "python3", "replace": true })).expect(202);
    assert_eq!(notebook.output("print('well')"), "well\n");
}

#[test]
fn a_python_notebook_that_names_a_kernel_of_another_machine_runs_on_the_servers_own_and_keeps_its_name() {
    let server = with_kernels(&[]);
    let spec = |language: &str| json!({ "name": "conda-env-far-away", "display_name": "Far", "language": language });
    let import = |language: &str| {
        let cell = json!({ "cell_type": "code", "id": "a", "source": "print('here')", "metadata": {}, "outputs": [],
            "execution_count": null });
        let metadata = json!({ "kernelspec": spec(language) });
        let file = json!({ "nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": [cell] });
        let imported = server.post("/api/notebooks/import", &file).expect(201);
        Notebook { server: &server, id: imported["id"].as_str().unwrap().into(), cells: vec!["a".into()] }
    };
    let notebook = import("python");
    assert_eq!(notebook.ended(&notebook.run(0))["state"], "ok", "{}", notebook.kernel());
    assert_eq!((notebook.printed(0).as_str(), &notebook.kernel()["spec"]), ("here\n", &json!("python3")));
    assert_eq!(kernelspec(&server, &notebook), spec("python"));
    let notebook = import("julia");
    let ended = notebook.ended(&notebook.run(0));
    assert!(ended["error"].as_str().unwrap().contains("no kernel named \"conda-env-far-away\""), "{ended}");
}

#[test]
fn one_kernel_at_a_time_is_replaced_although_there_is_no_place_for_two() {
    let server = with_kernels(&["--max-kernels", "1"]);
    let (mut first, mut second) = (Notebook::new(&server, &[]), Notebook::new(&server, &[]));
    first.output("1");
    let (refused, _) = second.tried("1");
    assert!(refused["error"].as_str().unwrap().contains("1 kernels run"), "{refused}");
    first.post("kernel/shutdown", "Ana", &json!({}));
    assert_eq!(second.output("print('now')"), "now\n");
}
