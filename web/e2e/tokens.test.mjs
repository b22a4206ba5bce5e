// Named tokens in the settings: made, shown once, used, revoked; and an agent that is seen where it edits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Person } from './kit/people.mjs';
import { stage } from './kit/stage.mjs';

const VIEWER = 'viewer-token-of-the-tests-0123456789';
const { server, join } = await stage({ viewerToken: VIEWER });

/** A tool of MCP, used with a secret. */
async function use(secret, name, wanted) {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: wanted } });
  const answer = await fetch(`${server.origin}/mcp`, { method: 'POST', headers, body });
  return { status: answer.status, told: answer.ok ? (await answer.json()).result.structuredContent : undefined };
}

test('ms_33_ms_24_a_token_is_made_in_the_settings_shown_once_used_by_an_agent_whom_people_see_and_revoked', async (t) => {
  const notebook = await server.write('Shared', [['note', 'Hello']]);
  const anna = await join(t, 'Anna');
  await Person.together([anna], notebook.id);
  const { page } = anna;
  const sheet = page.getByRole('dialog', { name: 'Settings' });
  const open = async () => {
    await anna.press('Control+,');
    await sheet.getByRole('tab', { name: 'Tokens' }).click();
  };
  await open();
  await sheet.getByLabel('Name').fill('Robot');
  await sheet.getByLabel('notebooks:write').check();
  await sheet.getByRole('button', { name: 'Make the token' }).click();
  const secret = await sheet.locator('code').innerText();
  assert.match(secret, /^coscribe_/);
  await sheet.getByRole('button', { name: 'I have kept it' }).click();
  assert.equal((await page.content()).includes(secret), false);
  await anna.press('Escape');
  await sheet.waitFor({ state: 'detached' });

  const { told } = await use(secret, 'create_cell', { notebook: notebook.id, kind: 'note', source: 'Written by an agent' });
  await page.getByText('Written by an agent').waitFor();
  await page.locator('[data-people]').getByRole('button', { name: /Robot/ }).waitFor();
  assert.ok(told.id);

  await open();
  const row = sheet.getByRole('list', { name: 'Tokens' }).locator('li').filter({ hasText: 'Robot' });
  await row.getByText(/last used/).waitFor();
  await row.getByRole('button', { name: 'Revoke Robot' }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await use(secret, 'list_notebooks', {})).status, 401);

  await sheet.getByRole('tab', { name: 'What was done' }).click();
  await sheet.getByRole('searchbox', { name: 'Name, address or action' }).fill('robot');
  const deed = sheet.getByRole('row').filter({ hasText: 'MCP create_cell' });
  await deed.getByRole('cell', { name: /^Robot/ }).waitFor();
  await deed.getByRole('cell', { name: 'done' }).waitFor();
  await sheet.getByRole('searchbox').fill('nothing is called this');
  await sheet.getByText('Nothing among these has').waitFor();
  await page.route('**/api/audit?*', (route) => route.abort());
  await sheet.getByRole('button', { name: 'Look again' }).click();
  await sheet.getByRole('alert').filter({ hasText: 'What was done is not known.' }).waitFor();
});

test('ms_33_who_may_only_read_is_offered_no_tokens', async (t) => {
  const notebook = await server.write('Read', [['note', 'Hello']]);
  const vera = await join(t, 'Vera', { link: server.viewerLink });
  await vera.open(notebook.id);
  await vera.press('Control+,');
  const sheet = vera.page.getByRole('dialog', { name: 'Settings' });
  await sheet.getByRole('tab', { name: 'Language models' }).waitFor();
  assert.equal(await sheet.getByRole('tab', { name: 'Tokens' }).count(), 0);
});
