import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { compressedSiblings } from './build/compress.ts';
import { referencePage } from './build/reference.ts';
import { serviceWorker } from './build/service-worker.ts';

export default defineConfig({
  // Relative addresses: the server sets <base href> for --base-path.
  base: './',
  plugins: [svelte(), referencePage(), serviceWorker(), compressedSiblings()],
  // Vitest leaves markdown-it to node, which takes the package itself: there is no browser to ask.
  resolve: { alias: [{ find: /^entities$/, replacement: fileURLToPath(new URL('./src/editor/entities.ts', import.meta.url)) }] },
  build: {
    target: 'es2022',
    // KaTeX's fonts as files: an inlined font would be paid for by pages without a formula.
    assetsInlineLimit: 0,
    // Named by content, so the server may mark them immutable.
    assetsDir: 'assets',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
