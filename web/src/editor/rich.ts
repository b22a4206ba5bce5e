// Formatted text from elsewhere, pasted into a note or a prompt: comes in as Markdown. What converts it is loaded by the
// first such paste.
//
// Invariant: what was copied as plain text, and code from other editors, comes in as it is; so does everything when it
// is pasted with Shift.

import { syntaxTree } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';

/** Elements that say something; editors of code copy theirs with spans of colour only. */
const MEANING = /<(?:table|a\s[^>]*href|ul|ol|h[1-6]|blockquote|b|strong|i|em|del|s|code|hr)[\s>/]/i;
/** More is a whole site, and reading it would hold up the page. */
const LONGEST = 2_000_000;
const ADDRESS = /^\s*[a-z][a-z+.-]*:\/\/\S+\s*$/i;

/** Whether the formatted text on a clipboard has more to it than the plain one. */
export function saysMoreThanText(data: DataTransfer): boolean {
  const html = data.getData('text/html');
  return html.length <= LONGEST && MEANING.test(html) && !ADDRESS.test(data.getData('text/plain'));
}

export const richPaste: Extension = EditorView.domEventHandlers({
  paste(event, view) {
    const data = event.clipboardData;
    if (!data || !saysMoreThanText(data) || inCode(view)) return false;
    const [html, plain] = [data.getData('text/html'), data.getData('text/plain')];
    void import('./rich/convert').then(({ toMarkdown }) => toMarkdown(html) || plain).catch(() => plain).then((text) => insert(view, text));
    return true;
  },
});

function inCode(view: EditorView): boolean {
  for (let node = syntaxTree(view.state).resolveInner(view.state.selection.main.from, 1); node.parent; node = node.parent) {
    if (/Code/.test(node.name)) return true;
  }
  return false;
}

function insert(view: EditorView, text: string): void {
  view.dispatch(view.state.replaceSelection(text), { userEvent: 'input.paste', scrollIntoView: true });
}
