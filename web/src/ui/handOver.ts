// Hands a file to the person, as browsers do it.

/** Freed at once it would sometimes be empty; by then the download has begun, and keeps what it reads. */
const FREED_MS = 60_000;

export function handOver(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), FREED_MS);
}
