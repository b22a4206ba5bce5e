// Emits service-worker.js: our source with the list of files to keep and a version that changes when any of them does.
// The page is told the same version, so that it knows when a later one has taken over.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

// What a page needs to open offline. Left out: source maps, the reference page, fonts in formats no present browser asks
// for, and Mermaid, Vega and Plotly, whose megabytes only notebooks with diagrams and charts load: the browser's own cache
// keeps them from then on.
const KEPT = /\.(js|css|svg|woff2|webmanifest)$/;
const LEFT_OUT = /^docs\/|^service-worker\.js$|^frame\.|\/(?:mermaid|vega|plotly)[.-]/;
// From public/, which does not pass through the bundle.
const PUBLIC = ['favicon.svg', 'manifest.webmanifest'];

export function serviceWorker(): Plugin {
  return {
    name: 'coscribe:service-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const names = Object.keys(bundle).filter((name) => KEPT.test(name) && !LEFT_OUT.test(name));
      const files = [...names, ...PUBLIC].sort();
      const html = bundle['index.html'];
      const hash = createHash('sha256').update(files.join('\n'));
      if (html?.type !== 'asset') throw new Error('There is no page to keep.');
      hash.update(html.source);
      for (const name of PUBLIC) hash.update(await readFile(new URL(`../public/${name}`, import.meta.url)));
      const template = await readFile(new URL('./service-worker.template.js', import.meta.url), 'utf8');
      hash.update(template);
      const version = hash.digest('hex').slice(0, 16);
      html.source = String(html.source).replace('<title>', `<meta name="version" content="${version}" />\n    <title>`);
      const source = template
        .replace("'%VERSION%'", JSON.stringify(version))
        .replace("'%FILES%'", JSON.stringify(files));
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
    },
  };
}
