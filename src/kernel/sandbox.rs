//! What stands between the code of kernels and the machine. Imports nothing of ours.
//!
//! Pure. Invariant: what [`sentence`] promises is what [`wrap`] does.

use std::path::{Path, PathBuf};

use super::settings::Isolation;

/// No kernel and no tool gets variables that begin so: ours hold secrets, and a server that logs without colours says
/// nothing about the outputs of notebooks.
pub const HIDDEN_VARIABLES: &[&str] = &["COSCRIBE_", "NO_COLOR"];

/// What a kernel in a sandbox may reach besides reading the system.
#[derive(Debug)]
pub struct Reach<'a> {
    /// The data directory of the server: hidden.
    pub data: &'a Path,
    /// Where the sockets of the kernel are: written to.
    pub runtime: &'a Path,
    /// Where its code runs: written to.
    pub working: &'a Path,
    /// The Python environment, so that `%pip install` works: written to.
    pub environment: Option<&'a Path>,
}

/// User and group of a name in the text of `/etc/passwd`, or of `UID:GID`.
pub fn user(text: &str, users: &str) -> Option<(u32, u32)> {
    if let Some((user, group)) = text.split_once(':') {
        return Some((user.parse().ok()?, group.parse().ok()?));
    }
    let mut fields = users.lines().map(|line| line.split(':')).find_map(|mut fields| {
        let named = fields.next() == Some(text);
        named.then_some(fields)
    })?;
    // Between the name and the numbers stands the password.
    let user = fields.nth(1)?.parse().ok()?;
    Some((user, fields.next()?.parse().ok()?))
}

/// For people: what code may do to this machine.
pub fn sentence(isolation: &Isolation) -> String {
    match isolation {
        Isolation::None => "Code in notebooks may do everything that the user of the server may do: read and change its \
                            files, the data of this server among them, and use its network."
            .into(),
        Isolation::Bubblewrap { .. } => {
            "Code in notebooks runs in a sandbox: it may read the system but not the data of this server or the homes of \
             its users, write only to the notebook's own files and the Python environment that all notebooks share, and \
             sees no other processes. It may use the network."
                .into()
        }
        Isolation::User { user, group } => format!(
            "Code in notebooks runs as user {user} and group {group} of this machine and may do what they may do, \
             the network included. The notebooks share that user, and so reach each other's files."
        ),
    }
}

/// The arguments that start a kernel under an isolation.
pub fn wrap(isolation: &Isolation, arguments: Vec<String>, reach: &Reach<'_>) -> Vec<String> {
    let Isolation::Bubblewrap { program } = isolation else { return arguments };
    let mut wrapped = vec![shown(program)];
    let mut add = |words: &[&str]| wrapped.extend(words.iter().map(|word| (*word).to_owned()));
    add(&["--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]);
    add(&["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]);
    for hidden in homes().iter().map(PathBuf::as_path).chain([reach.data]) {
        add(&["--tmpfs", &shown(hidden)]);
    }
    // The interpreter of an environment may be a link into a home.
    let interpreter = arguments.first().and_then(|program| Path::new(program).canonicalize().ok());
    if let Some(prefix) = interpreter.as_deref().and_then(Path::parent).and_then(Path::parent)
        && prefix != Path::new("/")
        && prefix != Path::new("/usr")
    {
        add(&["--ro-bind", &shown(prefix), &shown(prefix)]);
    }
    for written in [Some(reach.runtime), Some(reach.working), reach.environment].into_iter().flatten() {
        add(&["--bind", &shown(written), &shown(written)]);
    }
    add(&["--chdir", &shown(reach.working), "--setenv", "HOME", &shown(reach.working), "--"]);
    wrapped.extend(arguments);
    wrapped
}

/// Directories with files of people.
fn homes() -> Vec<PathBuf> {
    let own = std::env::home_dir().filter(|home| home.is_absolute() && home != Path::new("/"));
    ["/home", "/root"].map(PathBuf::from).into_iter().chain(own).filter(|home| home.is_dir()).collect()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach() -> Reach<'static> {
        let path = Path::new;
        Reach {
            data: path("/d"),
            runtime: path("/r"),
            working: path("/d/files/n"),
            environment: Some(path("/d/python")),
        }
    }

    #[test]
    fn a_user_is_named_or_numbered() {
        let users = "root:x:0:0:root:/root:/bin/sh\njupyter:x:990:991::/:/bin/false\n";
        assert_eq!(user("jupyter", users), Some((990, 991)));
        assert_eq!(user("7:8", users), Some((7, 8)));
        for unknown in ["", "jup", "7", "x:y", "7:"] {
            assert_eq!(user(unknown, users), None, "{unknown}");
        }
    }

    #[test]
    fn without_isolation_nothing_is_wrapped_and_people_are_told() {
        assert_eq!(wrap(&Isolation::None, vec!["python".into()], &reach()), ["python"]);
        assert!(sentence(&Isolation::None).contains("everything that the user of the server may do"));
    }

    #[test]
    fn a_sandbox_hides_the_data_before_it_opens_what_lies_inside() {
        let isolation = Isolation::Bubblewrap { program: "/usr/bin/bwrap".into() };
        let arguments = wrap(&isolation, vec!["/nowhere/python".into(), "-m".into()], &reach());
        let at = |word: &str, before: &str| {
            arguments.windows(2).position(|pair| pair[0] == before && pair[1] == word).expect(word)
        };
        assert!(at("/", "--ro-bind") < at("/d", "--tmpfs"));
        assert!(at("/d", "--tmpfs") < at("/d/files/n", "--bind"));
        assert!(at("/d", "--tmpfs") < at("/d/python", "--bind"));
        assert_eq!(arguments[arguments.len() - 3..], ["--", "/nowhere/python", "-m"]);
    }
}
