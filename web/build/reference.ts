// Puts the page for trying the REST interface into dist/docs: Swagger UI's own files beside ours from public/docs.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const FILES = ['swagger-ui-bundle.js', 'swagger-ui.css'];

export function referencePage(): Plugin {
  const resolve = createRequire(import.meta.url).resolve;
  return {
    name: 'coscribe:reference-page',
    apply: 'build',
    async generateBundle() {
      for (const name of FILES) {
        const source = await readFile(resolve(`swagger-ui-dist/${name}`));
        this.emitFile({ type: 'asset', fileName: `docs/${name}`, source });
      }
    },
  };
}
