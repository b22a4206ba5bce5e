// How prompts look, in both themes, on a desk and on a phone: pictures for people to look at, and what a machine can say
// about who can use them.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { assertNoSidewaysScroll, seriousFaults } from './kit/axe.mjs';
import { LanguageModel } from './kit/languageModel.mjs';
import { Person } from './kit/people.mjs';
import { prompt } from './kit/prompts.mjs';
import { stage } from './kit/stage.mjs';

const PICTURES = fileURLToPath(new URL('./screenshots/', import.meta.url));
const DESK = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const ANSWER = 'The **mean** of a sample is $\\bar{x} = \\frac{1}{n}\\sum x_i$. In NumPy:\n\n```python\nimport numpy as np\n\nx = np.array([1, 2, 3, 4])\nprint(x.mean(), x.std(ddof=1))  # the second is the standard deviation of the sample, not of the population\n```\n\n| name | value |\n|---|---:|\n| mean | 2.5 |\n| deviation | 1.29 |\n\n- It is *unbiased*.\n- It is pulled by outliers.';

const { server, join } = await stage();
await mkdir(PICTURES, { recursive: true });

for (const colorScheme of ['light', 'dark']) {
  for (const [size, settings] of Object.entries({ desk: DESK, phone: PHONE })) {
    test(`p6_prompts_are_usable_in_${colorScheme}_on_a_${size}`, async (t) => {
      const model = await LanguageModel.start(t);
      await model.serve(server, 'local');
      const notebook = await server.write('What a mean means', [
        ['note', '# Means\n\nWhat they are, and how to compute them.'],
        ['prompt', 'What is the mean of a sample, and how do I compute it here?'],
        ['prompt', 'And the median?'],
        ['prompt', 'And the mode?'],
        ['prompt', 'Which of them is best?'],
      ]);
      const [means, , , mode] = notebook.cells;
      await server.rest('PATCH', `notebooks/${notebook.id}/cells/${means}`, { metadata: { pinned: true } });
      await server.rest('PATCH', `notebooks/${notebook.id}/cells/${mode}`, { metadata: { skipped: true } });
      const anna = await join(t, 'Anna', { colorScheme, ...settings });
      const { page } = anna;
      const picture = (name) => page.screenshot({ path: `${PICTURES}prompts-${name}-${colorScheme}-${size}.png` });
      const looked = async (name) => {
        await picture(name);
        await assertNoSidewaysScroll(page);
        assert.deepEqual(await seriousFaults(page), []);
      };
      await Person.together([anna], notebook.id);
      const [, answered, stopped, failed, growing] = notebook.cells.map((id) => prompt(anna, id));

      await answered.ask();
      const first = await model.next();
      first.think('The question is about *samples*. I will say what it is and show code.');
      first.say(ANSWER);
      first.end(1834, 212);
      await answered.is('answered');
      await answered.text.locator('.katex').waitFor();
      await answered.text.locator('pre code span').first().waitFor();
      await picture('answered');

      await stopped.ask();
      (await model.next()).say('The median is the value in the **middle** of');
      await stopped.is('answering');
      await stopped.stop();
      await stopped.is('stopped');
      await stopped.cell.caretAtEnd();
      await anna.type(' Shortly.');
      await stopped.tells('Asked before the question was changed.');
      await failed.ask();
      (await model.next()).refuse(429, 'Rate limit reached');
      await failed.is('failed');
      await growing.box.hover();
      await growing.press('Only for me');
      const draft = await model.next();
      draft.answer('It **depends** on the data.');
      await growing.draft.getByRole('button', { name: 'Publish' }).waitFor();
      await growing.ask();
      const last = await model.next();
      last.think('Hm.');
      last.say('1. The mean for sums\n2. The **medi');
      await growing.is('answering');
      await growing.draft.scrollIntoViewIfNeeded();
      await looked('states');
      last.end();
      await growing.is('answered');

      await answered.cell.bringIntoSight();
      await answered.edit();
      await looked('editing');
      await anna.press('Escape');
      await answered.box.getByRole('button', { name: /^≈ / }).click();
      await page.getByRole('dialog').getByText('Word for word').waitFor();
      await looked('sent');
      await anna.press('Escape');
      await answered.box.getByRole('button', { name: 'What was sent' }).click();
      await page.getByRole('dialog').waitFor();
      await picture('was-sent');
      await anna.press('Escape');

      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('tab', { name: 'This notebook' }).click();
      await looked('notebook-settings');
      await page.getByRole('tab', { name: 'Language models' }).click();
      await page.getByRole('button', { name: 'Test local' }).click();
      (await model.next()).answer('Yes.');
      await page.getByText(/^It answers/).waitFor();
      await page.getByRole('button', { name: 'Add a provider' }).click();
      await looked('providers');
      assert.deepEqual(anna.errors, []);
    });
  }
}
