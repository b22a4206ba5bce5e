// Python as IPython takes it: `%%magic` in the first line gives the rest of the cell to another language, `%magic`,
// `!command` and `object?` are lines of their own. Imports CodeMirror and Lezer only.
//
// Invariant: what is not Python never reaches Python's parser, so an apostrophe in a shell command colours no line
// below it; what is Python is parsed as one text, with the other lines cut out.

import { Language, LanguageDescription, languageDataProp, LanguageSupport, ParseContext } from '@codemirror/language';
import { NodeProp, NodeSet, NodeType, parseMixed, Parser, Tree, type Input, type NestedParse, type SyntaxNodeRef } from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';

type Describe = (language: string) => LanguageDescription | undefined;

/** A piece of a cell that is not Python. */
export interface Piece {
  kind: 'magic' | 'arguments' | 'command' | 'body';
  from: number;
  to: number;
  /** What a body or a command is written in; absent in plain text. */
  language?: string;
}

/** Magics that are not called like their language. */
const OTHER_LANGUAGE: { readonly [magic: string]: string } = {
  '!': 'bash',
  sh: 'bash',
  cmd: 'powershell',
  svg: 'xml',
  bigquery: 'sql',
  sparksql: 'sql',
  read_sql: 'sql',
  ai: 'markdown',
  mermaid: 'plain',
  dot: 'plain',
  graphviz: 'plain',
};
const PLAIN = 'plain';
const TO_A_FILE = new Set(['writefile', 'file']);

/** `%%` must be the first thing in a cell; blank lines before it are passed over. */
const CELL_MAGIC = /^\s*?(%%(!|[A-Za-z_][\w.+-]*))([^\n]*)(?:\n|$)/;
/** Any line that might not be Python; most cells have none and are looked at no closer. */
const SUSPECT = /^[ \t]*[%!?]|=[ \t]*[%!]|\?[ \t]*$/m;

/** The pieces of a cell's text that are not Python, in order; `known` tells the languages there is a grammar for. */
export function pieces(text: string, known: (language: string) => boolean): Piece[] {
  const magic = CELL_MAGIC.exec(text);
  if (!magic) return SUSPECT.test(text) ? lineMagics(text) : [];
  const [head = '', mark = '', name = '', rest = ''] = magic;
  const first = marked(0, head.slice(0, head.indexOf(mark)), mark, 'arguments', rest);
  const language = languageOfMagic(name, rest.trim());
  if (language === PLAIN || known(language)) return [...first, { kind: 'body', from: head.length, to: text.length, language }];
  // It measures or captures Python, which may have magics of its own.
  const inner = pieces(text.slice(head.length), known);
  return [...first, ...inner.map((piece) => ({ ...piece, from: piece.from + head.length, to: piece.to + head.length }))];
}

function languageOfMagic(name: string, rest: string): string {
  if (TO_A_FILE.has(name)) return /\.(\w+)['"]?\s*$/.exec(rest)?.[1] ?? PLAIN;
  if (name === 'script') return /^(?:\S*\/)?([A-Za-z]+)/.exec(rest.replace(/^(?:--?\S+\s+)*/, ''))?.[1] ?? PLAIN;
  return OTHER_LANGUAGE[name] ?? name.toLowerCase();
}

/** One logical line after the other: what stands in brackets or in a long string belongs to the line before. */
function lineMagics(text: string): Piece[] {
  const found: Piece[] = [];
  let open: Open = { depth: 0, quote: '' };
  let from = 0;
  for (const line of text.split('\n')) {
    const here = open.depth === 0 && open.quote === '' ? piecesOfLine(line, from) : [];
    found.push(...here);
    open = behind(here[0] ? line.slice(0, here[0].from - from) : line, open);
    from += line.length + 1;
  }
  return found;
}

const LINE_MAGIC = /^(\s*)(%[A-Za-z_]\w*)(.*)$/;
const COMMAND = /^(\s*)(!{1,2})(.*)$/;
const ASSIGNED = /^(\s*[\w.,\s[\]'"]+=\s*)(?:(%[A-Za-z_]\w*)|(!))(.*)$/;
const HELP_BEFORE = /^(\s*)(\?{1,2})(.*)$/;
const HELP_BEHIND = /^(\s*[%\w.*[\]]+)(\?{1,2})\s*$/;

function piecesOfLine(line: string, start: number): Piece[] {
  const magic = LINE_MAGIC.exec(line) ?? HELP_BEFORE.exec(line);
  if (magic) return marked(start, magic[1] ?? '', magic[2] ?? '', 'arguments', magic[3] ?? '');
  const command = COMMAND.exec(line);
  if (command) return marked(start, command[1] ?? '', command[2] ?? '', 'command', command[3] ?? '');
  const assigned = ASSIGNED.exec(line);
  if (assigned) {
    const [, before = '', percent, bang, rest = ''] = assigned;
    return marked(start, before, percent ?? bang ?? '', percent === undefined ? 'command' : 'arguments', rest);
  }
  const help = HELP_BEHIND.exec(line);
  return help ? marked(start, help[1] ?? '', help[2] ?? '', 'arguments', '') : [];
}

function marked(start: number, before: string, mark: string, kind: 'arguments' | 'command', rest: string): Piece[] {
  const from = start + before.length;
  const end = from + mark.length;
  const head: Piece = { kind: 'magic', from, to: end };
  if (rest === '') return [head];
  const tail: Piece = { kind, from: end, to: end + rest.length };
  return [head, kind === 'command' ? { ...tail, language: 'bash' } : tail];
}

/** What a line leaves open to the next: brackets, or a long string by its quotes. */
interface Open {
  depth: number;
  quote: string;
}

const TOKEN = /"""|'''|#.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[([{]|[)\]}]|\\./g;

function behind(line: string, before: Open): Open {
  let { depth, quote } = before;
  let position = 0;
  for (;;) {
    if (quote !== '') {
      const end = line.indexOf(quote, position);
      if (end < 0) return { depth, quote };
      position = end + quote.length;
      quote = '';
    }
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(line)?.[0];
    if (token === undefined) return { depth, quote };
    position = TOKEN.lastIndex;
    if (token === '"""' || token === "'''") quote = token;
    else if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth = Math.max(0, depth - 1);
  }
}

/** Python's support with IPython's lines taken out and given to whom they belong. */
export function withMagics(python: LanguageSupport, describe: Describe): LanguageSupport {
  const nodes = nodeTypes(python.language);
  const nest = (node: SyntaxNodeRef, input: Input) => nested(node, input, python.language, describe);
  const outer = new Pieces(nodes, (language) => describe(language) !== undefined);
  const parser = new Mixed(outer, parseMixed(nest));
  return new LanguageSupport(new Language(python.language.data, parser, [], 'ipython'), python.support);
}

const LANGUAGE = new NodeProp<string>({ perNode: true });

interface Types {
  top: NodeType;
  kinds: { [kind in Piece['kind']]: NodeType };
}

function nodeTypes(python: Language): Types {
  const type = (id: number, name: string) => NodeType.define({ id, name });
  const plain = [type(1, 'Magic'), type(2, 'Arguments'), type(3, 'Command'), type(4, 'Body')];
  const top = NodeType.define({ id: 0, name: 'IPython', top: true, props: [[languageDataProp, python.data]] });
  const set = new NodeSet([top, ...plain]).extend(styleTags({ Magic: tags.macroName }));
  const [styled, magic, rest, command, body] = set.types as [NodeType, NodeType, NodeType, NodeType, NodeType];
  return { top: styled, kinds: { magic, arguments: rest, command, body } };
}

/** Finds the pieces in one go: looking at lines is far cheaper than parsing them. */
class Pieces extends Parser {
  constructor(
    private readonly types: Types,
    private readonly known: (language: string) => boolean,
  ) {
    super();
  }

  createParse(input: Input): ReturnType<Parser['createParse']> {
    let stopped: number | null = null;
    return {
      parsedPos: input.length,
      get stoppedAt() {
        return stopped;
      },
      stopAt: (position) => (stopped = position),
      advance: () => this.#tree(input),
    };
  }

  #tree(input: Input): Tree {
    const children: Tree[] = [];
    const positions: number[] = [];
    for (const { kind, from, to, language } of pieces(input.read(0, input.length), this.known)) {
      const props: [NodeProp<string>, string][] = language === undefined ? [] : [[LANGUAGE, language]];
      children.push(new Tree(this.types.kinds[kind], [], [], to - from, props));
      positions.push(from);
    }
    return new Tree(this.types.top, children, positions, input.length);
  }
}

class Mixed extends Parser {
  constructor(
    private readonly outer: Parser,
    private readonly wrap: ReturnType<typeof parseMixed>,
  ) {
    super();
  }

  createParse(...[input, fragments, ranges]: Parameters<Parser['createParse']>): ReturnType<Parser['createParse']> {
    return this.wrap(this.outer.createParse(input, fragments, ranges), input, fragments, ranges);
  }
}

function nested(node: SyntaxNodeRef, input: Input, python: Language, describe: Describe): NestedParse | null {
  if (node.type.isTop && node.name === 'IPython') return { parser: python.parser, overlay: gaps(node.node.firstChild, input.length) };
  const language = node.tree?.prop(LANGUAGE);
  const found = language === undefined ? undefined : describe(language);
  if (!found) return null;
  return { parser: found.support ? found.support.language.parser : ParseContext.getSkippingParser(found.load()) };
}

/** What lies between the pieces. */
function gaps(first: { from: number; to: number; nextSibling: unknown } | null, length: number): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let from = 0;
  for (let piece = first; piece !== null; piece = piece.nextSibling as typeof first) {
    if (piece.from > from) ranges.push({ from, to: piece.from });
    from = piece.to;
  }
  if (from < length) ranges.push({ from, to: length });
  return ranges;
}
