// Which grammar highlights a language, loaded when first asked for.

import { StreamLanguage } from '@codemirror/language';
import type { Extension } from '@codemirror/state';

type Load = () => Promise<Extension>;

const LOADERS: { [language: string]: Load } = {
  python: async () => (await import('@codemirror/lang-python')).python(),
  markdown: async () => (await import('@codemirror/lang-markdown')).markdown(),
  javascript: async () => (await import('@codemirror/lang-javascript')).javascript(),
  typescript: async () => (await import('@codemirror/lang-javascript')).javascript({ typescript: true }),
  rust: async () => (await import('@codemirror/lang-rust')).rust(),
  'c++': async () => (await import('@codemirror/lang-cpp')).cpp(),
  java: async () => (await import('@codemirror/lang-java')).java(),
  sql: async () => (await import('@codemirror/lang-sql')).sql(),
  r: async () => StreamLanguage.define((await import('@codemirror/legacy-modes/mode/r')).r),
  julia: async () => StreamLanguage.define((await import('@codemirror/legacy-modes/mode/julia')).julia),
  bash: async () => StreamLanguage.define((await import('@codemirror/legacy-modes/mode/shell')).shell),
};

const NAMES: { [kernel: string]: string } = { python3: 'python', ipython: 'python', c: 'c++', cpp: 'c++', 'c++17': 'c++', sh: 'bash', node: 'javascript' };

const loaded = new Map<string, Promise<Extension>>();

/** The grammar of a language as kernels name it; nothing for one we do not know. */
export function grammar(language: string): Promise<Extension> {
  const name = NAMES[language] ?? language;
  let loading = loaded.get(name);
  if (!loading) loaded.set(name, (loading = LOADERS[name]?.() ?? Promise.resolve([])));
  return loading;
}
