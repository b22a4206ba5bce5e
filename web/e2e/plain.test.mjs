// Notes that need no sanitiser: what passes as plain is what the sanitiser would have let through, and nothing else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser } from './kit/browser.mjs';
import { workshopScript } from './kit/workshop.mjs';

let browser, page;
before(async () => {
  browser = await openBrowser();
  page = await browser.newPage();
  await page.setContent('<!doctype html><body></body>');
  await page.addScriptTag({ content: await workshopScript('./notes.entry.mjs') });
});
after(() => browser.close());

/** What Markdown makes: every rule there is, with signs that mean something in HTML. */
const MARKDOWN = `# One *two* <&> "three"
## One

text with **strong**, *slanted*, ~~struck~~, \`<script>\`, a [link](https://example.org/x?a=1&b=2 "its title"), <https://example.org>, www.example.org,
a [place](#one), a hard  
break, a ![picture](attachment:a.png "title") and a footnote[^1].

> quoted
> - [ ] open
> - [x] done

3. three
4. four

| a | b |
|:-:|--:|
| 1 | 2 |

\`\`\`python
print("<b>")
\`\`\`

    indented

---

$a < b$ and

$$
x & y
$$

Water is H<sub>2</sub>O, <kbd>Ctrl</kbd>, <mark>marked</mark><br>

<details><summary>more</summary>

hidden

</details>

[^1]: the note
`;

/** Each alone: none may pass. */
const ATTACKS = [
  `<script>hurt()</script>`,
  `<img src=x onerror="hurt()">`,
  `<svg onload="hurt()"></svg>`,
  `<svg><p>x</p></svg>`,
  `<math><mtext>x</mtext></math>`,
  `<iframe srcdoc="x"></iframe>`,
  `<object data="x"></object>`,
  `<form><button>x</button></form>`,
  `<input type="text">`,
  `<link rel="stylesheet" href="x">`,
  `<style>body { display: none }</style>`,
  `<base href="https://example.org/">`,
  `<meta http-equiv="refresh" content="0">`,
  `<template><script>hurt()</script></template>`,
  `<details ontoggle="hurt()">x</details>`,
  `<a href="javascript:hurt()">x</a>`,
  `<a href=" javascript:hurt()">x</a>`,
  `<a href="java&#9;script:hurt()">x</a>`,
  `<a href="java&#10;script:hurt()">x</a>`,
  `<a href="&#1;javascript:hurt()">x</a>`,
  `<a href="data:text/html,x">x</a>`,
  `<a href="vbscript:x">x</a>`,
  `<a href="blob:x">x</a>`,
  `<a target="_self" href="#x">x</a>`,
  `<a ping="https://example.org" href="#x">x</a>`,
  `<img srcset="https://example.org/x 1x" src="x">`,
  `<img src="data:text/html,x">`,
  `<p style="position: fixed">x</p>`,
  `<p class="bar">x</p>`,
  `<p class="footnotes toast">x</p>`,
  `<p tabindex="0">x</p>`,
  `<p contenteditable>x</p>`,
  `<p popover>x</p>`,
  `<p name="body">x</p>`,
  `<p data-task="0">x</p>`,
  `<p data-anchor="x">x</p>`,
  `<p hidden>x</p>`,
  `<table><tbody><tr><td background="x">x</td></tr></tbody></table>`,
  `<p is="x-y">x</p>`,
  `<x-y>x</x-y>`,
  `<p><!-- x --></p>`,
];

test('ln_08_what_markdown_makes_is_plain_and_drawn_as_the_sanitiser_would_draw_it', async () => {
  const drawn = await page.evaluate((source) => {
    const { html } = window.notes.markup(source);
    const [plain, sanitised] = [window.notes.plain(html), window.notes.sanitise(html)];
    const written = (content) => [...(content?.childNodes ?? [])].map((node) => node.outerHTML ?? node.data).join('');
    return { plain: written(plain), sanitised: written(sanitised) };
  }, MARKDOWN);
  assert.notEqual(drawn.plain, '');
  assert.equal(drawn.plain, drawn.sanitised);
});

test('ln_08_nothing_that_could_do_harm_passes_as_plain', async () => {
  const passed = await page.evaluate((attacks) => attacks.filter((attack) => [attack, `<p>before</p>${attack}`, `<ul><li><b>${attack}</b></li></ul>`].some((html) => window.notes.plain(html) !== undefined)), ATTACKS);
  assert.deepEqual(passed, []);
});

/** Runs in the page: notes made of such pieces at random, those of them that pass, and those the sanitiser would have changed. */
function tryNotes({ seed, count, attacks }) {
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = (list) => list[random(list.length)];
  const names = ['p', 'b', 'span', 'div', 'a', 'img', 'ol', 'li', 'code', 'pre', 'h2', 'details', 'summary', 'section', 'blockquote', 'center', 'font', 'svg', 'button'];
  const addresses = ['https://example.org/', '#x', '/api', 'a.png', 'attachment:a', 'mailto:a@example.org', 'data:image/png;base64,AA', 'ftp://example.org', 'JAVASCRIPT:x', 'javascript&colon;x', 'x:y', '//example.org', '\\\\example.org', '&#x6a;avascript:x', 'tel:1', ''];
  const values = { href: addresses, src: addresses, class: ['task', 'alert alert-info', 'language-c++', 'bar', 'footnote-ref', 'formula', 'a b'], id: ['fn1', 'body', '!', 'a b'], title: ['x', '-->', '</title>'], alt: ['x'], start: ['3', '-1', 'x'], align: ['center', 'x'], open: [''], width: ['3'], onclick: ['x'] };
  const attribute = () => {
    const name = pick(Object.keys(values));
    return ` ${name}="${pick(values[name])}"`;
  };
  const piece = (depth) => {
    if (depth > 3 || random(3) === 0) return pick(['text', '**bold**', '`code`', '\n\n', '\n- item\n', ' [link](#x) ', '&lt;', '<', '$x$', '\n\n> quote\n\n']);
    if (random(12) === 0) return pick(attacks);
    const name = pick(names);
    const attributes = Array.from({ length: random(3) === 0 ? random(3) : 0 }, attribute).join('');
    const inside = Array.from({ length: random(3) }, () => piece(depth + 1)).join('');
    return `<${name}${attributes}>${inside}${random(5) === 0 ? '' : `</${name}>`}`;
  };
  const results = { passed: 0, refused: 0, changed: [] };
  for (let index = 0; index < count; index += 1) {
    const { html } = window.notes.markup(Array.from({ length: 1 + random(3) }, () => piece(0)).join(' '));
    const plain = window.notes.plain(html);
    results[plain ? 'passed' : 'refused'] += 1;
    if (plain && !plain.isEqualNode(window.notes.sanitise(html))) results.changed.push(html);
  }
  return results;
}

test('ln_08_of_any_note_that_passes_as_plain_the_sanitiser_would_have_taken_nothing', async (t) => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  const { passed, refused, changed } = await page.evaluate(tryNotes, { seed, count: 5000, attacks: ATTACKS });
  t.diagnostic(`${passed} passed, ${refused} did not`);
  assert.ok(passed > 500 && refused > 500, 'both happen');
  assert.deepEqual(changed.slice(0, 3), []);
});
