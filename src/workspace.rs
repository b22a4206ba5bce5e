//! The working directory of a notebook: what its code and its people find there. Listing, reading, writing, removing.
//!
//! Imports nothing of ours. Blocks: not for threads that serve.
//!
//! Invariant: nothing outside the directory is reached, however a path is written and whatever the code that runs there
//! does meanwhile: each part of a path is opened in the one before it, and links are never followed.

mod path;

use std::{
    collections::VecDeque,
    fs::{self, File, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{MetadataExt, PermissionsExt, chown, fchown},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, mkdirat, open, openat, renameat, statat, unlinkat},
    io::Errno,
};
use tempfile::NamedTempFile;

pub use self::path::{FilePath, InvalidPath};

/// Files that are listed at most: more than a panel shows, little enough to be asked for often.
pub const FILES_LISTED: usize = 1000;

/// Folders within folders that are looked into.
const DEPTH: usize = 8;

/// Folders that are looked into at most, so that a tree of empty ones ends too.
const FOLDERS: usize = 1000;

/// Beside the directories of the notebooks; no notebook is called so, for an id has no dot.
const UPLOADS: &str = ".uploads";

/// What a file is made with: its owner writes, others read.
const FILE_MODE: u32 = 0o644;

/// A working directory, whether it is there already or not.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    /// User and group whom everything in it is given to.
    owner: Option<(u32, u32)>,
}

/// A file in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// From the working directory on, with slashes.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// When it was last written, in milliseconds since the Unix epoch.
    pub modified: i64,
}

/// The files of a directory by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    pub files: Vec<Listed>,
    /// There are more than are listed.
    pub more: bool,
}

/// Why something could not be done; nothing changed.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("There is no file {0}.")]
    Unknown(String),
    #[error("The path {0} is a folder; name a file in it.")]
    Folder(String),
    #[error("The path {0} is no plain file; links and devices are neither followed nor changed.")]
    NotPlain(String),
    #[error("A part of {0} is a file or a link, and nothing lies inside those.")]
    NoFolder(String),
    #[error("The disk is full.")]
    DiskFull,
    #[error("the files cannot be reached: {0}")]
    Disk(#[source] io::Error),
}

impl Workspace {
    /// The directory at `root`; everything in it belongs to `owner`, if that is not the user of this process.
    pub fn new(root: PathBuf, owner: Option<(u32, u32)>) -> Self {
        Self { root, owner }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the directory, if it is not there.
    pub fn make(&self) -> io::Result<()> {
        if self.root.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.root)?;
        self.owner.map_or(Ok(()), |(user, group)| chown(&self.root, Some(user), Some(group)))
    }

    /// The files in it, those in the uppermost folders first to be counted. What begins with a dot is left out.
    pub fn list(&self) -> Result<Listing, FileError> {
        let (mut listing, mut waiting, mut looked) = (Listing::default(), VecDeque::from([FilePath::root()]), 0);
        while let Some(folder) = waiting.pop_front() {
            looked += 1;
            listing.more |= looked > FOLDERS;
            if listing.more {
                break;
            }
            match self.folder(&folder, false, &folder) {
                Ok(directory) => look(&folder, &directory, &mut listing, &mut waiting)?,
                // It went meanwhile, or there is no directory yet.
                Err(FileError::Unknown(_) | FileError::NoFolder(_)) => {}
                Err(error) => return Err(error),
            }
        }
        listing.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(listing)
    }

    /// Opens a file for reading; its size in bytes.
    pub fn read(&self, path: &FilePath) -> Result<(File, u64), FileError> {
        let (folder, name) = self.place_of(path, false)?;
        // A pipe would keep whoever opens it waiting.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(openat(&folder, name, flags, Mode::empty()).map_err(|error| refused(error, path))?);
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(FileError::Folder(path.to_string()));
        }
        if !about.is_file() {
            return Err(FileError::NotPlain(path.to_string()));
        }
        Ok((file, about.len()))
    }

    /// Begins to write a file. It appears, whole, when it is finished; until then what was there stays.
    pub fn write(&self, path: FilePath) -> Result<Upload, FileError> {
        let uploads = self.root.parent().unwrap_or(&self.root).join(UPLOADS);
        fs::create_dir_all(&uploads)?;
        let file = NamedTempFile::new_in(uploads)?;
        Ok(Upload { workspace: self.clone(), path, file })
    }

    /// Removes a file.
    pub fn remove(&self, path: &FilePath) -> Result<(), FileError> {
        let (folder, name) = self.place_of(path, false)?;
        let about = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| refused(error, path))?;
        match FileType::from_raw_mode(about.st_mode) {
            FileType::Directory => Err(FileError::Folder(path.to_string())),
            _ => unlinkat(&folder, name, AtFlags::empty()).map_err(|error| refused(error, path)),
        }
    }

    /// The folder a file is in, and its name there.
    fn place_of<'a>(&self, path: &'a FilePath, make: bool) -> Result<(OwnedFd, &'a str), FileError> {
        let (folder, name) = path.split();
        Ok((self.folder(&folder, make, path)?, name))
    }

    /// Opens a folder part by part; `wanted` is what a failure is told of.
    fn folder(&self, path: &FilePath, make: bool, wanted: &FilePath) -> Result<OwnedFd, FileError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let failed = |error| in_the_way(error, wanted);
        if make {
            self.make()?;
        }
        let mut folder = open(&self.root, flags, Mode::empty()).map_err(failed)?;
        for part in path.parts() {
            if make {
                self.make_folder(&folder, part).map_err(failed)?;
            }
            folder = openat(&folder, part, flags, Mode::empty()).map_err(failed)?;
        }
        Ok(folder)
    }

    fn make_folder(&self, within: &OwnedFd, name: &str) -> Result<(), Errno> {
        match mkdirat(within, name, Mode::from_raw_mode(0o755)) {
            Err(Errno::EXIST) => return Ok(()),
            made => made?,
        }
        let Some((user, group)) = self.owner else { return Ok(()) };
        let folder = openat(within, name, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
        fchown(folder, Some(user), Some(group)).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

/// Removes what uploads left behind that a crash has ended. `files` holds the working directories of all notebooks.
pub fn clear_uploads(files: &Path) -> io::Result<()> {
    match fs::remove_dir_all(files.join(UPLOADS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// None was there before.
    pub created: bool,
    pub file: Listed,
}

/// A file that is being written; dropped, it is gone.
#[derive(Debug)]
pub struct Upload {
    workspace: Workspace,
    path: FilePath,
    file: NamedTempFile,
}

impl Upload {
    /// To write to.
    pub fn file(&self) -> io::Result<File> {
        self.file.as_file().try_clone()
    }

    /// Puts the file at its place, over the one that is there. It is on disk when this returns.
    pub fn finish(self) -> Result<Written, FileError> {
        let Self { workspace, path, file } = self;
        file.as_file().sync_all()?;
        file.as_file().set_permissions(Permissions::from_mode(FILE_MODE))?;
        if let Some((user, group)) = workspace.owner {
            fchown(file.as_file(), Some(user), Some(group))?;
        }
        let (folder, name) = workspace.place_of(&path, true)?;
        let created = match statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(about) if FileType::from_raw_mode(about.st_mode) == FileType::Directory => {
                return Err(FileError::Folder(path.to_string()));
            }
            found => found.is_err(),
        };
        renameat(CWD, file.path(), &folder, name).map_err(|error| refused(error, &path))?;
        let about = file.as_file().metadata()?;
        let modified = about.mtime() * 1000 + about.mtime_nsec() / 1_000_000;
        Ok(Written { created, file: Listed { path: path.to_string(), size: about.len(), modified } })
    }
}

/// Reads one folder.
fn look(
    folder: &FilePath,
    directory: &OwnedFd,
    listing: &mut Listing,
    waiting: &mut VecDeque<FilePath>,
) -> Result<(), FileError> {
    for entry in Dir::read_from(directory)? {
        let entry = entry?;
        // What cannot be asked for is not told of.
        let Some(path) = entry.file_name().to_str().ok().and_then(|name| folder.join(name)) else { continue };
        if path.is_hidden() {
            continue;
        }
        let Ok(about) = statat(directory, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else { continue };
        match FileType::from_raw_mode(about.st_mode) {
            FileType::Directory if path.parts().len() <= DEPTH => waiting.push_back(path),
            FileType::RegularFile if listing.files.len() == FILES_LISTED => listing.more = true,
            FileType::RegularFile => {
                let modified = about.st_mtime * 1000 + (about.st_mtime_nsec / 1_000_000) as i64;
                let size = u64::try_from(about.st_size).unwrap_or_default();
                listing.files.push(Listed { path: path.to_string(), size, modified });
            }
            _ => {}
        }
        if listing.more {
            break;
        }
    }
    Ok(())
}

/// What the end of a path was refused for.
fn refused(error: Errno, path: &FilePath) -> FileError {
    match error {
        Errno::NOENT => FileError::Unknown(path.to_string()),
        Errno::ISDIR => FileError::Folder(path.to_string()),
        Errno::LOOP | Errno::NXIO => FileError::NotPlain(path.to_string()),
        error => in_the_way(error, path),
    }
}

/// What a folder on the way was refused for.
fn in_the_way(error: Errno, path: &FilePath) -> FileError {
    match error {
        Errno::NOENT => FileError::Unknown(path.to_string()),
        Errno::NOTDIR | Errno::LOOP => FileError::NoFolder(path.to_string()),
        error => error.into(),
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Disk(error),
        }
    }
}

impl From<Errno> for FileError {
    fn from(error: Errno) -> Self {
        io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        os::unix::fs::symlink,
    };

    use tempfile::TempDir;

    use super::*;

    fn workspace() -> (TempDir, Workspace) {
        let place = tempfile::tempdir().unwrap();
        let workspace = Workspace::new(place.path().join("files/n"), None);
        (place, workspace)
    }

    fn path(text: &str) -> FilePath {
        FilePath::parse(text).unwrap()
    }

    fn put(workspace: &Workspace, at: &str, content: &str) -> Result<bool, FileError> {
        let upload = workspace.write(path(at))?;
        upload.file().unwrap().write_all(content.as_bytes()).unwrap();
        Ok(upload.finish()?.created)
    }

    fn content(workspace: &Workspace, at: &str) -> Result<String, FileError> {
        let mut text = String::new();
        workspace.read(&path(at))?.0.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn listed(workspace: &Workspace) -> Vec<(String, u64)> {
        workspace.list().unwrap().files.into_iter().map(|file| (file.path, file.size)).collect()
    }

    #[test]
    fn files_are_written_listed_read_and_removed_with_their_folders() {
        let (_place, workspace) = workspace();
        assert_eq!(workspace.list().unwrap(), Listing::default());
        assert!(put(&workspace, "my data/é.csv", "1,2").unwrap());
        assert!(!put(&workspace, "my data/é.csv", "3").unwrap(), "it was there");
        assert!(put(&workspace, ".hidden", "x").unwrap());
        assert_eq!(listed(&workspace), [("my data/é.csv".to_owned(), 1)]);
        assert_eq!(content(&workspace, "my data/é.csv").unwrap(), "3");
        assert_eq!(content(&workspace, ".hidden").unwrap(), "x");
        assert!(workspace.list().unwrap().files[0].modified > 1_600_000_000_000);
        workspace.remove(&path("my data/é.csv")).unwrap();
        assert!(matches!(workspace.remove(&path("my data/é.csv")), Err(FileError::Unknown(_))));
        assert!(matches!(content(&workspace, "my data/é.csv"), Err(FileError::Unknown(_))));
    }

    #[test]
    fn no_link_leads_out_or_is_changed_through_not_even_one_on_the_way() {
        let (place, workspace) = workspace();
        workspace.make().unwrap();
        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret"), "secret").unwrap();
        symlink(&outside, workspace.root().join("folder")).unwrap();
        symlink(outside.join("secret"), workspace.root().join("file")).unwrap();
        assert!(matches!(content(&workspace, "file"), Err(FileError::NotPlain(_))));
        assert!(matches!(content(&workspace, "folder/secret"), Err(FileError::NoFolder(_))));
        assert!(matches!(put(&workspace, "folder/new", "x"), Err(FileError::NoFolder(_))));
        assert!(matches!(workspace.remove(&path("folder/secret")), Err(FileError::NoFolder(_))));
        assert_eq!(listed(&workspace), []);
        // A link at the very place is replaced, or removed, itself.
        assert!(!put(&workspace, "file", "mine").unwrap());
        workspace.remove(&path("folder")).unwrap();
        assert_eq!(fs::read_to_string(outside.join("secret")).unwrap(), "secret");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn folders_and_pipes_are_no_files() {
        let (_place, workspace) = workspace();
        put(&workspace, "folder/x", "").unwrap();
        assert!(matches!(content(&workspace, "folder"), Err(FileError::Folder(_))));
        assert!(matches!(workspace.remove(&path("folder")), Err(FileError::Folder(_))));
        assert!(matches!(put(&workspace, "folder", "x"), Err(FileError::Folder(_))));
        assert!(matches!(put(&workspace, "folder/x/y", "x"), Err(FileError::NoFolder(_))));
        let pipe = workspace.root().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(content(&workspace, "pipe"), Err(FileError::NotPlain(_))));
        assert_eq!(listed(&workspace), [("folder/x".to_owned(), 0)]);
    }

    #[test]
    fn an_upload_that_ends_early_leaves_nothing_and_changes_nothing() {
        let (place, workspace) = workspace();
        put(&workspace, "a", "before").unwrap();
        let upload = workspace.write(path("a")).unwrap();
        upload.file().unwrap().write_all(b"half").unwrap();
        assert_eq!(content(&workspace, "a").unwrap(), "before");
        drop(upload);
        assert_eq!(fs::read_dir(place.path().join("files/.uploads")).unwrap().count(), 0);
        clear_uploads(&place.path().join("files")).unwrap();
        assert_eq!(content(&workspace, "a").unwrap(), "before");
    }

    #[test]
    fn a_list_is_bounded_and_says_so() {
        let (_place, workspace) = workspace();
        workspace.make().unwrap();
        for number in 0..=FILES_LISTED {
            fs::write(workspace.root().join(number.to_string()), "").unwrap();
        }
        let listing = workspace.list().unwrap();
        assert_eq!((listing.files.len(), listing.more), (FILES_LISTED, true));
    }
}
