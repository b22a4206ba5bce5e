import { ensureSyntaxTree } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { classHighlighter, highlightTree } from '@lezer/highlight';
import { expect, test } from 'vitest';

import { customaryIndent, described, grammar } from '../../src/editor/languages';

async function classes(language: string, text: string): Promise<Set<string>> {
  const state = EditorState.create({ doc: text, extensions: await grammar(language) });
  const tree = ensureSyntaxTree(state, text.length, 5000);
  const seen = new Set<string>();
  if (tree) highlightTree(tree, classHighlighter, (_from, _to, names) => names.split(' ').forEach((name) => seen.add(name)));
  return seen;
}

/** As kernels name themselves in `language_info` or in their specification, with a line each has a colour for. */
const KERNELS: readonly [string, string, string][] = [
  ['python', 'def f(): return "x"', 'tok-keyword'],
  ['Python 3.11', 'def f(): return "x"', 'tok-keyword'],
  ['sagemath', 'for x in y: pass', 'tok-keyword'],
  ['R', 'f <- function(x) "a"', 'tok-string'],
  ['julia', 'function f(x) end', 'tok-keyword'],
  ['julia-1.10', 'function f(x) end', 'tok-keyword'],
  ['javascript', 'const a = `b`', 'tok-keyword'],
  ['typescript', 'let a: number = 1', 'tok-typeName'],
  ['bash', 'if true; then echo "a"; fi', 'tok-keyword'],
  ['zsh', 'if true; then echo "a"; fi', 'tok-keyword'],
  ['sql', 'SELECT 1 FROM t', 'tok-keyword'],
  ['rust', 'fn main() {}', 'tok-keyword'],
  ['C++17', 'return 1;', 'tok-keyword'],
  ['c', 'return 1;', 'tok-keyword'],
  ['java', 'class A {}', 'tok-keyword'],
  ['kotlin', 'fun f() = "a"', 'tok-keyword'],
  ['scala', 'def f = "a"', 'tok-keyword'],
  ['go', 'func main() {}', 'tok-keyword'],
  ['ruby', 'def f; end', 'tok-keyword'],
  ['haskell', 'f = let x = "a" in x', 'tok-keyword'],
  ['OCaml', 'let x = "a" in x', 'tok-keyword'],
  ['lua', 'local x = "a"', 'tok-keyword'],
  ['perl', 'my $x = "a";', 'tok-string'],
  ['php', 'function f() { return "a"; }', 'tok-keyword'],
  ['swift', 'func f() {}', 'tok-keyword'],
  ['octave', 'function f()\nend', 'tok-keyword'],
  ['MATLAB', 'for i = 1:2, end', 'tok-keyword'],
  ['C#', 'class A {}', 'tok-keyword'],
  ['F#', 'let x = "a"', 'tok-keyword'],
  ['PowerShell', 'if ($x) { "a" }', 'tok-keyword'],
  ['clojure', '(defn f [] "a")', 'tok-keyword'],
  ['fortran', 'program a\nend program', 'tok-keyword'],
  ['sas', 'data a; x = "b"; run;', 'tok-string'],
  ['scheme', '(define x "a")', 'tok-string'],
  ['groovy', 'def x = "a"', 'tok-keyword'],
  ['wolfram language', '(* a *) x = "a"', 'tok-string'],
  ['html', '<b class="x">', 'tok-typeName'],
  ['css', 'a { color: red }', 'tok-propertyName'],
  ['json', '{"a": 1}', 'tok-number'],
  ['yaml', 'a: "b"', 'tok-string'],
  ['latex', '\\section{a} % b', 'tok-comment'],
];

test.each(KERNELS)('code of the kernel language %s has colours', async (language, text, name) => {
  expect([...(await classes(language, text))]).toContain(name);
});

test('every grammar of the table can be loaded, under each of its names', async () => {
  const names = ['d', 'crystal', 'coffeescript', 'pascal', 'vb', 'gdl', 'kdb', 'apl', 'sparql', 'cypher', 'svg', 'diff', 'dockerfile', 'toml', 'ini', 'erlang', 'tcl', 'lisp', 'dart', 'objc', 'sml', 'tsx'];
  for (const name of names) expect((await described(name)?.load())?.language, name).toBeDefined();
});

test('a language nobody knows is plain text', async () => {
  expect(described('brainstorm')).toBeUndefined();
  expect(await grammar('brainstorm')).toEqual([]);
  expect(described('')).toBeUndefined();
});

test('a note has the colours of Markdown, of the code in its fences, and one for formulas', async () => {
  await described('python')?.load();
  const seen = await classes('markdown', '# Title\n\n$a_b$ and $c_d$ **bold**\n\n```python\nreturn 1\n```\n');
  expect([...seen]).toEqual(expect.arrayContaining(['tok-heading', 'tok-strong', 'tok-keyword', 'tok-string2']));
  expect([...seen]).not.toContain('tok-emphasis');
  expect([...(await classes('markdown', 'for $5 and $6'))]).toEqual([]);
});

test('each language has the indent its people are used to', () => {
  expect(['Python 3', 'r', 'go', 'brainstorm'].map(customaryIndent)).toEqual(['    ', '  ', '\t', '    ']);
});
