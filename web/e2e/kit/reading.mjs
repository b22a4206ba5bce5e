// Reads an editor the way a person does: from what stands in the page, not from the program's memory.

/** Runs in the page, on the element people type into; uses nothing from outside itself. */
export function readEditor(content) {
  const foreign = '.cm-placeholder, .cm-widgetBuffer';
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
  const textNodeAt = (line, index) => {
    const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    let before = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest('.cm-placeholder')) continue;
      if (index <= before + node.length) return { node, index: index - before };
      before += node.length;
    }
    return undefined;
  };
  /** Where a sign of a line stands; the empty sign is the end of the line. */
  const spotOf = (line, index, sign) => {
    const range = document.createRange();
    const [start, end] = [textNodeAt(lines[line], index), textNodeAt(lines[line], index + sign.length)];
    const offset = texts.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + index;
    if (!start) return { ...bounds(lines[line]), sign, offset };
    range.setStart(start.node, start.index);
    range.setEnd(end.node, end.index);
    return { ...bounds(range), sign, offset };
  };
  const bounds = (thing) => {
    const { left, right, top, bottom } = thing.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const selection = getSelection();
  // What others have is drawn over and under the text: it is where it is seen.
  const rows = [...content.closest('.cm-editor').querySelectorAll('.caret-row')];
  const painted = [...content.closest('.cm-editor').querySelectorAll('.caret-selection')].map((box) => box.getBoundingClientRect());
  const spots = rows.length + painted.length === 0 ? [] : texts.flatMap((text, at) => [...text, ''].map((sign, index, all) => spotOf(at, all.slice(0, index).join('').length, sign)));
  const carets = rows.map((row) => {
    const { left, top, bottom } = row.querySelector('.caret').getBoundingClientRect();
    const at = spots.find((spot) => spot.bottom > top && spot.top < bottom && Math.abs(spot.left - left) < 2.5);
    const flag = row.querySelector('.caret-flag');
    return { name: flag.textContent, offset: at?.offset, named: row.classList.contains('lit') };
  });
  const covered = ({ left, right, top, bottom }) =>
    painted.some((box) => box.left < (left + right) / 2 && box.right > (left + right) / 2 && box.top < (top + bottom) / 2 && box.bottom > (top + bottom) / 2);
  return {
    text: texts.join('\n'),
    focused: document.activeElement === content,
    anchor: selection.anchorNode && offset(selection.anchorNode, selection.anchorOffset),
    head: selection.focusNode && offset(selection.focusNode, selection.focusOffset),
    carets,
    selectedByOthers: spots.filter((spot) => spot.sign !== '' && covered(spot)).map((spot) => spot.sign).join(''),
  };
}
