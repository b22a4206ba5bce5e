// Which grammar highlights a language as kernels, fences and magics name it, loaded when first asked for. Imports
// CodeMirror only.
//
// Invariant: no grammar is in the first load; a name nobody knows, or a grammar that cannot be loaded, is plain text.

import { LanguageDescription, LanguageSupport, StreamLanguage, type StreamParser } from '@codemirror/language';
import type { Extension } from '@codemirror/state';

/** A language: how it is written in the table, what it indents by when its text does not tell, and its grammar. */
interface Entry {
  description: LanguageDescription;
  indent: string;
}

type Load = () => Promise<LanguageSupport>;
type Mode = Promise<StreamParser<unknown>>;

function entry(names: string, indent: string, load: Load): Entry {
  const [name = '', ...alias] = names.split('|');
  return { description: LanguageDescription.of({ name, alias, load }), indent };
}

function mode(names: string, indent: string, load: () => Mode): Entry {
  return entry(names, indent, async () => new LanguageSupport(StreamLanguage.define(await load())));
}

const TAB = '\t';
const TWO = '  ';
const FOUR = '    ';

const clike = () => import('@codemirror/legacy-modes/mode/clike');
const ml = () => import('@codemirror/legacy-modes/mode/mllike');
const web = () => import('@codemirror/lang-javascript');

const ENTRIES: readonly Entry[] = [
  entry('python|python2|python3|py|ipython|ipython3|sage|sagemath|pypy|micropython|xpython|cython|bpython', FOUR, async () => (await import('@codemirror/lang-python')).python()),
  mode('r|rlang|rscript|splus|s', TWO, async () => (await import('@codemirror/legacy-modes/mode/r')).r),
  mode('julia|jl', FOUR, async () => (await import('@codemirror/legacy-modes/mode/julia')).julia),
  entry('javascript|js|node|nodejs|ecmascript|mjs|cjs|jsx', TWO, async () => (await web()).javascript({ jsx: true })),
  entry('typescript|ts|deno|tslab|mts|cts', TWO, async () => (await web()).javascript({ typescript: true })),
  entry('tsx', TWO, async () => (await web()).javascript({ jsx: true, typescript: true })),
  mode('bash|sh|zsh|ksh|dash|fish|shell|console|system|sx', TWO, async () => (await import('@codemirror/legacy-modes/mode/shell')).shell),
  entry('sql|mysql|mariadb|sqlite|sqlite3|postgres|postgresql|pgsql|tsql|mssql|plsql|hive|duckdb|bigquery|sparksql|spark-sql|kql', TWO, async () => (await import('@codemirror/lang-sql')).sql()),
  entry('rust|rs|evcxr', FOUR, async () => (await import('@codemirror/lang-rust')).rust()),
  entry('c++|cpp|cxx|cc|hpp|cling|xcpp|c|h|cuda|cu|arduino', TWO, async () => (await import('@codemirror/lang-cpp')).cpp()),
  entry('java|ijava|beanshell', FOUR, async () => (await import('@codemirror/lang-java')).java()),
  mode('kotlin|kt|kts', FOUR, async () => (await clike()).kotlin),
  mode('scala|almond|sbt|sc', TWO, async () => (await clike()).scala),
  mode('c#|csharp|cs|csx|.net-csharp', FOUR, async () => (await clike()).csharp),
  mode('objective-c|objectivec|objc', FOUR, async () => (await clike()).objectiveC),
  mode('dart', TWO, async () => (await clike()).dart),
  mode('f#|fsharp|fs|fsx|.net-fsharp', FOUR, async () => (await ml()).fSharp),
  mode('ocaml|ml|reason', TWO, async () => (await ml()).oCaml),
  mode('sml|standard ml', TWO, async () => (await ml()).sml),
  entry('go|golang|gonb|gophernotes', TAB, async () => (await import('@codemirror/lang-go')).go()),
  mode('ruby|rb|iruby|jruby', TWO, async () => (await import('@codemirror/legacy-modes/mode/ruby')).ruby),
  mode('haskell|hs|ihaskell', TWO, async () => (await import('@codemirror/legacy-modes/mode/haskell')).haskell),
  mode('lua|luajit', TWO, async () => (await import('@codemirror/legacy-modes/mode/lua')).lua),
  mode('perl|pl|iperl', FOUR, async () => (await import('@codemirror/legacy-modes/mode/perl')).perl),
  entry('php', FOUR, async () => (await import('@codemirror/lang-php')).php({ plain: true })),
  mode('swift', FOUR, async () => (await import('@codemirror/legacy-modes/mode/swift')).swift),
  mode('octave|matlab|m|scilab', TWO, async () => (await import('@codemirror/legacy-modes/mode/octave')).octave),
  mode('powershell|pwsh|ps|ps1|cmd', FOUR, async () => (await import('@codemirror/legacy-modes/mode/powershell')).powerShell),
  mode('clojure|clj|cljs|clojurescript|edn', TWO, async () => (await import('@codemirror/legacy-modes/mode/clojure')).clojure),
  mode('scheme|racket|guile|calysto scheme', TWO, async () => (await import('@codemirror/legacy-modes/mode/scheme')).scheme),
  mode('common lisp|common-lisp|commonlisp|lisp|cl', TWO, async () => (await import('@codemirror/legacy-modes/mode/commonlisp')).commonLisp),
  mode('fortran|f90|f95|lfortran', TWO, async () => (await import('@codemirror/legacy-modes/mode/fortran')).fortran),
  mode('sas', TWO, async () => (await import('@codemirror/legacy-modes/mode/sas')).sas),
  mode('groovy|gradle', FOUR, async () => (await import('@codemirror/legacy-modes/mode/groovy')).groovy),
  mode('erlang|erl', FOUR, async () => (await import('@codemirror/legacy-modes/mode/erlang')).erlang),
  mode('mathematica|wolfram|wolfram language|wls', TWO, async () => (await import('@codemirror/legacy-modes/mode/mathematica')).mathematica),
  mode('tcl', FOUR, async () => (await import('@codemirror/legacy-modes/mode/tcl')).tcl),
  mode('d', FOUR, async () => (await import('@codemirror/legacy-modes/mode/d')).d),
  mode('crystal', TWO, async () => (await import('@codemirror/legacy-modes/mode/crystal')).crystal),
  mode('coffeescript|coffee', TWO, async () => (await import('@codemirror/legacy-modes/mode/coffeescript')).coffeeScript),
  mode('pascal|delphi', TWO, async () => (await import('@codemirror/legacy-modes/mode/pascal')).pascal),
  mode('vb|vb.net|vbnet|visual basic', FOUR, async () => (await import('@codemirror/legacy-modes/mode/vb')).vb),
  mode('idl|gdl', TWO, async () => (await import('@codemirror/legacy-modes/mode/idl')).idl),
  mode('q|kdb', TWO, async () => (await import('@codemirror/legacy-modes/mode/q')).q),
  mode('apl', TWO, async () => (await import('@codemirror/legacy-modes/mode/apl')).apl),
  mode('sparql', TWO, async () => (await import('@codemirror/legacy-modes/mode/sparql')).sparql),
  mode('cypher|neo4j', TWO, async () => (await import('@codemirror/legacy-modes/mode/cypher')).cypher),
  mode('latex|tex|stex', TWO, async () => (await import('@codemirror/legacy-modes/mode/stex')).stex),
  mode('xml|svg|mathml', TWO, async () => (await import('@codemirror/legacy-modes/mode/xml')).xml),
  mode('diff|patch', TWO, async () => (await import('@codemirror/legacy-modes/mode/diff')).diff),
  mode('dockerfile|docker', TWO, async () => (await import('@codemirror/legacy-modes/mode/dockerfile')).dockerFile),
  mode('toml', TWO, async () => (await import('@codemirror/legacy-modes/mode/toml')).toml),
  mode('ini|properties|cfg|conf', TWO, async () => (await import('@codemirror/legacy-modes/mode/properties')).properties),
  entry('html|htm', TWO, async () => (await import('@codemirror/lang-html')).html()),
  entry('css|scss', TWO, async () => (await import('@codemirror/lang-css')).css()),
  entry('json|ipynb|geojson|jsonc|vega|vegalite|vega-lite', TWO, async () => (await import('@codemirror/lang-json')).json()),
  entry('yaml|yml', TWO, async () => (await import('@codemirror/lang-yaml')).yaml()),
  entry('markdown|md|gfm', FOUR, async () => (await import('./prose')).prose(described)),
];

const BY_NAME = new Map(ENTRIES.flatMap((one) => [one.description.name, ...one.description.alias].map((name) => [name.toLowerCase(), one] as const)));

/** The entry of a name in any case, with or without a version: `Python 3.11`, `C++17`, `R`. */
function find(language: string): Entry | undefined {
  const name = language.trim().toLowerCase();
  return BY_NAME.get(name) ?? BY_NAME.get(name.replace(/[\s-]*\d[\d.]*$/, ''));
}

/** The language of a fence, a magic or a file's ending; undefined for one nobody knows. */
export function described(language: string): LanguageDescription | undefined {
  return find(language)?.description;
}

/** What the language is indented by where the text itself does not tell. */
export function customaryIndent(language: string): string {
  return find(language)?.indent ?? FOUR;
}

const loaded = new Map<string, Promise<Extension>>();

/** The grammar of a cell in a language as kernels name it; asked for again after it could not be loaded. */
export function grammar(language: string): Promise<Extension> {
  const found = described(language);
  if (!found) return Promise.resolve([]);
  let loading = loaded.get(found.name);
  if (!loading) loaded.set(found.name, (loading = load(found)));
  return loading;
}

async function load(found: LanguageDescription): Promise<Extension> {
  try {
    const support = await found.load();
    return found.name === 'python' ? (await import('./magics')).withMagics(support, described) : support;
  } catch (cause) {
    console.warn(`The grammar of ${found.name} was not loaded.`, cause);
    loaded.delete(found.name);
    return [];
  }
}
