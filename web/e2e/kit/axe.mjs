// What a machine can say about who can use a page.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const AXE = new URL(import.meta.resolve('axe-core/axe.min.js'));

/** What axe-core calls serious or critical on the page as it stands. */
export async function seriousFaults(page) {
  // Evaluated by the debugger, which the page's policy on scripts does not bind.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { iframes: false }));
  assert.ok(passes.length > 10, 'axe looked at something');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary.split('\n')[1]?.trim()})`).join('; ')}`);
}

/** Nothing stands out of the page to the right. */
export async function assertNoSidewaysScroll(page) {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(inner <= outer, `the page is ${inner} px wide in a window of ${outer} px`);
}
