//! Moving a damaged document out of the way without losing a byte of it.
//!
//! Owns the files under `set-aside/`. Invariant: the document is removed from the store only after the file with all of
//! its records, as they are on disk, is durable.
//!
//! ```text
//! "COSCRIBE SET ASIDE 1\n" · name length (u32 LE) · name · record*
//! record: tree name length (u8) · tree name · key length (u32 LE) · key · value length (u32 LE) · value
//! ```

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    StorageError,
    catalogue::Catalogue,
    directory,
    engine::Engine,
    keys::{self, Kind},
    sled_store::SledStore,
    store::{DocumentKey, Entry, Store},
};

const MAGIC: &[u8] = b"COSCRIBE SET ASIDE 1\n";
const DIRECTORY: &str = "set-aside";

impl SledStore {
    /// Moves a document, damaged or not, out of the store into a file of raw records, and answers with the file. The
    /// document can then be created anew. Returns `None` if there is no such document.
    ///
    /// # Errors
    /// Any failure of the disk; the document is then still where it was.
    pub fn set_aside(&self, document: &DocumentKey) -> Result<Option<PathBuf>, StorageError> {
        let (engine, pin, catalogue) = self.shared.pinned(Catalogue::clone)?;
        if !catalogue.documents.contains_key(document) {
            return Ok(None);
        }
        let file = self.export(&engine, &catalogue, document)?;
        drop((engine, pin));
        let removed = self.append(Entry { delete: Some(document.clone()), ..Entry::default() })?.seq;
        self.shared.queue.wait_for_document(document);
        match self.durability().borrow().lost(removed) {
            Some(error) => Err(error.clone()),
            None => Ok(Some(file)),
        }
    }

    fn export(&self, engine: &Engine, catalogue: &Catalogue, document: &DocumentKey) -> Result<PathBuf, StorageError> {
        let directory = self.path.join(DIRECTORY);
        fs::create_dir_all(&directory).map_err(|cause| StorageError::io(&directory, cause))?;
        let path = free_name(&directory, document);
        let failed = |cause| StorageError::io(&path, cause);
        let mut file = BufWriter::new(File::create_new(&path).map_err(failed)?);
        file.write_all(MAGIC).and_then(|()| put(&mut file, document.0.as_bytes())).map_err(failed)?;
        if let Some(head) = engine.get(Kind::Documents, document.0.as_bytes())? {
            put_record(&mut file, Kind::Documents, document.0.as_bytes(), &head).map_err(failed)?;
        }
        let belongs = membership(catalogue, document);
        for kind in [Kind::Updates, Kind::Snapshots] {
            for found in engine.range(kind, Vec::new()) {
                let (key, value) = found?;
                if keys::parse_triple(&key).is_none_or(|(number, ..)| belongs(number)) {
                    put_record(&mut file, kind, &key, &value).map_err(failed)?;
                }
            }
        }
        file.flush()
            .and_then(|()| file.get_ref().sync_all())
            .and_then(|()| directory::sync_directory(&directory))
            .and_then(|()| directory::sync_directory(&self.path))
            .map_err(failed)?;
        Ok(path)
    }
}

/// Which document numbers are this document's. If its head is unreadable, every number that no other head claims may be.
fn membership(catalogue: &Catalogue, document: &DocumentKey) -> impl Fn(u64) -> bool {
    let readable = catalogue.documents.iter().filter(|(_, found)| found.damage.is_none());
    let own = catalogue.documents.get(document).filter(|found| found.damage.is_none()).map(|found| found.number);
    let others: BTreeSet<u64> = readable.filter(|(key, _)| *key != document).map(|(_, found)| found.number).collect();
    move |number| own.map_or(!others.contains(&number), |own| own == number)
}

/// A file name that tells the document and is not taken.
fn free_name(directory: &Path, document: &DocumentKey) -> PathBuf {
    /// File systems take 255 bytes.
    const NAME_BYTES: usize = 100;
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
    let name: String = document.0.chars().take(NAME_BYTES).map(safe).collect();
    let mut path = directory.join(format!("{name}.records"));
    let mut number = 1;
    while path.exists() {
        number += 1;
        path = directory.join(format!("{name}-{number}.records"));
    }
    path
}

fn put_record(file: &mut impl Write, kind: Kind, key: &[u8], value: &[u8]) -> io::Result<()> {
    let name = kind.tree_name();
    file.write_all(&[name.len() as u8])?;
    file.write_all(name.as_bytes())?;
    put(file, key)?;
    put(file, value)
}

fn put(file: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    file.write_all(&(bytes.len() as u32).to_le_bytes())?;
    file.write_all(bytes)
}
