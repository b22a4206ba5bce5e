//! Which kernels can be started: our own Python, and the kernelspecs that are installed on this machine.
//!
//! Imports vocabulary. Invariant: names in a listing are unique, and ours is always among them.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
};

use jupyter_zmq_client::{KernelspecDir, read_kernelspec_jsons};

use super::python::{PythonEnvironment, find, program};
use crate::vocabulary::DEFAULT_KERNELSPEC;

/// The name of our own kernel; most notebooks name it.
pub const OWN: &str = DEFAULT_KERNELSPEC;

/// Put before the name of an installed kernel that is called like ours.
const INSTALLED: &str = "installed:";

/// Has a kernel that crashes say where, to the standard error it was started with: its own is a pipe to itself.
const TRACE_CRASHES: &str = "--IPKernelApp.exec_lines=__import__('faulthandler').enable(file=__import__('sys').stderr._original_stdstream_copy)";

/// The file that all Pythons of a user keep their history in is none for notebooks: they would write what their people run
/// into it, and wait for each other's locks, for seconds on a busy disk.
const OWN_HISTORY: &str = "--HistoryManager.hist_file=:memory:";

/// A kernel that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelSpec {
    pub name: String,
    pub display_name: String,
    pub language: String,
    pub origin: Origin,
    /// Nothing must be made before it can be started, as far as can be seen.
    pub ready: bool,
}

/// Where a kernel comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The environment that this server makes.
    Own,
    /// The directory of its kernelspec.
    Installed(PathBuf),
}

/// A kernel with what is needed to start it.
#[derive(Debug, Clone)]
pub struct Found {
    pub spec: KernelSpec,
    pub arguments: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// Interrupted by a message instead of a signal.
    pub interrupt_by_message: bool,
}

/// All kernels, ours first; then those of the directories `first`, then those of Jupyter's own.
pub async fn list(python: &PythonEnvironment, first: &[PathBuf]) -> Vec<Found> {
    let mut found = vec![own(python)];
    for directory in data_directories(first) {
        let mut specs = read_kernelspec_jsons(&directory).await;
        specs.sort_by(|one, other| one.kernel_name.cmp(&other.kernel_name));
        for spec in specs.into_iter().filter(|spec| !spec.kernelspec.argv.is_empty()) {
            let spec = installed(&directory, spec);
            // The first directory counts, as in Jupyter.
            if !found.iter().any(|known| known.spec.name == spec.spec.name) {
                found.push(spec);
            }
        }
    }
    found
}

/// The kernel of this name.
pub async fn by_name(name: &str, python: &PythonEnvironment, first: &[PathBuf]) -> Option<Found> {
    if name == OWN {
        return Some(own(python));
    }
    list(python, first).await.into_iter().find(|found| found.spec.name == name)
}

fn own(python: &PythonEnvironment) -> Found {
    let interpreter = python.interpreter().to_string_lossy().into_owned();
    let arguments = [&interpreter, "-m", "ipykernel_launcher", "-f", CONNECTION_FILE, TRACE_CRASHES, OWN_HISTORY];
    let arguments = arguments.map(str::to_owned).to_vec();
    // `!pip`, `%%bash` and whatever a cell starts find the environment first.
    let directory = python.directory();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([directory.join("bin")].into_iter().chain(env::split_paths(&path)));
    let path = path.map(|path| ("PATH".into(), path.to_string_lossy().into_owned())).ok();
    let virtual_environment = ("VIRTUAL_ENV".into(), directory.to_string_lossy().into_owned());
    Found {
        spec: KernelSpec {
            name: OWN.into(),
            display_name: "Python 3".into(),
            language: "python".into(),
            origin: Origin::Own,
            ready: python.is_ready(),
        },
        arguments,
        variables: path.into_iter().chain([virtual_environment]).collect(),
        interrupt_by_message: false,
    }
}

/// Stands in the arguments of a kernelspec for the file that tells the kernel where to listen.
pub const CONNECTION_FILE: &str = "{connection_file}";

fn installed(directory: &Path, found: KernelspecDir) -> Found {
    let KernelspecDir { kernel_name, path, kernelspec } = found;
    let name = if kernel_name == OWN { format!("{INSTALLED}{kernel_name}") } else { kernel_name };
    let mut arguments = kernelspec.argv;
    if let Some(program) = arguments.first_mut()
        && let Some(interpreter) = interpreter(program, directory)
    {
        *program = interpreter.to_string_lossy().into_owned();
    }
    let place = path.to_string_lossy();
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.replace("{resource_dir}", &place)).collect();
    let variables = kernelspec.env.unwrap_or_default().into_iter().collect::<HashMap<_, _>>();
    let ready = arguments.first().is_some_and(|argument| program(Path::new(argument)).is_some());
    Found {
        spec: KernelSpec {
            name,
            display_name: kernelspec.display_name,
            language: kernelspec.language,
            origin: Origin::Installed(path),
            ready,
        },
        arguments,
        variables: variables.into_iter().collect(),
        interrupt_by_message: kernelspec.interrupt_mode.as_deref() == Some("message"),
    }
}

/// Kernelspecs say `python` and mean the one they were installed with. For `PREFIX/share/jupyter` that is the one in
/// `PREFIX/bin`; the one of the search path would be another, without the kernel.
fn interpreter(program: &str, directory: &Path) -> Option<PathBuf> {
    let version = program.strip_prefix("python")?;
    if !version.chars().all(|letter| letter.is_ascii_digit() || letter == '.') {
        return None;
    }
    let binaries = directory.parent()?.parent()?.join("bin");
    let beside = [program, "python3", "python"].map(|name| binaries.join(name));
    beside.into_iter().find(|path| path.exists()).or_else(|| find(program)).or_else(|| find("python3"))
}

/// Where Jupyter looks for kernelspecs, in its order; besides, where `jupyter` and `python3` of the search path belong.
fn data_directories(first: &[PathBuf]) -> Vec<PathBuf> {
    let given: Vec<_> = env::var_os("JUPYTER_PATH").iter().flat_map(env::split_paths).collect();
    let user = jupyter_zmq_client::user_data_dir().ok();
    let beside = ["jupyter", "python3"].into_iter().filter_map(find).filter_map(|program| beside(&program));
    let all =
        first.iter().cloned().chain(given).chain(user).chain(beside).chain(jupyter_zmq_client::system_data_dirs());
    let mut unique = Vec::new();
    for directory in all.filter(|directory| directory.is_absolute()) {
        if !unique.contains(&directory) {
            unique.push(directory);
        }
    }
    unique
}

fn beside(program: &Path) -> Option<PathBuf> {
    Some(program.parent()?.parent()?.join("share").join("jupyter"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_bare_python_is_the_one_that_the_kernelspec_was_installed_with() {
        let prefix = tempfile::tempdir().unwrap();
        let (bin, share) = (prefix.path().join("bin"), prefix.path().join("share/jupyter"));
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("python"), "").unwrap();
        assert_eq!(interpreter("python", &share), Some(bin.join("python")));
        assert_eq!(interpreter("python3.11", &share), Some(bin.join("python")));
        assert_eq!(interpreter("/usr/bin/python3", &share), None);
        assert_eq!(interpreter("pythonista", &share), None);
        assert_eq!(interpreter("R", &share), None);
    }

    #[tokio::test]
    async fn an_installed_kernel_that_is_called_like_ours_gets_another_name() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("share/jupyter");
        for name in ["python3", "ir"] {
            let kernel = directory.join("kernels").join(name);
            fs::create_dir_all(&kernel).unwrap();
            let spec = r#"{"argv": ["R", "{resource_dir}/x", "{connection_file}"], "display_name": "A", "language": "r",
                "interrupt_mode": "message"}"#;
            fs::write(kernel.join("kernel.json"), spec).unwrap();
        }
        let found = read_kernelspec_jsons(&directory).await.into_iter().map(|spec| installed(&directory, spec));
        let found: HashMap<_, _> = found.map(|found| (found.spec.name.clone(), found)).collect();
        assert!(found.contains_key("installed:python3"));
        let ir = &found["ir"];
        assert!(ir.interrupt_by_message);
        assert_eq!(ir.arguments[1..], [format!("{}/kernels/ir/x", directory.display()), CONNECTION_FILE.into()]);
    }
}
