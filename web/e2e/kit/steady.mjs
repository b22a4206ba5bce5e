// Whether somebody is left in peace: the caret, the selection and the place on the screen stay as they are.

import assert from 'node:assert/strict';

import { eventually } from './eventually.mjs';

/** A rounded line or two of what a browser draws is not a jump. */
const STEADY_PX = 2;

/** What this person has before them at an offset of a cell; the function returned checks it again after each deed of others. */
export async function settle(person, id, offset) {
  const cell = person.cell(id);
  await cell.caretAt(offset);
  await cell.box.evaluate((box) => window.scrollTo(0, box.offsetTop - 250));
  const before = await cell.read();
  // Where the page has come to rest.
  let top = await cell.top();
  await eventually(async () => {
    const now = await cell.top();
    const rests = now === top;
    top = now;
    return rests;
  }, 'the page rests');
  return async (deed) => {
    const now = await cell.read();
    assert.deepEqual([now.focused, now.anchor, now.head], [true, before.anchor, before.head], `caret after ${deed}`);
    const shift = Math.abs((await cell.top()) - top);
    assert.ok(shift <= STEADY_PX, `the cell ${person.name} is in moved by ${shift} px on the screen after ${deed}`);
  };
}
