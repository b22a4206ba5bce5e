// Hands a file to the person, as browsers do it.

export function handOver(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the file by the next turn; freed at once it would sometimes be empty.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
