// Every sentence of the page stands in src/text, so that it can be said in another language.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

import { asking } from '../src/text/asking';
import { board } from '../src/text/board';
import { findText } from '../src/text/find';
import { helpText } from '../src/text/help';
import { homeText } from '../src/text/home';
import { kernelText } from '../src/text/kernel';
import { widgetsText } from '../src/text/widgets';
import { chosen, text } from '../src/text/text';

const SOURCE = new URL('../src', import.meta.url).pathname;
/** Attributes that people see or hear. */
const SPOKEN = /^(aria-label|aria-description|aria-roledescription|aria-valuetext|title|placeholder|alt|label)$/;
const WORD = /\p{L}{2,}/u;
/** Names that are the same in every language. */
const NAMES = new Set(['Coscribe', '.ipynb']);

/** Still to be gone through. */
const NOT_YET = new Set([
  'AddBar.svelte',
  'Bin.svelte',
  'CellRail.svelte',
  'CellTools.svelte',
  'NotebookPage.svelte',
  'TopBar.svelte',
]);

interface Node {
  type: string;
  name?: string;
  data?: string;
  value?: unknown;
  [key: string]: unknown;
}

/** The literal sentences of a component's template. */
function literals(file: string): string[] {
  const found: string[] = [];
  const { fragment } = parse(readFileSync(file, 'utf8'), { modern: true });
  visit(fragment as unknown as Node, found, false);
  return found.map((literal) => literal.trim()).filter((literal) => WORD.test(literal) && !NAMES.has(literal));
}

function visit(node: Node, found: string[], code: boolean): void {
  if (node.type === 'Text' && !code) found.push(node.data ?? '');
  if (node.type === 'StyleDirective') return;
  if (node.type === 'Attribute' && !SPOKEN.test(node.name ?? '')) return;
  // `code` and `kbd` hold what is typed as it stands.
  const typed = code || (node.type === 'RegularElement' && /^(code|kbd)$/.test(node.name ?? ''));
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === 'object' && child !== null && typeof (child as Node).type === 'string') visit(child as Node, found, typed);
    }
  }
}

function components(): string[] {
  return readdirSync(join(SOURCE, 'ui'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.svelte'));
}

test('no component says a sentence of its own', () => {
  const spoken = components().filter((file) => !NOT_YET.has(file)).flatMap((file) => literals(join(SOURCE, 'ui', file)).map((literal) => `${file}: ${literal}`));
  expect(spoken).toEqual([]);
});

test('the finder of sentences finds them', () => {
  expect(components().length).toBeGreaterThan(20);
});

test('the first language wanted that is there is chosen, whatever its region', () => {
  expect(chosen(['xx-YY', 'en-GB', 'de'])).toBe('en');
  expect(chosen([])).toBe('en');
});

test('every entry says something', () => {
  const leaves = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value]);
  expect(leaves([text, asking, board, findText, helpText, homeText, kernelText, widgetsText]).filter((leaf) => leaf === '')).toEqual([]);
});
