// The floors of web/src, read from the imports: a module imports its own floor and those below it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = new URL('../src', import.meta.url).pathname;
const FLOORS = ['wire', 'text', 'doc', 'sync', 'editor', 'state', 'ui'];
const WITH_SVELTE = ['ui', 'widgets'];

interface Import {
  file: string;
  floor: string;
  from: string;
}

function imports(): Import[] {
  return FLOORS.flatMap((floor) =>
    readdirSync(join(SOURCE, floor), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|svelte)$/.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(SOURCE, floor, file), 'utf8');
        return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({ file: `${floor}/${file}`, floor, from: match[1] ?? '' }));
      }),
  );
}

test('the imports are read at all', () => {
  expect(imports().length).toBeGreaterThan(100);
});

test('no module imports a floor above its own', () => {
  const upwards = imports().filter(({ floor, from }) => {
    const target = FLOORS.indexOf(/^(?:\.\.\/)+(\w+)\//.exec(from)?.[1] ?? '');
    return target > FLOORS.indexOf(floor);
  });
  expect(upwards).toEqual([]);
});

test('only the screen imports Svelte', () => {
  const svelte = imports().filter(({ floor, from }) => /svelte/.test(from) && !WITH_SVELTE.includes(floor));
  expect(svelte).toEqual([]);
});

test('documents know neither a network nor a page', () => {
  const reaching = ['wire', 'doc'].flatMap((floor) => readdirSync(join(SOURCE, floor), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts') && REACHING.test(codeOf(join(SOURCE, floor, file)))));
  expect(reaching).toEqual([]);
});

test('what crosses the wire is declared by the server alone', () => {
  const declaring = readdirSync(join(SOURCE, 'sync')).filter((file) => {
    const code = codeOf(join(SOURCE, 'sync', file));
    return /from '\.\/rest'/.test(code) && /\brest\.(?:json|call|send|pieces)\b/.test(code) && /^(?:export )?(?:interface|type) /m.test(code);
  });
  expect(declaring).toEqual([]);
});

test('a call that brings or sends JSON says which of the generated types it is', () => {
  const calls = readdirSync(join(SOURCE, 'sync')).flatMap((file) => [...codeOf(join(SOURCE, 'sync', file)).matchAll(/\): Promise<(\w+)(?:\[\])?> \{\s*return (?:this\.rest|this)\.json\(/g)].map((match) => ({ file, type: match[1] ?? '' })));
  const generated = new Set([...readFileSync(join(SOURCE, 'wire/wire.ts'), 'utf8').matchAll(/^export type (\w+) /gm)].map((match) => match[1]));
  expect(calls.length).toBeGreaterThan(20);
  // `T` is what the caller says.
  expect(calls.filter(({ type }) => type !== 'T' && !generated.has(type))).toEqual([]);
});

const REACHING = /\b(?:(?:document|window|localStorage|navigator)\.|fetch\(|new WebSocket)/;

/** Without comments, which may speak of anything. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');
}
