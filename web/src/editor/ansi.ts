// Terminal colours as HTML with classes. Everything else in the text is escaped.

import { AnsiUp } from 'ansi_up';

export function ansiToHtml(text: string): string {
  const ansi = new AnsiUp();
  ansi.use_classes = true;
  // Hyperlinks of foreign origin stay text.
  ansi.url_allowlist = {};
  return ansi.ansi_to_html(text);
}
