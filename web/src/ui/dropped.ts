// The files that somebody dropped: those dropped as such, and the notebooks in folders, at any depth.

/** Where Jupyter keeps its own copies, and where programs keep what is theirs. */
const PASSED_OVER = /^\./;
const NOTEBOOK = /\.ipynb$/i;

/** Call it while the drop is handled: afterwards the browser forgets what was dropped. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const found = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => {
      const entry = item.webkitGetAsEntry();
      const file = item.getAsFile();
      if (entry?.isDirectory) return notebooksIn(entry as FileSystemDirectoryEntry);
      return Promise.resolve(file ? [file] : []);
    });
  return (await Promise.all(found)).flat();
}

async function notebooksIn(folder: FileSystemDirectoryEntry): Promise<File[]> {
  const entries = (await entriesOf(folder)).filter(({ name }) => !PASSED_OVER.test(name));
  const found = entries.map((entry) => {
    if (entry.isDirectory) return notebooksIn(entry as FileSystemDirectoryEntry);
    return NOTEBOOK.test(entry.name) ? fileOf(entry as FileSystemFileEntry) : Promise.resolve([]);
  });
  return (await Promise.all(found)).flat();
}

/** A reader gives some of them at a time, and none when there are no more. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File[]> {
  return new Promise((resolve) => entry.file((file) => resolve([file]), () => resolve([])));
}
