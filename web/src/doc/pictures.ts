// The pictures of notes when their texts are joined or parted. Pure.
//
// Invariant: a text that calls a picture still finds that picture afterwards, also when two notes use one name.

import type { JsonObject } from './schema';

export interface Illustrated {
  text: string;
  attachments: JsonObject;
}

/** The pictures of `attachments` that the text calls. */
export function called(text: string, attachments: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(attachments).filter(([name]) => callOf(name).test(text)));
}

/** `added` with pictures named so that none hides one of `present`, and its text calling them by these names. */
export function beside(present: JsonObject, added: Illustrated): Illustrated {
  let { text } = added;
  const attachments: JsonObject = {};
  for (const [name, picture] of Object.entries(added.attachments)) {
    const free = freeName(name, picture, { ...present, ...attachments });
    attachments[free] = picture;
    if (free !== name) text = text.replaceAll(callOf(name, 'g'), () => `attachment:${encodeURI(free)}`);
  }
  return { text, attachments };
}

/** The name itself when nothing else has it, else the next free one: `plot.png`, `plot-2.png`. */
function freeName(name: string, picture: unknown, taken: JsonObject): string {
  const [, stem = '', suffix = ''] = /^(.*?)(\.[^.]*)?$/s.exec(name) ?? [];
  for (let count = 1; ; count += 1) {
    const candidate = count === 1 ? name : `${stem}-${count}${suffix}`;
    if (!(candidate in taken) || JSON.stringify(taken[candidate]) === JSON.stringify(picture)) return candidate;
  }
}

/** A call of the picture in Markdown or HTML, its name written plainly or as an address. */
function callOf(name: string, flags = ''): RegExp {
  const written = [...new Set([name, encodeURI(name)])].map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`attachment:(?:${written.join('|')})(?=[\\s)"'>]|$)`, flags);
}
