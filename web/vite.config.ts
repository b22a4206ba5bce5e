import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

import { compressedSiblings } from './build/compress.ts';
import { referencePage } from './build/reference.ts';
import { serviceWorker } from './build/service-worker.ts';

export default defineConfig({
  // Relative addresses: the server sets <base href> for --base-path.
  base: './',
  plugins: [svelte(), referencePage(), serviceWorker(), compressedSiblings()],
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
