// Modules by themselves in a page, such as an editor with a document of its own: for what the notebook around them does not
// let one see.

import { fileURLToPath } from 'node:url';

import { build } from 'vite';

/** Modules of the page as one script: the editor's, or those of another entry beside it. */
export async function workshopScript(entry = './workshop.entry.mjs') {
  const input = fileURLToPath(new URL(entry, import.meta.url));
  const options = { input, output: { format: 'iife', codeSplitting: false } };
  const { output } = await build({ configFile: false, logLevel: 'error', build: { write: false, minify: false, target: 'es2022', modulePreload: false, rolldownOptions: options } });
  return output[0].code;
}

/** A page with one editor, `window.shop`: the editor, its text, and what its host was asked. */
export async function openShop(context, script, { text = '', language = 'python', preferences = {} } = {}) {
  const page = await context.newPage();
  await page.setContent('<!doctype html><body style="margin: 40px; color-scheme: light"><div id="shop" style="width: 600px; font: 14px/22px monospace"></div></body>');
  await page.addScriptTag({ content: script });
  await page.evaluate((settings) => window.openShop(document.getElementById('shop'), settings), { text, language, preferences });
  return page;
}
