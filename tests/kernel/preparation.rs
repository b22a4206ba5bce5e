//! The Python environment: made once, noticed when half made, and what is said when it cannot be made.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use coscribe::kernel::{
    Environment, EnvironmentError, EnvironmentState, KernelCommand, KernelEvent, KernelSettings, KernelState, Kernels,
    Outcome, PreparationStep, StopReason,
};
use tempfile::TempDir;

use crate::notebook::{Notebook, is_alive, settings, shared_data, soon};

/// A `python3` that notes how it is called and then does as the script says.
fn python(place: &Path, script: &str) -> std::path::PathBuf {
    let program = place.join("python-of-the-test");
    let note = format!("#!/bin/sh\necho \"$@\" >> {0}/calls\nhere={0}\n{script}\n", place.display());
    fs::write(&program, note).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// Settings for an environment of its own, made with pip.
fn own(place: &TempDir, script: &str) -> KernelSettings {
    let uv = Some(std::path::PathBuf::new());
    KernelSettings { python: Some(python(place.path(), script)), uv, ..settings(&place.path().join("data")) }
}

/// The environment after packages were added.
async fn added(kernels: &Kernels, package: &str) -> Environment {
    kernels.add_packages(vec![package.to_owned()]).unwrap();
    settled(kernels).await
}

async fn settled(kernels: &Kernels) -> Environment {
    kernels.environment_settled().await;
    kernels.environment().await
}

fn has(environment: &Environment, name: &str) -> bool {
    environment.packages.iter().any(|package| package.name == name)
}

/// Reads until the environment is being made by a command.
async fn making(notebook: &mut Notebook) {
    let made = KernelState::Preparing { step: PreparationStep::MakeEnvironment };
    notebook.state(|state| *state == made).await;
}

#[tokio::test]
async fn two_notebooks_make_one_environment_over_a_half_made_one_and_packages_come_later() {
    let place = tempfile::tempdir().unwrap();
    let half = place.path().join("data/python/bin");
    fs::create_dir_all(&half).unwrap();
    fs::write(half.join("python"), "half made").unwrap();
    let kernels = Kernels::new(own(&place, "exec python3 \"$@\""));
    assert_eq!(kernels.environment().await.state, EnvironmentState::Absent);
    let (mut one, mut other) = (Notebook::open(&kernels), Notebook::open(&kernels));
    making(&mut one).await;
    assert_eq!(kernels.environment().await.state, EnvironmentState::Making);
    for notebook in [&mut one, &mut other] {
        assert_eq!(notebook.output("print('made')").await, "made\n");
        let lines = notebook.events.iter().filter_map(|event| match event {
            KernelEvent::Preparation(progress) => progress.line.clone(),
            _ => None,
        });
        let log = lines.collect::<Vec<_>>().join("\n");
        assert!(log.contains("Successfully installed") && log.contains("ipykernel"), "{log}");
    }
    let calls = fs::read_to_string(place.path().join("calls")).unwrap();
    assert_eq!(calls.matches("-m venv").count(), 1, "{calls}");
    assert_eq!(kernels.environment().await.state, EnvironmentState::Ready);
    come_and_go(&kernels, &mut one).await;
    breaks_and_is_made_anew(&place, &kernels).await;
}

/// Packages, while kernels run.
async fn come_and_go(kernels: &Kernels, notebook: &mut Notebook) {
    let environment = added(kernels, "iniconfig>=2").await;
    assert!(has(&environment, "iniconfig") && environment.sentence.is_none(), "{environment:?}");
    assert_eq!((environment.made_with.as_deref(), environment.state), (Some("pip"), EnvironmentState::Ready));
    assert!(environment.python.is_some_and(|version| version.starts_with("3.")));
    assert_eq!(notebook.output("import iniconfig; print(iniconfig.__name__)").await, "iniconfig\n");
    let Err(EnvironmentError::NoPackage(sentence)) = kernels.add_packages(vec!["--help".into()]) else {
        panic!("option")
    };
    assert!(sentence.contains("is no package"), "{sentence}");
    let unknown = "coscribe-has-no-such-package-5f0c";
    let environment = added(kernels, unknown).await;
    let sentence = environment.sentence.unwrap();
    assert!(sentence.contains(unknown) && sentence.contains("Check the name"), "{sentence}");
    assert_eq!(environment.state, EnvironmentState::Ready, "what was there still is");
    kernels.remove_package("Iniconfig".into()).await.unwrap();
    assert!(!has(&settled(kernels).await, "iniconfig"));
    for (name, error) in [
        ("iniconfig", EnvironmentError::NotInstalled("iniconfig".into())),
        ("ipykernel", EnvironmentError::Needed("ipykernel".into())),
        ("tornado", EnvironmentError::Needed("tornado".into())),
    ] {
        assert_eq!(kernels.remove_package(name.into()).await, Err(error));
    }
}

/// An environment that lost its kernel, as by an upgrade of the machine's Python.
async fn breaks_and_is_made_anew(place: &TempDir, kernels: &Kernels) {
    let lib = fs::read_dir(place.path().join("data/python/lib")).unwrap().next().unwrap().unwrap().path();
    fs::remove_dir_all(lib.join("site-packages/ipykernel")).unwrap();
    fs::remove_file(lib.join("site-packages/ipykernel_launcher.py")).unwrap();
    let mut notebook = Notebook::open(kernels);
    assert_eq!(notebook.output("print('anew')").await, "anew\n");
    assert!(notebook.events.iter().any(|event| matches!(event, KernelEvent::State(KernelState::Preparing { .. }))));
}

#[tokio::test]
async fn uv_makes_an_environment_with_pip_in_it() {
    let place = tempfile::tempdir().unwrap();
    assert!(has(&added(&Kernels::new(settings(shared_data().await)), "uv").await, "uv"));
    let uv = Some(shared_data().await.join("python/bin/uv"));
    let kernels = Kernels::new(KernelSettings { uv, ..own(&place, "exec python3 \"$@\"") });
    let mut notebook = Notebook::open(&kernels);
    let compiled = "import ipykernel, os; print(os.path.isdir(os.path.dirname(ipykernel.__file__) + '/__pycache__'))";
    assert_eq!(notebook.output(compiled).await, "True\n");
    assert!(notebook.output("%pip --version").await.contains("data/python"));
    assert!(has(&added(&kernels, "iniconfig").await, "iniconfig"));
    assert_eq!(notebook.output("import iniconfig; print(iniconfig.__name__)").await, "iniconfig\n");
    kernels.remove_package("iniconfig".into()).await.unwrap();
    let environment = settled(&kernels).await;
    assert!(!has(&environment, "iniconfig") && environment.made_with.as_deref() == Some("uv"), "{environment:?}");
}

#[tokio::test]
async fn an_index_that_cannot_be_reached_is_a_sentence_and_a_restart_tries_again() {
    let place = tempfile::tempdir().unwrap();
    let configuration = place.path().join("pip.conf");
    // Nobody listens on the port for discarding.
    fs::write(&configuration, "[global]\nproxy = http://127.0.0.1:9\nretries = 1\n").unwrap();
    let variables = ["PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_RETRIES"].map(str::to_owned);
    let values = [configuration.to_string_lossy().into_owned(), String::new(), "1".into()];
    let variables = variables.into_iter().zip(values).collect();
    let kernels = Kernels::new(KernelSettings { variables, ..own(&place, "exec python3 \"$@\"") });
    let mut notebook = Notebook::open(&kernels);
    let run = notebook.run("print('never')");
    assert_eq!(notebook.finished(&run).await, Outcome::Aborted);
    let sentence = notebook.death().await;
    assert!(sentence.contains("package index cannot be reached") && sentence.contains("try again"), "{sentence}");
    assert_eq!(kernels.environment().await.state, EnvironmentState::Failed);
    fs::write(&configuration, "").unwrap();
    notebook.send(KernelCommand::Restart);
    assert_eq!(notebook.output("print('at last')").await, "at last\n");
}

#[tokio::test]
async fn cancelling_ends_the_work_only_when_nobody_else_waits_for_it() {
    let place = tempfile::tempdir().unwrap();
    let script = "case \"$2\" in venv) echo $$ > $here/process; exec sleep 1000;; esac; exec python3 \"$@\"";
    let kernels = Kernels::new(own(&place, script));
    let (mut one, mut other) = (Notebook::open(&kernels), Notebook::open(&kernels));
    making(&mut one).await;
    making(&mut other).await;
    let file = place.path().join("process");
    let begun = || fs::read_to_string(&file).ok()?.trim().parse().ok();
    soon("the work has begun", || begun().is_some()).await;
    let process: i32 = begun().unwrap();
    let run = one.run("print('never')");
    one.send(KernelCommand::Shutdown);
    one.state(|state| *state == KernelState::Stopped { reason: StopReason::Asked }).await;
    assert_eq!(one.finished(&run).await, Outcome::Aborted);
    assert!(is_alive(process));
    assert_eq!(kernels.environment().await.state, EnvironmentState::Making);
    other.send(KernelCommand::Shutdown);
    other.state(|state| *state == KernelState::Stopped { reason: StopReason::Asked }).await;
    soon("the work ends", || !is_alive(process)).await;
    assert_eq!(kernels.environment().await.state, EnvironmentState::Absent);
}

#[tokio::test]
async fn work_that_somebody_began_apart_from_notebooks_goes_on_until_it_is_cancelled_for_all() {
    let place = tempfile::tempdir().unwrap();
    let script = "case \"$2\" in venv) exec sleep 1000;; esac; exec python3 \"$@\"";
    let kernels = Kernels::new(own(&place, script));
    assert_eq!(kernels.cancel_environment(), Err(EnvironmentError::NothingToCancel));
    kernels.make_environment();
    let mut notebook = Notebook::open(&kernels);
    making(&mut notebook).await;
    notebook.send(KernelCommand::Shutdown);
    notebook.state(|state| matches!(state, KernelState::Stopped { .. })).await;
    let environment = kernels.environment().await;
    assert_eq!(environment.state, EnvironmentState::Making, "nobody watches, and it goes on");
    assert_eq!(environment.progress.map(|(step, _)| step), Some(PreparationStep::MakeEnvironment));
    assert_eq!(kernels.add_packages(vec!["six".into()]), Err(EnvironmentError::Busy));
    let mut notebook = Notebook::open(&kernels);
    making(&mut notebook).await;
    kernels.cancel_environment().unwrap();
    assert!(notebook.death().await.contains("somebody cancelled it"));
    let environment = settled(&kernels).await;
    assert_eq!(environment.state, EnvironmentState::Absent);
    assert!(environment.sentence.unwrap().contains("cancelled"));
    assert_eq!(kernels.add_packages(vec!["six".into()]), Err(EnvironmentError::NotMade));
}

#[tokio::test]
async fn a_machine_without_what_is_needed_is_told_what_to_install() {
    for (script, said) in [
        ("case \"$2\" in venv) echo 'ensurepip is not available'; exit 1;; esac; exit 0", "apt install python3-venv"),
        ("echo 'too old' >&2; exit 1", "Python 3.9 or newer"),
        (
            "case \"$2\" in venv) echo 'No space left on device'; exit 1;; esac; exit 0",
            "disk of the data directory is full",
        ),
    ] {
        let place = tempfile::tempdir().unwrap();
        let mut notebook = Notebook::open(&Kernels::new(own(&place, script)));
        let sentence = notebook.death().await;
        assert!(sentence.contains(said), "{sentence}");
    }
    let place = tempfile::tempdir().unwrap();
    let nowhere = KernelSettings { python: Some("/nowhere/python3".into()), ..own(&place, "") };
    let sentence = Notebook::open(&Kernels::new(nowhere)).death().await;
    assert!(sentence.contains("/nowhere/python3 cannot be started"), "{sentence}");
}
