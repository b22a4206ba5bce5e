// What a terminal would show of a text that moves its cursor back: progress bars overwrite themselves. Pure.

const ESCAPE = '\u001b';

export function settled(text: string): string {
  if (!text.includes('\b') && !/\r(?!\n)/.test(text)) return text.replaceAll('\r\n', '\n');
  return text.replaceAll('\r\n', '\n').split('\n').map(settledLine).join('\n');
}

function settledLine(line: string): string {
  return line.includes('\r') || line.includes('\b') ? line.split('\r').map(erased).reduce(overwritten, '') : line;
}

/** Each backspace takes the character before it. */
function erased(line: string): string {
  let kept = '';
  for (const sign of line) kept = sign === '\b' ? kept.slice(0, -1) : kept + sign;
  return kept;
}

/** With colours in it the two cannot be laid over each other by counting characters: the later one stands. */
function overwritten(before: string, after: string): string {
  if (after === '') return before;
  if (before.includes(ESCAPE) || after.includes(ESCAPE)) return after;
  return after + before.slice(after.length);
}
