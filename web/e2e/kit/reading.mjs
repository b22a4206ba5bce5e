// Reads an editor the way a person does: from what stands in the page, not from the program's memory.

/** Runs in the page, on the element people type into; uses nothing from outside itself. */
export function readEditor(content) {
  const foreign = '.caret, .cm-placeholder, .cm-widgetBuffer';
  const plain = (fragment) => {
    fragment.querySelectorAll(foreign).forEach((widget) => widget.remove());
    return fragment.textContent;
  };
  const lines = [...content.querySelectorAll('.cm-line')];
  const texts = lines.map((line) => plain(line.cloneNode(true)));
  const offset = (node, index) => {
    const at = lines.findIndex((line) => line.contains(node));
    if (at < 0) return undefined;
    const range = document.createRange();
    range.setStart(lines[at], 0);
    range.setEnd(node, index);
    const before = texts.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
    return before + plain(range.cloneContents()).length;
  };
  const selection = getSelection();
  const carets = [...content.querySelectorAll('.caret')].map((caret) => ({
    name: caret.querySelector('.caret-flag')?.textContent,
    offset: offset(caret.parentNode, [...caret.parentNode.childNodes].indexOf(caret)),
  }));
  return {
    text: texts.join('\n'),
    focused: document.activeElement === content,
    anchor: selection.anchorNode && offset(selection.anchorNode, selection.anchorOffset),
    head: selection.focusNode && offset(selection.focusNode, selection.focusOffset),
    carets,
  };
}
