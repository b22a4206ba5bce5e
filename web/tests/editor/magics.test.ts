import { python } from '@codemirror/lang-python';
import { ensureSyntaxTree } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { classHighlighter, highlightTree } from '@lezer/highlight';
import { expect, test } from 'vitest';

import { described, grammar } from '../../src/editor/languages';
import { pieces, withMagics } from '../../src/editor/magics';

const known = (language: string): boolean => described(language) !== undefined;
const found = (text: string): string[] => pieces(text, known).map(({ kind, from, to, language }) => [kind, text.slice(from, to), language].filter((part) => part !== undefined).join(': '));

test('a cell without magics is all Python', () => {
  expect(found('a = 5 % 3\nb = a != 4\nc = "50%"')).toEqual([]);
});

test('the first line gives the rest of the cell to its language', () => {
  expect(found('%%bash -e\nls')).toEqual(['magic: %%bash', 'arguments:  -e', 'body: ls: bash']);
  expect(found('\n\n%%html\n<b>')).toEqual(['magic: %%html', 'body: <b>: html']);
  expect(found('%%!\nls')).toEqual(['magic: %%!', 'body: ls: bash']);
  expect(found('%%script --no-raise-error ruby\nputs 1').at(-1)).toBe('body: puts 1: ruby');
  expect(found('%%writefile src/lib.rs\nfn').at(-1)).toBe('body: fn: rs');
  expect(found('%%writefile notes\nfn').at(-1)).toBe('body: fn: plain');
});

test('a magic that measures keeps its Python and the magics in it', () => {
  expect(found('%%time\nx = 1\n!ls')).toEqual(['magic: %%time', 'magic: !', 'command: ls: bash']);
  expect(found('%%capture out\n%%bash\nls')).toEqual(['magic: %%capture', 'arguments:  out', 'magic: %%bash', 'body: ls: bash']);
});

test('lines for the shell, for magics and for help are no Python', () => {
  expect(found('%matplotlib inline\nx = 1')).toEqual(['magic: %matplotlib', 'arguments:  inline']);
  expect(found("  !echo it's\nx")).toEqual(['magic: !', "command: echo it's: bash"]);
  expect(found('files, rest = !ls *.py')).toEqual(['magic: !', 'command: ls *.py: bash']);
  expect(found('t = %timeit -o f()')).toEqual(['magic: %timeit', 'arguments:  -o f()']);
  expect(found('?print\nnumpy.array??')).toEqual(['magic: ?', 'arguments: print', 'magic: ??']);
});

test('what goes on from the line before is Python, whatever it begins with', () => {
  expect(found('x = (a\n%b)\n%time')).toEqual(['magic: %time']);
  expect(found('s = """# it\'s\n!no\n# """\n!yes')).toEqual(['magic: !', 'command: yes: bash']);
  expect(found('f("""x""" # (\n)\n!yes')).toEqual(['magic: !', 'command: yes: bash']);
});

/** Which pieces of text carry which class. */
async function colours(text: string): Promise<[string, string][]> {
  const state = EditorState.create({ doc: text, extensions: await grammar('python') });
  const tree = ensureSyntaxTree(state, text.length, 5000);
  const seen: [string, string][] = [];
  if (tree) highlightTree(tree, classHighlighter, (from, to, classes) => seen.push([text.slice(from, to), classes]));
  return seen;
}

test('a quote in a shell command colours nothing below it', async () => {
  const seen = await colours("!echo it's\ndef f(): pass");
  expect(seen).toContainEqual(['!', 'tok-macroName']);
  expect(seen).toContainEqual(['def', 'tok-keyword']);
});

test('the body of a cell magic has the colours of its language once that is there', async () => {
  await described('bash')?.load();
  const seen = await colours('%%bash\nfor x in *; do echo "$x"; done');
  expect(seen).toContainEqual(['%%bash', 'tok-macroName']);
  expect(seen).toContainEqual(['for', 'tok-keyword']);
  expect(seen).toContainEqual(['$x', 'tok-variableName tok-definition']);
});

test('Python around magics is parsed as one text', async () => {
  const state = EditorState.create({ doc: 'if a:\n%time x\n    b = "c"\n', extensions: withMagics(python(), described) });
  const tree = ensureSyntaxTree(state, state.doc.length, 5000);
  expect(tree?.resolveInner(state.doc.toString().indexOf('b ='), 1).matchContext(['IfStatement', 'Body', 'AssignStatement'])).toBe(true);
});
