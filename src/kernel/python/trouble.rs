//! What to tell people when the environment cannot be made. Imports nothing of ours.
//!
//! Pure. Invariant: each sentence says what was wrong and what to do.

use super::super::{event::PreparationStep, kept::Ending};

/// Why a job did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    Failed { sentence: String },
    Cancelled,
}

/// What pip and uv say when they reach no index. Read in small letters.
const UNREACHABLE: &[&str] = &[
    "newconnectionerror",
    "connecttimeout",
    "failed to establish a new connection",
    "temporary failure in name resolution",
    "name or service not known",
    "proxyerror",
    "cannot connect to proxy",
    "connection refused",
    "connection timed out",
    "read timed out",
    "network is unreachable",
    "dns error",
    "error sending request",
    "tcp connect error",
    "failed to fetch",
    "max retries exceeded",
    "connection broken",
    "connection reset",
];

/// Words that name a cause, and the sentence about it; the first that is found counts.
const CAUSES: &[(&[&str], &str)] = &[
    (
        &["ensurepip is not available", "no module named ensurepip", "no module named venv"],
        "This machine's Python cannot make environments. Install the missing part (on Debian or Ubuntu: apt install \
         python3-venv), or install uv, then try again.",
    ),
    (
        &["no space left on device", "disk quota exceeded"],
        "The disk of the data directory is full. Free some space, a few hundred megabytes, then try again.",
    ),
    (
        &["certificate verify failed", "certificate_verify_failed", "invalid peer certificate", "unknownissuer"],
        "The package index answered with a certificate that this machine does not trust. Add the certificate of your \
         network to the machine (pip reads PIP_CERT, uv reads SSL_CERT_FILE), then try again.",
    ),
    (
        &["permission denied", "read-only file system"],
        "The server may not write to its data directory. Give its user the right to, then try again.",
    ),
];

const NO_INDEX: &str = "The package index cannot be reached. Check the network of the server, and its proxy or index \
                        settings (HTTPS_PROXY, PIP_INDEX_URL, UV_INDEX_URL), then try again.";

/// What is said when neither Python nor uv is there.
pub const NO_PYTHON: &str = "There is no Python 3 on this machine. Install it (on Debian or Ubuntu: apt install python3 \
                             python3-venv), or install uv, then try again.";

/// The sentence about a command that failed, from the end of its log.
pub fn sentence(step: PreparationStep, ending: &Ending, log: &str) -> String {
    let small = log.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| small.contains(word));
    if step == PreparationStep::FindPython && has(&["too old"]) {
        return "The Python of this machine is too old; Python 3.9 or newer is needed. Install one, or uv, then try \
                again."
            .into();
    }
    // An index that is not reached also makes pip say that it found no such version.
    if step == PreparationStep::InstallPackages && has(UNREACHABLE) {
        return NO_INDEX.into();
    }
    if let Some((_, sentence)) = CAUSES.iter().find(|(words, _)| has(words)) {
        return (*sentence).into();
    }
    if has(&["no matching distribution", "not found in the package registry", "no solution found"]) {
        let about = last_lines(log, 1);
        return format!("The package index has no such package, or none that fits here: {about}. Check the name.");
    }
    format!("{} {}. The end of the log: {}", what(step), how(ending), last_lines(log, 3))
}

fn what(step: PreparationStep) -> &'static str {
    match step {
        PreparationStep::FindPython => "Python could not be used: the command",
        PreparationStep::MakeEnvironment => "The environment could not be made: the command",
        PreparationStep::InstallPackages => "The packages could not be installed: the command",
        PreparationStep::RemovePackages => "The packages could not be removed: the command",
        PreparationStep::Check => "The environment was made but does not work: the check",
    }
}

fn how(ending: &Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("failed with code {code}"),
        Ending::Signalled(signal) => format!("was ended by signal {signal}"),
        Ending::NotStarted(cause) => format!("did not start ({cause})"),
        Ending::KeeperLost => "was ended from outside".into(),
    }
}

/// The last lines that say something, on one line.
fn last_lines(log: &str, count: usize) -> String {
    let lines: Vec<_> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(count)..].join(" | ");
    last.chars().take(600).collect::<String>().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installing(log: &str) -> String {
        sentence(PreparationStep::InstallPackages, &Ending::Exited(1), log)
    }

    #[test]
    fn an_index_that_cannot_be_reached_is_said_so_whatever_follows_from_it() {
        let pip = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(…)'\n\
                   ERROR: Could not find a version that satisfies the requirement ipykernel (from versions: none)\n\
                   ERROR: No matching distribution found for ipykernel";
        let uv =
            "error: Request failed after 2 retries\n  Caused by: Failed to fetch: `…`\n  Caused by: tcp connect error";
        assert_eq!((installing(pip), installing(uv)), (NO_INDEX.into(), NO_INDEX.into()));
    }

    #[test]
    fn a_package_that_does_not_exist_is_not_blamed_on_the_network() {
        let said = installing("ERROR: No matching distribution found for nonsense-xyz");
        assert!(said.contains("nonsense-xyz") && said.contains("Check the name"), "{said}");
    }

    #[test]
    fn a_debian_without_the_venv_package_is_told_which_one_is_missing() {
        let log = "The virtual environment was not created successfully because ensurepip is not available.";
        let said = sentence(PreparationStep::MakeEnvironment, &Ending::Exited(1), log);
        assert!(said.contains("apt install python3-venv"), "{said}");
    }

    #[test]
    fn every_other_failure_shows_the_end_of_its_log() {
        let said = sentence(PreparationStep::Check, &Ending::Signalled(11), "one\n\ntwo\nthree\nfour\n");
        assert!(said.contains("signal 11") && said.ends_with("two | three | four"), "{said}");
    }
}
