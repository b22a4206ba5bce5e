//! Which commands make an environment and install packages. Imports nothing of ours.
//!
//! Pure. Invariant: what people name as a package is never read as an option.

use std::path::{Path, PathBuf};

use super::{super::event::PreparationStep, PIP};

/// Why the interpreter is asked at all: everything from this version on has what our packages need.
const OLDEST_PYTHON: (u32, u32) = (3, 9);

/// The longest requirement that can be meant: a name with extras, versions and a marker, or an address.
const REQUIREMENT_MAX: usize = 500;

/// The tools of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// Some 15 times faster than pip, and needs no `ensurepip`.
    pub uv: Option<PathBuf>,
    /// uv can do without: it brings a Python of its own.
    pub python: Option<PathBuf>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub step: PreparationStep,
    pub arguments: Vec<String>,
}

impl Tools {
    /// What makes environments here.
    pub fn name(&self) -> &'static str {
        if self.uv.is_some() { "uv" } else { "pip" }
    }

    /// Makes an environment in a directory that is not there.
    pub fn making(&self, directory: &Path, packages: &[String]) -> Vec<Step> {
        let interpreter = directory.join("bin").join("python");
        let mut steps = Vec::new();
        steps.extend(self.python.as_deref().map(look));
        steps.push(self.environment(directory));
        // uv leaves it out.
        let pip = self.uv.iter().map(|_| PIP.to_owned());
        steps.push(self.installing(&interpreter, &pip.chain(packages.iter().cloned()).collect::<Vec<_>>()));
        steps.push(check(&interpreter));
        steps
    }

    fn environment(&self, directory: &Path) -> Step {
        let mut arguments = match (&self.uv, &self.python) {
            (Some(uv), Some(python)) => words(&[&shown(uv), "venv", "--python", &shown(python)]),
            (Some(uv), None) => words(&[&shown(uv), "venv"]),
            (None, python) => words(&[&python.as_deref().map_or("python3".into(), shown), "-m", "venv"]),
        };
        arguments.push(shown(directory));
        Step { step: PreparationStep::MakeEnvironment, arguments }
    }

    /// Installs packages into an environment. Compiled at once: uv does not by itself, and each first start would pay.
    pub fn installing(&self, interpreter: &Path, packages: &[String]) -> Step {
        let mut arguments = match &self.uv {
            Some(uv) => {
                words(&[&shown(uv), "pip", "install", "--python", &shown(interpreter), "--compile-bytecode", "--"])
            }
            None => words(&[&shown(interpreter), "-m", "pip", "install", "--"]),
        };
        arguments.extend(packages.iter().cloned());
        Step { step: PreparationStep::InstallPackages, arguments }
    }

    /// Takes packages out of an environment.
    pub fn removing(&self, interpreter: &Path, packages: &[String]) -> Step {
        let mut arguments = match &self.uv {
            Some(uv) => words(&[&shown(uv), "pip", "uninstall", "--python", &shown(interpreter), "--"]),
            None => words(&[&shown(interpreter), "-m", "pip", "uninstall", "--yes", "--"]),
        };
        arguments.extend(packages.iter().cloned());
        Step { step: PreparationStep::RemovePackages, arguments }
    }
}

/// Asks the interpreter for its version; fails with a word when it is too old.
fn look(python: &Path) -> Step {
    let (major, minor) = OLDEST_PYTHON;
    let code = format!(
        "import sys; print('Python', sys.version.split()[0], 'of', sys.executable); \
         sys.exit(0 if sys.version_info >= ({major}, {minor}) else 'too old')"
    );
    Step { step: PreparationStep::FindPython, arguments: words(&[&shown(python), "-c", &code]) }
}

/// Loads what a kernel loads.
pub fn check(interpreter: &Path) -> Step {
    let code = "import ipykernel, ipykernel.kernelapp; print('ipykernel', ipykernel.__version__)";
    Step { step: PreparationStep::Check, arguments: words(&[&shown(interpreter), "-c", code]) }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A sentence about a text that is no package to install.
pub fn objection(package: &str) -> Option<String> {
    let first = package.chars().next().unwrap_or('-');
    let wrong =
        !first.is_ascii_alphanumeric() || package.len() > REQUIREMENT_MAX || package.chars().any(char::is_control);
    wrong.then(|| {
        let shown: String = package.chars().take(60).collect();
        format!("{shown:?} is no package: write a name such as numpy, or one with a version such as numpy>=2.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(steps: &[Step]) -> Vec<String> {
        steps.iter().map(|step| step.arguments.join(" ")).collect()
    }

    #[test]
    fn with_uv_the_environment_gets_pip_and_is_compiled() {
        let tools = Tools { uv: Some("/t/uv".into()), python: Some("/t/python3".into()) };
        let steps = joined(&tools.making(Path::new("/d/python"), &["ipykernel".into()]));
        assert_eq!(steps[1], "/t/uv venv --python /t/python3 /d/python");
        assert_eq!(steps[2], "/t/uv pip install --python /d/python/bin/python --compile-bytecode -- pip ipykernel");
        assert_eq!(steps.len(), 4);
    }

    #[test]
    fn with_python_only_its_own_tools_are_used() {
        let tools = Tools { uv: None, python: Some("/t/python3".into()) };
        let steps = joined(&tools.making(Path::new("/d/python"), &["ipykernel".into()]));
        assert_eq!(steps[1], "/t/python3 -m venv /d/python");
        assert_eq!(steps[2], "/d/python/bin/python -m pip install -- ipykernel");
    }

    #[test]
    fn packages_are_removed_without_a_question() {
        let (uv, pip) = (Tools { uv: Some("/t/uv".into()), python: None }, Tools { uv: None, python: None });
        let removing = |tools: &Tools| joined(&[tools.removing(Path::new("/d/python"), &["numpy".into()])]).remove(0);
        assert_eq!(removing(&uv), "/t/uv pip uninstall --python /d/python -- numpy");
        assert_eq!(removing(&pip), "/d/python -m pip uninstall --yes -- numpy");
    }

    #[test]
    fn what_could_be_an_option_or_breaks_lines_is_no_package() {
        for good in ["numpy", "numpy>=2,<3", "jax[cpu]", "git+https://example.org/x.git", "3to2"] {
            assert_eq!(objection(good), None, "{good}");
        }
        for bad in ["", "-r /etc/passwd", "--index-url=x", " numpy", "a\nb", &"x".repeat(501)] {
            assert!(objection(bad).is_some_and(|sentence| sentence.ends_with('.')), "{bad:?}");
        }
    }
}
