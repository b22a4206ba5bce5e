// Names that nobody else makes at the same time.

/** So many bytes in hexadecimal digits; not `randomUUID`, which a page at another machine's plain `http` address lacks. */
export function byChance(bytes: number): string {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
