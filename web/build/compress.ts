// Writes a .br and a .gz sibling of every text asset: the server sends files as they are and never compresses.
// Imports node and vite only.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const TEXT = /\.(css|html|js|json|svg|webmanifest)$/;
// Below this a header costs more than compression saves.
const SMALLEST = 1024;
// Above this the best quality takes many seconds for some percent.
const LARGE = 1_000_000;

async function files(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function compress(file: string): Promise<void> {
  const bytes = await readFile(file);
  if (bytes.length < SMALLEST) return;
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: bytes.length > LARGE ? 9 : 11 } });
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, gzipSync(bytes, { level: 9 }))]);
}

export function compressedSiblings(): Plugin {
  let directory = '';
  return {
    name: 'coscribe:compressed-siblings',
    // A build for development is made often and read once.
    apply: (_, { command, mode }) => command === 'build' && mode !== 'development',
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        for (const file of await files(directory)) {
          if (TEXT.test(file)) await compress(file);
        }
      },
    },
  };
}
